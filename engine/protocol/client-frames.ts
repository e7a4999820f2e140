/**
 * The payload of GameToGate.clientFrames, written by hand since it is the hot one. A game writes it, once per gate and drain; a gate
 * reads it and gathers each client's packet. Each body stands once, however many clients get it:
 *
 *   uvar bodyCount   | bodyCount   × ( uvar length | bytes )
 *   uvar clientCount | clientCount × ( u32 handle | u32 bindNumber | uvar count | count × uvar bodyIndex )
 *
 * A body is one message of client-link's DownstreamBody (`u8 id | uvar length | body`), opaque here. A client's bodies arrive in the
 * order of its indices. Writer and reader are reused and allocate nothing once they have grown; one per thread.
 */
import { ByteReader, ByteWriter } from "../base/bytes.js";
import { AeonError } from "../base/errors.js";

/** The fewest bytes a body and a client take: what bounds the two counts before anything is read. */
const BODY_BYTES_MIN = 1;
const CLIENT_BYTES_MIN = 9;
/** Up to this a loop copies faster than `set` on a view. */
const WORD_COPY_BYTES_MAX = 128;

const EMPTY = new Uint8Array(0);

export class ClientFramesWriter {
  bodyCount = 0;
  clientCount = 0;
  private readonly bodies = new ByteWriter(16_384);
  private readonly clients = new ByteWriter(4_096);
  private readonly joined = new ByteWriter(16_384);
  /** Bodies that wait to be copied, as one. */
  private runSource: Uint8Array = EMPTY;
  private runStart = 0;
  private runEnd = 0;

  reset(): this {
    this.bodyCount = 0;
    this.clientCount = 0;
    this.runEnd = this.runStart;
    this.bodies.reset();
    this.clients.reset();
    return this;
  }

  get isEmpty(): boolean {
    return this.clientCount === 0;
  }

  /** Bytes so far; the owner begins another payload before LINK_MESSAGE_BYTES_MAX. */
  get bytes(): number {
    return this.bodies.length + this.runEnd - this.runStart + this.clients.length;
  }

  /** Copies a body in; returns the index that clients refer to. */
  addBody(body: Uint8Array): number {
    this.copyRun();
    this.bodies.blob(body);
    return this.bodyCount++;
  }

  /**
   * The same with a body that stands behind its own length at `source[start, end)`. Those that stand one behind the other are copied as
   * one: until `payload`, `source` keeps what it holds.
   */
  addBlob(source: Uint8Array, start: number, end: number): number {
    if (source !== this.runSource || start !== this.runEnd) {
      this.copyRun();
      this.runSource = source;
      this.runStart = start;
    }
    this.runEnd = end;
    return this.bodyCount++;
  }

  /** One client and the bodies it gets: the first `count` of `bodyIndices`. */
  addClient(
    handle: number,
    bindNumber: number,
    bodyIndices: ArrayLike<number>,
    count: number = bodyIndices.length,
  ): void {
    const { clients } = this;
    clients.u32(handle);
    clients.u32(bindNumber);
    clients.uvar(count);
    for (let i = 0; i < count; i++) clients.uvar(bodyIndices[i] as number);
    this.clientCount++;
  }

  /** The payload, as a view that is valid until the next call of `payload`. */
  payload(): Uint8Array {
    const { joined } = this;
    this.copyRun();
    joined.reset();
    joined.uvar(this.bodyCount);
    joined.raw(this.bodies.written());
    joined.uvar(this.clientCount);
    joined.raw(this.clients.written());
    return joined.written();
  }

  private copyRun(): void {
    if (this.runEnd > this.runStart) this.bodies.raw(this.runSource.subarray(this.runStart, this.runEnd));
    this.runStart = this.runEnd;
  }
}

/**
 * Usage: `begin(payload)`, then `while (next())` with `handle`, `bindNumber`, `bodyBytes` and `copyBodies` for each client.
 * Every method throws BYTES_TRUNCATED or BYTES_MALFORMED for what a ClientFramesWriter does not write.
 */
export class ClientFramesReader {
  handle = 0;
  bindNumber = 0;
  /** What the current client's bodies take together. */
  bodyBytes = 0;
  private reader = new ByteReader(EMPTY);
  private view: DataView = new DataView(EMPTY.buffer);
  /** [start, end] * bodyCount */
  private offsets = new Int32Array(512);
  private bodyCount = 0;
  private clientsLeft = 0;
  private indices = new Int32Array(256);
  private indexCount = 0;

  /** Reads the table of bodies. The payload must stay as it is until the last `copyBodies`. */
  begin(payload: Uint8Array): void {
    const reader = new ByteReader(payload);
    this.reader = reader;
    this.view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    this.bodyCount = boundedCount(reader, BODY_BYTES_MIN);
    if (this.offsets.length < this.bodyCount * 2) this.offsets = new Int32Array(this.bodyCount * 4);
    for (let i = 0; i < this.bodyCount; i++) {
      const start = reader.take(reader.uvar());
      this.offsets[i * 2] = start;
      this.offsets[i * 2 + 1] = reader.at;
    }
    this.clientsLeft = boundedCount(reader, CLIENT_BYTES_MIN);
  }

  /** Steps to the next client; false after the last. */
  next(): boolean {
    const { reader } = this;
    if (this.clientsLeft === 0) {
      if (reader.remaining > 0) throw new AeonError("BYTES_MALFORMED", `${reader.remaining} bytes too many`);
      return false;
    }
    this.clientsLeft--;
    this.handle = reader.u32();
    this.bindNumber = reader.u32();
    this.readIndices(boundedCount(reader, 1));
    return true;
  }

  /**
   * Copies the current client's bodies, one after the other, to `target` from `at`; it must have `bodyBytes` of room. `targetView`: over
   * the same bytes, for those who have one.
   */
  copyBodies(
    target: Uint8Array,
    at: number,
    targetView: DataView = new DataView(target.buffer, target.byteOffset, target.length),
  ): void {
    const { bytes } = this.reader;
    let to = at;
    for (let i = 0; i < this.indexCount; i++) {
      const body = this.indices[i] as number;
      const start = this.offsets[body * 2] as number;
      const end = this.offsets[body * 2 + 1] as number;
      if (end - start > WORD_COPY_BYTES_MAX) target.set(bytes.subarray(start, end), to);
      else copyWords(this.view, start, end, targetView, to);
      to += end - start;
    }
  }

  /** Lets go of the payload. */
  release(): void {
    this.reader = new ByteReader(EMPTY);
    this.view = new DataView(EMPTY.buffer);
  }

  private readIndices(count: number): void {
    if (this.indices.length < count) this.indices = new Int32Array(count * 2);
    const { reader, indices, offsets, bodyCount } = this;
    let bodyBytes = 0;
    for (let i = 0; i < count; i++) {
      const body = readIndex(reader);
      if (body >= bodyCount) throw new AeonError("BYTES_MALFORMED", `body ${body} of ${bodyCount}`);
      indices[i] = body;
      bodyBytes += (offsets[body * 2 + 1] as number) - (offsets[body * 2] as number);
    }
    this.indexCount = count;
    this.bodyBytes = bodyBytes;
  }
}

/** A uvar; those of one and two bytes, nearly all, without the steps of `uvar`. */
function readIndex(reader: ByteReader): number {
  const { bytes, at } = reader;
  if (at + 2 <= reader.end) {
    const low = bytes[at] as number;
    if (low < 0x80) {
      reader.at = at + 1;
      return low;
    }
    const high = bytes[at + 1] as number;
    if (high < 0x80) {
      reader.at = at + 2;
      return (low & 0x7f) | (high << 7);
    }
  }
  return reader.uvar();
}

function boundedCount(reader: ByteReader, bytesMin: number): number {
  const count = reader.uvar();
  if (count * bytesMin > reader.remaining) throw new AeonError("BYTES_TRUNCATED");
  return count;
}

/** Four bytes a step: for bodies of some 20 bytes twice as fast as byte by byte, four times as fast as `set` on a view. */
function copyWords(from: DataView, start: number, end: number, target: DataView, at: number): void {
  let i = start;
  let to = at;
  for (; i + 4 <= end; i += 4, to += 4) target.setUint32(to, from.getUint32(i, true), true);
  for (; i < end; i++, to++) target.setUint8(to, from.getUint8(i));
}
