/**
 * How bodies for clients stand in a serverPacket: `u8 id | uvar length | body`, one after the other.
 * Bodies of game/sync are written by its own arena in the same form; this is for single ones.
 */
import { ByteWriter } from "../base/bytes.js";
import { DownstreamBody } from "./client-link.js";
import type { Message } from "./message.js";

const inner = new ByteWriter(256);

export function encodeBody<T>(writer: ByteWriter, kind: Message<T>, value: T): void {
  kind.body.write(inner.reset(), value);
  writer.u8(kind.id);
  writer.blob(inner.written());
}

/** One clientCall body, owned by the caller. */
export function encodeClientCallBody(target: number, method: number, args: Uint8Array): Uint8Array {
  const writer = new ByteWriter(args.length + 16);
  encodeBody(writer, DownstreamBody.clientCall, { target, method, arguments: args });
  return writer.copy();
}
