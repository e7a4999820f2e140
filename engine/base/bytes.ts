/**
 * Writing and reading little-endian binary. Runs in browsers and in Node; knows no message.
 * A writer grows by doubling and is reused; a reader never reads past its end: it throws BYTES_TRUNCATED.
 */
import { AeonError } from "./errors.js";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });
const SHORT_TEXT_UNITS = 64;

export class ByteWriter {
  /** What was written is `bytes[0, length)`. Replaced when the writer grows. */
  bytes: Uint8Array;
  length = 0;
  /** Over `bytes`, for who writes into what it reserved. Replaced with them. */
  view: DataView;

  constructor(capacityBytes = 256) {
    this.bytes = new Uint8Array(capacityBytes);
    this.view = new DataView(this.bytes.buffer);
  }

  reset(): this {
    this.length = 0;
    return this;
  }

  /** Makes room for `count` more bytes and returns the offset where they begin. It may replace `bytes`: call it before naming them. */
  reserve(count: number): number {
    const at = this.length;
    const end = at + count;
    if (end > this.bytes.length) this.grow(end);
    this.length = end;
    return at;
  }

  u8(value: number): void {
    const at = this.reserve(1);
    this.bytes[at] = value;
  }
  u16(value: number): void {
    const at = this.reserve(2);
    this.view.setUint16(at, value, true);
  }
  u32(value: number): void {
    const at = this.reserve(4);
    this.view.setUint32(at, value, true);
  }
  i16(value: number): void {
    const at = this.reserve(2);
    this.view.setInt16(at, value, true);
  }
  i32(value: number): void {
    const at = this.reserve(4);
    this.view.setInt32(at, value, true);
  }
  f32(value: number): void {
    const at = this.reserve(4);
    this.view.setFloat32(at, value, true);
  }
  f64(value: number): void {
    const at = this.reserve(8);
    this.view.setFloat64(at, value, true);
  }

  /** An integer 0 … 2^53−1, seven bits a byte. */
  uvar(value: number): void {
    if (value < 0x80) {
      this.u8(value);
      return;
    }
    if (value < 0x4000) {
      const at = this.reserve(2);
      this.bytes[at] = (value & 0x7f) | 0x80;
      this.bytes[at + 1] = value >>> 7;
      return;
    }
    this.longUvar(value);
  }

  private longUvar(value: number): void {
    let rest = value;
    while (rest >= 0x80) {
      this.u8((rest % 0x80) | 0x80);
      rest = Math.floor(rest / 0x80);
    }
    this.u8(rest);
  }

  /** A signed integer within ±2^52, zigzag. */
  ivar(value: number): void {
    this.uvar(value < 0 ? -value * 2 - 1 : value * 2);
  }

  /** UTF-8 behind its byte length. */
  text(value: string): void {
    if (value.length < SHORT_TEXT_UNITS && this.shortAscii(value)) return;
    this.blob(encoder.encode(value));
  }

  /** Bytes behind their length. */
  blob(value: Uint8Array): void {
    this.uvar(value.length);
    this.raw(value);
  }

  /** Bytes as they are. */
  raw(value: Uint8Array): void {
    const at = this.reserve(value.length);
    this.bytes.set(value, at);
  }

  /** Overwrites four bytes at `at`, for a length or count that is known only afterwards. */
  patchU32(at: number, value: number): void {
    this.view.setUint32(at, value, true);
  }

  /** A view of what was written; valid until the next write or reset. */
  written(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  /** A copy of what was written, owned by the caller. */
  copy(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  private shortAscii(value: string): boolean {
    const at = this.reserve(1 + value.length);
    const { bytes } = this;
    bytes[at] = value.length;
    for (let i = 0; i < value.length; i++) {
      const unit = value.charCodeAt(i);
      if (unit > 0x7f) {
        this.length = at;
        return false;
      }
      bytes[at + 1 + i] = unit;
    }
    return true;
  }

  private grow(end: number): void {
    let capacity = this.bytes.length * 2;
    while (capacity < end) capacity *= 2;
    const bytes = new Uint8Array(capacity);
    bytes.set(this.bytes.subarray(0, this.length));
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
  }
}

export class ByteReader {
  readonly bytes: Uint8Array;
  at: number;
  end: number;
  private readonly view: DataView;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    // Node's Buffer is a Uint8Array whose slice() does not copy; what is handed out here is never one.
    this.bytes =
      bytes.constructor === Uint8Array ? bytes : new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
    this.at = start;
    this.end = end;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.end - this.at;
  }

  /** Narrows a reader that is used again to `bytes[start, end)`, which must lie inside the bytes. */
  window(start: number, end: number): this {
    this.at = start;
    this.end = end;
    return this;
  }

  /** Steps over `count` bytes and returns the offset where they began. */
  take(count: number): number {
    const at = this.at;
    if (count > this.end - at) throw new AeonError("BYTES_TRUNCATED");
    this.at = at + count;
    return at;
  }

  u8(): number {
    return this.bytes[this.take(1)] as number;
  }
  u16(): number {
    return this.view.getUint16(this.take(2), true);
  }
  u32(): number {
    return this.view.getUint32(this.take(4), true);
  }
  i16(): number {
    return this.view.getInt16(this.take(2), true);
  }
  i32(): number {
    return this.view.getInt32(this.take(4), true);
  }
  f32(): number {
    return this.view.getFloat32(this.take(4), true);
  }
  f64(): number {
    return this.view.getFloat64(this.take(8), true);
  }

  /** The next `out.length` f32, checked once. */
  f32s(out: Float64Array): void {
    const { view } = this;
    let at = this.take(out.length * 4);
    for (let i = 0; i < out.length; i++, at += 4) out[i] = view.getFloat32(at, true);
  }

  uvar(): number {
    const first = this.u8();
    if (first < 0x80) return first;
    let value = first & 0x7f;
    let scale = 0x80;
    for (;;) {
      const byte = this.u8();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
      scale *= 0x80;
      if (scale > 2 ** 49) throw new AeonError("BYTES_MALFORMED", "a number is longer than eight bytes");
    }
    if (value > Number.MAX_SAFE_INTEGER) throw new AeonError("BYTES_MALFORMED", "a number is above 2^53");
    return value;
  }

  ivar(): number {
    const value = this.uvar();
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }

  text(bytesMax = Number.MAX_SAFE_INTEGER): string {
    const length = this.uvar();
    if (length > bytesMax) throw new AeonError("BYTES_MALFORMED", `a text has ${length} bytes, at most ${bytesMax}`);
    const at = this.take(length);
    if (length < SHORT_TEXT_UNITS) {
      const text = this.shortAscii(at, length);
      if (text !== null) return text;
    }
    try {
      return decoder.decode(this.bytes.subarray(at, at + length));
    } catch (cause) {
      throw new AeonError("BYTES_MALFORMED", "a text is not UTF-8", { cause });
    }
  }

  /** A view into the reader's bytes, not a copy. */
  blob(bytesMax = Number.MAX_SAFE_INTEGER): Uint8Array {
    const length = this.uvar();
    if (length > bytesMax) throw new AeonError("BYTES_MALFORMED", `${length} bytes, at most ${bytesMax}`);
    return this.raw(length);
  }

  /** A view into the reader's bytes, not a copy. */
  raw(length: number): Uint8Array {
    const at = this.take(length);
    return this.bytes.subarray(at, at + length);
  }

  /** What is left, as a view. */
  rest(): Uint8Array {
    return this.raw(this.end - this.at);
  }

  /** Null: it is not ASCII. For a short text a decoder costs more than this loop. */
  private shortAscii(at: number, length: number): string | null {
    const { bytes } = this;
    let text = "";
    for (let i = at; i < at + length; i++) {
      const byte = bytes[i] as number;
      if (byte > 0x7f) return null;
      text += String.fromCharCode(byte);
    }
    return text;
  }
}
