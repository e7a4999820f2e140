/**
 * Value types: plain data that describe what a property or an RPC argument may hold. The constructors below are what authors write.
 *
 * A type is immutable and knows nothing of entities. `customMap` and `customList` (and a `struct` that stands directly in a property, in
 * one of those or in such a struct) are containers: they are synced element by element. Everything else is a plain value, sent whole.
 */
import { AeonError } from "../base/errors.js";
import type { ClientId, EntityId, Incarnation } from "../base/ids.js";
import type { ScopeName } from "./op-sink.js";

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [name: string]: JsonValue | undefined };

/** Numbers of the kinds, for dispatch inside a process; they are not on the wire. */
export const KIND_CODES = {
  bool: 1,
  int8: 2,
  uint8: 3,
  int16: 4,
  uint16: 5,
  int32: 6,
  uint32: 7,
  float32: 8,
  float64: 9,
  text: 10,
  bytes: 11,
  entityId: 12,
  json: 13,
  optional: 14,
  array: 15,
  struct: 16,
  customMap: 17,
  customList: 18,
  mailbox: 19,
  proxy: 20,
} as const;
export type ValueKind = keyof typeof KIND_CODES;
export type KeyKind = "text" | "int32";

/** What a mailbox is made of; the entity layer gives it methods. Entity "" is none. */
export interface MailboxData {
  readonly entity: EntityId;
  readonly game: Incarnation;
  readonly gate: Incarnation;
}
/** What a proxy is made of. Client "" is none. */
export interface ProxyData {
  readonly clientId: ClientId;
  readonly gate: Incarnation;
}

export interface PropertyOptions {
  /** Who sees it; SERVER_ONLY unless said. Inside a struct: no wider than the struct's own. */
  readonly scope?: ScopeName;
  /** Saved with the entity. Inside a struct: what the struct says, unless this is false. */
  readonly persist?: boolean;
}

/** One shape for all kinds, so that code which walks types needs no cast; what a kind does not use is absent. */
export interface ValueType<T> extends PropertyOptions {
  readonly kind: ValueKind;
  /** Never present: carries the value's type. */
  readonly $value?: { readonly value: T };
  readonly default?: T;
  /** The least number allowed. */
  readonly min?: number;
  /** The largest number; of a text: UTF-16 units; of bytes and json: bytes; of an array, map or list: elements. */
  readonly max?: number;
  readonly element?: ValueType<unknown>;
  readonly key?: KeyKind;
  readonly fields?: Fields;
  /** Numbers of the fields, 1 …; kept when fields are left out for a client. */
  readonly fieldIds?: Readonly<Record<string, number>>;
}
export type Fields = Readonly<Record<string, ValueType<unknown>>>;

export interface StructType<F extends Fields> extends ValueType<StructValue<F>> {
  readonly kind: "struct";
  readonly fields: F;
  readonly fieldIds: Readonly<Record<string, number>>;
}
export interface MapType<E extends ValueType<unknown>, K extends KeyKind = "text">
  extends ValueType<Readonly<Record<string, ValueOf<E>>>> {
  readonly kind: "customMap";
  readonly element: E;
  readonly key: K;
}
export interface ListType<E extends ValueType<unknown>> extends ValueType<readonly ValueOf<E>[]> {
  readonly kind: "customList";
  readonly element: E;
}

/** The plain value that a type describes: what stands in RPC arguments, in the store and in a mirror. */
export type ValueOf<T extends ValueType<unknown>> = T extends { readonly $value?: { readonly value: infer V } }
  ? V
  : never;
export type StructValue<F extends Fields> = { readonly [K in keyof F]: ValueOf<F[K]> };
/** The values of a tuple of types, for RPC arguments. */
export type ValuesOf<A extends readonly ValueType<unknown>[]> = {
  -readonly [I in keyof A]: A[I] extends ValueType<unknown> ? ValueOf<A[I]> : never;
};

export interface ScalarOptions<T> extends PropertyOptions {
  readonly default?: T;
}
export interface NumberOptions extends ScalarOptions<number> {
  readonly min?: number;
  readonly max?: number;
}
export interface SizedOptions<T> extends ScalarOptions<T> {
  readonly max?: number;
}
export interface ContainerOptions extends PropertyOptions {
  /** Elements; unbounded unless said. */
  readonly max?: number;
}

/** Bounds that hold unless a type says otherwise. */
export const TEXT_LENGTH_MAX = 65_535;
export const BYTES_LENGTH_MAX = 65_535;
export const JSON_BYTES_MAX = 65_535;
export const ARRAY_COUNT_MAX = 65_535;
/** Of a map's text key, in UTF-8 bytes. */
export const KEY_BYTES_MAX = 255;

/** What each integer kind can hold. */
export const INTEGER_RANGES: Readonly<Partial<Record<ValueKind, readonly [min: number, max: number]>>> = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32_768, 32_767],
  uint16: [0, 65_535],
  int32: [-2_147_483_648, 2_147_483_647],
  uint32: [0, 4_294_967_295],
};

function scalar<T>(kind: ValueKind, options: ValueTypeOptions): ValueType<T> {
  return Object.freeze({ kind, ...options }) as ValueType<T>;
}
type ValueTypeOptions = NumberOptions | SizedOptions<unknown> | Omit<ValueType<unknown>, "kind">;

export const bool = (options: ScalarOptions<boolean> = {}): ValueType<boolean> => scalar("bool", options);
export const int8 = (options: NumberOptions = {}): ValueType<number> => scalar("int8", options);
export const uint8 = (options: NumberOptions = {}): ValueType<number> => scalar("uint8", options);
export const int16 = (options: NumberOptions = {}): ValueType<number> => scalar("int16", options);
export const uint16 = (options: NumberOptions = {}): ValueType<number> => scalar("uint16", options);
export const int32 = (options: NumberOptions = {}): ValueType<number> => scalar("int32", options);
export const uint32 = (options: NumberOptions = {}): ValueType<number> => scalar("uint32", options);
/** Finite; stored with the precision of the wire, so that both ends hold the same number. */
export const float32 = (options: NumberOptions = {}): ValueType<number> => scalar("float32", options);
/** Finite. */
export const float64 = (options: NumberOptions = {}): ValueType<number> => scalar("float64", options);
/** `max` in UTF-16 units (65,535 unless said). */
export const text = (options: SizedOptions<string> = {}): ValueType<string> => scalar("text", options);
/** `max` in bytes (65,535 unless said). The caller hands the array over and does not change it afterwards. */
export const bytes = (options: ContainerOptions = {}): ValueType<Uint8Array> => scalar("bytes", options);
/** "" is no entity. */
export const entityId = (options: PropertyOptions = {}): ValueType<EntityId> => scalar("entityId", options);
/** Any JSON value, sent whole; `max` in bytes of its msgpack (65,535 unless said). */
export const json = (options: SizedOptions<JsonValue> = {}): ValueType<JsonValue> => scalar("json", options);
export const mailbox = (options: PropertyOptions = {}): ValueType<MailboxData> => scalar("mailbox", options);
export const proxy = (options: PropertyOptions = {}): ValueType<ProxyData> => scalar("proxy", options);

/** The value or null. */
export function optional<E extends ValueType<unknown>>(
  element: E,
  options: ScalarOptions<ValueOf<E> | null> = {},
): ValueType<ValueOf<E> | null> {
  requirePlain("optional", element);
  return scalar("optional", { ...options, element });
}

/** A plain array, sent whole; `max` elements (65,535 unless said). */
export function array<E extends ValueType<unknown>>(
  element: E,
  options: SizedOptions<readonly ValueOf<E>[]> = {},
): ValueType<readonly ValueOf<E>[]> {
  requirePlain("array", element);
  return scalar("array", { ...options, element });
}

/** Named fields. As a property: an object whose fields are synced one by one. As an argument: a plain object. */
export function struct<const F extends Fields>(fields: F, options: PropertyOptions = {}): StructType<F> {
  const fieldIds: Record<string, number> = {};
  for (const [at, name] of Object.keys(fields).entries()) {
    if (name.startsWith("$") || name === "__proto__" || name === "constructor")
      throw new AeonError("ENTITY_DEFINITION", `"${name}" cannot name a field`);
    fieldIds[name] = at + 1;
  }
  return Object.freeze({ ...options, kind: "struct", fields: Object.freeze({ ...fields }), fieldIds });
}

/** A dict that is synced entry by entry; only in properties. */
export function customMap<E extends ValueType<unknown>, K extends KeyKind = "text">(
  element: E,
  options: ContainerOptions & { readonly key?: K } = {},
): MapType<E, K> {
  return Object.freeze({ ...options, kind: "customMap", element, key: options.key ?? ("text" as K) });
}

/** A list that is synced element by element; only in properties. */
export function customList<E extends ValueType<unknown>>(element: E, options: ContainerOptions = {}): ListType<E> {
  return Object.freeze({ ...options, kind: "customList", element });
}

/** Whether values of this type are containers where they stand in a property. */
export function isContainer(type: ValueType<unknown>): boolean {
  return type.kind === "struct" || type.kind === "customMap" || type.kind === "customList";
}

/** Whether the type may stand in an RPC, an array or an optional: there is no customMap or customList in it. */
export function isPlain(type: ValueType<unknown>): boolean {
  if (type.kind === "customMap" || type.kind === "customList") return false;
  if (type.element !== undefined) return isPlain(type.element);
  return Object.values(type.fields ?? {}).every(isPlain);
}

function requirePlain(what: string, element: ValueType<unknown>): void {
  if (!isPlain(element)) throw new AeonError("ENTITY_DEFINITION", `${what} cannot hold a customMap or customList`);
}
