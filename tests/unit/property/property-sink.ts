/** A sink that hands property ops to a shadow and records the calls of everything else. */
import type { OpSink, PropertyOpSink } from "../../../engine/property/op-sink.js";

export interface RecordedCall {
  readonly op: string;
  readonly args: readonly unknown[];
}

const PROPERTY_OPS: readonly (keyof PropertyOpSink)[] = [
  "entityCreate",
  "entityDestroy",
  "fieldSet",
  "fieldNode",
  "mapSet",
  "mapNode",
  "mapDelete",
  "mapClear",
  "listSet",
  "listSetNode",
  "listInsert",
  "listInsertNode",
  "listRemove",
  "listMove",
  "listClear",
];

export function propertySink(shadow: PropertyOpSink): OpSink {
  const sink = recordingSink([]) as unknown as Record<string, unknown>;
  for (const op of PROPERTY_OPS) sink[op] = (shadow[op] as (...args: unknown[]) => void).bind(shadow);
  return sink as unknown as OpSink;
}

/** Typed arrays are copied: a sink may not keep them. */
export function recordingSink(calls: RecordedCall[]): OpSink {
  const keep = (value: unknown) =>
    value instanceof Int32Array || value instanceof Float32Array ? Array.from(value) : value;
  return new Proxy({} as OpSink, {
    get: (target, op: string) =>
      (target as unknown as Record<string, unknown>)[op] ??
      (op === "rootNumbers" ? undefined : (...args: unknown[]) => calls.push({ op, args: args.map(keep) })),
  });
}
