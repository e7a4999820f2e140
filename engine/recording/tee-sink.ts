/** Brings each op to two sinks: how a second consumer stands beside the first one of a stream. */
import { OP_NAMES, type OpSink } from "../property/op-sink.js";

type AnyOp = (...args: readonly unknown[]) => void;

/** `first` must not throw; what `second` throws is thrown. It has no door of its own for numbers: they come as fieldSet. */
export function teeSink(first: OpSink, second: OpSink): OpSink {
  const tee: Record<string, AnyOp> = {};
  for (const name of OP_NAMES) {
    const toFirst = first[name].bind(first) as AnyOp;
    const toSecond = second[name].bind(second) as AnyOp;
    tee[name] = (...args) => {
      toFirst(...args);
      toSecond(...args);
    };
  }
  return tee as unknown as OpSink;
}
