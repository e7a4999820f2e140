/** A player's character: walks where its client says, talks, hunts, shops, and goes through portals. */
import {
  AeonError,
  AvatarAreaEntity,
  array,
  bool,
  customList,
  defineEntity,
  entityId,
  float32,
  int16,
  int32,
  type MovementRules,
  type Position,
  rpc,
  SPACE_MANAGER,
  type Space,
  type SpaceManager,
  struct,
  text,
} from "../engine/index.js";
import { isRoomy, roomyPlace, sightIn } from "./crowd.js";
import { collisionOf } from "./map-collision.js";
import { Monster } from "./monster.js";
import type { NameRegistry } from "./name-registry.js";
import type { RankBoard } from "./rank-board.js";
import {
  ATTACK_INTERVAL_MS,
  ATTACK_RANGE,
  CHAT_CHARS_MAX,
  mapOf,
  type Portal,
  SHOP_ITEMS,
  WALK_SPEED_UNITS_PER_SECOND,
  WALKER_RADIUS,
} from "./world-map.js";

/** The world is flat. */
const ON_FOOT: MovementRules = { foot: { speedMax: WALK_SPEED_UNITS_PER_SECOND } };
const ATTACK_DAMAGE = 12;
const BOARD_INTERVAL_MS = 4_000;
const HEAL_INTERVAL_MS = 2_000;
const HEAL_HP = 3;
const LOOK_INTERVAL_MS = 2_000;
const UNCLAIMED_MS = 15_000;
const PORTAL_PAUSE_MS = 1_500;
const KILLS_PER_LEVEL = 5;
const ROUTES_INTERVAL_MS = 250;
/** Of those that come fast after another, one is shown. */
const PUT_BACK_SHOWN_MS = 500;
const ROUTES_RADIUS = 30;
const ROUTE_NUMBERS_MAX = 1_024;
/** The client's idea of a free spot may differ by a rounding. */
const COLLISION_LENIENCE = 0.85;

const BoardLine = struct(
  { name: text({ scope: "OWN_CLIENT" }), score: int32({ scope: "OWN_CLIENT" }) },
  { scope: "OWN_CLIENT" },
);

export class Avatar extends defineEntity(AvatarAreaEntity, "Avatar", {
  properties: {
    name: text({ max: 64, scope: "ALL_CLIENTS", persist: true }),
    hp: int16({ default: 100, scope: "ALL_CLIENTS", persist: true }),
    hpMax: int16({ default: 100, scope: "ALL_CLIENTS" }),
    level: int16({ default: 1, scope: "ALL_CLIENTS", persist: true }),
    gold: int32({ default: 20, scope: "OWN_CLIENT", persist: true }),
    kills: int32({ scope: "OWN_CLIENT", persist: true }),
    board: customList(BoardLine, { scope: "OWN_CLIENT" }),
  },
  exposed: {
    say: [text({ max: CHAT_CHARS_MAX })],
    attack: [entityId()],
    /** Returns the gold that is left. */
    buy: rpc([text({ max: 32 })], { returns: int32() }),
    /** Whether its client is shown the ways of the monsters near. */
    showRoutes: [bool()],
  },
  server: {
    leave: [],
    /** Whoever holds a name can be asked whether it still exists. */
    isInWorld: rpc([], { returns: bool(), reentrant: true }),
  },
  client: {
    onSay: [entityId(), text()],
    onHit: [entityId(), int16()],
    /** Per monster: how many corners, then x and z of each. */
    onRoutes: [array(float32(), { max: ROUTE_NUMBERS_MAX })],
    /** Somebody was where it cannot have got to (x, z), and was put back to (x, z). */
    onPutBack: [entityId(), float32(), float32(), float32(), float32()],
  },
}) {
  private attackedMs = 0;
  private portalMs = 0;
  private routesTimer = 0;
  private putBackMs = Number.NEGATIVE_INFINITY;
  /** How far it sees where there is no crowd, in units. */
  private usualSight = 0;
  private hasArrived = false;

  override onCreate(): void {
    this.usualSight = this.viewRadius;
    this.every(LOOK_INTERVAL_MS, "lookAbout");
    this.after(UNCLAIMED_MS, "leaveUnclaimed");
    this.every(BOARD_INTERVAL_MS, "refreshBoard");
    this.every(HEAL_INTERVAL_MS, "heal");
    this.stub<RankBoard>("RankBoard").send.report(this.name, this.kills);
  }

  override onDestroy(): void {
    this.stub<NameRegistry>("NameRegistry", this.key).send.release(this.key, this.id);
  }

  override onEnterSpace(space: Space): void {
    if (!this.hasArrived) this.findRoom(space);
    this.hasArrived = true;
    this.lookAbout();
  }

  override async onClientAttached(): Promise<void> {
    await this.refreshBoard();
  }

  override onStubRestarted(stub: string): void {
    if (stub === "NameRegistry") this.stub<NameRegistry>(stub, this.key).send.hold(this.key, this.id, this.game);
    if (stub === "RankBoard") this.stub<RankBoard>(stub).send.report(this.name, this.kills);
  }

  override get movementRules(): MovementRules {
    return ON_FOOT;
  }

  override onMove(to: Position): boolean {
    const { space } = this;
    if (space === null) return false;
    if (!collisionOf(space.typeName).isFree(to.x, to.z, WALKER_RADIUS * COLLISION_LENIENCE)) {
      // Between it and its own client: in a crowd somebody walks into a tree at any moment.
      if (this.mayShowPutBack()) this.client.onPutBack(this.id, to.x, to.z, this.position.x, this.position.z);
      return false;
    }
    this.moveTo(to.x, 0, to.z, to.yaw);
    const portal = this.portalAt(space, to);
    if (portal !== undefined) this.after(0, "goThrough", portal);
    return true;
  }

  /** For all who see it: it was said to be at (x, z), where it cannot be, and stays where it is. */
  override onPutBack({ x, z }: Position): void {
    const { x: toX, z: toZ } = this.position;
    if (this.mayShowPutBack()) this.allClients.onPutBack(this.id, x, z, toX, toZ);
  }

  showRoutes(isShown: boolean): void {
    if (this.routesTimer !== 0) this.cancelTimer(this.routesTimer);
    this.routesTimer = isShown ? this.every(ROUTES_INTERVAL_MS, "sendRoutes") : 0;
  }

  sendRoutes(): void {
    const { space } = this;
    if (space === null) return;
    const numbers: number[] = [];
    for (const monster of space.queryRange(this.position, ROUTES_RADIUS)) {
      if (!(monster instanceof Monster) || !monster.route.isWalking) continue;
      const corners = [monster.position, ...monster.route.ahead];
      if (numbers.length + corners.length * 2 >= ROUTE_NUMBERS_MAX) break;
      numbers.push(corners.length, ...corners.flatMap(({ x, z }) => [x, z]));
    }
    this.client.onRoutes(numbers);
  }

  private mayShowPutBack(): boolean {
    const isDue = this.nowMs - this.putBackMs > PUT_BACK_SHOWN_MS;
    if (isDue) this.putBackMs = this.nowMs;
    return isDue;
  }

  say(words: string): void {
    this.allClients.onSay(this.id, words);
  }

  attack(target: string): void {
    const monster = this.entityHere(target);
    if (!(monster instanceof Monster) || monster.space !== this.space) throw new AeonError("RPC_NOT_VISIBLE", target);
    if (this.nowMs - this.attackedMs < ATTACK_INTERVAL_MS) return;
    const from = this.position;
    const to = monster.position;
    if (Math.hypot(to.x - from.x, to.z - from.z) > ATTACK_RANGE * 1.25) return;
    this.attackedMs = this.nowMs;
    const damage = ATTACK_DAMAGE + this.level + Math.floor(this.random() * 6);
    this.allClients.onHit(monster.id, damage);
    const bounty = monster.suffer(this, damage);
    if (bounty > 0) this.reward(bounty);
  }

  /** Durable before the client hears of it. */
  async buy(item: string): Promise<number> {
    const offer = SHOP_ITEMS.find((candidate) => candidate.item === item);
    if (offer === undefined) throw new AeonError("RPC_ARGUMENT", `there is no ${item}`);
    if (this.gold < offer.price) throw new AeonError("RPC_ARGUMENT", `${item} costs ${offer.price} gold`);
    this.gold -= offer.price;
    this.hp = Math.min(this.hpMax, this.hp + offer.heals);
    await this.save();
    return this.gold;
  }

  isInWorld(): boolean {
    return !this.destroyed;
  }

  async leave(): Promise<void> {
    await this.destroy("left");
  }

  async leaveUnclaimed(): Promise<void> {
    if (this.proxy === null) await this.destroy("nobody came");
  }

  heal(): void {
    if (this.hp < this.hpMax) this.hp = Math.min(this.hpMax, this.hp + HEAL_HP);
  }

  /** In a crowd one sees less far. */
  lookAbout(): void {
    const { space, viewRadius } = this;
    if (space === null) return;
    const sight = sightIn(space, this.position, this.usualSight, viewRadius);
    if (sight !== viewRadius) this.setViewRadius(sight);
  }

  /** A monster's bite; at the end of its strength the avatar finds itself where it began. */
  suffer(damage: number): void {
    this.allClients.onHit(this.id, damage);
    this.hp = Math.max(0, this.hp - damage);
    if (this.hp > 0 || this.space === null) return;
    this.hp = this.hpMax;
    const { spawn } = mapOf(this.space.typeName);
    this.placeAt(this.space, spawn.x, spawn.z);
    this.findRoom(this.space);
  }

  /** From a crowded spawn to where there is room. */
  private findRoom(space: Space): void {
    const { spawn } = mapOf(space.typeName);
    if (isRoomy(space, this.position)) return;
    const place = roomyPlace(space, collisionOf(space.typeName), spawn, () => this.random());
    if (place !== null) this.moveTo(place.x, 0, place.z);
  }

  async refreshBoard(): Promise<void> {
    const lines = await this.stub<RankBoard>("RankBoard").call.top();
    for (const [i, line] of lines.entries()) {
      const shown = this.board.get(i);
      if (shown === undefined) this.board.push(line);
      else if (shown.name !== line.name || shown.score !== line.score) {
        shown.name = line.name;
        shown.score = line.score;
      }
    }
    while (this.board.length > lines.length) this.board.pop();
  }

  /** Portals join spaces of one game. */
  async goThrough(portal: Portal): Promise<void> {
    const found = await this.stub<SpaceManager>(SPACE_MANAGER).call.find(portal.to.toLowerCase());
    const space = found === null ? undefined : this.entityHere(found.entity);
    if (space === undefined) return this.log.warn("the portal leads to a space of another game", { to: portal.to });
    this.portalMs = this.nowMs;
    this.placeAt(space as Space, portal.toX, portal.toZ);
  }

  private placeAt(space: Space, x: number, z: number): void {
    this.enterSpace(space, { x, y: 0, z, yaw: this.position.yaw });
  }

  private get key(): string {
    return this.name.toLowerCase();
  }

  private portalAt(space: Space, at: Position): Portal | undefined {
    if (this.nowMs - this.portalMs < PORTAL_PAUSE_MS) return undefined;
    const portal = mapOf(space.typeName).portals.find(({ x, z, radius }) => Math.hypot(at.x - x, at.z - z) < radius);
    if (portal !== undefined) this.portalMs = this.nowMs;
    return portal;
  }

  private reward(bounty: number): void {
    this.gold += bounty;
    this.kills += 1;
    this.level = 1 + Math.floor(this.kills / KILLS_PER_LEVEL);
    this.stub<RankBoard>("RankBoard").send.report(this.name, this.kills);
  }
}
