/**
 * Inflating what a gate compressed, no further than the packet said: memory and time are bounded whatever the bytes are. Runs in browsers;
 * client/node/inflate.ts is the same with Node's zlib.
 */
import { Inflate as InflateStream, inflateSync } from "fflate";
import { AeonError } from "../engine/base/errors.js";

/**
 * Gives the `inflatedBytes` bytes that the raw deflate stands for. Throws BYTES_MALFORMED when it is no deflate, or stands for more or
 * fewer bytes; allocates the result, and some MB while it looks at a large one, whatever the bytes are.
 */
export type Inflate = (deflated: Uint8Array, inflatedBytes: number) => Uint8Array;

/** A byte stands for at most some 1,032. So much is inflated into a result of a fixed size, whose bytes past the end are not stored. */
const AT_ONCE_BYTES_MAX = 8 * 1024;
/** Of what is larger: so much is inflated before the bound is looked at again. */
const PIECE_BYTES = 2 * 1024;

export const inflateBounded: Inflate = (deflated, inflatedBytes) => {
  let inflated: Uint8Array;
  try {
    inflated =
      deflated.length <= AT_ONCE_BYTES_MAX
        ? inflateAtOnce(deflated, inflatedBytes)
        : inflateInPieces(deflated, inflatedBytes);
  } catch (cause) {
    throw new AeonError("BYTES_MALFORMED", "a deflate cannot be read", { cause });
  }
  if (inflated.length !== inflatedBytes) {
    throw new AeonError("BYTES_MALFORMED", `a deflate stands for other than ${inflatedBytes} bytes`);
  }
  return inflated;
};

/** One byte too many, or more, ends in the byte of room behind the result. */
function inflateAtOnce(deflated: Uint8Array, inflatedBytes: number): Uint8Array {
  return inflateSync(deflated, { out: new Uint8Array(inflatedBytes + 1) });
}

function inflateInPieces(deflated: Uint8Array, inflatedBytes: number): Uint8Array {
  const inflated = new Uint8Array(inflatedBytes);
  let length = 0;
  const stream = new InflateStream((piece) => {
    inflated.set(piece, length);
    length += piece.length;
  });
  for (let at = 0; at < deflated.length; at += PIECE_BYTES) {
    const end = Math.min(deflated.length, at + PIECE_BYTES);
    stream.push(deflated.slice(at, end), end === deflated.length);
  }
  return inflated.subarray(0, length);
}
