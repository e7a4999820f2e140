/**
 * Writes a shadow's trees as wire ops: the whole of an entity, or what changed in this period. A node that came in this period is
 * written whole behind the op that puts it somewhere; one that left is not written.
 */

import { equalPlain } from "./container.js";
import { type FieldLayout, WORD_BITS } from "./layout.js";
import type { MapKey, ScopeMask } from "./op-sink.js";
import { FLAG } from "./shadow-forest.js";
import {
  isNode,
  type ListChange,
  type ShadowEntity,
  type ShadowFields,
  type ShadowList,
  type ShadowMap,
  type ShadowNode,
} from "./shadow-node.js";
import { WIRE_OP, type WireOpWriter } from "./wire-ops.js";

/** Counts writings, so that a node which was written whole within another is not written again. */
let writing = 0;

export function writeEntityState(entity: ShadowEntity, mask: ScopeMask, wire: WireOpWriter): void {
  writing++;
  writeContents(entity.root, mask, wire);
}

/** Of the entity with this root. */
export function writeEntityChanges(root: ShadowFields, mask: ScopeMask, wire: WireOpWriter): void {
  writeValueChanges(root, mask, wire);
  if (!root.hasFlag(FLAG.nodes)) return;
  writing++;
  writeChildChanges(root, mask, wire);
  for (const node of root.entity.changedNodes) {
    if (node.isNew || node.writtenIn === writing || !node.isInTree) continue;
    if (node.kind === "fields") {
      writeValueChanges(node, mask, wire);
      writeChildChanges(node, mask, wire);
    } else if ((node.layout.element.scope & mask) === 0) continue;
    else if (node.kind === "map") writeMapChanges(node, mask, wire);
    else writeListChanges(node, mask, wire);
  }
}

/** All plain values of a struct or root, whatever they were. */
export function writeValuesAgain(node: ShadowFields, mask: ScopeMask, wire: WireOpWriter): void {
  for (const field of (node.layout.visible[mask] as FieldsSeen).plain) {
    if (field.isNumber) wire.number(node.number, field, node.numberOf(field));
    else wire.value(node.number, field, node.values[field.at]);
  }
}

/** A map or list with all that is in it; of a struct or root all containers in it. */
export function writeNodeAgain(node: ShadowNode, mask: ScopeMask, wire: WireOpWriter): void {
  writing++;
  if (node.kind === "fields") {
    for (const field of (node.layout.visible[mask] as FieldsSeen).containers) writeFieldChild(node, field, mask, wire);
    return;
  }
  if (node.kind === "map") wire.mapClear(node.number);
  else wire.listClear(node.number);
  writeContents(node, mask, wire);
}

/** What makes an empty node of this type into this one. */
function writeContents(node: ShadowNode, mask: ScopeMask, wire: WireOpWriter): void {
  node.writtenIn = writing;
  if (node.kind === "fields") writeFieldContents(node, mask, wire);
  else if ((node.layout.element.scope & mask) === 0) return;
  else if (node.kind === "map") {
    // A node knows its key; a pair of both for each of ten thousand would be garbage.
    if (node.layout.element.child === null)
      for (const [key, value] of node.entries) writeEntry(node, key, value, mask, wire);
    else for (const child of node.entries.values()) writeEntry(node, (child as ShadowNode).place, child, mask, wire);
  } else
    for (let index = 0; index < node.items.length; index++) writeInsert(node, index, node.items[index], mask, wire);
}

function writeFieldContents(node: ShadowFields, mask: ScopeMask, wire: WireOpWriter): void {
  const { number, layout, values, start } = node;
  const { plain, containers, nearBits, isNear } = layout.visible[mask] as FieldsSeen;
  if (isNear) {
    wire.nearNumbers(node, nearBits, layout.row, 0);
    return;
  }
  const { cells } = node.page;
  for (let i = 0; i < plain.length; i++) {
    const field = plain[i] as FieldLayout;
    if (field.isNumber) {
      const value = cells[start + field.cell] as number;
      if (value !== layout.row[field.cell]) wire.number(number, field, value);
    } else if (!equalPlain(values[field.at], field.default)) wire.value(number, field, values[field.at]);
  }
  for (const field of containers) writeFieldChild(node, field, mask, wire);
}

type FieldsSeen = ShadowFields["layout"]["visible"][number];

function writeValueChanges(node: ShadowFields, mask: ScopeMask, wire: WireOpWriter): void {
  const { layout, number, start } = node;
  const { cells } = node.page;
  const { plainBits, nearBits } = layout.visible[mask] as FieldsSeen;
  const isAmid = isStateWritten(node);
  for (let word = 0; word < layout.wordCount; word++) {
    let bits = node.dirtyBits(word) & (plainBits[word] as number);
    if (word === 0 && !isAmid && (bits & ~nearBits) === 0) {
      if (bits !== 0) wire.nearNumbers(node, bits, cells, start + 1);
      continue;
    }
    for (; bits !== 0; bits &= bits - 1) {
      const field = layout.fields[word * WORD_BITS + 31 - Math.clz32(bits & -bits)] as FieldLayout;
      if (field.isNumber) {
        const at = start + field.cell;
        const value = cells[at] as number;
        if (isAmid || value !== cells[at + 1]) wire.number(number, field, value);
      } else if (isAmid || node.valueDiffers(field)) wire.value(number, field, node.values[field.at]);
    }
  }
}

function writeChildChanges(node: ShadowFields, mask: ScopeMask, wire: WireOpWriter): void {
  if (!node.layout.hasContainers) return;
  for (const field of (node.layout.visible[mask] as FieldsSeen).containers)
    if ((node.dirtyBits(field.word) & field.bit) !== 0) writeFieldChild(node, field, mask, wire);
}

/** The container in that field, with all that is in it. */
export function writeFieldChild(node: ShadowFields, field: FieldLayout, mask: ScopeMask, wire: WireOpWriter): void {
  const child = node.values[field.at];
  if (!isNode(child)) return;
  wire.fieldNode(node.number, field, child.number);
  writeContents(child, mask, wire);
}

/** Whoever got a state amid the changes may have neither what stood before nor what stands now. */
function isStateWritten(node: ShadowNode): boolean {
  return (node.parent === null ? (node as ShadowFields) : node.entity.root).hasFlag(FLAG.stateWritten);
}

function writeMapChanges(node: ShadowMap, mask: ScopeMask, wire: WireOpWriter): void {
  if (node.isCleared) {
    wire.mapClear(node.number);
    writeContents(node, mask, wire);
    return;
  }
  const isAmid = isStateWritten(node);
  for (const [key, before] of node.changed) {
    const value = node.get(key);
    const isNews = isNode(value) ? value !== before : isAmid || !equalPlain(value, before);
    if (!isNews) continue;
    if (value === undefined) wire.mapDelete(node.number, node.layout.key, key);
    else writeEntry(node, key, value, mask, wire);
  }
}

/** What stands under these keys now; nodes among that are added to `written`. */
export function writeMapKeys(
  node: ShadowMap,
  keys: Iterable<MapKey>,
  mask: ScopeMask,
  wire: WireOpWriter,
  written: Set<ShadowNode>,
): void {
  if ((node.layout.element.scope & mask) === 0) return;
  for (const key of keys) {
    const value = node.get(key);
    if (value === undefined) wire.mapDelete(node.number, node.layout.key, key);
    else writeEntry(node, key, value, mask, wire);
    if (isNode(value)) written.add(value);
  }
}

function writeEntry(node: ShadowMap, key: MapKey, value: unknown, mask: ScopeMask, wire: WireOpWriter): void {
  const { number, layout } = node;
  if (isNode(value)) {
    wire.mapNode(number, layout.key, key, value.number);
    writeContents(value, mask, wire);
  } else wire.mapSet(number, layout.key, key, layout.element, value);
}

function writeListChanges(node: ShadowList, mask: ScopeMask, wire: WireOpWriter): void {
  // Structural ops are not idempotent: whoever got a state in this period must not apply them again.
  if (node.isReset || (isStateWritten(node) && node.hasStructuralChanges)) {
    wire.listClear(node.number);
    writeContents(node, mask, wire);
    return;
  }
  for (const change of node.changes) writeListChange(node, change, mask, wire);
}

function writeListChange(node: ShadowList, change: ListChange, mask: ScopeMask, wire: WireOpWriter): void {
  const { number, layout } = node;
  switch (change.op) {
    case "insert":
      return writeInsert(node, change.index, change.value, mask, wire);
    case "remove":
      return wire.listNumbers(WIRE_OP.listRemove, number, change.index, change.count);
    case "move":
      return wire.listNumbers(WIRE_OP.listMove, number, change.index, change.to);
    default: {
      const { index, value, before } = change;
      if (isNode(value)) {
        if (value === before) return;
        wire.listSetNode(number, index, value.number);
        // One that is gone again leaves with a later op of this list.
        if (!value.isGone) writeContents(value, mask, wire);
      } else if (isStateWritten(node) || !equalPlain(value, before)) wire.listSet(number, index, layout.element, value);
    }
  }
}

function writeInsert(node: ShadowList, index: number, value: unknown, mask: ScopeMask, wire: WireOpWriter): void {
  if (!isNode(value)) {
    wire.listInsert(node.number, index, node.layout.element, value);
    return;
  }
  wire.listInsertNode(node.number, index, value.number);
  if (!value.isGone) writeContents(value, mask, wire);
}
