/**
 * Types as JSON, for the definitions that travel to clients, and as a short text, for hashes and the RPC index.
 * What arrives as JSON is checked: a description comes from a server, but a mirror must not be broken by a wrong one.
 */
import { AeonError } from "../base/errors.js";
import type { ScopeMask, ScopeName } from "./op-sink.js";
import { Scope } from "./op-sink.js";
import { innerScope } from "./scopes.js";
import { checkValue, numberRange } from "./value-check.js";
import { type Fields, isContainer, isPlain, type JsonValue, KIND_CODES, type ValueType } from "./value-type.js";

type AnyType = ValueType<unknown>;
const DEPTH_MAX = 32;

export function describeType(type: AnyType): JsonValue {
  const { kind, scope, persist, min, max, key, element, fields, fieldIds } = type;
  const defaultValue = type.default as JsonValue | undefined;
  const shown = { kind, scope, persist, min, max, key, default: defaultValue };
  if (element !== undefined) return compact({ ...shown, element: describeType(element) });
  if (fields === undefined) return compact(shown);
  const described = Object.entries(fields).map(([name, field]) => [fieldIds?.[name] ?? 0, name, describeType(field)]);
  return compact({ ...shown, fields: described });
}

function compact(object: Readonly<Record<string, JsonValue | undefined>>): JsonValue {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

/** Throws BYTES_MALFORMED. */
export function typeFromDescription(description: JsonValue | undefined): AnyType {
  return typeFrom(description, 0);
}

function typeFrom(description: JsonValue | undefined, depth: number): AnyType {
  const object = parseObject(description);
  const { kind, scope, key, element, fields } = object;
  require(depth <= DEPTH_MAX, "nested too deep");
  require(typeof kind === "string" && Object.hasOwn(KIND_CODES, kind), "its kind is unknown");
  require(scope === undefined || (typeof scope === "string" && Object.hasOwn(Scope, scope)), "its scope is unknown");
  require(key === undefined || key === "text" || key === "int32", "its key is unknown");
  for (const bound of [object.min, object.max])
    require(bound === undefined || (typeof bound === "number" && Number.isFinite(bound)), "a bound is no number");
  const type = { ...object } as Record<string, unknown>;
  if (element !== undefined) type.element = typeFrom(element, depth + 1);
  if (fields !== undefined) Object.assign(type, fieldsFrom(fields, depth));
  return checked(type as unknown as AnyType);
}

function fieldsFrom(description: JsonValue, depth: number): { fields: Fields; fieldIds: Record<string, number> } {
  require(Array.isArray(description), "its fields are no list");
  const fields: Record<string, AnyType> = {};
  const fieldIds: Record<string, number> = {};
  for (const entry of description as readonly JsonValue[]) {
    require(Array.isArray(entry), "a field is no list");
    const [id, name, type] = entry as readonly JsonValue[];
    require(typeof id === "number" && Number.isInteger(id) && id > 0 && id <= 65_535, "a field has no number");
    require(typeof name === "string" && name !== "__proto__", "a field has no name");
    fields[name as string] = typeFrom(type, depth + 1);
    fieldIds[name as string] = id as number;
  }
  require(new Set(Object.values(fieldIds)).size === description.length, "a field stands twice");
  return { fields, fieldIds };
}

function checked(type: AnyType): AnyType {
  const holder = type.kind === "optional" || type.kind === "array";
  const container = type.kind === "customMap" || type.kind === "customList";
  require((holder || container) === (type.element !== undefined), "its element is wrong");
  require(!holder || isPlain(type.element as AnyType), "it cannot hold a container");
  require((type.kind === "struct") === (type.fields !== undefined), "its fields are wrong");
  require(type.default === undefined || checkValue(type, type.default) === null, "its default is not of its type");
  return Object.freeze(type);
}

function require(condition: boolean, what: string): asserts condition {
  if (!condition) throw new AeonError("BYTES_MALFORMED", `a type's description is wrong: ${what}`);
}

/** Throws BYTES_MALFORMED when the value is not an object. */
export function parseObject(value: JsonValue | undefined): Readonly<Record<string, JsonValue | undefined>> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new AeonError("BYTES_MALFORMED", "a definition lacks an object");
  return value as Readonly<Record<string, JsonValue | undefined>>;
}

/** The type as a consumer with this mask may know it: fields it may not see are left out, at any depth. */
export function visibleType(type: AnyType, scope: ScopeMask, mask: ScopeMask): AnyType {
  if (!isContainer(type)) return type;
  if (type.element !== undefined) {
    const element = visibleType(type.element, innerScope(scope, type.element.scope), mask);
    return element === type.element ? type : { ...type, element };
  }
  const fields: Record<string, AnyType> = {};
  for (const [name, field] of Object.entries(type.fields ?? {})) {
    const inner = innerScope(scope, field.scope);
    if ((inner & mask) !== 0) fields[name] = visibleType(field, inner, mask);
  }
  return { ...type, fields };
}

/** Whether a plain struct somewhere in the type has a field with a scope of its own, which a value that is sent whole cannot keep. */
export function hidesPlainField(type: AnyType, whole = false): boolean {
  const inside = whole || !isContainer(type);
  if (type.element !== undefined) return hidesPlainField(type.element, inside);
  return Object.values(type.fields ?? {}).some(
    (field) => (inside && (field.scope as ScopeName | undefined) !== undefined) || hidesPlainField(field, inside),
  );
}

/** Canonical and short: equal signatures read and write the same bytes with the same bounds. */
export function typeSignature(type: AnyType): string {
  switch (type.kind) {
    case "optional":
      return `${typeSignature(type.element as AnyType)}?`;
    case "array":
    case "customList":
    case "customMap": {
      const key = type.kind === "customMap" ? `${type.key ?? "text"},` : "";
      return `${type.kind}(${key}${typeSignature(type.element as AnyType)}${bound(type)})`;
    }
    case "struct": {
      const fields = Object.entries(type.fields ?? {}).map(([name, field]) => `${name}:${typeSignature(field)}`);
      return `{${fields.join(",")}}`;
    }
    case "text":
    case "bytes":
    case "json":
      return type.max === undefined ? type.kind : `${type.kind}(${type.max})`;
    default: {
      if (type.min === undefined && type.max === undefined) return type.kind;
      const [min, max] = numberRange(type);
      return `${type.kind}(${min}..${max})`;
    }
  }
}

function bound(type: AnyType): string {
  return type.max === undefined ? "" : `,${type.max}`;
}
