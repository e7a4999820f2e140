/**
 * Finding and mending what differs between two copies of an entity, when the hash of the whole says that something does. The one that
 * is right writes a hash of each node (`writeNodeHashes`); the other compares at the same place of the stream and names the parts that
 * differ; the first writes just those again (`writeEntityRepair`). A repair brings the present contents, so it may come later.
 *
 *   node hashes   | uvar 2·node + isFields | u32 of its values or elements | [u32 of its containers, for fields] | …
 *   part          2·node: the plain values of a struct or root; all of a map or list · 2·node + 1: the containers in a struct or root
 */
import type { ByteReader, ByteWriter } from "../base/bytes.js";
import { AeonError } from "../base/errors.js";
import type { FieldLayout, FieldsLayout } from "./layout.js";
import type { MapKey, ScopeMask } from "./op-sink.js";
import { joinPath } from "./path.js";
import { pathTo } from "./shadow-edit.js";
import { hashElements, hashFieldLinks, hashFieldValues } from "./shadow-hash.js";
import { isNode, type ShadowEntity, type ShadowFields, type ShadowNode } from "./shadow-node.js";
import { writeMapKeys, writeNodeAgain, writeValuesAgain } from "./shadow-wire.js";
import { WIRE_OP_NAMES, type WireOpWriter } from "./wire-ops.js";

/** Something that a copy has otherwise than it should. */
export interface Divergence {
  /** For writeRepair. */
  readonly part: number;
  /** Dotted, of the struct, map or list; "" is the root. */
  readonly path: string;
  /** The last op that came for it from the wire: `mapSet`; "" when none has since it was made. And its number, or 0. */
  readonly op: string;
  readonly opNumber: number;
}

export function writeNodeHashes(entity: ShadowEntity, mask: ScopeMask, out: ByteWriter): void {
  writeHashesOf(entity.root, mask, out);
}

function writeHashesOf(node: ShadowNode, mask: ScopeMask, out: ByteWriter): void {
  out.uvar(node.number * 2 + (node.kind === "fields" ? 1 : 0));
  if (node.kind === "fields") {
    out.u32(hashFieldValues(node, mask));
    out.u32(hashFieldLinks(node, mask));
  } else out.u32(hashElements(node, mask));
  forEachChild(node, mask, (child) => writeHashesOf(child, mask, out));
}

export function findDivergences(entity: ShadowEntity, mask: ScopeMask, hashes: ByteReader): Divergence[] {
  const found: Divergence[] = [];
  while (hashes.remaining > 0) {
    const head = hashes.uvar();
    const number = Math.floor(head / 2);
    const own = hashes.u32();
    const links = head % 2 === 1 ? hashes.u32() : 0;
    const node = number === 0 ? entity.root : entity.nodes.get(number);
    // One that is not here is not linked from its parent, so that differs.
    if (node?.isInTree !== true) continue;
    if ((node.kind === "fields") !== (head % 2 === 1))
      throw new AeonError("BYTES_MALFORMED", `node ${number} is of another kind`);
    if (node.kind !== "fields") {
      if (hashElements(node, mask) !== own) found.push(divergence(node, 0));
      continue;
    }
    if (hashFieldValues(node, mask) !== own) found.push(divergence(node, 0));
    if (hashFieldLinks(node, mask) !== links) found.push(divergence(node, 1));
  }
  return found.sort((a, b) => a.part - b.part);
}

function divergence(node: ShadowNode, links: 0 | 1): Divergence {
  return {
    part: node.number * 2 + links,
    path: joinPath(pathTo(node)),
    op: WIRE_OP_NAMES[node.lastOp] ?? "",
    opNumber: node.lastOp,
  };
}

export function nameOfPart(entity: ShadowEntity, part: number, op: number): string {
  const number = Math.floor(part / 2);
  const node = number === 0 ? entity.root : entity.nodes.get(number);
  const path = node?.isInTree === true ? joinPath(pathTo(node)) : `node ${number}, gone`;
  return `${path === "" ? "(root)" : path} (${WIRE_OP_NAMES[op] ?? "no op"})`;
}

/**
 * Parents have lower numbers than what is in them, so what is written whole is known before its parts are met. `written`: what has been
 * written whole already. `keys`: by node number, of those maps only what stands under these.
 */
export function writeEntityRepair(
  entity: ShadowEntity,
  parts: readonly number[],
  mask: ScopeMask,
  wire: WireOpWriter,
  written: Set<ShadowNode> = new Set(),
  keys: ReadonlyMap<number, ReadonlySet<MapKey>> | null = null,
): void {
  for (const part of [...parts].sort((a, b) => a - b)) {
    const number = Math.floor(part / 2);
    const node = number === 0 ? entity.root : entity.nodes.get(number);
    if (node?.isInTree !== true || (node.layout.scope & mask) === 0) continue;
    if (isWithin(node, written)) continue;
    const some = keys?.get(number);
    if (node.kind === "fields" && part % 2 === 0) writeValuesAgain(node, mask, wire);
    else if (node.kind === "map" && some !== undefined) writeMapKeys(node, some, mask, wire, written);
    else {
      writeNodeAgain(node, mask, wire);
      written.add(node);
    }
  }
}

/** Whether the node is one of those, or stands in one. */
function isWithin(node: ShadowNode, those: ReadonlySet<ShadowNode>): boolean {
  for (let at: ShadowNode | null = node; at !== null; at = at.parent) if (those.has(at)) return true;
  return false;
}

function forEachChild(node: ShadowNode, mask: ScopeMask, visit: (child: ShadowNode) => void): void {
  if (node.kind === "fields") {
    for (const child of fieldChildren(node, mask)) visit(child);
    return;
  }
  const { element } = node.layout;
  if (element.child === null || (element.scope & mask) === 0) return;
  if (node.kind === "list") for (const item of node.items) visit(item as ShadowNode);
  else for (const value of node.entries.values()) visit(value as ShadowNode);
}

function fieldChildren(node: ShadowFields, mask: ScopeMask): ShadowNode[] {
  const { containers } = node.layout.visible[mask] as FieldsLayout["visible"][number];
  return containers.map((field: FieldLayout) => node.values[field.at]).filter(isNode);
}
