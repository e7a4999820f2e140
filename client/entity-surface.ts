/**
 * The objects behind `entity.call.buy(…)`, `entity.send.say(…)` and `entity.props.hp`: one prototype per entity type with a method or
 * getter per name, made once, when the type's definition arrived. No Proxy: what is not there is undefined, as with any object.
 */
import type { MethodDefinition, TypeDefinition } from "../engine/property/definition.js";

/** What the surfaces hand a call on to. */
export interface SurfaceOwner {
  get(path: string): unknown;
}
export type Deliver = (method: MethodDefinition, args: readonly unknown[]) => unknown;

const deliverKey = Symbol("deliver");
const ownerKey = Symbol("owner");
interface CallSurface {
  [deliverKey]: Deliver;
}
interface PropertySurface {
  [ownerKey]: SurfaceOwner;
}

const callPrototypes = new WeakMap<TypeDefinition, object>();
const propertyPrototypes = new WeakMap<TypeDefinition, object>();

export function isCallable(method: MethodDefinition): boolean {
  return method.access === "exposed" || method.access === "exposedToView" || method.access === "anonymous";
}

export function makeCallSurface(type: TypeDefinition, deliver: Deliver): object {
  const prototype = cached(callPrototypes, type, callPrototypeOf);
  const surface = Object.create(prototype) as CallSurface;
  surface[deliverKey] = deliver;
  return surface;
}

export function makePropertySurface(type: TypeDefinition, owner: SurfaceOwner): object {
  const prototype = cached(propertyPrototypes, type, propertyPrototypeOf);
  const surface = Object.create(prototype) as PropertySurface;
  surface[ownerKey] = owner;
  return surface;
}

function callPrototypeOf(type: TypeDefinition): object {
  const prototype = Object.create(null) as object;
  for (const method of type.methods.filter(isCallable)) {
    Object.defineProperty(prototype, method.name, {
      value(this: CallSurface, ...args: readonly unknown[]) {
        return this[deliverKey](method, args);
      },
    });
  }
  return prototype;
}

function propertyPrototypeOf(type: TypeDefinition): object {
  const prototype = Object.create(null) as object;
  for (const { name } of type.properties) {
    Object.defineProperty(prototype, name, {
      enumerable: true,
      get(this: PropertySurface) {
        return this[ownerKey].get(name);
      },
    });
  }
  return prototype;
}

function cached(cache: WeakMap<TypeDefinition, object>, type: TypeDefinition, make: (type: TypeDefinition) => object) {
  let prototype = cache.get(type);
  if (prototype === undefined) {
    prototype = make(type);
    cache.set(type, prototype);
  }
  return prototype;
}
