/** The error that a call failed with, out of the code and the sentence that came for it. */
import { ByteReader } from "../engine/base/bytes.js";
import { AeonError, ERRORS, isErrorCode } from "../engine/base/errors.js";

/** A code this build does not know counts as RPC_HANDLER_THREW and stands in the sentence. */
export function readCallError(code: string, payload: Uint8Array): AeonError {
  const sentence = payload.length === 0 ? "" : new ByteReader(payload).text();
  if (isErrorCode(code)) return new AeonError(code, withoutPrefix(sentence, `${code}: ${ERRORS[code].text}`));
  return new AeonError("RPC_HANDLER_THREW", `${code} ${sentence}`.trim());
}

/** A server's sentence may begin with what AeonError puts there itself. */
function withoutPrefix(sentence: string, prefix: string): string {
  return sentence.startsWith(prefix) ? sentence.slice(prefix.length).replace(/^: /, "") : sentence;
}
