/**
 * Compresses packets on their way to clients: raw deflate, each packet for itself, so that a packet can be made again for another
 * connection and nothing of one message helps to guess another. What is kept for a resume is the packet as it was. Only packets of some
 * size are tried, and a client whose packets did not shrink enough is tried more rarely, up to once in TRIES_APART_MAX packets.
 * The gate has one; each session on a connection that reads deflate has a ClientCompressor of it.
 */
import { deflateRawSync, type ZlibOptions } from "node:zlib";
import type { Counter } from "../engine/base/metrics.js";
import type { AeonConfig } from "../engine/config/config.js";
import { PACKET_HEADROOM_BYTES, type PacketBuffer, PacketPool } from "../engine/net/packet-buffer.js";
import { GateToClient } from "../engine/protocol/client-link.js";

/** `u8 id | u32 inflatedBytes` of serverDeflated. */
const HEAD_BYTES = 5;
/** Larger ones would hold up the gate's thread for more than some 5 ms. */
const PACKET_BYTES_MAX = 256 * 1_024;
/** Of zlib's window and tables: 8 KB and 64 KB instead of 32 and 256, which are made anew for each packet. */
const WINDOW_BITS = 13;
const MEMORY_LEVEL = 7;
const TRIES_APART_MAX = 64;

export interface DeflateCounters {
  readonly deflateTries: Counter;
  readonly packetsDeflated: Counter;
  readonly deflateSavedBytes: Counter;
}

export class PacketDeflater {
  private readonly bytesMin: number;
  private readonly shareMax: number;
  private readonly zlib: ZlibOptions;
  private readonly pool = new PacketPool();
  private readonly counters: DeflateCounters;

  constructor(config: AeonConfig["gate"], counters: DeflateCounters) {
    this.bytesMin = config.compressionBytesMin;
    this.shareMax = 1 - config.compressionSavedShareMin;
    this.zlib = { level: config.compressionLevel, windowBits: WINDOW_BITS, memLevel: MEMORY_LEVEL };
    this.counters = counters;
  }

  mayTry(packet: PacketBuffer): boolean {
    return packet.length >= this.bytesMin && packet.length <= PACKET_BYTES_MAX;
  }

  /** A serverDeflated of the packet, held by the caller; null: it did not shrink enough. */
  deflate(packet: PacketBuffer): PacketBuffer | null {
    const { counters } = this;
    counters.deflateTries.add();
    const deflated = deflateRawSync(packet.written(), this.zlib);
    const smaller = HEAD_BYTES + deflated.length;
    if (smaller > packet.length * this.shareMax) return null;
    counters.packetsDeflated.add();
    counters.deflateSavedBytes.add(packet.length - smaller);
    return this.wrap(deflated, packet.length);
  }

  private wrap(deflated: Uint8Array, inflatedBytes: number): PacketBuffer {
    const buffer = this.pool.take(PACKET_HEADROOM_BYTES + HEAD_BYTES + deflated.length);
    const { bytes, view, start } = buffer;
    bytes[start] = GateToClient.serverDeflated.id;
    view.setUint32(start + 1, inflatedBytes, true);
    bytes.set(deflated, start + HEAD_BYTES);
    buffer.end = start + HEAD_BYTES + deflated.length;
    return buffer;
  }
}

/** What one client's packets did lately decides which are tried. */
export class ClientCompressor {
  private readonly deflater: PacketDeflater;
  private triesApart = 1;
  private untilTry = 0;

  constructor(deflater: PacketDeflater) {
    this.deflater = deflater;
  }

  /** What to send instead, held by the caller; null: the packet as it is. */
  compress(packet: PacketBuffer): PacketBuffer | null {
    if (!this.deflater.mayTry(packet)) return null;
    if (this.untilTry > 0) {
      this.untilTry--;
      return null;
    }
    const smaller = this.deflater.deflate(packet);
    this.triesApart = smaller === null ? Math.min(TRIES_APART_MAX, this.triesApart * 2) : 1;
    this.untilTry = this.triesApart - 1;
    return smaller;
  }
}
