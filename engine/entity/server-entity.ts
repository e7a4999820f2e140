/**
 * ServerEntity: id, properties, calls, timers, persistence. Base of every entity type. Runs on the script thread.
 * An entity holds no `#private` fields and no state outside its properties that must outlive it: what the engine keeps about it is `$`.
 */
import type { EntityId, Incarnation } from "../base/ids.js";
import type { Log } from "../base/log.js";
import type { PropertyTree } from "../property/properties.js";
import type { MailboxData, ProxyData } from "../property/types.js";
import { callerClassOf } from "./callers.js";
import type { NamedSpec, NoDefinition } from "./define.js";
import { type Remote, type RemoteAvatar, remoteAvatar, remoteEntity } from "./remote.js";
import type { EntityRuntime, EntityState, RemoteSpawnOptions, SpawnOptions } from "./runtime.js";

/** What the engine hands to a new entity. */
export interface EntityInit {
  readonly host: EntityRuntime;
  readonly state: EntityState;
}

export class ServerEntity {
  static readonly $definitions: readonly NamedSpec[] = [];
  /** Type level only: the merged definition. */
  declare readonly $definition: NoDefinition;
  /** The engine's side of this entity; not for scripts. */
  readonly $: EntityState;
  readonly $host: EntityRuntime;
  /** Where the generated accessors keep their values. */
  readonly properties: PropertyTree;

  constructor(init: EntityInit) {
    this.$ = init.state;
    this.$host = init.host;
    this.properties = init.state.properties;
  }

  get id(): EntityId {
    return this.$.id;
  }
  get typeName(): string {
    return this.$.definition.name;
  }
  /** Where other entities reach this one; valid until it ends. */
  get mailbox(): MailboxData {
    return this.$host.mailboxOf(this);
  }
  get destroyed(): boolean {
    return this.$.life === "destroyed";
  }
  /** The entity whose client called the handler that runs, "" when it was not a client. Read it before the first `await`. */
  get caller(): EntityId {
    return this.$.caller;
  }
  get log(): Log {
    return this.$host.log.child({ entity: this.$.id, type: this.typeName });
  }
  /** Monotonic milliseconds. */
  get nowMs(): number {
    return this.$host.nowMs();
  }
  /** A float in [0, 1) from the game's random source. */
  random(): number {
    return this.$host.random.next();
  }
  /** Incarnation of the game this entity lives on. */
  get game(): Incarnation {
    return this.$host.incarnation;
  }

  /** The games of the cluster as this one knows them, itself included; where `spawnOn` can create. */
  get games(): readonly Incarnation[] {
    return this.$host.games();
  }

  /** An entity of this game, or undefined. */
  entityHere(id: EntityId): ServerEntity | undefined {
    return this.$host.entity(id);
  }
  /** The stub of this name, wherever it lives; of a sharded one the shard that `key` falls to. */
  stub<E extends ServerEntity>(name: string, key = ""): Remote<E> {
    const shard = this.$host.shardOf(name, key);
    return remoteEntity<E>(this.$host, this.$host.definitionOf(name), { kind: "stub", name, shard });
  }
  /** Another entity by its mailbox. `type` is the name of its type. */
  remote<E extends ServerEntity>(type: string, mailbox: MailboxData): Remote<E> {
    return remoteEntity<E>(this.$host, this.$host.definitionOf(type), { kind: "mailbox", mailbox });
  }
  /** An avatar by its proxy: reaches its client, and the entity wherever it is. */
  proxyOf<E extends ServerEntity>(type: string, proxy: ProxyData): RemoteAvatar<E> {
    return remoteAvatar<E>(this.$host, this.$host.definitionOf(type), proxy);
  }

  /** A new entity on this game. It exists when the call returns; its `onCreate` runs first of all that it does. */
  spawn<E extends ServerEntity>(type: string, options: SpawnOptions = {}): E {
    return this.$host.spawn(type, options) as E;
  }
  /** A new entity on a game of your choice. Resolves when its `onCreate` is done; rejects with ENTITY_CREATE_FAILED and others. */
  spawnOn(game: Incarnation, type: string, options: RemoteSpawnOptions = {}): Promise<MailboxData> {
    return this.$host.spawnOn(game, type, options);
  }

  /** Calls the method named, once, after `delayMs`. The data must be plain; both outlive a reload. Returns a number for `cancelTimer`. */
  after(delayMs: number, method: string, ...data: readonly unknown[]): number {
    return this.$host.setTimer(this, { method, data, intervalMs: 0, wheelTimer: null }, delayMs);
  }
  /** The same every `intervalMs` (≥ 1) until cancelled. */
  every(intervalMs: number, method: string, ...data: readonly unknown[]): number {
    const eachMs = Math.max(1, intervalMs);
    return this.$host.setTimer(this, { method, data, intervalMs: eachMs, wheelTimer: null }, eachMs);
  }
  cancelTimer(timerId: number): void {
    this.$host.clearTimer(this, timerId);
  }

  /** Resolves when the persistent properties, as they are now, are durable. Rejects with STORE_…; without a document it does nothing. */
  save(): Promise<void> {
    return this.$host.save(this);
  }
  /** Ends the entity: `onDestroy(reason)`, then it is saved, leaves its space, its client is closed. Resolves when it is saved. */
  destroy(reason = "destroyed"): Promise<void> {
    return this.$host.destroy(this, reason);
  }

  // Hooks: docs/reference/life-cycle.md says when each runs, what is allowed and what a throw causes.
  onCreate(): void | Promise<void> {}
  onDestroy(_reason: string): void {}
  /** Every tick; only for types that define it. `dtMs` is the time since the last one. */
  onTick?(dtMs: number): void;
  /** A stub lives elsewhere now, or again, and has forgotten what it was told. Only for types that define it. */
  onStubRestarted?(name: string, shard: number): void | Promise<void>;
  /** A game has left the cluster. Only for types that define it. */
  onGameGone?(game: Incarnation): void | Promise<void>;

  /** Calls on the client side; the types are those of the definition. */
  protected clientCaller(audience: "own" | "all" | "others"): object {
    const CallerClass = callerClassOf(this.$.definition, "client");
    return new CallerClass((method, args) => this.$host.callClient(this, audience, method, args));
  }
}

for (const [name, audience] of [
  ["client", "own"],
  ["allClients", "all"],
  ["otherClients", "others"],
] as const) {
  Object.defineProperty(ServerEntity.prototype, name, {
    configurable: true,
    get(this: ServerEntity) {
      const caller = this.clientCaller(audience);
      Object.defineProperty(this, name, { value: caller });
      return caller;
    },
  });
}
