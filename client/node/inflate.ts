/** Inflating with Node's zlib, which bounds its output itself. */
import { inflateRawSync } from "node:zlib";
import { AeonError } from "../../engine/base/errors.js";
import type { Inflate } from "../inflate.js";

export const inflateWithZlib: Inflate = (deflated, inflatedBytes) => {
  const inflated = attempt(deflated, inflatedBytes);
  if (inflated.length !== inflatedBytes) {
    throw new AeonError("BYTES_MALFORMED", `a deflate stands for other than ${inflatedBytes} bytes`);
  }
  // A plain Uint8Array: `slice` of a Buffer would not copy.
  return new Uint8Array(inflated.buffer, inflated.byteOffset, inflated.length);
};

function attempt(deflated: Uint8Array, inflatedBytes: number): Buffer {
  try {
    return inflateRawSync(deflated, { maxOutputLength: Math.max(1, inflatedBytes) });
  } catch (cause) {
    throw new AeonError("BYTES_MALFORMED", "a deflate cannot be read", { cause });
  }
}
