/**
 * ClientToGate.clientPacket, read by hand, and GateToGame.clientMessage, written by hand: what a gate does for each packet of each client.
 * They read and write what the drawings in client-link.ts and game-link.ts say, with the same codes for what does not fit.
 *
 *   u8 id | uvar sequence | uvar ack | uvar count | count × ( uvar length | bytes )
 */
import type { ByteWriter } from "../base/bytes.js";
import { AeonError } from "../base/errors.js";
import { ClientToGate } from "./client-link.js";
import { GateToGame } from "./game-link.js";
import { CLIENT_CALL_BYTES_MAX } from "./limits.js";

/** Of one packet. */
export const CLIENT_MESSAGES_MAX = 256;

const UVAR_SCALE_MAX = 2 ** 49;
const EMPTY = new Uint8Array(0);

/** Reused; reads a packet as a whole, so that a malformed one has no effect. */
export class ClientPacketReader {
  /** Number of the first message. */
  sequence = 0;
  ack = 0;
  count = 0;
  private bytes: Uint8Array = EMPTY;
  private at = 0;
  /** [start, end] * count */
  private readonly bounds = new Uint32Array(CLIENT_MESSAGES_MAX * 2);

  /**
   * The packet, its number included, must stay as it is until the last `message`. Throws MESSAGE_OVERSIZED, BYTES_TRUNCATED or
   * BYTES_MALFORMED.
   */
  read(packet: Uint8Array): void {
    if (packet.length - 1 > ClientToGate.clientPacket.bytesMax) throw new AeonError("MESSAGE_OVERSIZED");
    this.bytes = packet;
    this.at = 1;
    this.sequence = this.uvar();
    this.ack = this.uvar();
    this.count = this.uvar();
    if (this.count > CLIENT_MESSAGES_MAX) throw new AeonError("BYTES_MALFORMED", `${this.count} messages`);
    for (let i = 0; i < this.count; i++) this.readBounds(i);
    const left = packet.length - this.at;
    if (left > 0) throw new AeonError("BYTES_MALFORMED", `${left} bytes too many`);
  }

  /** Message `i`, a view into the packet. */
  message(i: number): Uint8Array {
    return this.bytes.subarray(this.bounds[i * 2], this.bounds[i * 2 + 1]);
  }

  /** Lets go of the packet. */
  release(): void {
    this.bytes = EMPTY;
  }

  private readBounds(i: number): void {
    const length = this.uvar();
    if (length > CLIENT_CALL_BYTES_MAX) throw new AeonError("BYTES_MALFORMED", `a message has ${length} bytes`);
    const end = this.at + length;
    if (end > this.bytes.length) throw new AeonError("BYTES_TRUNCATED");
    this.bounds[i * 2] = this.at;
    this.bounds[i * 2 + 1] = end;
    this.at = end;
  }

  private uvar(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 0x80) {
      if (scale > UVAR_SCALE_MAX) throw new AeonError("BYTES_MALFORMED", "a number is longer than eight bytes");
      const byte = this.bytes[this.at];
      if (byte === undefined) throw new AeonError("BYTES_TRUNCATED");
      this.at++;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) break;
    }
    if (value > Number.MAX_SAFE_INTEGER) throw new AeonError("BYTES_MALFORMED", "a number is above 2^53");
    return value;
  }
}

/** `arrivedMs` 0 … 2^32−1. */
export function writeClientMessage(
  writer: ByteWriter,
  handle: number,
  bindNumber: number,
  arrivedMs: number,
  payload: Uint8Array,
): void {
  writer.u8(GateToGame.clientMessage.id);
  writer.u32(handle);
  writer.u32(bindNumber);
  writer.u32(arrivedMs);
  writer.raw(payload);
}
