/**
 * Gathers what a client gets in one turn into one serverPacket, with a single copy: room for the head is kept in front, so that the
 * bytes which bodies are copied to become the packet, the resend buffer's entry and what the connection sends.
 */
import { PACKET_HEADROOM_BYTES, type PacketBuffer, type PacketPool } from "../engine/net/packet-buffer.js";
import type { ClientFramesReader } from "../engine/protocol/client-frames.js";
import { SERVER_PACKET_HEAD_BYTES_MAX, writeServerPacketHead } from "../engine/protocol/server-packet.js";

/** Where bodies begin in a buffer. */
const BODIES_OFFSET = PACKET_HEADROOM_BYTES + SERVER_PACKET_HEAD_BYTES_MAX;

export class PacketGatherer {
  private readonly pool: PacketPool;
  /** Held by the gatherer; null while it is empty. */
  private buffer: PacketBuffer | null = null;

  constructor(pool: PacketPool) {
    this.pool = pool;
  }

  get bodyBytes(): number {
    return this.buffer === null ? 0 : this.buffer.end - BODIES_OFFSET;
  }

  get isEmpty(): boolean {
    return this.bodyBytes === 0;
  }

  /** Adds the reader's current client's bodies. */
  addBodies(frames: ClientFramesReader): void {
    const buffer = this.withRoom(frames.bodyBytes);
    frames.copyBodies(buffer.bytes, buffer.end, buffer.view);
    buffer.end += frames.bodyBytes;
  }

  /** Adds those of them that are not loose, which take so many bytes. */
  addOrdered(frames: ClientFramesReader, bytes: number): void {
    if (bytes === 0) return;
    const buffer = this.withRoom(bytes);
    buffer.end = frames.copyOrdered(buffer.bytes, buffer.end);
  }

  addBody(body: Uint8Array): void {
    const buffer = this.withRoom(body.length);
    buffer.bytes.set(body, buffer.end);
    buffer.end += body.length;
  }

  /** The packet, held by the caller from here on; null: nothing was gathered. The gatherer is empty afterwards. */
  take(sequence: number, ack: number): PacketBuffer | null {
    const { buffer } = this;
    if (buffer === null || this.isEmpty) return null;
    this.buffer = null;
    buffer.start = writeServerPacketHead(buffer.bytes, BODIES_OFFSET, sequence, ack);
    return buffer;
  }

  clear(): void {
    this.buffer?.release();
    this.buffer = null;
  }

  private withRoom(count: number): PacketBuffer {
    const { buffer } = this;
    if (buffer === null) return this.begin(count);
    return buffer.end + count <= buffer.bytes.length ? buffer : this.grow(buffer, count);
  }

  private begin(count: number): PacketBuffer {
    const buffer = this.pool.take(BODIES_OFFSET + count);
    buffer.end = BODIES_OFFSET;
    this.buffer = buffer;
    return buffer;
  }

  private grow(small: PacketBuffer, count: number): PacketBuffer {
    const larger = this.pool.take(Math.max(small.end + count, small.bytes.length * 2));
    larger.bytes.set(small.bytes.subarray(0, small.end));
    larger.end = small.end;
    small.release();
    this.buffer = larger;
    return larger;
  }
}
