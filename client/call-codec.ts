/** Arguments and results of calls as bytes, checked against the definition before anything is sent and while anything is read. */
import { ByteReader, type ByteWriter } from "../engine/base/bytes.js";
import { AeonError, ERRORS, isErrorCode } from "../engine/base/errors.js";
import type { MethodDefinition, TypeDefinition } from "../engine/property/definition.js";
import { checkValue, readValue, writeValue } from "../engine/property/types.js";

/** Writes the arguments one after the other. Throws RPC_ARGUMENT naming the one that does not fit; then part of them is written. */
export function writeArguments(
  writer: ByteWriter,
  type: TypeDefinition,
  method: MethodDefinition,
  args: readonly unknown[],
): void {
  const name = `${type.name}.${method.name}`;
  if (args.length !== method.args.length) {
    throw new AeonError("RPC_ARGUMENT", `${name} takes ${method.args.length} arguments, got ${args.length}`);
  }
  method.args.forEach((argType, i) => {
    const wrong = checkValue(argType, args[i]);
    if (wrong !== null) throw new AeonError("RPC_ARGUMENT", `${name}, argument ${i + 1}: ${wrong}`);
    writeValue(argType, writer, args[i]);
  });
}

/** Throws BYTES_TRUNCATED or BYTES_MALFORMED. */
export function readArguments(method: MethodDefinition, bytes: Uint8Array): unknown[] {
  const reader = new ByteReader(bytes);
  const args = method.args.map((argType) => readValue(argType, reader));
  if (reader.remaining > 0) throw new AeonError("BYTES_MALFORMED", `${reader.remaining} bytes behind the arguments`);
  return args;
}

/** The result of a call that succeeded; undefined when the method declares none. */
export function readResult(method: MethodDefinition, payload: Uint8Array): unknown {
  if (method.returns === null) return undefined;
  const reader = new ByteReader(payload);
  const value = readValue(method.returns, reader);
  if (reader.remaining > 0) throw new AeonError("BYTES_MALFORMED", `${reader.remaining} bytes behind a result`);
  return value;
}

/** The error a call failed with. A code this build does not know counts as RPC_HANDLER_THREW and stands in the sentence. */
export function readCallError(code: string, payload: Uint8Array): AeonError {
  const sentence = payload.length === 0 ? "" : new ByteReader(payload).text();
  if (isErrorCode(code)) return new AeonError(code, withoutPrefix(sentence, `${code}: ${ERRORS[code].text}`));
  return new AeonError("RPC_HANDLER_THREW", `${code} ${sentence}`.trim());
}

/** A server's sentence may begin with what AeonError puts there itself. */
function withoutPrefix(sentence: string, prefix: string): string {
  return sentence.startsWith(prefix) ? sentence.slice(prefix.length).replace(/^: /, "") : sentence;
}
