/**
 * The objects behind `entity.client.onSay(…)` and `stub.call.rankOf(…)`: one class per set of methods, made once, with a method for each
 * name that checks the arguments and hands them on. No Proxy, so a wrong name is a TypeError at the call and not a message to nobody.
 */

import type { ByteReader } from "../base/bytes.js";
import { ByteWriter } from "../base/bytes.js";
import { AeonError } from "../base/errors.js";
import type { MethodDefinition, TypeDefinition } from "../property/definition.js";
import { checkValue, readValue, writeValue } from "../property/types.js";

export type Deliver = (method: MethodDefinition, args: readonly unknown[]) => unknown;
export type CallerClass = new (deliver: Deliver) => object;

const callerClasses = new WeakMap<TypeDefinition, Map<string, CallerClass>>();

/** A class whose instances have a method for each of the type's methods with this access. */
export function callerClassOf(definition: TypeDefinition, access: MethodDefinition["access"]): CallerClass {
  let classes = callerClasses.get(definition);
  if (classes === undefined) {
    classes = new Map();
    callerClasses.set(definition, classes);
  }
  let callerClass = classes.get(access);
  if (callerClass === undefined) {
    callerClass = makeCallerClass(definition.methods.filter((method) => method.access === access));
    classes.set(access, callerClass);
  }
  return callerClass;
}

function makeCallerClass(methods: readonly MethodDefinition[]): CallerClass {
  class Caller {
    /** With a sign that no method's name has. */
    readonly $deliver: Deliver;
    constructor(deliver: Deliver) {
      this.$deliver = deliver;
    }
  }
  for (const method of methods) {
    Object.defineProperty(Caller.prototype, method.name, {
      value(this: Caller, ...args: readonly unknown[]) {
        return this.$deliver(method, args);
      },
    });
  }
  return Caller;
}

const writer = new ByteWriter(1_024);

/** The arguments in their declared types. Throws RPC_ARGUMENT naming the one that does not fit. The bytes are the caller's. */
export function encodeArguments(type: TypeDefinition, method: MethodDefinition, args: readonly unknown[]): Uint8Array {
  if (args.length !== method.args.length) {
    throw new AeonError(
      "RPC_ARGUMENT",
      `${type.name}.${method.name} takes ${method.args.length} arguments, got ${args.length}`,
    );
  }
  writer.reset();
  method.args.forEach((argType, i) => {
    const wrong = checkValue(argType, args[i]);
    if (wrong !== null) throw new AeonError("RPC_ARGUMENT", `${type.name}.${method.name}, argument ${i + 1}: ${wrong}`);
    writeValue(argType, writer, args[i]);
  });
  return writer.copy();
}

/** Throws BYTES_TRUNCATED or BYTES_MALFORMED for what cannot be decoded, VALUE_RANGE for a value that its type does not allow. */
export function decodeArguments(method: MethodDefinition, reader: ByteReader): unknown[] {
  const args = method.args.map((argType) => readValue(argType, reader));
  if (reader.remaining > 0) throw new AeonError("BYTES_MALFORMED", `${reader.remaining} bytes behind the arguments`);
  return args;
}

export function encodeResult(method: MethodDefinition, value: unknown): Uint8Array {
  if (method.returns === null) return new Uint8Array(0);
  const wrong = checkValue(method.returns, value);
  if (wrong !== null) throw new AeonError("RPC_ARGUMENT", `${method.name} returned: ${wrong}`);
  writer.reset();
  writeValue(method.returns, writer, value);
  return writer.copy();
}

export function decodeResult(method: MethodDefinition, reader: ByteReader): unknown {
  return method.returns === null ? undefined : readValue(method.returns, reader);
}
