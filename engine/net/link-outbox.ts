/**
 * The sending side of a link: gathers the messages of a turn into one numbered batch and keeps each batch until it is confirmed.
 * A batch is drawn in protocol/link-frame.ts; the frame that is kept is the frame that is sent, with `ack` written anew each time.
 */
import { ByteWriter } from "../base/bytes.js";
import { AeonError } from "../base/errors.js";
import { LINK_MESSAGE_BYTES_MAX } from "../protocol/limits.js";
import {
  BATCH_ACK_OFFSET,
  BATCH_BYTES,
  BATCH_HEAD_BYTES,
  BATCH_MESSAGE_HEAD_BYTES,
  LinkFrame,
} from "../protocol/link-frame.js";
import { encodeMessage, type Message } from "../protocol/message.js";
import type { ReliableStream } from "./reliable-stream.js";

const CAPACITY_BYTES = 1_024;
const SEQUENCE_OFFSET = 1;

export class LinkOutbox {
  private readonly stream: ReliableStream;
  private writer = new ByteWriter(CAPACITY_BYTES);

  constructor(stream: ReliableStream) {
    this.stream = stream;
    this.writer.reserve(BATCH_HEAD_BYTES);
  }

  get isEmpty(): boolean {
    return this.writer.length === BATCH_HEAD_BYTES;
  }

  /** The batch has the size at which it is closed. */
  get isFull(): boolean {
    return this.writer.length >= BATCH_BYTES;
  }

  /** Throws MESSAGE_OVERSIZED, and whatever the encoder throws; the batch is then as it was. */
  add<T>(kind: Message<T>, value: T): void {
    const { writer } = this;
    const at = writer.reserve(BATCH_MESSAGE_HEAD_BYTES);
    try {
      encodeMessage(writer, kind, value);
      this.closeMessage(at, Math.min(kind.bytesMax + 1, LINK_MESSAGE_BYTES_MAX + 1));
    } catch (error) {
      writer.length = at;
      throw error;
    }
  }

  /** Copies `message` (`u8 id | body`). Throws MESSAGE_OVERSIZED. */
  addEncoded(message: Uint8Array): void {
    const { writer } = this;
    if (message.length > LINK_MESSAGE_BYTES_MAX + 1)
      throw new AeonError("MESSAGE_OVERSIZED", `${message.length} bytes`);
    writer.u32(message.length);
    writer.raw(message);
  }

  /** Ends the batch: numbers it, keeps it, and returns it as a frame. Null: the stream is full. */
  seal(): Uint8Array | null {
    const frame = this.takeBytes();
    frame[0] = LinkFrame.linkBatch.id;
    viewOf(frame).setFloat64(SEQUENCE_OFFSET, this.stream.sent + 1, true);
    return this.stream.push(frame) === 0 ? null : frame;
  }

  private closeMessage(at: number, bytesMax: number): void {
    const bytes = this.writer.length - at - BATCH_MESSAGE_HEAD_BYTES;
    if (bytes > bytesMax) throw new AeonError("MESSAGE_OVERSIZED", `${bytes} bytes, at most ${bytesMax}`);
    this.writer.patchU32(at, bytes);
  }

  /** A large buffer goes with its batch; a small one is copied and used again. */
  private takeBytes(): Uint8Array {
    const { writer } = this;
    const isLarge = writer.bytes.length > BATCH_BYTES;
    const frame = isLarge ? writer.written() : writer.copy();
    if (isLarge) this.writer = new ByteWriter(CAPACITY_BYTES);
    else writer.reset();
    this.writer.reserve(BATCH_HEAD_BYTES);
    return frame;
  }
}

/** Writes how far the other direction has come into a batch that is about to be sent. */
export function stampAck(frame: Uint8Array, ack: number): void {
  viewOf(frame).setFloat64(BATCH_ACK_OFFSET, ack, true);
}

function viewOf(frame: Uint8Array): DataView {
  return new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
}
