/**
 * What comes in at a server's end of a WebSocket. A whole binary message that lies in one chunk, as nearly all do, is taken right out of
 * it and unmasked in place; every other frame (control frames, fragments, what is spread over chunks or malformed) is passed on to `ws`,
 * byte by byte as it came. Frames are never split between the two: `ws` sees a stream of whole frames, in order.
 *
 * Drawing of a frame (RFC 6455, 5.2): `u8 fin, opcode | u8 masked, length | u16 or u64 length, if 126 or 127 | mask, 4 B, if masked`.
 */
export interface IntakeSinks {
  /** A whole message. The bytes are the receiver's until it returns. */
  onMessage(payload: Uint8Array): void;
  /** Bytes for `ws`. */
  passOn(chunk: Buffer): void;
}

const HEAD_BYTES_MIN = 2;
const WHOLE_BINARY = 0x82;
const FIN = 0x80;
const OPCODE_BITS = 0x0f;
/** Opcodes from here on are control frames, which may stand between fragments. */
const CONTROL_OPCODES = 0x08;
const MASKED = 0x80;
const LENGTH_BITS = 0x7f;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const MASK_BYTES = 4;

export class WebSocketIntake {
  private readonly sinks: IntakeSinks;
  private readonly payloadBytesMax: number;
  /** Of the frame that is being passed on: bytes to come. */
  private passing = 0;
  /** The beginning of a head, when a chunk ended in it. */
  private rest: Buffer | null = null;
  private isInFragments = false;

  /** A message larger than `payloadBytesMax` is left to `ws`, which refuses it. */
  constructor(payloadBytesMax: number, sinks: IntakeSinks) {
    this.payloadBytesMax = payloadBytesMax;
    this.sinks = sinks;
  }

  /** Takes the next chunk, whose bytes it may change. */
  push(arrived: Buffer): void {
    const chunk = this.rest === null ? arrived : Buffer.concat([this.rest, arrived]);
    this.rest = null;
    let at = 0;
    while (at < chunk.length) {
      const next = this.passing > 0 ? this.pass(chunk, at) : this.beginFrame(chunk, at);
      if (next === at) break;
      at = next;
    }
    // Not a view: the chunk may be used for the next read.
    if (at < chunk.length) this.rest = Buffer.from(chunk.subarray(at));
  }

  private pass(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.passing);
    this.passing -= end - at;
    this.sinks.passOn(at === 0 && end === chunk.length ? chunk : chunk.subarray(at, end));
    return end;
  }

  /** Takes a whole message, or sees how much is to be passed on. Returns where it ends; `at` when the head is not all here. */
  private beginFrame(chunk: Buffer, at: number): number {
    const here = chunk.length - at;
    if (here < HEAD_BYTES_MIN) return at;
    const first = chunk[at] as number;
    const second = chunk[at + 1] as number;
    const isMasked = (second & MASKED) !== 0;
    const headBytes = headBytesOf(second);
    if (here < headBytes) return at;
    const payloadBytes = payloadBytesOf(chunk, at, second & LENGTH_BITS);
    const isWhole = first === WHOLE_BINARY && isMasked && here - headBytes >= payloadBytes;
    if (isWhole && !this.isInFragments && payloadBytes <= this.payloadBytesMax) {
      return this.take(chunk, at + headBytes, payloadBytes);
    }
    if ((first & OPCODE_BITS) < CONTROL_OPCODES) this.isInFragments = (first & FIN) === 0;
    this.passing = headBytes + payloadBytes;
    return this.pass(chunk, at);
  }

  private take(chunk: Buffer, start: number, payloadBytes: number): number {
    unmask(chunk, start, payloadBytes);
    // A plain Uint8Array: `slice` of a Buffer would not copy.
    this.sinks.onMessage(new Uint8Array(chunk.buffer, chunk.byteOffset + start, payloadBytes));
    return start + payloadBytes;
  }
}

function headBytesOf(second: number): number {
  const length = second & LENGTH_BITS;
  const lengthBytes = length === LENGTH_16 ? 2 : length === LENGTH_64 ? 8 : 0;
  return HEAD_BYTES_MIN + lengthBytes + ((second & MASKED) === 0 ? 0 : MASK_BYTES);
}

function payloadBytesOf(chunk: Buffer, at: number, length: number): number {
  if (length === LENGTH_16) return chunk.readUInt16BE(at + HEAD_BYTES_MIN);
  if (length === LENGTH_64) return Number(chunk.readBigUInt64BE(at + HEAD_BYTES_MIN));
  return length;
}

/** The mask stands before the payload. */
function unmask(chunk: Buffer, start: number, count: number): void {
  const mask = start - MASK_BYTES;
  for (let i = 0; i < count; i++) {
    chunk[start + i] = (chunk[start + i] as number) ^ (chunk[mask + (i & 3)] as number);
  }
}
