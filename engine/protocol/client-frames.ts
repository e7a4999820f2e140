/**
 * The payload of GameToGate.clientFrames, written by hand since it is the hot one. A game writes it, once per gate and drain; a gate
 * reads it and gathers each client's packet. Each body stands once, however many clients get it:
 *
 *   uvar bodyCount   | bodyCount   × ( uvar length | bytes )
 *   uvar looseCount  | looseCount  × uvar step
 *   uvar clientCount | clientCount × ( u32 handle | u32 bindNumber | uvar count | count × uvar bodyIndex )
 *
 * A body is one message of client-link's DownstreamBody (`u8 id | uvar length | body`), opaque here. A client's bodies arrive in the
 * order of its indices, but for loose ones: those may be lost, where the connection can lose. A loose body is named by how many bodies
 * stand between it and the loose one before. Writer and reader are reused and allocate nothing once they have grown; one per thread.
 */
import { ByteReader, ByteWriter } from "../base/bytes.js";
import { AeonError } from "../base/errors.js";

/** The fewest bytes a body and a client take: what bounds the two counts before anything is read. */
const BODY_BYTES_MIN = 1;
const CLIENT_BYTES_MIN = 9;
/** Of a body's index, an int32. */
const INDEX_BYTES_MAX = 5;
/** Up to this a loop copies faster than `set` on a view. */
const WORD_COPY_BYTES_MAX = 128;

const EMPTY = new Uint8Array(0);

export class ClientFramesWriter {
  bodyCount = 0;
  clientCount = 0;
  private readonly bodies = new ByteWriter(16_384);
  private readonly clients = new ByteWriter(4_096);
  private readonly looses = new ByteWriter(1_024);
  private looseCount = 0;
  /** The index behind the last loose body. */
  private looseEnd = 0;
  private readonly joined = new ByteWriter(16_384);

  reset(): this {
    this.bodyCount = 0;
    this.clientCount = 0;
    this.looseCount = 0;
    this.looseEnd = 0;
    this.bodies.reset();
    this.looses.reset();
    this.clients.reset();
    return this;
  }

  get isEmpty(): boolean {
    return this.clientCount === 0;
  }

  /** Bytes so far; the owner begins another payload before LINK_MESSAGE_BYTES_MAX. */
  get bytes(): number {
    return this.bodies.length + this.clients.length;
  }

  /** Copies a body in; returns the index that clients refer to. */
  addBody(body: Uint8Array): number {
    this.bodies.blob(body);
    return this.bodyCount++;
  }

  /**
   * The same with `count` bodies that stand one behind the other at `source[start, end)`, each behind its own length; returns the index of
   * the first.
   */
  addBlobs(source: Uint8Array, start: number, end: number, count: number): number {
    const first = this.bodyCount;
    this.bodies.raw(source.subarray(start, end));
    this.bodyCount += count;
    return first;
  }

  /** The body at this index may be lost; in order of index. */
  markLoose(index: number): void {
    this.looses.uvar(index - this.looseEnd);
    this.looseEnd = index + 1;
    this.looseCount++;
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
    // By hand, since there are 30,000 in a tick of a thousand clients: 3 ns each, and 6 through `uvar`.
    let at = clients.reserve(count * INDEX_BYTES_MAX);
    const { bytes } = clients;
    for (let i = 0; i < count; i++) {
      const index = bodyIndices[i] as number;
      if (index < 0x80) bytes[at++] = index;
      else if (index < 0x4000) {
        bytes[at++] = (index & 0x7f) | 0x80;
        bytes[at++] = index >>> 7;
      } else {
        clients.length = at;
        clients.uvar(index);
        at = clients.length;
      }
    }
    clients.length = at;
    this.clientCount++;
  }

  /** The payload, as a view that is valid until the next call of `payload`. */
  payload(): Uint8Array {
    const { joined } = this;
    joined.reset();
    joined.uvar(this.bodyCount);
    joined.raw(this.bodies.written());
    joined.uvar(this.looseCount);
    joined.raw(this.looses.written());
    joined.uvar(this.clientCount);
    joined.raw(this.clients.written());
    return joined.written();
  }
}

/**
 * Usage: `begin(payload)`, then `while (next())` with `handle`, `bindNumber`, `bodyBytes` and `copyBodies` for each client; or, where loose
 * bodies go another way, with `looseBytes`, `copyOrdered` and `copyLoose`.
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
  /** By body: 1 where it is loose. */
  private isLoose = new Uint8Array(256);
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
    this.readLooses();
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

  /** What the loose ones among the current client's bodies take. */
  get looseBytes(): number {
    const { indices, offsets, isLoose } = this;
    let bytes = 0;
    for (let i = 0; i < this.indexCount; i++) {
      const body = indices[i] as number;
      if (isLoose[body] === 1) bytes += (offsets[body * 2 + 1] as number) - (offsets[body * 2] as number);
    }
    return bytes;
  }

  /** As copyBodies, without the loose ones. Returns where they end. */
  copyOrdered(target: Uint8Array, at: number): number {
    return this.copySome(0, target, at);
  }

  /** As copyBodies, of the loose ones only. Returns where they end. */
  copyLoose(target: Uint8Array, at: number): number {
    return this.copySome(1, target, at);
  }

  private copySome(isLoose: 0 | 1, target: Uint8Array, at: number): number {
    const { bytes } = this.reader;
    let to = at;
    for (let i = 0; i < this.indexCount; i++) {
      const body = this.indices[i] as number;
      if (this.isLoose[body] !== isLoose) continue;
      const piece = bytes.subarray(this.offsets[body * 2], this.offsets[body * 2 + 1]);
      target.set(piece, to);
      to += piece.length;
    }
    return to;
  }

  /** Lets go of the payload. */
  release(): void {
    this.reader = new ByteReader(EMPTY);
    this.view = new DataView(EMPTY.buffer);
  }

  private readLooses(): void {
    const { reader, bodyCount } = this;
    if (this.isLoose.length < bodyCount) this.isLoose = new Uint8Array(bodyCount * 2);
    else this.isLoose.fill(0, 0, bodyCount);
    let body = -1;
    for (let left = boundedCount(reader, 1); left > 0; left--) {
      body += 1 + reader.uvar();
      if (body >= bodyCount) throw new AeonError("BYTES_MALFORMED", `loose body ${body} of ${bodyCount}`);
      this.isLoose[body] = 1;
    }
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
