/** Brings each op to two sinks: how a second consumer stands beside the first one of a stream. */
import type { OpSink } from "../property/op-sink.js";

const OPS: Readonly<Record<keyof OpSink, true>> = {
  entityCreate: true,
  entityDestroy: true,
  fieldSet: true,
  fieldNode: true,
  mapSet: true,
  mapNode: true,
  mapDelete: true,
  mapClear: true,
  listSet: true,
  listSetNode: true,
  listInsert: true,
  listInsertNode: true,
  listRemove: true,
  listMove: true,
  listClear: true,
  spaceCreate: true,
  spaceDestroy: true,
  spaceEnter: true,
  spaceLeave: true,
  transforms: true,
  clientAttach: true,
  clientDetach: true,
  clientKick: true,
  clientGive: true,
  clientSwitch: true,
  clientContinue: true,
  clientCall: true,
  clientReply: true,
  moveCorrect: true,
  viewRadius: true,
  viewLimit: true,
  viewRule: true,
  viewEvents: true,
  viewCheck: true,
  flush: true,
};

type AnyOp = (...args: readonly unknown[]) => void;

/** `first` must not throw; what `second` throws is thrown. It has no door of its own for numbers: they come as fieldSet. */
export function teeSink(first: OpSink, second: OpSink): OpSink {
  const tee: Record<string, AnyOp> = {};
  for (const name of Object.keys(OPS) as (keyof OpSink)[]) {
    const toFirst = first[name].bind(first) as AnyOp;
    const toSecond = second[name].bind(second) as AnyOp;
    tee[name] = (...args) => {
      toFirst(...args);
      toSecond(...args);
    };
  }
  return tee as unknown as OpSink;
}
