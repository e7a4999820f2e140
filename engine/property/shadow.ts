/**
 * A copy of property trees that is kept by applying ops: the server's, from which clients are served without the script thread, and a
 * client's mirror of what it may see. Ops that script wrote come through the sink methods and are remembered until clearChanges;
 * ops from the wire come through applyState, applyWire and applyRepair, are checked, and are not remembered.
 *
 * One owner, one thread. What it hands out as plain values is frozen or a copy.
 */
import type { ByteReader, ByteWriter } from "../base/bytes.js";
import { AeonError } from "../base/errors.js";
import type { EntityId } from "../base/ids.js";
import type { DefinitionTable, TypeDefinition } from "./definition.js";
import { layoutOf } from "./layout.js";
import {
  type MapKey,
  type PropertyOpSink,
  type RootNumberRun,
  type RootNumberTarget,
  type Scalar,
  Scope,
  type ScopeMask,
} from "./op-sink.js";
import { splitPath } from "./path.js";
import { ALL_SCOPES } from "./scopes.js";
import { type AreaPropNotify, ShadowEditor } from "./shadow-edit.js";
import { FLAG, ShadowForest } from "./shadow-forest.js";
import { hashEntity } from "./shadow-hash.js";
import { type Lack, noteLack, writeLack, writeNearLack } from "./shadow-lack.js";
import { clearRoots, writeNearRecords } from "./shadow-near.js";
import {
  isNode,
  ShadowEntity,
  type ShadowFields,
  type ShadowList,
  type ShadowMap,
  type ShadowNode,
} from "./shadow-node.js";
import { type OtherNumber, readRootNumbers } from "./shadow-numbers.js";
import { type Divergence, findDivergences, nameOfPart, writeEntityRepair, writeNodeHashes } from "./shadow-repair.js";
import { writeEntityChanges, writeEntityState } from "./shadow-wire.js";
import { plainKey } from "./value-check.js";
import { applyFields, applyWireOps, WireOpWriter } from "./wire-ops.js";

export type { AreaPropNotify } from "./shadow-edit.js";
export type { Divergence } from "./shadow-repair.js";

/** What a call of `sweep` forgets at most: some 0.2 µs each, so that a slice takes half a millisecond. */
export const SWEEP_COUNT = 2_048;

export class Shadow implements PropertyOpSink, RootNumberTarget {
  /** For OpSink: a shadow's own door for numbers. */
  readonly rootNumbers: RootNumberTarget = this;
  private readonly definitions: DefinitionTable;
  private readonly forest = new ShadowForest();
  private readonly roots = this.forest.roots;
  private readonly edit: ShadowEditor = new ShadowEditor();
  private readonly wire = new WireOpWriter();
  private readonly otherNumber: OtherNumber = (entity, field, value) =>
    this.fieldSet(entity, 0, field, ALL_SCOPES, value);

  constructor(definitions: DefinitionTable) {
    this.definitions = definitions;
  }

  /** Called after each op that is applied. Paths are built only when this is set. */
  get onNotify(): ((entity: number, notify: AreaPropNotify) => void) | null {
    return this.edit.onNotify;
  }
  set onNotify(listener: ((entity: number, notify: AreaPropNotify) => void) | null) {
    this.edit.onNotify = listener;
  }

  has(entity: number): boolean {
    return this.roots[entity] !== undefined;
  }

  typeOf(entity: number): TypeDefinition {
    return this.entityAt(entity).definition;
  }

  idOf(entity: number): EntityId {
    return this.entityAt(entity).id;
  }

  /** What stands at the path, as plain data; undefined when nothing does. "" is the whole. */
  value(entity: number, path: string): unknown {
    let at: unknown = this.entityAt(entity).root;
    for (const part of splitPath(path)) at = step(at, part);
    return isNode(at) ? at.plain(ALL_SCOPES) : at;
  }

  /** A copy of what the mask sees. */
  plain(entity: number, mask: ScopeMask): Record<string, unknown> {
    return this.entityAt(entity).root.plain(mask);
  }

  /** A safe integer over what the mask sees, whatever way it came about. Walks the tree: some 20 ns a value, and nothing per change. */
  hash(entity: number, mask: ScopeMask): number {
    return hashEntity(this.entityAt(entity), mask);
  }

  // ---- what goes out ----

  /**
   * Writes the ops that make an entity with its defaults into what the mask sees now. Whoever gets it can go on with writeChanges; amid
   * uncleared changes that costs the others bytes, so clear first.
   */
  writeState(entity: number, mask: ScopeMask, out: ByteWriter): void {
    const record = this.entityAt(entity);
    if (record.root.hasChanges) this.forest.mark(entity, FLAG.stateWritten);
    writeEntityState(record, mask, this.writer(out));
  }

  /** Writes what changed for this mask since the last clearChanges; false: nothing did, and nothing is written. */
  writeChanges(entity: number, mask: ScopeMask, out: ByteWriter): boolean {
    const root = this.roots[entity] ?? this.entityAt(entity).root;
    const start = out.length;
    writeEntityChanges(root, mask, this.writer(out));
    return out.length > start;
  }

  /**
   * As writeChanges for many, in one pass: what changed of `slots[i]`, for i below `count`, as a record of client-link's nearChanges about
   * `targets[i]` behind its length in a byte. `ends[i]`: where that ends in `out`, or one of NEAR.
   */
  writeNearChanges(
    slots: Int32Array,
    targets: Int32Array,
    count: number,
    mask: ScopeMask,
    out: ByteWriter,
    ends: Int32Array,
  ): void {
    writeNearRecords(this.forest, slots, targets, count, mask, out, ends);
  }

  /** Ends the entity's period: what changed so far has been sent to whom it concerns. */
  clearChanges(entity: number): void {
    (this.roots[entity] ?? this.entityAt(entity).root).clearPeriod();
  }

  /** The same for many. */
  clearAllChanges(slots: Int32Array, count: number): void {
    clearRoots(this.forest, slots, count);
  }

  /**
   * Slots of the entities that changed since they were last in this list; the caller clears the changes of each. Valid until the call
   * after the next.
   */
  takeChanged(): Int32Array {
    return this.forest.take();
  }

  /** Forgets a slice of what was taken out of trees; true: there is more. The owner calls it once a tick. */
  sweep(countMax = SWEEP_COUNT): boolean {
    return this.edit.sweep.sweep(countMax);
  }

  // ---- copies that are behind ----

  /** Adds what changed since the last clearChanges. */
  noteLack(entity: number, lack: Lack): void {
    noteLack(this.roots[entity] ?? this.entityAt(entity).root, lack);
  }

  /** Writes what is lacking as it stands now, for `applyRepair`; no changes may be pending. False: nothing of it is seen, or there any more. */
  writeLack(entity: number, lack: Lack, mask: ScopeMask, out: ByteWriter): boolean {
    const start = out.length;
    writeLack(this.entityAt(entity), lack, mask, this.writer(out));
    return out.length > start;
  }

  /** The same as one record of nearChanges. False: it cannot be said so; true and nothing written: nothing of it is seen. */
  writeNearLack(entity: number, lack: Lack, mask: ScopeMask, target: number, out: ByteWriter): boolean {
    return writeNearLack(this.entityAt(entity).root, lack, mask, target, out);
  }

  // ---- comparing copies ----

  /** Writes a hash of each node that the mask sees, for `findDivergences` on a copy that should be equal now. */
  writeNodeHashes(entity: number, mask: ScopeMask, out: ByteWriter): void {
    writeNodeHashes(this.entityAt(entity), mask, out);
  }

  /** What the copy that wrote the hashes has otherwise, in order of node. Throws BYTES_TRUNCATED or BYTES_MALFORMED. */
  findDivergences(entity: number, mask: ScopeMask, hashes: ByteReader): Divergence[] {
    return findDivergences(this.entityAt(entity), mask, hashes);
  }

  /** Writes again what a copy named by the `part` of its divergences; what the mask does not see or is gone is skipped. */
  writeRepair(entity: number, parts: readonly number[], mask: ScopeMask, out: ByteWriter): void {
    writeEntityRepair(this.entityAt(entity), parts, mask, this.writer(out));
  }

  /** What a copy's divergence is about, for a report: `school.classA (mapSet)`; `op` is a wire number. */
  nameOfPart(entity: number, part: number, op: number): string {
    return nameOfPart(this.entityAt(entity), part, op);
  }

  // ---- what comes in from the wire ----

  /** Makes the entity anew out of a state. Throws BYTES_TRUNCATED, BYTES_MALFORMED or VALUE_RANGE; then the entity is not there. */
  applyState(entity: number, type: number, id: EntityId, reader: ByteReader): void {
    if (this.definitions.byId(type) === undefined)
      throw new AeonError("BYTES_MALFORMED", `no type has the number ${type}`);
    this.entityCreate(entity, type, id);
    try {
      this.applyWire(entity, reader);
    } catch (error) {
      this.entityDestroy(entity);
      throw error;
    }
  }

  /** Applies changes. Throws BYTES_TRUNCATED, BYTES_MALFORMED or VALUE_RANGE at the first op that is wrong; those before it are applied. */
  applyWire(entity: number, reader: ByteReader): void {
    const { edit } = this;
    edit.isWire = true;
    try {
      applyWireOps(reader, this.entityAt(entity), edit);
    } finally {
      edit.isWire = false;
    }
  }

  /** Applies one record of nearChanges, from its mask on. */
  applyNearChange(entity: number, mask: number, reader: ByteReader): void {
    const { edit } = this;
    edit.isWire = true;
    try {
      applyFields(0, mask, this.entityAt(entity).root, reader, edit);
    } finally {
      edit.isWire = false;
    }
  }

  /** As applyWire, for what writeRepair wrote. */
  applyRepair(entity: number, reader: ByteReader): void {
    this.edit.isRepair = true;
    try {
      this.applyWire(entity, reader);
    } finally {
      this.edit.isRepair = false;
    }
  }

  // ---- ops from a log ----

  entityCreate(entity: number, type: number, id: EntityId): void {
    const definition = this.definitions.byId(type) ?? this.edit.fail(`no type has the number ${type}`);
    this.entityDestroy(entity);
    this.forest.put(entity, new ShadowEntity(entity, id, definition, layoutOf(definition), this.forest).root);
  }

  /** Costs the same for any size; the rest is for `sweep`. */
  entityDestroy(entity: number): void {
    const root = this.roots[entity];
    if (root === undefined) return;
    this.forest.remove(entity);
    this.edit.sweep.addEntity(root.entity);
  }

  readRootNumbers(run: RootNumberRun): number {
    return readRootNumbers(run, this.forest, this.edit.onNotify !== null, this.otherNumber);
  }

  fieldSet(entity: number, node: number, field: number, scope: ScopeMask, value: Scalar): void {
    const target = this.fieldsAt(entity, node, scope);
    if (target === null) return;
    const layout = target.layout.byId[field];
    if (layout === undefined || layout.child !== null) this.edit.fail(`no field ${field} holds a plain value`);
    if (layout.isNumber) this.edit.fieldNumber(target, layout, value as number);
    else this.edit.fieldValue(target, layout, value);
  }

  fieldNode(entity: number, node: number, field: number, scope: ScopeMask, child: number): void {
    const target = this.fieldsAt(entity, node, scope);
    if (target === null) return;
    const layout = target.layout.byId[field];
    if (layout === undefined || layout.child === null) this.edit.fail(`no field ${field} holds a container`);
    this.edit.fieldNode(target, layout, child);
  }

  mapSet(entity: number, node: number, key: MapKey, scope: ScopeMask, value: Scalar): void {
    const target = this.mapAt(entity, node, scope);
    if (target !== null) this.edit.mapSet(target, key, value);
  }

  mapNode(entity: number, node: number, key: MapKey, scope: ScopeMask, child: number): void {
    const target = this.mapAt(entity, node, scope);
    if (target !== null) this.edit.mapNode(target, key, child);
  }

  mapDelete(entity: number, node: number, key: MapKey, scope: ScopeMask): void {
    const target = this.mapAt(entity, node, scope);
    if (target !== null) this.edit.mapDelete(target, key);
  }

  mapClear(entity: number, node: number, scope: ScopeMask): void {
    const target = this.mapAt(entity, node, scope);
    if (target !== null) this.edit.mapClear(target);
  }

  listSet(entity: number, node: number, index: number, scope: ScopeMask, value: Scalar): void {
    const target = this.listAt(entity, node, scope);
    if (target !== null) this.edit.listSet(target, index, value);
  }

  listSetNode(entity: number, node: number, index: number, scope: ScopeMask, child: number): void {
    const target = this.listAt(entity, node, scope);
    if (target !== null) this.edit.listSetNode(target, index, child);
  }

  listInsert(entity: number, node: number, index: number, scope: ScopeMask, value: Scalar): void {
    const target = this.listAt(entity, node, scope);
    if (target !== null) this.edit.listInsert(target, index, value);
  }

  listInsertNode(entity: number, node: number, index: number, scope: ScopeMask, child: number): void {
    const target = this.listAt(entity, node, scope);
    if (target !== null) this.edit.listInsertNode(target, index, child);
  }

  listRemove(entity: number, node: number, index: number, count: number, scope: ScopeMask): void {
    const target = this.listAt(entity, node, scope);
    if (target !== null) this.edit.listRemove(target, index, count);
  }

  listMove(entity: number, node: number, from: number, to: number, scope: ScopeMask): void {
    const target = this.listAt(entity, node, scope);
    if (target !== null) this.edit.listMove(target, from, to);
  }

  listClear(entity: number, node: number, scope: ScopeMask): void {
    const target = this.listAt(entity, node, scope);
    if (target !== null) this.edit.listClear(target);
  }

  // ---- inside ----

  private entityAt(entity: number): ShadowEntity {
    return this.roots[entity]?.entity ?? this.edit.fail(`there is no entity ${entity}`);
  }

  /** Null: a container whose making was not wanted in this log, so its changes mean nothing here. */
  private nodeAt(entity: number, node: number, scope: ScopeMask): ShadowNode | null {
    const record = this.entityAt(entity);
    if (node === 0) return record.root;
    const found = record.nodes.get(node);
    if (found !== undefined) return found;
    return scope === Scope.SERVER_ONLY ? null : this.edit.fail(`there is no node ${node}`);
  }

  private fieldsAt(entity: number, node: number, scope: ScopeMask): ShadowFields | null {
    const found = this.nodeAt(entity, node, scope);
    return found === null || found.kind === "fields" ? found : this.edit.fail(`node ${node} has no fields`);
  }

  private mapAt(entity: number, node: number, scope: ScopeMask): ShadowMap | null {
    const found = this.nodeAt(entity, node, scope);
    return found === null || found.kind === "map" ? found : this.edit.fail(`node ${node} is no map`);
  }

  private listAt(entity: number, node: number, scope: ScopeMask): ShadowList | null {
    const found = this.nodeAt(entity, node, scope);
    return found === null || found.kind === "list" ? found : this.edit.fail(`node ${node} is no list`);
  }

  private writer(out: ByteWriter): WireOpWriter {
    this.wire.begin(out);
    return this.wire;
  }
}

function step(at: unknown, part: string): unknown {
  if (!isNode(at))
    return typeof at === "object" && at !== null && Object.hasOwn(at, part)
      ? (at as Record<string, unknown>)[part]
      : undefined;
  if (at.kind === "fields") {
    const field = at.layout.byName.get(part);
    return field === undefined ? undefined : at.get(field);
  }
  if (at.kind === "list") return /^\d{1,10}$/.test(part) ? at.items[Number(part)] : undefined;
  return at.get(plainKey(at.layout.key, part) as MapKey);
}
