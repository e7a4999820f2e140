/**
 * Property ops on the wire, to clients, followers and recordings: ops of one entity, one after the other, to the reader's end.
 *
 *   short   | u8 1mmmmmmm | values |          bit i of the mask is the field i + 1 of the current node
 *   fields  | u8 head | [uvar node] | [uvar bank − 3 when bank is 3] | u8 mask | values |
 *                                             bit i of the mask is the field 7·bank + i + 1
 *   others  | u8 head | [uvar node] | operands |
 *   head    op 0–3 · node follows 4 · bank 5–6 (fields only) · 0
 *
 * The current node is 0 at the start; an op that names another makes that the current one, and one that puts a container somewhere makes
 * that container the current one. Values stand in order of their fields. Keys are text (≤ 255 bytes) or ivar, as the map's type says;
 * values are written by their type, which both ends know from the definitions. Op numbers are never used again; retired ones: none.
 */
import { type ByteReader, ByteWriter } from "../base/bytes.js";
import { AeonError } from "../base/errors.js";
import { KeyCache } from "./key-cache.js";
import { BANK_FIELDS, type ElementsLayout, type FieldLayout, type SlotLayout } from "./layout.js";
import type { MapKey, Scalar } from "./op-sink.js";
import type { ShadowEditor } from "./shadow-edit.js";
import type { ShadowEntity, ShadowFields, ShadowList, ShadowMap, ShadowNode } from "./shadow-node.js";
import { checkKey } from "./value-check.js";
import { readNumber, readValue, writeNumber, writeValue } from "./value-codec.js";
import { KEY_BYTES_MAX, type KeyKind } from "./value-type.js";

export const WIRE_OP = {
  fields: 1,
  fieldNode: 2,
  mapSet: 3,
  mapNode: 4,
  mapDelete: 5,
  mapClear: 6,
  listSet: 7,
  listSetNode: 8,
  listInsert: 9,
  listInsertNode: 10,
  listRemove: 11,
  listMove: 12,
  listClear: 13,
} as const;

/** By number, for reports. */
export const WIRE_OP_NAMES: readonly (string | undefined)[] = Object.entries(WIRE_OP).reduce<string[]>(
  (names, [name, number]) => {
    names[number] = name;
    return names;
  },
  [],
);

const SHORT = 0x80;
const OP_MASK = 0x0f;
const NODE_FOLLOWS = 0x10;
const BANK_SHIFT = 5;
/** The bank that is written in the head for all from here on; the rest follows as a number. */
const BANK_FAR = 3;
const FIELDS_MASK = 0x7f;
const LIST_COUNT_MAX = 2 ** 31 - 1;

const NOWHERE = new ByteWriter(1);

/** Writes ops of one entity. `begin` before each sequence of ops. */
export class WireOpWriter {
  private out: ByteWriter = NOWHERE;
  private node = 0;
  private bank = -1;
  private maskAt = 0;

  begin(out: ByteWriter): void {
    this.out = out;
    this.node = 0;
    this.bank = -1;
  }

  /** Fields of one node must come in order of id; those of a bank share a mask. */
  number(node: number, field: FieldLayout, value: number): void {
    this.mark(node, field);
    writeNumber(field.code, this.out, value);
  }

  /** As putNears, behind the head that they need; nothing when none differs. */
  nearNumbers(node: ShadowFields, bits: number, reference: Float64Array, from: number): void {
    const { out } = this;
    const { length } = out;
    const before = this.node;
    if (node.number === before) this.maskAt = out.reserve(1);
    else this.openBank(node.number, 0, 0);
    const mask = putNears(out, node, bits, reference, from);
    if (mask === 0) {
      out.length = length;
      this.node = before;
      this.bank = -1;
      return;
    }
    out.bytes[this.maskAt] = node.number === before ? SHORT | mask : mask;
    this.bank = 0;
  }

  /** For a field that is no number. */
  value(node: number, field: FieldLayout, value: unknown): void {
    this.mark(node, field);
    writeValue(field.type, this.out, value);
  }

  fieldNode(node: number, field: FieldLayout, child: number): void {
    this.head(WIRE_OP.fieldNode, node);
    this.out.uvar(field.id);
    this.child(child);
  }

  mapSet(node: number, kind: KeyKind, key: MapKey, element: SlotLayout, value: unknown): void {
    this.head(WIRE_OP.mapSet, node);
    this.key(kind, key);
    writeSlot(element, this.out, value);
  }

  mapNode(node: number, kind: KeyKind, key: MapKey, child: number): void {
    this.head(WIRE_OP.mapNode, node);
    this.key(kind, key);
    this.child(child);
  }

  mapDelete(node: number, kind: KeyKind, key: MapKey): void {
    this.head(WIRE_OP.mapDelete, node);
    this.key(kind, key);
  }

  mapClear(node: number): void {
    this.head(WIRE_OP.mapClear, node);
  }

  listSet(node: number, index: number, element: SlotLayout, value: unknown): void {
    this.head(WIRE_OP.listSet, node);
    this.out.uvar(index);
    writeSlot(element, this.out, value);
  }

  listInsert(node: number, index: number, element: SlotLayout, value: unknown): void {
    this.head(WIRE_OP.listInsert, node);
    this.out.uvar(index);
    writeSlot(element, this.out, value);
  }

  listSetNode(node: number, index: number, child: number): void {
    this.head(WIRE_OP.listSetNode, node);
    this.out.uvar(index);
    this.child(child);
  }

  listInsertNode(node: number, index: number, child: number): void {
    this.head(WIRE_OP.listInsertNode, node);
    this.out.uvar(index);
    this.child(child);
  }

  /** `op`: listRemove (index, count) or listMove (from, to). */
  listNumbers(op: number, node: number, a: number, b: number): void {
    this.head(op, node);
    this.out.uvar(a);
    this.out.uvar(b);
  }

  listClear(node: number): void {
    this.head(WIRE_OP.listClear, node);
  }

  /** Notes in a mask that the field's value follows. */
  private mark(node: number, { bank, bankBit }: FieldLayout): void {
    const { out } = this;
    if (bank === this.bank && node === this.node) {
      const { bytes } = out;
      bytes[this.maskAt] = (bytes[this.maskAt] as number) | bankBit;
    } else if (bank === 0 && node === this.node) {
      this.bank = 0;
      this.maskAt = out.reserve(1);
      out.bytes[this.maskAt] = SHORT | bankBit;
    } else this.openBank(node, bank, bankBit);
  }

  private openBank(node: number, bank: number, bit: number): void {
    const { out } = this;
    const near = Math.min(bank, BANK_FAR);
    this.head(WIRE_OP.fields | (near << BANK_SHIFT), node);
    this.bank = bank;
    if (near === BANK_FAR) out.uvar(bank - BANK_FAR);
    this.maskAt = out.reserve(1);
    out.bytes[this.maskAt] = bit;
  }

  private head(op: number, node: number): void {
    this.bank = -1;
    if (node === this.node) {
      this.out.u8(op);
      return;
    }
    this.out.u8(op | NODE_FOLLOWS);
    this.out.uvar(node);
    this.node = node;
  }

  private child(number: number): void {
    this.out.uvar(number);
    this.node = number;
  }

  private key(kind: KeyKind, key: MapKey): void {
    if (kind === "int32") this.out.ivar(key as number);
    else this.out.text(key as string);
  }
}

/**
 * Writes those numbers of bank 0 among `bits` of the node that are another than in `reference`, where a field's value stands `from` cells
 * behind its own cell in the layout's row. The mask of those written. What most of all bytes to clients are made by.
 */
function putNears(out: ByteWriter, node: ShadowFields, bits: number, reference: Float64Array, from: number): number {
  const { start } = node;
  const { cells } = node.page;
  const { fields } = node.layout;
  let mask = 0;
  for (let left = bits; left !== 0; left &= left - 1) {
    const field = fields[31 - Math.clz32(left & -left)] as FieldLayout;
    const value = cells[start + field.cell] as number;
    if (value === reference[from + field.cell]) continue;
    mask |= field.bankBit;
    if (field.isFloat32) {
      const at = out.reserve(4);
      out.view.setFloat32(at, value, true);
    } else writeNumber(field.code, out, value);
  }
  return mask;
}

function writeSlot(slot: SlotLayout, out: ByteWriter, value: unknown): void {
  if (slot.isNumber) writeNumber(slot.code, out, value as number);
  else writeValue(slot.type, out, value);
}

/**
 * Applies all ops in the reader to an entity. Throws BYTES_TRUNCATED, BYTES_MALFORMED or VALUE_RANGE at the first op that is wrong,
 * of which nothing is applied; those before it are.
 */
export function applyWireOps(reader: ByteReader, entity: ShadowEntity, edit: ShadowEditor): void {
  let node: ShadowNode = entity.root;
  while (reader.remaining > 0) {
    const head = reader.u8();
    if ((head & SHORT) !== 0) {
      if (node.kind !== "fields") malformed("fields of what has none");
      applyFields(0, head & FIELDS_MASK, node, reader, edit);
      continue;
    }
    if ((head & NODE_FOLLOWS) !== 0) node = edit.nodeOf(entity, reader.uvar());
    const op = head & OP_MASK;
    const bank = head >> BANK_SHIFT;
    if (node.kind === "fields") node = applyFieldOp(op, bank, node, reader, edit);
    else if (bank !== 0) malformed("a head has bits that mean nothing");
    else node = node.kind === "map" ? applyMapOp(op, node, reader, edit) : applyListOp(op, node, reader, edit);
  }
}

/** These return the node that is current from then on. */
function applyFieldOp(
  op: number,
  bank: number,
  node: ShadowFields,
  reader: ByteReader,
  edit: ShadowEditor,
): ShadowNode {
  if (op === WIRE_OP.fields) {
    applyFields(bank === BANK_FAR ? BANK_FAR + reader.uvar() : bank, reader.u8(), node, reader, edit);
    return node;
  }
  if (op !== WIRE_OP.fieldNode || bank !== 0) malformed(`op ${op} is not for fields`);
  const field = node.layout.byId[reader.uvar()];
  const child = reader.uvar();
  if (field === undefined || field.child === null) malformed("no such field holds a container");
  node.lastOp = op;
  return edit.fieldNode(node, field, child);
}

const readFieldList: FieldLayout[] = [];
const readNumberList = new Float64Array(BANK_FIELDS);
const readValueList: unknown[] = [];

/** Sets the fields of a mask in a bank to the values that follow. Throws as applyWireOps does. */
export function applyFields(
  bank: number,
  mask: number,
  node: ShadowFields,
  reader: ByteReader,
  edit: ShadowEditor,
): void {
  if (mask === 0 || mask > FIELDS_MASK) malformed("no field is set");
  const { byId } = node.layout;
  let count = 0;
  for (let bit = 0; bit < BANK_FIELDS; bit++) {
    if ((mask & (1 << bit)) === 0) continue;
    const field = byId[bank * BANK_FIELDS + bit + 1];
    if (field === undefined || field.child !== null) malformed("no such field holds a plain value");
    readFieldList[count] = field;
    if (field.isNumber) readNumberList[count] = readNumber(field, reader);
    else readValueList[count] = readValue(field.type, reader);
    count++;
  }
  node.lastOp = WIRE_OP.fields;
  for (let i = 0; i < count; i++) {
    const field = readFieldList[i] as FieldLayout;
    if (field.isNumber) edit.fieldNumber(node, field, readNumberList[i] as number);
    else edit.fieldValue(node, field, readValueList[i]);
  }
}

function applyMapOp(op: number, node: ShadowMap, reader: ByteReader, edit: ShadowEditor): ShadowNode {
  const { layout } = node;
  if (op === WIRE_OP.mapClear) {
    node.lastOp = op;
    edit.mapClear(node);
    return node;
  }
  const key = readKey(layout.key, reader);
  switch (op) {
    case WIRE_OP.mapSet: {
      const value = readElement(layout, reader);
      node.lastOp = op;
      edit.mapSet(node, key, value);
      return node;
    }
    case WIRE_OP.mapNode: {
      const child = reader.uvar();
      node.lastOp = op;
      return edit.mapNode(node, key, child);
    }
    case WIRE_OP.mapDelete:
      node.lastOp = op;
      edit.mapDelete(node, key);
      return node;
    default:
      malformed(`op ${op} is not for a map`);
  }
}

function applyListOp(op: number, node: ShadowList, reader: ByteReader, edit: ShadowEditor): ShadowNode {
  if (op === WIRE_OP.listClear) {
    node.lastOp = op;
    edit.listClear(node);
    return node;
  }
  const index = reader.uvar();
  if (index > LIST_COUNT_MAX) malformed(`the index ${index} is out of range`);
  if (op === WIRE_OP.listSet || op === WIRE_OP.listInsert) {
    const value = readElement(node.layout, reader);
    node.lastOp = op;
    if (op === WIRE_OP.listSet) edit.listSet(node, index, value);
    else edit.listInsert(node, index, value);
    return node;
  }
  const other = reader.uvar();
  node.lastOp = op;
  switch (op) {
    case WIRE_OP.listSetNode:
      return edit.listSetNode(node, index, other);
    case WIRE_OP.listInsertNode:
      return edit.listInsertNode(node, index, other);
    case WIRE_OP.listRemove:
      edit.listRemove(node, index, other);
      return node;
    case WIRE_OP.listMove:
      edit.listMove(node, index, other);
      return node;
    default:
      malformed(`op ${op} is not for a list`);
  }
}

function readElement(layout: ElementsLayout, reader: ByteReader): Scalar {
  const { element } = layout;
  if (element.child !== null) malformed("a value stands where a container must");
  return element.isNumber ? readNumber(element, reader) : (readValue(element.type, reader) as Scalar);
}

const keys = new KeyCache();

function readKey(kind: KeyKind, reader: ByteReader): MapKey {
  if (kind === "text") return keys.read(reader, KEY_BYTES_MAX);
  const key = reader.ivar();
  return checkKey("int32", key) === null ? key + 0 : malformed(`${key} is not an int32 key`);
}

function malformed(what: string): never {
  throw new AeonError("BYTES_MALFORMED", what);
}
