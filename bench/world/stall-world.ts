/**
 * A field of statues that are marked one by one, each mark once and for all, among walkers that never stop: for a client that stops reading
 * meanwhile. `change` begins the marking.
 */
import {
  AreaEntity,
  AvatarAreaEntity,
  AvatarEntity,
  customMap,
  defineEntity,
  defineWorld,
  int32,
  SPACE_MANAGER,
  Space,
  type SpaceManager,
} from "../../engine/index.js";

export const STATUES = 41;
export const WALKERS = 300;
const FIELD = "field";
const SIDE_UNITS = 20;
const STEP_UNITS = 0.25;

class Statue extends defineEntity(AreaEntity, "Statue", {
  properties: { marks: customMap(int32(), { scope: "ALL_CLIENTS" }) },
}) {}

class Walker extends defineEntity(AreaEntity, "Walker", {}) {
  override onTick(): void {
    const { x, z } = this.position;
    this.moveTo(x >= SIDE_UNITS ? 0 : x + STEP_UNITS, 0, z);
  }
}

class Field extends defineEntity(Space, "Field", {}) {
  readonly statues: Statue[] = [];
  marked = 0;
  perTick = 0;
  target = 0;

  override onTick(): void {
    if (this.statues.length === 0) this.populate();
    for (let i = 0; i < this.perTick && this.marked < this.target; i++) {
      this.statues[this.marked % STATUES]?.marks.set(`mark${this.marked}`, this.marked);
      this.marked += 1;
    }
  }

  private populate(): void {
    const at = (i: number) => ({ x: (i * 7) % SIDE_UNITS, y: 0, z: (i * 3) % SIDE_UNITS, yaw: 0 });
    for (let i = 0; i < STATUES; i++)
      this.statues.push(this.spawn("Statue", { space: this, position: at(i) }) as Statue);
    for (let i = 0; i < WALKERS; i++) this.spawn("Walker", { space: this, position: at(i) });
  }
}

class Onlooker extends defineEntity(AvatarAreaEntity, "Onlooker", { exposed: { change: [int32(), int32()] } }) {
  override onCreate(): void {
    this.setViewRadius(SIDE_UNITS * 2);
  }

  /** Marks `perTick` statues a tick until there are `count` marks. */
  change(count: number, perTick: number): void {
    const field = this.space as Field;
    field.target = count;
    field.perTick = perTick;
  }
}

class Account extends defineEntity(AvatarEntity, "Account", { anonymous: { login: [] } }) {
  async login(): Promise<void> {
    const field = await this.stub<SpaceManager>(SPACE_MANAGER).call.find(FIELD);
    if (field === null) throw new Error("the field is not there yet");
    const position = { x: SIDE_UNITS / 2, y: 0, z: SIDE_UNITS / 2, yaw: 0 };
    this.giveClientTo(await this.spawnOn(field.game, "Onlooker", { space: field.entity, position }));
  }
}

export const world = defineWorld({
  entities: [Account, Onlooker, Statue, Walker, Field],
  account: "Account",
  spaces: [{ name: FIELD, type: "Field" }],
});
