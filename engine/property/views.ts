/** What script code sees of properties: the type of a value when it is read, and what may be assigned. Types only. */
import type { CustomList } from "./custom-list.js";
import type { CustomMap } from "./custom-map.js";
import type { Fields, KeyKind, ListType, MapType, StructType, ValueOf, ValueType } from "./value-type.js";

export type KeyOf<K extends KeyKind> = K extends "int32" ? number : string;

/** A struct as a live object: assigning a field is a synced change. */
export type StructView<S extends ValueType<unknown>> =
  S extends StructType<infer F> ? FieldViews<F> & { readonly $input: StructInput<F> } : never;
type FieldViews<F extends Fields> = { -readonly [K in keyof F]: ViewOf<F[K]> };
/** What a struct may be made of; what is left out gets its default. */
type StructInput<F extends Fields> = { readonly [K in keyof F]?: InputOf<ViewOf<F[K]>> };

/** What reading a property of this type gives. */
export type ViewOf<T extends ValueType<unknown>> =
  T extends MapType<infer E, infer K>
    ? CustomMap<ViewOf<E>, KeyOf<K>>
    : T extends ListType<infer E>
      ? CustomList<ViewOf<E>>
      : T extends StructType<Fields>
        ? StructView<T>
        : ValueOf<T>;

/** What may be put where a view is read: itself or plain data. */
export type InputOf<V> = V extends { readonly $input: infer I } ? V | I : V;

/** The properties of an entity as script sees them. */
export type PropertiesOf<P extends Fields> = { -readonly [K in keyof P]: ViewOf<P[K]> };
