/**
 * Free-form values as MessagePack (https://github.com/msgpack/msgpack/blob/master/spec.md): null, bool, number, text, bytes, array, map.
 * Own code rather than a library's because what is read here comes from clients: counts are checked against the bytes that are left
 * before anything is allocated, depth is bounded, no extension exists, and it runs in a browser without Buffer or eval.
 */
import type { ByteReader, ByteWriter } from "../base/bytes.js";
import { AeonError } from "../base/errors.js";

export const JSON_DEPTH_MAX = 64;

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const float = new DataView(new ArrayBuffer(8));
const floatBytes = new Uint8Array(float.buffer);

/** Sets a name that may come from outside: "__proto__" is a name like any other. */
export function setOwn(target: Record<string, unknown>, name: string, value: unknown): void {
  if (name === "__proto__")
    Object.defineProperty(target, name, { value, enumerable: true, configurable: true, writable: true });
  else target[name] = value;
}

/** Writes a checked value; object members that are undefined are left out. */
export function writeJson(writer: ByteWriter, value: unknown): void {
  if (value === null || value === undefined) writer.u8(0xc0);
  else if (typeof value === "boolean") writer.u8(value ? 0xc3 : 0xc2);
  else if (typeof value === "number") writeNumber(writer, value);
  else if (typeof value === "string") {
    const bytes = encoder.encode(value);
    writeHead(writer, bytes.length, 0xa0, 31, 0xd9);
    writer.raw(bytes);
  } else if (value instanceof Uint8Array) {
    writeHead(writer, value.length, 0, -1, 0xc4);
    writer.raw(value);
  } else if (Array.isArray(value)) {
    writeHead(writer, value.length, 0x90, 15, 0xdb);
    for (const item of value) writeJson(writer, item);
  } else {
    const object = value as Readonly<Record<string, unknown>>;
    const names = Object.keys(object).filter((name) => object[name] !== undefined);
    writeHead(writer, names.length, 0x80, 15, 0xdd);
    for (const name of names) {
      writeJson(writer, name);
      writeJson(writer, object[name]);
    }
  }
}

/** The first byte and the count. `first` is the code of the one-byte count; arrays and maps have none, theirs is one less than the two-byte one. */
function writeHead(writer: ByteWriter, count: number, fix: number, fixMax: number, first: number): void {
  if (count <= fixMax) writer.u8(fix | count);
  else if (count <= 0xff && first !== 0xdb && first !== 0xdd) {
    writer.u8(first);
    writer.u8(count);
  } else if (count <= 0xffff) {
    writer.u8(first + 1);
    writeBigEndian(writer, count, 2);
  } else {
    writer.u8(first + 2);
    writeBigEndian(writer, count, 4);
  }
}

function writeNumber(writer: ByteWriter, value: number): void {
  if (!Number.isInteger(value) || value < -0x80000000 || value > 0xffffffff) {
    writer.u8(0xcb);
    float.setFloat64(0, value);
    writer.raw(floatBytes);
  } else if (value >= 0) {
    if (value <= 0x7f) writer.u8(value);
    else {
      const size = value <= 0xff ? 1 : value <= 0xffff ? 2 : 4;
      writer.u8(size === 1 ? 0xcc : size === 2 ? 0xcd : 0xce);
      writeBigEndian(writer, value, size);
    }
  } else if (value >= -32) writer.u8(value & 0xff);
  else {
    const size = value >= -0x80 ? 1 : value >= -0x8000 ? 2 : 4;
    writer.u8(size === 1 ? 0xd0 : size === 2 ? 0xd1 : 0xd2);
    writeBigEndian(writer, value, size);
  }
}

function writeBigEndian(writer: ByteWriter, value: number, size: number): void {
  for (let shift = (size - 1) * 8; shift >= 0; shift -= 8) writer.u8((value >>> shift) & 0xff);
}

/** Throws BYTES_TRUNCATED or BYTES_MALFORMED. Bytes are copied. */
export function readJson(reader: ByteReader, depth = 0): unknown {
  if (depth > JSON_DEPTH_MAX) throw new AeonError("BYTES_MALFORMED", `nested deeper than ${JSON_DEPTH_MAX}`);
  const head = reader.u8();
  if (head < 0x80) return head;
  if (head >= 0xe0) return head - 0x100;
  if (head < 0x90) return readObject(reader, head & 0x0f, depth);
  if (head < 0xa0) return readArray(reader, head & 0x0f, depth);
  if (head < 0xc0) return readText(reader, head & 0x1f);
  switch (head) {
    case 0xc0:
      return null;
    case 0xc2:
      return false;
    case 0xc3:
      return true;
    case 0xc4:
    case 0xc5:
    case 0xc6:
      return reader.raw(readBigEndian(reader, 1 << (head - 0xc4))).slice();
    case 0xca:
    case 0xcb:
      return readFloat(reader, head === 0xca ? 4 : 8);
    case 0xcc:
    case 0xcd:
    case 0xce:
      return readBigEndian(reader, 1 << (head - 0xcc));
    case 0xd0:
      return (readBigEndian(reader, 1) << 24) >> 24;
    case 0xd1:
      return (readBigEndian(reader, 2) << 16) >> 16;
    case 0xd2:
      return readBigEndian(reader, 4) | 0;
    case 0xd9:
    case 0xda:
    case 0xdb:
      return readText(reader, readBigEndian(reader, 1 << (head - 0xd9)));
    case 0xdc:
    case 0xdd:
      return readArray(reader, readBigEndian(reader, 2 << (head - 0xdc)), depth);
    case 0xde:
    case 0xdf:
      return readObject(reader, readBigEndian(reader, 2 << (head - 0xde)), depth);
    default:
      throw new AeonError("BYTES_MALFORMED", `0x${head.toString(16)} begins no value`);
  }
}

function readBigEndian(reader: ByteReader, size: number): number {
  let value = 0;
  for (let i = 0; i < size; i++) value = value * 0x100 + reader.u8();
  return value;
}

function readFloat(reader: ByteReader, size: 4 | 8): number {
  floatBytes.set(reader.raw(size));
  const value = size === 4 ? float.getFloat32(0) : float.getFloat64(0);
  if (!Number.isFinite(value)) throw new AeonError("BYTES_MALFORMED", "a number is not finite");
  return value;
}

function readText(reader: ByteReader, length: number): string {
  try {
    return decoder.decode(reader.raw(length));
  } catch (cause) {
    if (cause instanceof AeonError) throw cause;
    throw new AeonError("BYTES_MALFORMED", "a text is not UTF-8", { cause });
  }
}

function readArray(reader: ByteReader, count: number, depth: number): unknown[] {
  if (count > reader.remaining) throw new AeonError("BYTES_TRUNCATED");
  const items: unknown[] = [];
  for (let i = 0; i < count; i++) items.push(readJson(reader, depth + 1));
  return Object.freeze(items) as unknown[];
}

function readObject(reader: ByteReader, count: number, depth: number): Record<string, unknown> {
  if (count * 2 > reader.remaining) throw new AeonError("BYTES_TRUNCATED");
  const object: Record<string, unknown> = {};
  for (let i = 0; i < count; i++) {
    const name = readJson(reader, depth + 1);
    if (typeof name !== "string") throw new AeonError("BYTES_MALFORMED", "a name is not a text");
    setOwn(object, name, readJson(reader, depth + 1));
  }
  return Object.freeze(object);
}

const HEAD_BYTES_MAX = 5;

/**
 * What is wrong with a value that should be JSON of at most `bytesMax` bytes as MessagePack, or null.
 * The size is estimated from above, within a few bytes per value, so that checking stops early on what is too large or circular.
 */
export function jsonProblem(value: unknown, bytesMax: number): string | null {
  const budget = { left: bytesMax };
  const problem = problemIn(value, budget, 0);
  return problem ?? (budget.left < 0 ? `expected at most ${bytesMax} bytes of JSON` : null);
}

function problemIn(value: unknown, budget: { left: number }, depth: number): string | null {
  if (depth > JSON_DEPTH_MAX) return `expected JSON nested no deeper than ${JSON_DEPTH_MAX}`;
  budget.left -= 1;
  if (budget.left < 0) return null;
  if (value === null || typeof value === "boolean") return null;
  if (typeof value === "number") {
    budget.left -= Number.isInteger(value) && Math.abs(value) <= 32 ? 0 : 8;
    return Number.isFinite(value) ? null : "expected finite numbers in JSON";
  }
  if (typeof value === "string") return textProblem(value, budget);
  if (Array.isArray(value)) {
    budget.left -= HEAD_BYTES_MAX;
    return firstProblem(value, budget, depth);
  }
  if (typeof value !== "object" || !isPlainObject(value)) return `expected JSON, got ${nameOf(value)}`;
  budget.left -= HEAD_BYTES_MAX;
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    const problem = textProblem(name, budget) ?? problemIn(member, budget, depth + 1);
    if (problem !== null || budget.left < 0) return problem;
  }
  return null;
}

function firstProblem(items: readonly unknown[], budget: { left: number }, depth: number): string | null {
  for (const item of items) {
    const problem = problemIn(item, budget, depth + 1);
    if (problem !== null || budget.left < 0) return problem;
  }
  return null;
}

function textProblem(value: string, budget: { left: number }): string | null {
  if (value.length > budget.left) {
    budget.left = -1;
    return null;
  }
  budget.left -= utf8Length(value) + (value.length > 31 ? HEAD_BYTES_MAX : 1);
  return isWellFormed(value) ? null : "expected well-formed Unicode";
}

/** Bytes of the text as UTF-8. */
export function utf8Length(value: string): number {
  let length = value.length;
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i);
    if (unit > 0x7f) length += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return length;
}

/** No lone surrogate: those cannot be written as UTF-8. */
export function isWellFormed(value: string): boolean {
  for (let i = 0; i < value.length; i++) {
    const unit = value.charCodeAt(i);
    if (unit < 0xd800 || unit > 0xdfff) continue;
    const next = value.charCodeAt(i + 1);
    if (unit > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) return false;
    i++;
  }
  return true;
}

/** A copy that nobody can change, as a reader would get it: no undefined members, no −0. */
export function normalJson(value: unknown): unknown {
  if (typeof value === "number") return value + 0;
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return Object.freeze(value.map(normalJson));
  const copy: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) if (member !== undefined) setOwn(copy, name, normalJson(member));
  return Object.freeze(copy);
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** How a value is named in an error: short, whatever it is. */
export function nameOf(value: unknown): string {
  if (typeof value === "string") return value.length <= 24 ? JSON.stringify(value) : `a text of ${value.length}`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object" && value !== null) return value.constructor?.name ?? "an object";
  return typeof value === "function" ? "a function" : String(value);
}
