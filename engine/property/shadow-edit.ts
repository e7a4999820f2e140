/**
 * The ops on a shadow's nodes, once the node is found: each is checked, applied, remembered if it is from our own log, and told to
 * whoever wants to hear of it. Used by Shadow for ops from a log and by the reader of wire ops. One shadow, one thread.
 */
import { AeonError } from "../base/errors.js";
import type { FieldLayout, NodeLayout } from "./layout.js";
import type { MapKey, Scalar } from "./op-sink.js";
import { joinPath } from "./path.js";
import { ALL_SCOPES } from "./scopes.js";
import {
  isNode,
  makeNode,
  type ShadowEntity,
  type ShadowFields,
  type ShadowList,
  type ShadowMap,
  type ShadowNode,
} from "./shadow-node.js";
import { ShadowSweep } from "./shadow-sweep.js";

/** One change as a callback sees it. */
export interface AreaPropNotify {
  readonly type: "set" | "delete" | "clear" | "insert" | "remove" | "move";
  /** Dotted, from the root to what changed: `school.classA.number`; of a list's element by index. */
  readonly path: string;
  /** set, insert: the plain value; remove: how many; move: the index it moved to; delete, clear: undefined. */
  readonly value: unknown;
}

type NotifyType = AreaPropNotify["type"];

export class ShadowEditor {
  onNotify: ((entity: number, notify: AreaPropNotify) => void) | null = null;
  /** Where the ops come from: the wire is not trusted, and what it brings is not remembered as a change. */
  isWire = false;
  /** What is written again may take a node number from wherever it stands: a copy that went wrong may have it anywhere. */
  isRepair = false;
  readonly sweep = new ShadowSweep();

  fieldNumber(target: ShadowFields, field: FieldLayout, value: number): void {
    target.putNumber(field, value, !this.isWire);
    if (this.onNotify !== null) this.notify(target, "set", field.name, value);
  }

  fieldValue(target: ShadowFields, field: FieldLayout, value: unknown): void {
    target.put(field, value, !this.isWire);
    if (this.onNotify !== null) this.notify(target, "set", field.name, value);
  }

  fieldNode(target: ShadowFields, field: FieldLayout, number: number): ShadowNode {
    const layout = field.child ?? this.fail(`field ${field.id} holds no container`);
    const made = this.replace(target, field.at, target.values[field.at], layout, number);
    target.put(field, made, !this.isWire);
    if (this.onNotify !== null) this.notify(target, "set", field.name, made.plain(ALL_SCOPES));
    return made;
  }

  mapSet(target: ShadowMap, key: MapKey, value: Scalar): void {
    this.requireEntryRoom(target, key);
    target.put(key, value, !this.isWire);
    if (this.onNotify !== null) this.notify(target, "set", key, value);
  }

  mapNode(target: ShadowMap, key: MapKey, number: number): ShadowNode {
    const layout = target.layout.element.child ?? this.fail("the map holds no containers");
    this.requireEntryRoom(target, key);
    const made = this.replace(target, key, target.get(key), layout, number);
    target.put(key, made, !this.isWire);
    if (this.onNotify !== null) this.notify(target, "set", key, made.plain(ALL_SCOPES));
    return made;
  }

  mapDelete(target: ShadowMap, key: MapKey): void {
    const value = target.get(key);
    // Whoever got a state since the key was deleted does not have it.
    if (value === undefined) return;
    this.drop(value);
    target.remove(key, !this.isWire);
    if (this.onNotify !== null) this.notify(target, "delete", key, undefined);
  }

  mapClear(target: ShadowMap): void {
    if (target.layout.element.child !== null) this.sweep.addEntries(target.entries);
    target.clear(!this.isWire);
    if (this.onNotify !== null) this.notify(target, "clear", null, undefined);
  }

  listSet(target: ShadowList, index: number, value: Scalar): void {
    this.requireIndex(index, target.items.length - 1);
    target.put(index, value, !this.isWire);
    if (this.onNotify !== null) this.notify(target, "set", index, value);
  }

  listSetNode(target: ShadowList, index: number, number: number): ShadowNode {
    const layout = target.layout.element.child ?? this.fail("the list holds no containers");
    this.requireIndex(index, target.items.length - 1);
    const made = this.replace(target, 0, target.items[index], layout, number);
    target.put(index, made, !this.isWire);
    if (this.onNotify !== null) this.notify(target, "set", index, made.plain(ALL_SCOPES));
    return made;
  }

  listInsert(target: ShadowList, index: number, value: Scalar): void {
    this.requireInsert(target, index);
    target.insert(index, value, !this.isWire);
    if (this.onNotify !== null) this.notify(target, "insert", index, value);
  }

  listInsertNode(target: ShadowList, index: number, number: number): ShadowNode {
    const layout = target.layout.element.child ?? this.fail("the list holds no containers");
    this.requireInsert(target, index);
    const made = this.replace(target, 0, null, layout, number);
    target.insert(index, made, !this.isWire);
    if (this.onNotify !== null) this.notify(target, "insert", index, made.plain(ALL_SCOPES));
    return made;
  }

  listRemove(target: ShadowList, index: number, count: number): void {
    if (count < 1 || index < 0 || index + count > target.items.length)
      this.fail(`${count} elements from ${index} on are not there`);
    for (let at = index; at < index + count; at++) this.drop(target.items[at]);
    target.remove(index, count, !this.isWire);
    if (this.onNotify !== null) this.notify(target, "remove", index, count);
  }

  listMove(target: ShadowList, from: number, to: number): void {
    this.requireIndex(from, target.items.length - 1);
    this.requireIndex(to, target.items.length - 1);
    target.move(from, to, !this.isWire);
    if (this.onNotify !== null) this.notify(target, "move", from, to);
  }

  listClear(target: ShadowList): void {
    if (target.layout.element.child !== null) this.sweep.addItems(target.items);
    target.clear(!this.isWire);
    if (this.onNotify !== null) this.notify(target, "clear", null, undefined);
  }

  /** The container with this number. */
  nodeOf(entity: ShadowEntity, number: number): ShadowNode {
    if (number === 0) return entity.root;
    const found = entity.nodes.get(number);
    return found?.isInTree === true ? found : this.fail(`there is no node ${number}`);
  }

  /** An op that does not fit: from the wire it is the sender's fault, from our own log it is ours. */
  fail(what: string): never {
    throw new AeonError(this.isWire ? "BYTES_MALFORMED" : "INTERNAL", what);
  }

  /** Makes the container `number` for a place in `parent` where `old` stood, which is dropped. */
  private replace(parent: ShadowNode, place: MapKey, old: unknown, layout: NodeLayout, number: number): ShadowNode {
    const { entity } = parent;
    const known = entity.nodes.get(number);
    // Whoever got a state since then is told again of a container it has, at the same place.
    if (number < 1 || (known !== undefined && known !== old && known.isInTree)) {
      if (known === undefined || !this.isRepair) this.fail(`node ${number} is taken`);
      this.drop(known);
    }
    this.drop(old);
    const made = makeNode(entity, layout, number, parent, place);
    entity.nodes.set(made);
    return made;
  }

  private drop(value: unknown): void {
    if (isNode(value)) this.sweep.addNode(value);
  }

  private requireIndex(index: number, last: number): void {
    if (index > last || index < 0) this.fail(`the index ${index} is not 0…${last}`);
  }

  private requireInsert(target: ShadowList, index: number): void {
    this.requireIndex(index, target.items.length);
    if (target.items.length >= target.layout.countMax) this.fail(`more than ${target.layout.countMax} elements`);
  }

  private requireEntryRoom(target: ShadowMap, key: MapKey): void {
    if (target.size >= target.layout.countMax && target.get(key) === undefined)
      this.fail(`more than ${target.layout.countMax} entries`);
  }

  private notify(node: ShadowNode, type: NotifyType, part: MapKey | null, value: unknown): void {
    const parts = pathTo(node);
    if (part !== null) parts.push(part);
    this.onNotify?.(node.entity.slot, { type, path: joinPath(parts), value });
  }
}

/** From the root to the node. */
export function pathTo(node: ShadowNode): MapKey[] {
  const parts: MapKey[] = [];
  for (let at: ShadowNode = node; at.parent !== null; at = at.parent) {
    const { parent } = at;
    if (parent.kind === "fields") parts.unshift((parent.layout.fields[at.place as number] as FieldLayout).name);
    else parts.unshift(parent.kind === "list" ? parent.items.indexOf(at) : at.place);
  }
  return parts;
}
