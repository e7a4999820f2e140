/** The entity types that the entity tests play with. What a scripted one does is written where it is tested: `play.act = …`. */
import {
  AreaEntity,
  AvatarAreaEntity,
  AvatarEntity,
  defineEntity,
  defineWorld,
  entityId,
  int16,
  int32,
  json,
  mailbox,
  rpc,
  ServerEntity,
  Space,
  StubEntity,
  text,
} from "../../../engine/index.js";

type Part = (self: Actor, what: string, data: unknown) => unknown;
/** What actors do; set by each test, emptied by `rehearse`. */
export const play: Record<string, Part> = {};
/** What happened, in order. */
export const notes: string[] = [];

export function note(what: string): void {
  notes.push(what);
}

/** Forgets the last test. */
export function rehearse(): void {
  for (const name of Object.keys(play)) delete play[name];
  notes.length = 0;
}

/** Calls a part if there is one. */
function act(self: ServerEntity, name: string, what = "", data: unknown = null): unknown {
  return play[name]?.(self as Actor, what, data);
}

export class Account extends defineEntity(AvatarEntity, "Account", {
  anonymous: { login: rpc([text()], { returns: text() }) },
  exposed: { settings: [] },
}) {
  override onCreate(): void | Promise<void> {
    return act(this, "accountCreate") as void;
  }
  login(name: string): string {
    act(this, "login", name);
    return `welcome ${name}`;
  }
  settings(): void {
    note("settings");
  }
}

export class Actor extends defineEntity(ServerEntity, "Actor", {
  properties: {
    name: text({ persist: true }),
    gold: int32({ default: 10, persist: true }),
    mood: text({ max: 8 }),
  },
  server: {
    act: rpc([text(), json()], { returns: json() }),
    quick: rpc([text()], { returns: json(), reentrant: true }),
    brief: rpc([text()], { returns: json(), timeoutMs: 300 }),
    level: rpc([], { returns: int16({ max: 10 }) }),
    meet: [mailbox(), entityId()],
  },
}) {
  override onCreate(): void | Promise<void> {
    return act(this, "create", this.name) as void;
  }
  override onDestroy(reason: string): void | Promise<void> {
    return act(this, "destroy", reason) as void;
  }
  override onStubRestarted(name: string, shard: number): void {
    act(this, "stubRestarted", `${name}#${shard}`);
  }
  override onGameGone(game: number): void {
    act(this, "gameGone", String(game));
  }
  act(what: string, data: unknown): never {
    return act(this, "act", what, data) as never;
  }
  quick(what: string): never {
    return act(this, "quick", what) as never;
  }
  brief(what: string): never {
    return act(this, "brief", what) as never;
  }
  level(): number {
    return act(this, "level") as number;
  }
  meet(): void {
    note("met");
  }
  timer(...data: unknown[]): unknown {
    return act(this, "timer", "", data);
  }
}

/** Ticks. */
export class Ticker extends defineEntity(ServerEntity, "Ticker", {}) {
  override onTick(dtMs: number): void | Promise<void> {
    return act(this, "tick", String(dtMs)) as void;
  }
}

export class Hero extends defineEntity(AvatarAreaEntity, "Hero", {
  properties: { name: text({ scope: "ALL_CLIENTS" }), hp: int16({ default: 100, scope: "OWN_CLIENT" }) },
  exposed: {
    say: rpc([text({ max: 5 })], { returns: text() }),
    count: rpc([int16({ min: 1, max: 10 })], { returns: int32() }),
  },
  exposedToView: { wave: rpc([], { returns: entityId() }) },
  anonymous: { peek: [] },
  server: { heal: rpc([int16()], { returns: int32() }), mend: rpc([], { reentrant: true }) },
  client: { onSay: [text()] },
}) {
  override onClientAttached(): void | Promise<void> {
    note("attached");
    return act(this, "attached") as void;
  }
  override onClientInterrupted(): void {
    note("interrupted");
  }
  override onClientResumed(): void {
    note("resumed");
  }
  override async onClientLost(code: string): Promise<void> {
    note(`lost ${code}`);
    await super.onClientLost(code);
  }
  override onMove(position: { x: number; y: number; z: number; yaw: number }): boolean {
    if (play.move !== undefined) return act(this, "move", "", position) as boolean;
    return super.onMove(position);
  }
  override onEnterSpace(space: Space): void {
    note(`enter ${space.spaceName}`);
  }
  override onLeaveSpace(space: Space): void {
    note(`leave ${space.spaceName}`);
  }
  say(words: string): string {
    act(this, "say", words);
    return `${this.caller === this.id ? "I" : this.caller}: ${words}`;
  }
  count(n: number): number {
    return (act(this, "count", String(n)) as number | undefined) ?? n;
  }
  wave(): string {
    return this.caller;
  }
  peek(): void {
    note("peeked");
  }
  mend(): void {
    note(`mend ${this.caller}`);
  }
  heal(hp: number): number {
    this.hp += hp;
    return this.hp;
  }
}

export class Stone extends defineEntity(AreaEntity, "Stone", {}) {}

export class Room extends defineEntity(Space, "Room", {}) {
  override onEntityEnter(entity: AreaEntity): void | Promise<void> {
    return act(this, "entityEnter", entity.id) as void;
  }
  override onEntityLeave(entity: AreaEntity): void | Promise<void> {
    return act(this, "entityLeave", entity.id) as void;
  }
}

export class Desk extends defineEntity(StubEntity, "Desk", {
  server: { ask: rpc([text()], { returns: text() }) },
}) {
  static readonly shards = 3;
  override onCreate(): void | Promise<void> {
    return act(this, "deskCreate") as void;
  }
  ask(what: string): string {
    return `${this.shard}${this.restarted ? "*" : ""}: ${what}`;
  }
}

export const cast = defineWorld({
  entities: [Account, Actor, Ticker, Hero, Stone, Room, Desk],
  account: "Account",
});
