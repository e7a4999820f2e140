/**
 * Cuts a byte stream into frames: `u32 length | bytes`, little-endian. A frame's length is judged before a byte of it is kept; a frame
 * that lies whole in one chunk is handed out as a view of it, any other is gathered once. No socket; used by tcp-transport.ts.
 */
export const FRAME_HEAD_BYTES = 4;

export class FrameAssembler {
  /** The head of a frame, as far as it came. */
  private readonly head = new Uint8Array(FRAME_HEAD_BYTES);
  private headCount = 0;
  /** The frame being gathered; null between frames. */
  private body: Uint8Array | null = null;
  private bodyCount = 0;

  /**
   * Takes the next chunk. `onFrame` gets each whole frame and says whether to go on; the bytes are its own until it returns.
   * Returns false when a frame is longer than `frameBytesMax()` says at that moment: the stream cannot be read further.
   */
  push(chunk: Uint8Array, frameBytesMax: () => number, onFrame: (frame: Uint8Array) => boolean): boolean {
    let at = 0;
    while (at < chunk.length) {
      if (this.body === null) {
        at = this.fillHead(chunk, at);
        if (this.headCount < FRAME_HEAD_BYTES) return true;
        const length = new DataView(this.head.buffer).getUint32(0, true);
        if (length > frameBytesMax()) return false;
        this.headCount = 0;
        this.body = chunk.length - at >= length ? chunk.subarray(at, at + length) : new Uint8Array(length);
        this.bodyCount = 0;
      }
      at = this.fillBody(this.body, chunk, at);
      if (this.bodyCount === this.body.length && !onFrame(this.takeBody(this.body))) return true;
    }
    return true;
  }

  private fillHead(chunk: Uint8Array, start: number): number {
    let at = start;
    while (this.headCount < FRAME_HEAD_BYTES && at < chunk.length) this.head[this.headCount++] = chunk[at++] as number;
    return at;
  }

  private fillBody(body: Uint8Array, chunk: Uint8Array, at: number): number {
    const count = Math.min(body.length - this.bodyCount, chunk.length - at);
    if (body.buffer !== chunk.buffer) body.set(chunk.subarray(at, at + count), this.bodyCount);
    this.bodyCount += count;
    return at + count;
  }

  private takeBody(body: Uint8Array): Uint8Array {
    this.body = null;
    return body;
  }
}
