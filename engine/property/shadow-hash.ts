/**
 * Hashes over a shadow's trees, made by a walk when they are asked for: changes cost nothing for it. Two copies that show a scope mask
 * the same have the same hash, whatever ops they came about by; the server's whole tree and a client's part of it agree.
 */

import type { FieldLayout, FieldsLayout, NodeLayout } from "./layout.js";
import type { MapKey, ScopeMask } from "./op-sink.js";
import { ALL_SCOPES } from "./scopes.js";
import {
  isNode,
  type ShadowEntity,
  type ShadowFields,
  type ShadowList,
  type ShadowMap,
  type ShadowNode,
} from "./shadow-node.js";
import { ValueHash } from "./value-hash.js";

const hash = new ValueHash();
/** How a child goes into its parent's hash. */
type AddChild = (child: ShadowNode, mask: ScopeMask) => void;
const addNumber: AddChild = (child) => hash.word(child.number);

/** Over all that the mask sees of the entity; a safe integer. */
export function hashEntity(entity: ShadowEntity, mask: ScopeMask): number {
  hash.start();
  addNode(entity.root, mask);
  hash.finish();
  return hash.integer;
}

/** Over the plain values of a struct or root; 32 bits. */
export function hashFieldValues(node: ShadowFields, mask: ScopeMask): number {
  hash.start();
  addFieldValues(node, mask);
  hash.finish();
  return hash.a >>> 0;
}

/** Over which containers stand in the fields of a struct or root; 32 bits. */
export function hashFieldLinks(node: ShadowFields, mask: ScopeMask): number {
  hash.start();
  addFieldChildren(node, mask, addNumber);
  hash.finish();
  return hash.a >>> 0;
}

/** Over what stands in a map or list, containers by their numbers; 32 bits. */
export function hashElements(node: ShadowMap | ShadowList, mask: ScopeMask): number {
  hash.start();
  addElements(node, mask, addNumber);
  hash.finish();
  return hash.a >>> 0;
}

function addNode(node: ShadowNode, mask: ScopeMask): void {
  if (node.kind === "fields") {
    addFieldValues(node, mask);
    addFieldChildren(node, mask, addNode);
  } else addElements(node, mask, addNode);
}

function addFieldValues(node: ShadowFields, mask: ScopeMask): void {
  for (const field of seen(node.layout, mask).plain) {
    hash.word(field.id);
    if (field.isNumber) hash.number(node.numberOf(field));
    else hash.value(node.values[field.at]);
  }
}

function addFieldChildren(node: ShadowFields, mask: ScopeMask, addChild: AddChild): void {
  for (const field of seen(node.layout, mask).containers) {
    hash.word(field.id);
    const child = node.values[field.at];
    if (isNode(child)) addChild(child, mask);
    else addEmpty(field.child as NodeLayout, mask);
  }
}

function addElements(node: ShadowMap | ShadowList, mask: ScopeMask, addChild: AddChild): void {
  if ((node.layout.element.scope & mask) === 0) hash.word(0);
  else if (node.kind === "map") addEntries(node, mask, addChild);
  else {
    hash.word(node.items.length);
    for (const item of node.items) addElement(item, mask, addChild);
  }
}

function addEntries(node: ShadowMap, mask: ScopeMask, addChild: AddChild): void {
  const { a, b } = hash;
  let sumA = 0;
  let sumB = 0;
  for (const [key, value] of node.entries) {
    hash.start();
    addKey(key);
    addElement(value, mask, addChild);
    hash.finish();
    sumA = (sumA + hash.a) | 0;
    sumB = (sumB + hash.b) | 0;
  }
  hash.a = a;
  hash.b = b;
  hash.word(node.size);
  if (node.size === 0) return;
  hash.word(sumA);
  hash.word(sumB);
}

function addKey(key: MapKey): void {
  if (typeof key === "string") hash.text(key);
  else hash.word(key);
}

function addElement(value: unknown, mask: ScopeMask, addChild: AddChild): void {
  if (isNode(value)) addChild(value, mask);
  else hash.value(value);
}

/** As a container that has just been made. */
function addEmpty(layout: NodeLayout, mask: ScopeMask): void {
  if (layout.kind !== "fields") {
    hash.word(0);
    return;
  }
  const { plain, containers } = seen(layout, mask);
  for (const field of plain) {
    hash.word(field.id);
    if (field.isNumber) hash.number(field.default as number);
    else hash.value(field.default);
  }
  for (const field of containers) {
    hash.word(field.id);
    addEmpty(field.child as NodeLayout, mask);
  }
}

function seen(
  layout: FieldsLayout,
  mask: ScopeMask,
): { plain: readonly FieldLayout[]; containers: readonly FieldLayout[] } {
  return layout.visible[mask & ALL_SCOPES] as FieldsLayout["visible"][number];
}
