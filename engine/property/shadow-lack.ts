/**
 * What a copy of an entity lacks that was not told of changes for a while: which fields of the root changed meanwhile, and which nodes.
 * Nothing is kept of the changes themselves: what is written later is what stands there then. So it is bounded, however much changed, and
 * applying it makes the copy equal, whatever it had before.
 *
 * `note` belongs before an entity's `clearChanges`, the writing behind it. One Lack is of one copy of one entity.
 */
import type { ByteWriter } from "../base/bytes.js";
import type { FieldLayout, VisibleFields } from "./layout.js";
import type { MapKey, ScopeMask } from "./op-sink.js";
import { FLAG } from "./shadow-forest.js";
import {
  isNode,
  type ShadowEntity,
  type ShadowFields,
  type ShadowList,
  type ShadowMap,
  type ShadowNode,
} from "./shadow-node.js";
import { writeEntityRepair } from "./shadow-repair.js";
import { writeFieldChild } from "./shadow-wire.js";
import { writeNumber } from "./value-codec.js";
import type { WireOpWriter } from "./wire-ops.js";

/** With more parts and maps than this the whole entity is written again, and with more keys the whole map. */
const PARTS_MAX = 64;
const KEYS_MAX = 64;
/** Of writeEntityRepair: all plain values of the root, and all containers in it. */
const WHOLE = [0, 1];

export class Lack {
  /** Fields of the root that changed: the first word of a mask, and the others by word. There are thousands of these, and few need more. */
  bits = 0;
  moreBits: number[] | null = null;
  /** Parts of shadow-repair of other nodes. */
  parts: Set<number> | null = null;
  /** Of maps that are not among those: by node number, keys that changed. */
  keys: Map<number, Set<MapKey>> | null = null;
  /** Too much changed to be listed. */
  isWhole = false;
}

/** Adds what changed in the entity's present period. */
export function noteLack(root: ShadowFields, lack: Lack): void {
  const { wordCount } = root.layout;
  if (wordCount > 0) lack.bits |= root.dirtyBits(0);
  if (wordCount > 1) noteMoreBits(root, lack);
  if (lack.isWhole || !root.hasFlag(FLAG.nodes)) return;
  const parts = lack.parts ?? new Set<number>();
  lack.parts = parts;
  for (const node of root.entity.changedNodes) {
    if (node.isNew || !node.isInTree) continue;
    if (node.kind === "map") noteMap(node, parts, lack);
    else noteNode(node, parts);
  }
  if (parts.size + (lack.keys?.size ?? 0) <= PARTS_MAX) return;
  lack.isWhole = true;
  lack.parts = null;
  lack.keys = null;
}

/** The keys that changed, or all of it where those are many. */
function noteMap(node: ShadowMap, parts: Set<number>, lack: Lack): void {
  const { number } = node;
  if (parts.has(number * 2)) return;
  lack.keys ??= new Map();
  const keys = lack.keys.get(number) ?? new Set<MapKey>();
  lack.keys.set(number, keys);
  for (const key of node.changed.keys()) keys.add(key);
  if (!node.isCleared && keys.size <= KEYS_MAX) return;
  lack.keys.delete(number);
  parts.add(number * 2);
}

function noteMoreBits(root: ShadowFields, lack: Lack): void {
  lack.moreBits ??= [];
  for (let word = 1; word < root.layout.wordCount; word++) {
    lack.moreBits[word] = (lack.moreBits[word] ?? 0) | root.dirtyBits(word);
  }
}

function noteNode(node: ShadowFields | ShadowList, parts: Set<number>): void {
  if (node.kind === "list") {
    parts.add(node.number * 2);
    return;
  }
  for (const { word, bit, child } of node.layout.fields) {
    if ((node.dirtyBits(word) & bit) !== 0) parts.add(node.number * 2 + (child === null ? 0 : 1));
  }
}

/** Writes what is lacking and this mask sees, as ops for `applyRepair`. */
export function writeLack(entity: ShadowEntity, lack: Lack, mask: ScopeMask, wire: WireOpWriter): void {
  if (lack.isWhole) {
    writeEntityRepair(entity, WHOLE, mask, wire);
    return;
  }
  const { root } = entity;
  const { plain, containers } = seenBy(root, mask);
  for (const field of plain) {
    if (!isLacking(lack, field)) continue;
    if (field.isNumber) wire.number(0, field, root.numberOf(field));
    else wire.value(0, field, root.values[field.at]);
  }
  const written = new Set<ShadowNode>();
  for (const field of containers) {
    const child = root.values[field.at];
    if (!isLacking(lack, field) || !isNode(child)) continue;
    writeFieldChild(root, field, mask, wire);
    written.add(child);
  }
  if (lack.parts === null) return;
  const parts = [...lack.parts];
  for (const number of lack.keys?.keys() ?? []) parts.push(number * 2);
  writeEntityRepair(entity, parts, mask, wire, written, lack.keys);
}

/**
 * The same as one record of client-link's nearChanges, where it can be said so; false: it cannot, and nothing is written. True and nothing
 * written: nothing that this mask sees is lacking.
 */
export function writeNearLack(
  root: ShadowFields,
  lack: Lack,
  mask: ScopeMask,
  target: number,
  out: ByteWriter,
): boolean {
  const { layout } = root;
  if (lack.isWhole || lack.parts !== null || layout.wordCount > 1) return false;
  const { plainBits, containers, nearBits } = seenBy(root, mask);
  for (let i = 0; i < containers.length; i++) if (isLacking(lack, containers[i] as FieldLayout)) return false;
  let left = lack.bits & (plainBits[0] ?? 0);
  if ((left & ~nearBits) !== 0) return false;
  if (left === 0) return true;
  out.uvar(target);
  const maskAt = out.reserve(1);
  let wireMask = 0;
  for (; left !== 0; left &= left - 1) {
    const field = layout.fields[31 - Math.clz32(left & -left)] as FieldLayout;
    writeNumber(field.code, out, root.numberOf(field));
    wireMask |= field.bankBit;
  }
  out.bytes[maskAt] = wireMask;
  return true;
}

function isLacking({ bits, moreBits }: Lack, { word, bit }: FieldLayout): boolean {
  return ((word === 0 ? bits : (moreBits?.[word] ?? 0)) & bit) !== 0;
}

function seenBy(root: ShadowFields, mask: ScopeMask): VisibleFields {
  return root.layout.visible[mask] as VisibleFields;
}
