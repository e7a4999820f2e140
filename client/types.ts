/**
 * How a client's types follow from an entity class, by `import type` only: nothing of the server reaches the bundle.
 * `$definition` is a member that exists for the compiler alone; engine/entity puts it there. Pure types, no code.
 */
import type { ValueOf, ValueType } from "../engine/property/types.js";

type AnyValueType = ValueType<unknown>;

/** A method as an author declares it: its arguments, or these with the type of the result. */
export type MethodShape =
  | readonly AnyValueType[]
  | { readonly args: readonly AnyValueType[]; readonly returns: AnyValueType | null };
export type MethodShapes = { readonly [name: string]: MethodShape };

/** What `defineEntity` was given, as a type. Tables that were left out are `{}`. */
export interface DefinitionShape {
  readonly properties: { readonly [name: string]: AnyValueType };
  readonly exposed: MethodShapes;
  readonly exposedToView: MethodShapes;
  readonly anonymous: MethodShapes;
  readonly client: MethodShapes;
}

/** An entity class's instance, as far as a client cares. */
export interface EntityShape {
  readonly $definition: DefinitionShape;
}

/** The shape of an entity whose class is not known here: every name is there, with unknown values. */
export interface AnyEntity {
  readonly $definition: {
    readonly properties: { readonly [name: string]: AnyValueType };
    readonly exposed: { readonly [name: string]: AnyMethod };
    readonly exposedToView: Record<never, never>;
    readonly anonymous: Record<never, never>;
    readonly client: { readonly [name: string]: AnyMethod };
  };
}
interface AnyMethod {
  readonly args: readonly AnyValueType[];
  readonly returns: AnyValueType;
}

type ArgumentTypes<M> = M extends { readonly args: infer A extends readonly AnyValueType[] }
  ? A
  : M extends readonly AnyValueType[]
    ? M
    : never;
type Values<A extends readonly AnyValueType[]> = { -readonly [I in keyof A]: ValueOf<A[I]> };
export type ArgumentsOf<M> = Values<ArgumentTypes<M>>;
export type ResultOf<M> = M extends { readonly returns: ValueType<infer R> | null } ? R : void;

type Definition<E extends EntityShape> = E["$definition"];
type Callable<E extends EntityShape> = Definition<E>["exposed"] &
  Definition<E>["exposedToView"] &
  Definition<E>["anonymous"];

/** `entity.call.buy("sword")`: resolves with the result, rejects with AeonError. */
export type CallsOf<E extends EntityShape> = {
  readonly [K in keyof Callable<E>]: (...args: ArgumentsOf<Callable<E>[K]>) => Promise<ResultOf<Callable<E>[K]>>;
};
/** `entity.send.say("hello")`: no reply is asked for. */
export type SendsOf<E extends EntityShape> = {
  readonly [K in keyof Callable<E>]: (...args: ArgumentsOf<Callable<E>[K]>) => void;
};
/** What the server may call on this client's side of the entity. */
export type HandlersOf<E extends EntityShape> = {
  readonly [K in keyof Definition<E>["client"]]?: (...args: ArgumentsOf<Definition<E>["client"][K]>) => void;
};
/** The entity's properties as plain values: maps as objects, lists as arrays. One that is not visible here is undefined. */
export type PropsOf<E extends EntityShape> = {
  readonly [K in keyof Definition<E>["properties"]]: ValueOf<Definition<E>["properties"][K]> | undefined;
};
