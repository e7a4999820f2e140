/**
 * The objects behind `entity.client.onSay(…)` and `stub.call.rankOf(…)`: one class per set of methods, made once, with a method for each
 * name that checks the arguments and hands them on. No Proxy, so a wrong name is a TypeError at the call and not a message to nobody.
 */
import type { MethodDefinition, TypeDefinition } from "../property/definition.js";

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
