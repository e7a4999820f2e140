/**
 * Ops as bytes, as they stand in a recording. `OpEncoder` is a sink that writes them; `applyOps` replays them into any sink. The op log's
 * words are for one process; these are for files, a third of their size, and every length is checked.
 *
 *   op         | u8 number 0–4, scope 5–7 | uvar entity | uvar node | field, key or index, child or value |
 *   cold       | u8 | u8 number | fields |                     as in engine/property/op-log-world.ts
 *   transforms | u8 | uvar tick | f64 serverMs | uvar count | (uvar slot | f32 x, y, z, yaw) × count |
 *   flush      | u8 | uvar sequence |
 *   trace      | u8 | u8 event | f64 at | numbers |            in traces only; as in trace-ops.ts
 *   value      | u8 kind | int: ivar · double: f64 · text, bytes: length and bytes · json: as in json-value.ts |
 *   key        | u8 0: text, 1: number | text or ivar |
 */
import { type ByteReader, ByteWriter } from "../base/bytes.js";
import { AeonError } from "../base/errors.js";
import { ColdOps } from "../property/cold-ops.js";
import { readJson, writeJson } from "../property/json-value.js";
import { applyCold, type ColdOp, writeCold } from "../property/op-log-world.js";
import type { MapKey, OpSink, Scalar, ScopeMask } from "../property/op-sink.js";
import { applyTraceOp, TRACE_OP, type TraceSink } from "./trace-ops.js";

const OP = {
  cold: 1,
  transforms: 2,
  flush: 3,
  entityDestroy: 4,
  fieldSet: 5,
  fieldNode: 6,
  mapSet: 7,
  mapNode: 8,
  mapDelete: 9,
  mapClear: 10,
  listSet: 11,
  listSetNode: 12,
  listInsert: 13,
  listInsertNode: 14,
  listRemove: 15,
  listMove: 16,
  listClear: 17,
} as const;
const OP_MASK = 0x1f;
const SCOPE_SHIFT = 5;

const VALUE = { int: 0, double: 1, false: 2, true: 3, null: 4, text: 5, bytes: 6, json: 7 } as const;
const KEY = { text: 0, number: 1 } as const;
const TRANSFORM_LENGTH = 4;
/** A slot of one byte and four floats: what a count promises must be there before room is made for it. */
const TRANSFORM_BYTES_MIN = 17;

/** Keeps a byte order mark, which is part of a text as any other. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export class OpEncoder extends ColdOps implements OpSink {
  /** What was written, until the owner resets it. */
  readonly out = new ByteWriter(4096);
  /** Ops in it. */
  count = 0;
  /** Called behind each flush that was written. */
  onFlush: (() => void) | null = null;

  reset(): void {
    this.out.reset();
    this.count = 0;
  }

  entityDestroy(entity: number): void {
    this.count++;
    this.out.u8(OP.entityDestroy);
    this.out.uvar(entity);
  }
  fieldSet(entity: number, node: number, field: number, scope: ScopeMask, value: Scalar): void {
    this.head(OP.fieldSet, entity, node, scope);
    this.out.uvar(field);
    writeValue(this.out, value);
  }
  fieldNode(entity: number, node: number, field: number, scope: ScopeMask, child: number): void {
    this.head(OP.fieldNode, entity, node, scope);
    this.out.uvar(field);
    this.out.uvar(child);
  }
  mapSet(entity: number, node: number, key: MapKey, scope: ScopeMask, value: Scalar): void {
    this.head(OP.mapSet, entity, node, scope);
    writeKey(this.out, key);
    writeValue(this.out, value);
  }
  mapNode(entity: number, node: number, key: MapKey, scope: ScopeMask, child: number): void {
    this.head(OP.mapNode, entity, node, scope);
    writeKey(this.out, key);
    this.out.uvar(child);
  }
  mapDelete(entity: number, node: number, key: MapKey, scope: ScopeMask): void {
    this.head(OP.mapDelete, entity, node, scope);
    writeKey(this.out, key);
  }
  mapClear(entity: number, node: number, scope: ScopeMask): void {
    this.head(OP.mapClear, entity, node, scope);
  }
  listSet(entity: number, node: number, index: number, scope: ScopeMask, value: Scalar): void {
    this.head(OP.listSet, entity, node, scope);
    this.out.uvar(index);
    writeValue(this.out, value);
  }
  listSetNode(entity: number, node: number, index: number, scope: ScopeMask, child: number): void {
    this.pair(OP.listSetNode, entity, node, scope, index, child);
  }
  listInsert(entity: number, node: number, index: number, scope: ScopeMask, value: Scalar): void {
    this.head(OP.listInsert, entity, node, scope);
    this.out.uvar(index);
    writeValue(this.out, value);
  }
  listInsertNode(entity: number, node: number, index: number, scope: ScopeMask, child: number): void {
    this.pair(OP.listInsertNode, entity, node, scope, index, child);
  }
  listRemove(entity: number, node: number, index: number, count: number, scope: ScopeMask): void {
    this.pair(OP.listRemove, entity, node, scope, index, count);
  }
  listMove(entity: number, node: number, from: number, to: number, scope: ScopeMask): void {
    this.pair(OP.listMove, entity, node, scope, from, to);
  }
  listClear(entity: number, node: number, scope: ScopeMask): void {
    this.head(OP.listClear, entity, node, scope);
  }

  /** What clients ask changes nothing. */
  override viewCheck(): void {}

  transforms(tick: number, serverMs: number, count: number, slots: Int32Array, positions: Float32Array): void {
    const { out } = this;
    this.count++;
    out.u8(OP.transforms);
    out.uvar(tick);
    out.f64(serverMs);
    out.uvar(count);
    for (let i = 0; i < count; i++) {
      out.uvar(slots[i] as number);
      const from = i * TRANSFORM_LENGTH;
      for (let j = from; j < from + TRANSFORM_LENGTH; j++) out.f32(positions[j] as number);
    }
  }

  flush(sequence: number): void {
    this.count++;
    this.out.u8(OP.flush);
    this.out.uvar(sequence);
    this.onFlush?.();
  }

  private head(op: number, entity: number, node: number, scope: ScopeMask): void {
    const { out } = this;
    this.count++;
    out.u8(op | (scope << SCOPE_SHIFT));
    out.uvar(entity);
    out.uvar(node);
  }

  private pair(op: number, entity: number, node: number, scope: ScopeMask, a: number, b: number): void {
    this.head(op, entity, node, scope);
    this.out.uvar(a);
    this.out.uvar(b);
  }

  protected override coldOp<T>(op: ColdOp<T>, body: T): void {
    this.count++;
    this.out.u8(OP.cold);
    writeCold(this.out, op, body);
  }
}

function writeKey(out: ByteWriter, key: MapKey): void {
  if (typeof key === "number") {
    out.u8(KEY.number);
    out.ivar(key);
  } else {
    out.u8(KEY.text);
    out.text(key);
  }
}

function writeValue(out: ByteWriter, value: Scalar): void {
  if (typeof value === "number") return writeNumber(out, value);
  if (typeof value === "boolean") return out.u8(value ? VALUE.true : VALUE.false);
  if (value === null) return out.u8(VALUE.null);
  if (typeof value === "string") {
    out.u8(VALUE.text);
    out.text(value);
  } else if (value instanceof Uint8Array) {
    out.u8(VALUE.bytes);
    out.blob(value);
  } else {
    out.u8(VALUE.json);
    writeJson(out, value);
  }
}

function writeNumber(out: ByteWriter, value: number): void {
  if ((value | 0) === value && !Object.is(value, -0)) {
    out.u8(VALUE.int);
    out.ivar(value);
  } else {
    out.u8(VALUE.double);
    out.f64(value);
  }
}

/** Replays ops to the reader's end; their number. Throws BYTES_TRUNCATED or BYTES_MALFORMED, and what the sink throws. */
export function applyOps(reader: ByteReader, into: OpSink & Partial<TraceSink>): number {
  let count = 0;
  for (; reader.remaining > 0; count++) applyOp(reader, into);
  return count;
}

function applyOp(reader: ByteReader, into: OpSink & Partial<TraceSink>): void {
  const head = reader.u8();
  const op = head & OP_MASK;
  if (op === TRACE_OP) return applyTraceOp(reader, into);
  if (op === OP.cold) return applyCold(reader, into);
  if (op === OP.transforms) return applyTransforms(reader, into);
  if (op === OP.flush) return into.flush(reader.uvar());
  const entity = reader.uvar();
  if (op === OP.entityDestroy) return into.entityDestroy(entity);
  applyPropertyOp(op, entity, reader.uvar(), head >> SCOPE_SHIFT, reader, into);
}

function applyPropertyOp(
  op: number,
  entity: number,
  node: number,
  scope: ScopeMask,
  reader: ByteReader,
  into: OpSink,
): void {
  switch (op) {
    case OP.fieldSet:
      return into.fieldSet(entity, node, reader.uvar(), scope, readValue(reader));
    case OP.fieldNode:
      return into.fieldNode(entity, node, reader.uvar(), scope, reader.uvar());
    case OP.mapSet:
      return into.mapSet(entity, node, readKey(reader), scope, readValue(reader));
    case OP.mapNode:
      return into.mapNode(entity, node, readKey(reader), scope, reader.uvar());
    case OP.mapDelete:
      return into.mapDelete(entity, node, readKey(reader), scope);
    case OP.mapClear:
      return into.mapClear(entity, node, scope);
    case OP.listSet:
      return into.listSet(entity, node, reader.uvar(), scope, readValue(reader));
    case OP.listSetNode:
      return into.listSetNode(entity, node, reader.uvar(), scope, reader.uvar());
    case OP.listInsert:
      return into.listInsert(entity, node, reader.uvar(), scope, readValue(reader));
    case OP.listInsertNode:
      return into.listInsertNode(entity, node, reader.uvar(), scope, reader.uvar());
    case OP.listRemove:
      return into.listRemove(entity, node, reader.uvar(), reader.uvar(), scope);
    case OP.listMove:
      return into.listMove(entity, node, reader.uvar(), reader.uvar(), scope);
    case OP.listClear:
      return into.listClear(entity, node, scope);
    default:
      throw new AeonError("BYTES_MALFORMED", `no op has the number ${op}`);
  }
}

function applyTransforms(reader: ByteReader, into: OpSink): void {
  const tick = reader.uvar();
  const serverMs = reader.f64();
  const count = reader.uvar();
  if (count * TRANSFORM_BYTES_MIN > reader.remaining) throw new AeonError("BYTES_TRUNCATED");
  const slots = new Int32Array(count);
  const positions = new Float32Array(count * TRANSFORM_LENGTH);
  for (let i = 0; i < count; i++) {
    slots[i] = reader.uvar();
    const from = i * TRANSFORM_LENGTH;
    for (let j = from; j < from + TRANSFORM_LENGTH; j++) positions[j] = reader.f32();
  }
  into.transforms(tick, serverMs, count, slots, positions);
}

function readKey(reader: ByteReader): MapKey {
  const kind = reader.u8();
  if (kind === KEY.number) return reader.ivar();
  if (kind === KEY.text) return readText(reader);
  throw new AeonError("BYTES_MALFORMED", `no key is of kind ${kind}`);
}

function readValue(reader: ByteReader): Scalar {
  const kind = reader.u8();
  switch (kind) {
    case VALUE.int:
      return reader.ivar();
    case VALUE.double:
      return reader.f64();
    case VALUE.false:
      return false;
    case VALUE.true:
      return true;
    case VALUE.null:
      return null;
    case VALUE.text:
      return readText(reader);
    case VALUE.bytes:
      return reader.blob().slice();
    case VALUE.json:
      return readJson(reader) as Scalar;
    default:
      throw new AeonError("BYTES_MALFORMED", `no value is of kind ${kind}`);
  }
}

function readText(reader: ByteReader): string {
  try {
    return decoder.decode(reader.blob());
  } catch (cause) {
    if (cause instanceof AeonError) throw cause;
    throw new AeonError("BYTES_MALFORMED", "a text is not UTF-8", { cause });
  }
}
