/**
 * The world of the end-to-end load: one field, and walkers that have nothing but a position. They stand on a ring, so that everybody has
 * exactly so many others in view. A client logs in as "place/places".
 */
import {
  AeonError,
  AvatarAreaEntity,
  AvatarEntity,
  defineEntity,
  defineWorld,
  SPACE_MANAGER,
  Space,
  type SpaceManager,
  text,
} from "../../engine/index.js";
import { Ring, ringRadius } from "../sync/ring.js";

export const VISIBLE = 30;
export const FIELD = "field";

export class Field extends defineEntity(Space, "Field", {}) {}

export class Walker extends defineEntity(AvatarAreaEntity, "Walker", {}) {
  override onCreate(): void {
    this.setViewRadius(ringRadius(VISIBLE));
  }
}

export class Account extends defineEntity(AvatarEntity, "Account", { anonymous: { login: [text({ max: 32 })] } }) {
  async login(wanted: string): Promise<void> {
    const [place = Number.NaN, places = Number.NaN] = wanted.split("/").map(Number);
    if (!(Number.isInteger(places) && place >= 0 && place < places)) throw new AeonError("LOGIN_NAME_INVALID", wanted);
    const field = await this.stub<SpaceManager>(SPACE_MANAGER).call.find(FIELD);
    if (field === null) throw new AeonError("SPACE_UNKNOWN", FIELD);
    const ring = new Ring(places);
    const position = { x: ring.x(place), y: 0, z: ring.z(place), yaw: 0 };
    this.giveClientTo(await this.spawnOn(field.game, "Walker", { space: field.entity, position }));
    this.after(0, "end");
  }

  async end(): Promise<void> {
    await this.destroy("logged in");
  }
}

export const world = defineWorld({
  entities: [Account, Walker, Field],
  account: "Account",
  spaces: [{ name: FIELD, type: "Field" }],
});
