/**
 * Is this a value of that type, what is its normal form, are two the same. The normal form is what a reader of the wire would get:
 * float32 rounded, no −0, plain objects and arrays copied and frozen. Everything that is stored in a property is normal.
 */
import { base64UrlToBytes, CLIENT_ID_BYTES, CLIENT_ID_CHARS, isEntityId } from "../base/ids.js";
import { isPlainObject, isWellFormed, jsonProblem, nameOf, normalJson, setOwn, utf8Length } from "./json-value.js";
import {
  ARRAY_COUNT_MAX,
  BYTES_LENGTH_MAX,
  INTEGER_RANGES,
  JSON_BYTES_MAX,
  KEY_BYTES_MAX,
  type KeyKind,
  type MailboxData,
  type ProxyData,
  TEXT_LENGTH_MAX,
  type ValueType,
} from "./value-type.js";

type AnyType = ValueType<unknown>;

const FLOAT32_MAX = 2 ** 128 - 2 ** 104;

/** The numbers a type of a number kind allows, both ends included. */
export function numberRange(type: AnyType): readonly [min: number, max: number] {
  if (type.kind === "float32") return [Math.fround(type.min ?? -FLOAT32_MAX), Math.fround(type.max ?? FLOAT32_MAX)];
  const [least, most] = INTEGER_RANGES[type.kind] ?? [-Number.MAX_VALUE, Number.MAX_VALUE];
  return [Math.max(least, type.min ?? least), Math.min(most, type.max ?? most)];
}

/** The largest length or count of a type that has one. */
export function sizeMax(type: AnyType): number {
  if (type.max !== undefined) return type.max;
  switch (type.kind) {
    case "text":
      return TEXT_LENGTH_MAX;
    case "bytes":
      return BYTES_LENGTH_MAX;
    case "json":
      return JSON_BYTES_MAX;
    case "array":
      return ARRAY_COUNT_MAX;
    default:
      return Number.MAX_SAFE_INTEGER;
  }
}

/** Null when the value is of the type; else a sentence that says what is wrong. Containers are checked as plain values. */
export function checkValue(type: AnyType, value: unknown): string | null {
  switch (type.kind) {
    case "bool":
      return typeof value === "boolean" ? null : `expected bool, got ${nameOf(value)}`;
    case "text":
      return checkText(type, value);
    case "bytes":
      if (!(value instanceof Uint8Array)) return `expected bytes, got ${nameOf(value)}`;
      return value.length <= sizeMax(type) ? null : `expected at most ${sizeMax(type)} bytes, got ${value.length}`;
    case "entityId":
      return value === "" || (typeof value === "string" && isEntityId(value))
        ? null
        : `expected entityId, got ${nameOf(value)}`;
    case "json":
      return jsonProblem(value, sizeMax(type));
    case "optional":
      return value === null || value === undefined ? null : checkValue(type.element as AnyType, value);
    case "array":
    case "customList":
      return checkItems(type, value);
    case "struct":
      return checkStruct(type, value);
    case "customMap":
      return checkEntries(type, value);
    case "mailbox":
      return checkMailbox(value);
    case "proxy":
      return checkProxy(value);
    default:
      return checkNumber(type, value);
  }
}

function checkNumber(type: AnyType, value: unknown): string | null {
  const [min, max] = numberRange(type);
  const floating = type.kind === "float32" || type.kind === "float64";
  if (typeof value === "number" && (floating ? Number.isFinite(value) : Number.isInteger(value))) {
    const stored = type.kind === "float32" ? Math.fround(value) : value;
    if (stored >= min && stored <= max) return null;
  }
  const range = floating && type.min === undefined && type.max === undefined ? "" : ` ${min}…${max}`;
  return `expected ${type.kind}${range}, got ${nameOf(value)}`;
}

function checkText(type: AnyType, value: unknown): string | null {
  if (typeof value !== "string") return `expected text, got ${nameOf(value)}`;
  if (value.length > sizeMax(type)) return `expected text of at most ${sizeMax(type)}, got ${value.length}`;
  return isWellFormed(value) ? null : "expected well-formed Unicode";
}

function checkItems(type: AnyType, value: unknown): string | null {
  if (!Array.isArray(value)) return `expected an array, got ${nameOf(value)}`;
  if (value.length > sizeMax(type)) return `expected at most ${sizeMax(type)} elements, got ${value.length}`;
  for (let at = 0; at < value.length; at++) {
    const problem = checkValue(type.element as AnyType, value[at]);
    if (problem !== null) return `element ${at}: ${problem}`;
  }
  return null;
}

function checkStruct(type: AnyType, value: unknown): string | null {
  if (!isPlainObject(value)) return `expected an object, got ${nameOf(value)}`;
  const fields = type.fields ?? {};
  for (const name of Object.keys(value)) if (!Object.hasOwn(fields, name)) return `there is no field "${name}"`;
  for (const [name, field] of Object.entries(fields)) {
    const problem = value[name] === undefined ? null : checkValue(field, value[name]);
    if (problem !== null) return `${name}: ${problem}`;
  }
  return null;
}

function checkEntries(type: AnyType, value: unknown): string | null {
  const entries = value instanceof Map ? [...value] : isPlainObject(value) ? Object.entries(value) : null;
  if (entries === null) return `expected a map, got ${nameOf(value)}`;
  for (const [key, item] of entries) {
    const problem = checkKey(type.key ?? "text", plainKey(type.key, key)) ?? checkValue(type.element as AnyType, item);
    if (problem !== null) return `${String(key)}: ${problem}`;
  }
  return null;
}

/** A key as it stands in a plain object, back in its own kind. */
export function plainKey(kind: KeyKind | undefined, key: unknown): unknown {
  return kind === "int32" && typeof key === "string" && /^-?\d{1,10}$/.test(key) ? Number(key) : key;
}

/** As checkValue, for the key of a map. */
export function checkKey(kind: KeyKind, key: unknown): string | null {
  if (kind === "int32")
    return (key as number) === ((key as number) | 0) ? null : `expected an int32 key, got ${nameOf(key)}`;
  if (typeof key !== "string") return `expected a text key, got ${nameOf(key)}`;
  if (key.length > KEY_BYTES_MAX || utf8Length(key) > KEY_BYTES_MAX)
    return `expected a key of at most ${KEY_BYTES_MAX} bytes`;
  return isWellFormed(key) ? null : "expected well-formed Unicode";
}

function checkMailbox(value: unknown): string | null {
  const { entity, game, gate } = (value ?? {}) as Partial<MailboxData>;
  const good =
    typeof entity === "string" && (entity === "" || isEntityId(entity)) && isIncarnation(game) && isIncarnation(gate);
  return good ? null : `expected mailbox, got ${nameOf(value)}`;
}

function checkProxy(value: unknown): string | null {
  const { clientId, gate } = (value ?? {}) as Partial<ProxyData>;
  return typeof clientId === "string" && isClientId(clientId) && isIncarnation(gate)
    ? null
    : `expected proxy, got ${nameOf(value)}`;
}

function isClientId(text: string): boolean {
  if (text === "") return true;
  if (text.length !== CLIENT_ID_CHARS || !/^[\w-]+$/.test(text)) return false;
  return base64UrlToBytes(text).length === CLIENT_ID_BYTES;
}

function isIncarnation(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** The normal form of a value that checkValue found good. Fields that a struct's value lacks get their defaults. */
export function normalValue(type: AnyType, value: unknown): unknown {
  switch (type.kind) {
    case "float32":
      return Math.fround(value as number) + 0;
    case "int8":
    case "uint8":
    case "int16":
    case "uint16":
    case "int32":
    case "uint32":
    case "float64":
      return (value as number) + 0;
    case "json":
      return normalJson(value);
    case "optional":
      return value === null || value === undefined ? null : normalValue(type.element as AnyType, value);
    case "array":
    case "customList":
      return Object.freeze((value as unknown[]).map((item) => normalValue(type.element as AnyType, item)));
    case "struct":
      return normalStruct(type, value as Readonly<Record<string, unknown>>);
    case "customMap":
      return normalEntries(type, value);
    case "mailbox": {
      const { entity, game, gate } = value as MailboxData;
      return Object.freeze({ entity, game, gate });
    }
    case "proxy": {
      const { clientId, gate } = value as ProxyData;
      return Object.freeze({ clientId, gate });
    }
    default:
      return value;
  }
}

function normalStruct(type: AnyType, value: Readonly<Record<string, unknown>>): unknown {
  const copy: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(type.fields ?? {}))
    copy[name] = value[name] === undefined ? defaultOf(field) : normalValue(field, value[name]);
  return Object.freeze(copy);
}

function normalEntries(type: AnyType, value: unknown): unknown {
  const copy: Record<string, unknown> = {};
  const entries = value instanceof Map ? value : Object.entries(value as object);
  for (const [key, item] of entries) setOwn(copy, String(key), normalValue(type.element as AnyType, item));
  return Object.freeze(copy);
}

const NO_MAILBOX: MailboxData = Object.freeze({ entity: "", game: 0, gate: 0 });
const NO_PROXY: ProxyData = Object.freeze({ clientId: "", gate: 0 });
const NO_BYTES = new Uint8Array(0);

/** The type's declared default, or the least surprising value it allows: zero, empty, none. In normal form. */
export function defaultOf(type: AnyType): unknown {
  if (type.default !== undefined) return normalValue(type, type.default);
  switch (type.kind) {
    case "bool":
      return false;
    case "text":
    case "entityId":
      return "";
    case "bytes":
      return NO_BYTES;
    case "json":
    case "optional":
      return null;
    case "array":
    case "customList":
      return Object.freeze([]);
    case "struct":
    case "customMap":
      return normalValue(type, {});
    case "mailbox":
      return NO_MAILBOX;
    case "proxy":
      return NO_PROXY;
    default: {
      const [min, max] = numberRange(type);
      return Math.min(Math.max(0, min), max);
    }
  }
}

/** Whether two values in normal form, of one type, are equal. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (a instanceof Uint8Array)
    return b instanceof Uint8Array && a.length === b.length && a.every((byte, at) => byte === b[at]);
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((item, at) => sameValue(item, b[at]));
  if (Array.isArray(b) || b instanceof Uint8Array) return false;
  return sameMembers(a as Readonly<Record<string, unknown>>, b as Readonly<Record<string, unknown>>);
}

function sameMembers(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => Object.hasOwn(b, name) && sameValue(a[name], b[name]))
  );
}
