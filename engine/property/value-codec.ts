/**
 * Plain values on the wire, by their type. Writing trusts its caller (see checkValue); reading trusts nobody: every bound of the type
 * is checked, counts are checked against the bytes that are left before anything is allocated, and what it returns is in normal form.
 *
 *   bool u8 · int8 … uint16 fixed · int32 ivar · uint32 uvar · float32 float64 fixed · text and bytes behind their length ·
 *   entityId 12 B (zeros: none) · json behind its length · optional u8 and the value · array count and values · struct its fields ·
 *   mailbox entityId, uvar, uvar · proxy 16 B (zeros: none), uvar
 */
import { type ByteReader, ByteWriter } from "../base/bytes.js";
import { AeonError, assert } from "../base/errors.js";
import {
  base64UrlToBytes,
  bytesToBase64Url,
  CLIENT_ID_BYTES,
  ENTITY_ID_BYTES,
  readEntityId,
  writeEntityId,
} from "../base/ids.js";
import { readJson, writeJson } from "./json-value.js";
import { numberRange, sizeMax } from "./value-check.js";
import { KIND_CODES, type MailboxData, type ProxyData, type ValueType } from "./value-type.js";

type AnyType = ValueType<unknown>;

const NO_ENTITY = new Uint8Array(ENTITY_ID_BYTES);
const NO_ENTITY_TEXT = bytesToBase64Url(NO_ENTITY);
const NO_CLIENT = new Uint8Array(CLIENT_ID_BYTES);
const NO_CLIENT_TEXT = bytesToBase64Url(NO_CLIENT);
const jsonScratch = new ByteWriter(1024);

/** Writes a value in normal form; no check. */
export function writeValue(type: AnyType, writer: ByteWriter, value: unknown): void {
  switch (type.kind) {
    case "bool":
      return writer.u8(value === true ? 1 : 0);
    case "int8":
    case "uint8":
      return writer.u8((value as number) & 0xff);
    case "int16":
      return writer.i16(value as number);
    case "uint16":
      return writer.u16(value as number);
    case "int32":
      return writer.ivar(value as number);
    case "uint32":
      return writer.uvar(value as number);
    case "float32":
      return writer.f32(value as number);
    case "float64":
      return writer.f64(value as number);
    case "text":
      return writer.text(value as string);
    case "bytes":
      return writer.blob(value as Uint8Array);
    case "entityId":
      return writeId(writer, value as string);
    case "json":
      jsonScratch.reset();
      writeJson(jsonScratch, value);
      return writer.blob(jsonScratch.written());
    case "optional":
      writer.u8(value === null || value === undefined ? 0 : 1);
      if (value !== null && value !== undefined) writeValue(type.element as AnyType, writer, value);
      return;
    case "array": {
      const items = value as readonly unknown[];
      writer.uvar(items.length);
      for (const item of items) writeValue(type.element as AnyType, writer, item);
      return;
    }
    case "struct":
      return writeStruct(type, writer, value as Readonly<Record<string, unknown>>);
    case "mailbox":
      writeId(writer, (value as MailboxData).entity);
      writer.uvar((value as MailboxData).game);
      return writer.uvar((value as MailboxData).gate);
    case "proxy": {
      const { clientId, gate } = value as ProxyData;
      writer.raw(clientId === "" ? NO_CLIENT : base64UrlToBytes(clientId));
      return writer.uvar(gate);
    }
    default:
      assert(false, `${type.kind} is not a plain value`);
  }
}

/** As writeValue, for a number kind; `code` is of KIND_CODES. */
export function writeNumber(code: number, writer: ByteWriter, value: number): void {
  switch (code) {
    case KIND_CODES.float32:
      return writer.f32(value);
    case KIND_CODES.int32:
      return writer.ivar(value);
    case KIND_CODES.int16:
      return writer.i16(value);
    case KIND_CODES.int8:
    case KIND_CODES.uint8:
      return writer.u8(value & 0xff);
    case KIND_CODES.uint16:
      return writer.u16(value);
    case KIND_CODES.uint32:
      return writer.uvar(value);
    default:
      return writer.f64(value);
  }
}

function writeId(writer: ByteWriter, id: string): void {
  if (id === "") writer.raw(NO_ENTITY);
  else writeEntityId(writer, id);
}

function writeStruct(type: AnyType, writer: ByteWriter, value: Readonly<Record<string, unknown>>): void {
  const fields = type.fields ?? {};
  for (const name of Object.keys(fields)) writeValue(fields[name] as AnyType, writer, value[name]);
}

/** Throws BYTES_TRUNCATED or BYTES_MALFORMED for what no writer makes, VALUE_RANGE for what is outside the type's bounds. */
export function readValue(type: AnyType, reader: ByteReader): unknown {
  switch (type.kind) {
    case "bool":
      return readBool(reader);
    case "int8":
      return inRange(type, (reader.u8() << 24) >> 24);
    case "uint8":
      return inRange(type, reader.u8());
    case "int16":
      return inRange(type, reader.i16());
    case "uint16":
      return inRange(type, reader.u16());
    case "int32":
      return inRange(type, reader.ivar());
    case "uint32":
      return inRange(type, reader.uvar());
    case "float32":
      return inRange(type, reader.f32());
    case "float64":
      return inRange(type, reader.f64());
    case "text":
      return readText(type, reader);
    case "bytes":
      return reader.blob(sizeMax(type)).slice();
    case "entityId":
      return readId(reader);
    case "json":
      return readJsonBlob(type, reader);
    case "optional":
      return readBool(reader) ? readValue(type.element as AnyType, reader) : null;
    case "array":
      return readArray(type, reader);
    case "struct":
      return readStruct(type, reader);
    case "mailbox":
      return Object.freeze({ entity: readId(reader), game: reader.uvar(), gate: reader.uvar() });
    case "proxy": {
      const clientId = bytesToBase64Url(reader.raw(CLIENT_ID_BYTES));
      return Object.freeze({ clientId: clientId === NO_CLIENT_TEXT ? "" : clientId, gate: reader.uvar() });
    }
    default:
      assert(false, `${type.kind} is not a plain value`);
  }
}

/** What a number in the wire must be within. */
interface NumberPlace {
  readonly code: number;
  readonly min: number;
  readonly max: number;
  readonly label: string;
}

/** As readValue, for a place of a number kind. */
export function readNumber(place: NumberPlace, reader: ByteReader): number {
  const value = readAnyNumber(place.code, reader);
  // NaN is within nothing.
  if (value >= place.min && value <= place.max) return value + 0;
  throw new AeonError("VALUE_RANGE", `${place.label}: ${value} is not ${place.min}…${place.max}`);
}

function readAnyNumber(code: number, reader: ByteReader): number {
  switch (code) {
    case KIND_CODES.float32:
      return reader.f32();
    case KIND_CODES.int32:
      return reader.ivar();
    case KIND_CODES.int16:
      return reader.i16();
    case KIND_CODES.int8:
      return (reader.u8() << 24) >> 24;
    case KIND_CODES.uint8:
      return reader.u8();
    case KIND_CODES.uint16:
      return reader.u16();
    case KIND_CODES.uint32:
      return reader.uvar();
    default:
      return reader.f64();
  }
}

function readBool(reader: ByteReader): boolean {
  const byte = reader.u8();
  if (byte > 1) throw new AeonError("BYTES_MALFORMED", "a bool is neither 0 nor 1");
  return byte === 1;
}

function inRange(type: AnyType, value: number): number {
  // What fits the width is in the range of the kind, but for these.
  const isWide = type.kind === "int32" || type.kind === "uint32" || !Number.isFinite(value);
  if (!isWide && type.min === undefined && type.max === undefined) return value + 0;
  const [min, max] = numberRange(type);
  if (value >= min && value <= max) return value + 0;
  throw new AeonError("VALUE_RANGE", `${value} is not ${type.kind} ${min}…${max}`);
}

function readText(type: AnyType, reader: ByteReader): string {
  const max = sizeMax(type);
  const value = reader.text();
  if (value.length > max) throw new AeonError("VALUE_RANGE", `a text has ${value.length} units, at most ${max}`);
  return value;
}

function readId(reader: ByteReader): string {
  const id = readEntityId(reader);
  return id === NO_ENTITY_TEXT ? "" : id;
}

function readJsonBlob(type: AnyType, reader: ByteReader): unknown {
  const length = reader.uvar();
  if (length > sizeMax(type)) throw new AeonError("VALUE_RANGE", `${length} bytes of JSON, at most ${sizeMax(type)}`);
  const end = reader.at + length;
  const value = readJson(reader);
  if (reader.at !== end) throw new AeonError("BYTES_MALFORMED", "JSON is not as long as it says");
  return value;
}

function readArray(type: AnyType, reader: ByteReader): unknown {
  const count = reader.uvar();
  if (count > sizeMax(type)) throw new AeonError("VALUE_RANGE", `${count} elements, at most ${sizeMax(type)}`);
  // Every plain value takes a byte at least.
  if (count > reader.remaining) throw new AeonError("BYTES_TRUNCATED");
  const items: unknown[] = [];
  for (let i = 0; i < count; i++) items.push(readValue(type.element as AnyType, reader));
  return Object.freeze(items);
}

function readStruct(type: AnyType, reader: ByteReader): unknown {
  const fields = type.fields ?? {};
  const value: Record<string, unknown> = {};
  for (const name of Object.keys(fields)) value[name] = readValue(fields[name] as AnyType, reader);
  return Object.freeze(value);
}
