/**
 * How an author declares an entity type. One definition drives properties and their scopes, what may be called by whom, the RPC index,
 * the client's types and what is stored. Nothing is registered here: a world (world.ts) lists its types.
 */
import { AeonError } from "../base/errors.js";
import type { ViewShape } from "../base/view-shape.js";
import type { PropertiesOf } from "../property/properties.js";
import type { ValueOf, ValueType } from "../property/types.js";
import type { EntityInit, ServerEntity } from "./server-entity.js";

export type ArgumentTypes = readonly ValueType<unknown>[];

/** A method with a result or with options of its own; a plain list of argument types is the short form. */
export interface Rpc<A extends ArgumentTypes = ArgumentTypes, R = unknown> {
  readonly args: A;
  readonly returns: ValueType<R> | null;
  /** May run while another handler of the entity awaits. */
  readonly reentrant: boolean;
  /** How long a caller waits unless it says otherwise, in ms; absent: `game.callTimeoutMs`. */
  readonly timeoutMs?: number;
}

export function rpc<const A extends ArgumentTypes, R = void>(
  args: A,
  options: { returns?: ValueType<R>; reentrant?: boolean; timeoutMs?: number } = {},
): Rpc<A, R> {
  const { returns = null, reentrant = false, timeoutMs } = options;
  return { args, returns, reentrant, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
}

export type MethodSpec = ArgumentTypes | Rpc<ArgumentTypes, never> | Rpc<ArgumentTypes, unknown>;
export type MethodSpecs = Readonly<Record<string, MethodSpec>>;
export type PropertySpecs = Readonly<Record<string, ValueType<unknown>>>;

export interface EntitySpec {
  readonly properties?: PropertySpecs;
  /** The entity's own client may call these. */
  readonly exposed?: MethodSpecs;
  /** Clients that see the entity may call these; `this.caller` is the caller's entity id. */
  readonly exposedToView?: MethodSpecs;
  /** The own client may call these before it is logged in, that is while it is bound to the account entity. */
  readonly anonymous?: MethodSpecs;
  /** Other entities may call these, from any game. */
  readonly server?: MethodSpecs;
  /** What the server calls on the client's side. */
  readonly client?: MethodSpecs;
  /** Of a space: the shape of all views in it; left out: as the base has it, or `game.viewShape`. */
  readonly viewShape?: ViewShape;
}

/** A definition with every part present; empty ones as `{}`. Type level only, as `E["$definition"]`. */
export interface Definition {
  readonly properties: PropertySpecs;
  readonly exposed: MethodSpecs;
  readonly exposedToView: MethodSpecs;
  readonly anonymous: MethodSpecs;
  readonly server: MethodSpecs;
  readonly client: MethodSpecs;
}
// biome-ignore lint/complexity/noBannedTypes: an absent part adds nothing
type Nothing = {};
type Part<S, K extends keyof EntitySpec> = S extends { readonly [P in K]: infer V extends NonNullable<EntitySpec[K]> }
  ? V
  : Nothing;
/** The definition of an entity class that no `defineEntity` has added to. */
export interface NoDefinition {
  readonly properties: Nothing;
  readonly exposed: Nothing;
  readonly exposedToView: Nothing;
  readonly anonymous: Nothing;
  readonly server: Nothing;
  readonly client: Nothing;
}
export interface DefinitionOf<S extends EntitySpec> {
  readonly properties: Part<S, "properties">;
  readonly exposed: Part<S, "exposed">;
  readonly exposedToView: Part<S, "exposedToView">;
  readonly anonymous: Part<S, "anonymous">;
  readonly server: Part<S, "server">;
  readonly client: Part<S, "client">;
}

export type ArgumentsOf<M> = M extends { readonly args: infer A extends ArgumentTypes }
  ? ValuesOf<A>
  : M extends ArgumentTypes
    ? ValuesOf<M>
    : never;
type ValuesOf<A extends ArgumentTypes> = { -readonly [K in keyof A]: ValueOf<A[K]> };
export type ResultOf<M> = M extends { readonly returns: ValueType<infer R> | null } ? R : void;

/** `entity.call`: each call resolves with the method's result or rejects with an AeonError. */
export type Calls<M> = { readonly [K in keyof M]: (...args: ArgumentsOf<M[K]>) => Promise<ResultOf<M[K]>> };
/** `entity.send`: the same without an answer. */
export type Sends<M> = { readonly [K in keyof M]: (...args: ArgumentsOf<M[K]>) => void };
/** What a class must implement for its definition; checked where a world lists the class. */
export type Handlers<M> = { [K in keyof M]: (...args: ArgumentsOf<M[K]>) => ResultOf<M[K]> | Promise<ResultOf<M[K]>> };
export type HandlersOf<D extends Definition> = Handlers<
  D["exposed"] & D["exposedToView"] & D["anonymous"] & D["server"]
>;

/** What `defineEntity` adds to the instances of its base. */
export interface Defined<S extends EntitySpec> {
  /** Type level only. */
  readonly $definition: DefinitionOf<S>;
  /** Calls the entity's own client; counted and dropped while there is none. */
  readonly client: Sends<Part<S, "client">>;
  /** Calls the own client and all that see the entity. */
  readonly allClients: Sends<Part<S, "client">>;
  /** Calls all that see the entity, without its own client. */
  readonly otherClients: Sends<Part<S, "client">>;
}

export interface EntityClass<E extends ServerEntity = ServerEntity> {
  new (init: EntityInit): E;
  /** The definitions from the root class to this one; the last one carries the type's name. */
  readonly $definitions: readonly NamedSpec[];
  readonly prototype: E;
}

export interface NamedSpec {
  readonly name: string;
  readonly spec: EntitySpec;
}

const NAME_PATTERN = /^[A-Za-z][A-Za-z0-9]{0,47}$/;
const METHOD_PARTS = ["exposed", "exposedToView", "anonymous", "server", "client"] as const;

/**
 * A class to extend: `class Avatar extends defineEntity(AvatarAreaEntity, "Avatar", {…}) {…}`.
 * Throws ENTITY_DEFINITION for a name that cannot stand in a path or stands twice in the type or its bases.
 */
export function defineEntity<B extends EntityClass, const S extends EntitySpec>(
  base: B,
  name: string,
  spec: S,
): {
  new (init: EntityInit): InstanceType<B> & PropertiesOf<Part<S, "properties">> & Defined<S>;
  readonly $definitions: readonly NamedSpec[];
} {
  checkNames(name, [...base.$definitions.map((d) => d.spec), spec]);
  const Base = base as EntityClass;
  class DefinedEntity extends Base {
    static override readonly $definitions: readonly NamedSpec[] = [...Base.$definitions, { name, spec }];
  }
  Object.defineProperty(DefinedEntity, "name", { value: name });
  return DefinedEntity as never;
}

function checkNames(type: string, specs: readonly EntitySpec[]): void {
  const refuse = (what: string) => {
    throw new AeonError("ENTITY_DEFINITION", what);
  };
  if (!NAME_PATTERN.test(type)) refuse(`"${type}" is no name for an entity type`);
  const seen = new Set<string>();
  for (const spec of specs) {
    const names = [
      ...Object.keys(spec.properties ?? {}),
      ...METHOD_PARTS.flatMap((part) => Object.keys(spec[part] ?? {})),
    ];
    for (const name of names) {
      if (!NAME_PATTERN.test(name)) refuse(`"${type}.${name}" is no name for a property or method`);
      if (seen.has(name)) refuse(`"${type}.${name}" stands twice`);
      seen.add(name);
    }
  }
}
