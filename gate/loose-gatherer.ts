/**
 * Gathers a client's loose bodies of one turn into one serverLoose packet, where its connection can send what may be lost. It stands on the
 * numbered packets that were sent before it: a client that does not have those yet cannot tell what it is about.
 */
import type { ClientFramesReader } from "../engine/protocol/client-frames.js";
import { SERVER_LOOSE_HEAD_BYTES_MAX, writeServerLooseHead } from "../engine/protocol/server-packet.js";

export class LooseGatherer {
  private readonly bytes: Uint8Array;
  private end = SERVER_LOOSE_HEAD_BYTES_MAX;

  /** `frameBytesMax`: the largest frame that the connection takes. */
  constructor(frameBytesMax: number) {
    this.bytes = new Uint8Array(Math.max(frameBytesMax, SERVER_LOOSE_HEAD_BYTES_MAX));
  }

  get frameBytesMax(): number {
    return this.bytes.length;
  }

  get bodyBytes(): number {
    return this.end - SERVER_LOOSE_HEAD_BYTES_MAX;
  }

  /** Whether so many bytes more would fit, or would if it were empty. */
  fits(bodyBytes: number): boolean {
    return this.end + bodyBytes <= this.bytes.length;
  }
  fitsAlone(bodyBytes: number): boolean {
    return SERVER_LOOSE_HEAD_BYTES_MAX + bodyBytes <= this.bytes.length;
  }

  /** Adds the loose ones among the reader's current client's bodies, for which there is room. */
  add(frames: ClientFramesReader): void {
    this.end = frames.copyLoose(this.bytes, this.end);
  }

  /** The packet, as a view that is valid until the next body; null: nothing was gathered. `after`: number of the last numbered packet sent. */
  take(after: number): Uint8Array | null {
    const { end } = this;
    if (this.bodyBytes === 0) return null;
    this.end = SERVER_LOOSE_HEAD_BYTES_MAX;
    return this.bytes.subarray(writeServerLooseHead(this.bytes, SERVER_LOOSE_HEAD_BYTES_MAX, after), end);
  }

  clear(): void {
    this.end = SERVER_LOOSE_HEAD_BYTES_MAX;
  }
}
