/** Arguments and results of calls as bytes, checked against the definition before anything is sent and while anything is read. */
import { type ByteReader, ByteWriter } from "../base/bytes.js";
import { AeonError } from "../base/errors.js";
import type { MethodDefinition, TypeDefinition } from "./definition.js";
import { checkValue, readValue, writeValue } from "./types.js";

const NOTHING = new Uint8Array(0);
const scratch = new ByteWriter(1_024);

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

/** The same, as bytes that are the caller's. */
export function encodeArguments(type: TypeDefinition, method: MethodDefinition, args: readonly unknown[]): Uint8Array {
  writeArguments(scratch.reset(), type, method, args);
  return scratch.copy();
}

/** Throws BYTES_TRUNCATED or BYTES_MALFORMED for what cannot be decoded, VALUE_RANGE for a value that its type does not allow. */
export function readArguments(method: MethodDefinition, reader: ByteReader): unknown[] {
  const args = method.args.map((argType) => readValue(argType, reader));
  refuseRest(reader, "the arguments");
  return args;
}

/** Empty when the method declares no result. Throws RPC_ARGUMENT for a value that is not of its type. */
export function encodeResult(method: MethodDefinition, value: unknown): Uint8Array {
  if (method.returns === null) return NOTHING;
  const wrong = checkValue(method.returns, value);
  if (wrong !== null) throw new AeonError("RPC_ARGUMENT", `${method.name} returned: ${wrong}`);
  writeValue(method.returns, scratch.reset(), value);
  return scratch.copy();
}

/** Undefined when the method declares no result. Throws as `readArguments`. */
export function readResult(method: MethodDefinition, reader: ByteReader): unknown {
  if (method.returns === null) return undefined;
  const value = readValue(method.returns, reader);
  refuseRest(reader, "a result");
  return value;
}

function refuseRest(reader: ByteReader, what: string): void {
  if (reader.remaining > 0) throw new AeonError("BYTES_MALFORMED", `${reader.remaining} bytes behind ${what}`);
}
