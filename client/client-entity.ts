/**
 * One entity as this client sees it: its own, or one in view. It lives from entering to leaving; one that comes back is another object.
 * It holds no property itself: those are in the mirror's Shadow. Made by Mirror only.
 */
import type { EntityId } from "../engine/base/ids.js";
import type { MethodDefinition, TypeDefinition } from "../engine/property/definition.js";
import type { AreaPropNotify } from "../engine/property/shadow.js";
import { makeCallSurface, makePropertySurface } from "./entity-surface.js";
import { type Position, PositionHistory } from "./position-history.js";
import type { AnyEntity, CallsOf, EntityShape, HandlersOf, PropsOf, SendsOf } from "./types.js";

/** What an entity asks of the client it belongs to. */
export interface EntityDoor {
  readonly callTimeoutMs: number;
  value(entity: ClientEntity, path: string): unknown;
  plain(entity: ClientEntity): Record<string, unknown>;
  call(entity: ClientEntity, method: MethodDefinition, args: readonly unknown[], timeoutMs: number): Promise<unknown>;
  send(entity: ClientEntity, method: MethodDefinition, args: readonly unknown[]): void;
  /** A handler of the application threw. */
  onHandlerThrow(where: string, error: unknown): void;
}

export type ChangeHandler = (value: unknown, notify: AreaPropNotify) => void;

/** Target of the client's own entity on the wire. */
export const OWN_TARGET = 0;

export class ClientEntity<E extends EntityShape = AnyEntity> {
  readonly id: EntityId;
  readonly type: TypeDefinition;
  /** 0: the own entity; else the short id in the space. */
  readonly target: number;
  /** Tells this holder of the short id from earlier ones. */
  readonly generation: number;
  /** It has left: properties are undefined, calls are refused with RPC_ENTITY_GONE. */
  gone = false;
  /** Where it was when last heard of, in units; read it, do not keep it: it changes in place. */
  readonly position: Position = { x: 0, y: 0, z: 0, yaw: 0 };
  /** For whatever the application hangs on an entity. */
  userData: unknown = undefined;
  /** Number of the last packet that said in order where it is. @internal */
  placedBy = 0;
  private readonly door: EntityDoor;
  private history: PositionHistory | null = null;
  private positionMs = 0;
  private handlers: readonly Readonly<Record<string, unknown>>[] = [];
  private watches: readonly { readonly path: string; readonly handler: ChangeHandler }[] = [];
  private callSurface: object | null = null;
  private sendSurface: object | null = null;
  private propertySurface: object | null = null;

  constructor(door: EntityDoor, type: TypeDefinition, id: EntityId, target: number, generation: number) {
    this.door = door;
    this.type = type;
    this.id = id;
    this.target = target;
    this.generation = generation;
  }

  get typeName(): string {
    return this.type.name;
  }

  get isOwn(): boolean {
    return this.target === OWN_TARGET;
  }

  /** Narrows to the type of this name: `if (entity.is<Monster>("Monster")) entity.props.kind`. */
  is<F extends EntityShape>(typeName: string): this is ClientEntity<F> {
    return this.type.name === typeName;
  }

  /** `await entity.call.buy("sword")`; rejects with AeonError (RPC_*, CLIENT_DISCONNECTED, or the code the server answered). */
  get call(): CallsOf<E> {
    this.callSurface ??= this.calls(undefined);
    return this.callSurface as CallsOf<E>;
  }

  /** `entity.send.say("hello")`: no reply. Throws RPC_ARGUMENT, RPC_NOT_EXPOSED, RPC_ENTITY_GONE, RPC_QUEUE_FULL. */
  get send(): SendsOf<E> {
    this.sendSurface ??= makeCallSurface(this.type, (method, args) => this.door.send(this.asAny(), method, args));
    return this.sendSurface as SendsOf<E>;
  }

  /** Calls that wait for at most `timeoutMs`. */
  within(timeoutMs: number): { readonly call: CallsOf<E> } {
    return { call: this.calls(timeoutMs) as CallsOf<E> };
  }

  /** Its properties as plain values: `entity.props.hp`. */
  get props(): PropsOf<E> {
    this.propertySurface ??= makePropertySurface(this.type, this);
    return this.propertySurface as PropsOf<E>;
  }

  /** A value by dotted path, such as "school.classA.number" (`.` and `\` in keys escaped by `\`); undefined when it is not there. */
  get(path: string): unknown {
    return this.gone ? undefined : this.door.value(this.asAny(), path);
  }

  /** Everything that is visible here, as plain values. */
  plain(): Record<string, unknown> {
    return this.gone ? {} : this.door.plain(this.asAny());
  }

  /** Calls `handler` when the value at `path`, something below it or something it stands in changes. Returns the way to stop. */
  onChange(path: string, handler: ChangeHandler): () => void {
    const watch = { path, handler };
    this.watches = [...this.watches, watch];
    return () => {
      this.watches = this.watches.filter((other) => other !== watch);
    };
  }

  /** Handlers for what the server calls on this client's side of the entity. Returns the way to take them off. */
  handle(handlers: HandlersOf<E>): () => void {
    const table = handlers as Readonly<Record<string, unknown>>;
    this.handlers = [...this.handlers, table];
    return () => {
      this.handlers = this.handlers.filter((other) => other !== table);
    };
  }

  /** Where it was at `serverMs`, between what was heard; written to `out` when given. Teleports are not smoothed. */
  positionAt(serverMs: number, out: Position = { x: 0, y: 0, z: 0, yaw: 0 }): Position {
    if (this.history === null) {
      this.history = new PositionHistory();
      this.history.add(this.positionMs, this.position);
    }
    this.history.read(serverMs, out);
    return out;
  }

  /** The mirror heard where it is. @internal */
  setPosition(serverMs: number, x: number, y: number, z: number, yaw: number): void {
    const at = this.position;
    at.x = x;
    at.y = y;
    at.z = z;
    at.yaw = yaw;
    this.positionMs = serverMs;
    this.history?.add(serverMs, at);
  }

  /** It was put elsewhere: nothing lies between. @internal */
  jumpTo(serverMs: number, x: number, y: number, z: number, yaw: number): void {
    this.history?.clear();
    this.setPosition(serverMs, x, y, z, yaw);
  }

  /** Someone here listens to changes. @internal */
  get isWatched(): boolean {
    return this.watches.length > 0;
  }

  /** @internal */
  emitChange(notify: AreaPropNotify): void {
    for (const { path, handler } of this.watches) {
      if (!concerns(notify.path, path)) continue;
      try {
        handler(this.get(path), notify);
      } catch (error) {
        this.door.onHandlerThrow(`onChange ${path}`, error);
      }
    }
  }

  /** @internal */
  emitCall(method: string, args: readonly unknown[]): void {
    for (const table of this.handlers) {
      const handler = table[method];
      if (typeof handler !== "function") continue;
      try {
        handler.apply(table, args);
      } catch (error) {
        this.door.onHandlerThrow(method, error);
      }
    }
  }

  private calls(timeoutMs: number | undefined): object {
    return makeCallSurface(this.type, (method, args) =>
      this.door.call(this.asAny(), method, args, timeoutMs ?? method.timeoutMs ?? this.door.callTimeoutMs),
    );
  }

  private asAny(): ClientEntity {
    return this as unknown as ClientEntity;
  }
}

function concerns(changed: string, watched: string): boolean {
  return (
    changed === watched || changed.startsWith(`${watched}.`) || watched.startsWith(`${changed}.`) || changed === ""
  );
}
