/**
 * How a document lies in a store that keeps bytes: `u8 format | uvar epoch | uvar schemaVersion | value`.
 * Encode next to decode; format numbers are never used again.
 */
import { ByteReader, ByteWriter } from "../base/bytes.js";
import { AeonError } from "../base/errors.js";
import type { StoredDocument } from "./store.js";

const FORMAT = 1;
const HEADER_BYTES_MAX = 17;

export function encodeDocument({ epoch, schemaVersion, value }: StoredDocument): Uint8Array {
  const writer = new ByteWriter(HEADER_BYTES_MAX + value.length);
  writer.u8(FORMAT);
  writer.uvar(epoch);
  writer.uvar(schemaVersion);
  writer.raw(value);
  return writer.written();
}

/** The value is a copy, a plain Uint8Array also where `bytes` is a Buffer (whose `slice` is a view). Throws STORE_FAILED for bytes of another format. */
export function decodeDocument(bytes: Uint8Array): StoredDocument {
  const reader = new ByteReader(bytes);
  const format = reader.u8();
  if (format !== FORMAT) throw new AeonError("STORE_FAILED", `a document has format ${format}`);
  return { epoch: reader.uvar(), schemaVersion: reader.uvar(), value: new Uint8Array(reader.rest()) };
}
