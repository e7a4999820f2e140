/**
 * The nodes of a shadow: a copy of one entity's property tree, with what changed since the changes were last cleared.
 *
 * Time passes in periods, one per entity, ended by clearChanges. A node remembers what it held when the period began (fields and map
 * entries) or what was done since (lists), so that a value which comes back to where it was is not sent. A node that came in this
 * period is written whole where it is put, so it remembers nothing.
 *
 * Whatever is taken out of the tree is cut off at its top and not walked: a node is in the tree when no step up to the root is cut
 * (`isInTree`). What is below a cut is forgotten in slices, see shadow-sweep.ts.
 */
import type { EntityId } from "../base/ids.js";
import { type CellPage, CellStore, wordOf } from "./cell-store.js";
import { equalPlain } from "./container.js";
import type { TypeDefinition } from "./definition.js";
import { setOwn } from "./json-value.js";
import { type ElementsLayout, type FieldLayout, type FieldsLayout, type NodeLayout, ROW_FLAG_WORDS } from "./layout.js";
import { NodeTable } from "./node-table.js";
import type { MapKey, ScopeMask } from "./op-sink.js";

/** What all trees of a shadow share. */
export class ShadowForest {
  readonly cells = new CellStore();
  /** By slot. */
  readonly roots: (ShadowFields | undefined)[] = [];
  /** Slots of entities that changed, in the order in which they did; one whose root is not marked as queued is no longer meant. */
  private queue = new Int32Array(64);
  private taken = new Int32Array(64);
  private count = 0;

  /** The root of that slot is marked by the caller. */
  enqueue(slot: number): void {
    if (this.count === this.queue.length) this.grow();
    this.queue[this.count++] = slot;
  }

  /** Slots of those that changed and are still there; valid until the call after the next. */
  take(): Int32Array {
    const { queue, roots, count } = this;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = queue[i] as number;
      if (roots[slot]?.unqueue() === true) queue[kept++] = slot;
    }
    this.count = 0;
    this.queue = this.taken;
    this.taken = queue;
    return queue.subarray(0, kept);
  }

  private grow(): void {
    const queue = new Int32Array(this.queue.length * 2);
    queue.set(this.queue);
    this.queue = queue;
  }
}

export class ShadowEntity {
  readonly slot: number;
  readonly id: EntityId;
  readonly definition: TypeDefinition;
  readonly root: ShadowFields;
  /** Containers but the root, by node number; those that were cut off may be among them. */
  readonly nodes = new NodeTable();
  /** Grows when the changes are cleared and more than plain values of the root were among them. */
  period = 0;
  readonly forest: ShadowForest;
  /** Nodes but the root that changed in this period. */
  private changed: ShadowNode[] = [];

  constructor(slot: number, id: EntityId, definition: TypeDefinition, layout: FieldsLayout, forest: ShadowForest) {
    this.slot = slot;
    this.id = id;
    this.definition = definition;
    this.forest = forest;
    this.root = new ShadowFields(this, layout, 0, null, 0);
    // The root is not put anywhere: its changes are what there is to write.
    this.root.bornIn = -1;
  }

  get changedNodes(): readonly ShadowNode[] {
    return this.changed;
  }

  /** The node changed, for the first time in this period or again. */
  noteNode(node: ShadowNode): void {
    if (node.changedIn !== this.period) {
      node.changedIn = this.period;
      this.changed.push(node);
    }
    this.root.mark(FLAG.nodes);
  }

  /** Of all nodes but the root. */
  clearNodes(): void {
    for (const node of this.changed) node.clearChanges();
    // What is gone is not held on to.
    this.changed = [];
    this.period++;
  }
}

/** Flags of a root, in the first word of its row. */
export const FLAG = {
  /** The slot is in the forest's queue. */
  queued: 1,
  /** Nodes but the root changed, or a container was put into the root. */
  nodes: 2,
  /** A state was written amid this period's changes: whoever has it has some of them already. */
  stateWritten: 4,
} as const;

/** What stands, or stood, there: nothing. */
export const ABSENT = Symbol("absent");
/** The entry has not changed. */
const UNCHANGED = Symbol("unchanged");

// Most nodes never change, so what remembers changes is made when the first comes.
const NOTHING: unknown[] = [];
const NO_ENTRIES: MapEntry[] = [];
const NO_CHANGES: ListChange[] = [];

export abstract class ShadowNodeBase {
  readonly entity: ShadowEntity;
  readonly number: number;
  readonly parent: ShadowNode | null;
  /** Where it stands in its parent: the `at` of a field, or a key. Of a list's element it is looked up when asked for. */
  readonly place: MapKey;
  bornIn: number;
  changedIn = -1;
  /** It has been taken out of the tree; what is below it is not told. */
  isGone = false;
  /** Grows when everything inside is taken out at once. */
  epoch = 0;
  /** The parent's epoch when this was put into it. */
  readonly parentEpoch: number;
  /** Number of the last writing that wrote it whole. */
  writtenIn = 0;
  /** Wire number of the last op that came for it from the wire; 0: none did. */
  lastOp = 0;

  constructor(entity: ShadowEntity, number: number, parent: ShadowNode | null, place: MapKey) {
    this.entity = entity;
    this.number = number;
    this.parent = parent;
    this.place = place;
    this.bornIn = entity.period;
    this.parentEpoch = parent === null ? 0 : parent.epoch;
  }

  get isNew(): boolean {
    return this.bornIn === this.entity.period;
  }

  get isInTree(): boolean {
    if (this.isGone) return false;
    return this.parent === null || (this.parentEpoch === this.parent.epoch && this.parent.isInTree);
  }
}

/** The root or a struct. A container's field is null until its fieldNode has come. */
export class ShadowFields extends ShadowNodeBase {
  readonly kind = "fields";
  readonly layout: FieldsLayout;
  /** By `at`: what is no number. */
  readonly values: unknown[];
  /** Its row begins at cell `start` of `page`; −1: it was given back. See FieldsLayout.row. */
  readonly page: CellPage;
  start: number;
  /** By `at`: what stood in dirty fields that are no numbers when the period began. Empty until one ever changes. */
  private before = NOTHING;

  constructor(entity: ShadowEntity, layout: FieldsLayout, number: number, parent: ShadowNode | null, place: MapKey) {
    super(entity, number, parent, place);
    const { cells } = entity.forest;
    this.layout = layout;
    this.values = layout.isNumeric ? NOTHING : layout.defaults.slice();
    this.page = cells.take(layout.row);
    this.start = cells.start;
  }

  get(field: FieldLayout): unknown {
    return field.isNumber ? this.numberOf(field) : this.values[field.at];
  }

  numberOf(field: FieldLayout): number {
    return this.page.cells[this.start + field.cell] as number;
  }

  putNumber(field: FieldLayout, value: number, track: boolean): void {
    const { cells } = this.page;
    const at = this.start + field.cell;
    if (track && this.noteField(field)) cells[at + 1] = cells[at] as number;
    cells[at] = value;
  }

  /** For a field that is no number. */
  put(field: FieldLayout, value: unknown, track: boolean): void {
    const { at } = field;
    if (track && this.noteField(field)) {
      if (this.before === NOTHING) this.before = this.values.map(() => null);
      this.before[at] = this.values[at];
    }
    if (track && field.child !== null) this.entity.root.mark(FLAG.nodes);
    this.values[at] = value;
  }

  /** Which fields changed in this period: a word of a mask over them. */
  dirtyBits(word: number): number {
    return this.page.words[wordOf(this.start) + ROW_FLAG_WORDS + word] as number;
  }

  /** For a dirty field that is no number: whether it is another than when the period began. */
  valueDiffers({ at }: FieldLayout): boolean {
    return !equalPlain(this.values[at], this.before[at]);
  }

  /** Of a root: notes that it has something to write. */
  mark(flag: number): void {
    const { words } = this.page;
    const at = wordOf(this.start);
    const flags = words[at] as number;
    words[at] = flags | flag | FLAG.queued;
    if ((flags & FLAG.queued) === 0) this.entity.forest.enqueue(this.entity.slot);
  }

  /** Of a root: something has changed in this period. */
  get hasChanges(): boolean {
    if (this.hasFlag(FLAG.nodes)) return true;
    for (let word = 0; word < this.layout.wordCount; word++) if (this.dirtyBits(word) !== 0) return true;
    return false;
  }

  /** Of a root: ends the entity's period. */
  clearPeriod(): void {
    const { words } = this.page;
    const at = wordOf(this.start);
    const flags = words[at] as number;
    words[at] = flags & FLAG.queued;
    this.clearBits();
    if ((flags & FLAG.nodes) === 0) return;
    this.forgetBefore();
    this.entity.clearNodes();
  }

  hasFlag(flag: number): boolean {
    return ((this.page.words[wordOf(this.start)] as number) & flag) !== 0;
  }

  /** Of a root that is no longer in the queue: whether it was meant to be. */
  unqueue(): boolean {
    const { words } = this.page;
    const at = wordOf(this.start);
    const flags = words[at] as number;
    words[at] = flags & ~FLAG.queued;
    return (flags & FLAG.queued) !== 0;
  }

  /** Notes that the field changes; whether for the first time in this period. In one that came in this period nothing is noted. */
  private noteField(field: FieldLayout): boolean {
    if (this.bornIn === this.entity.period) return false;
    const { words } = this.page;
    const at = wordOf(this.start) + ROW_FLAG_WORDS + field.word;
    const bits = words[at] as number;
    if (this.parent !== null) this.entity.noteNode(this);
    else if (((words[wordOf(this.start)] as number) & FLAG.queued) === 0) this.mark(FLAG.queued);
    if ((bits & field.bit) !== 0) return false;
    words[at] = bits | field.bit;
    return true;
  }

  clearChanges(): void {
    if (this.start < 0) return;
    this.clearBits();
    this.forgetBefore();
  }

  private clearBits(): void {
    const { start, layout } = this;
    const { words } = this.page;
    const first = wordOf(start) + ROW_FLAG_WORDS;
    for (let at = first; at < first + layout.wordCount; at++) words[at] = 0;
  }

  /** Does not hold on to containers that stood here. */
  private forgetBefore(): void {
    if (this.layout.hasContainers && this.before !== NOTHING) this.before.fill(null);
  }

  /** Gives its row back: it is out of the tree for good. */
  release(): void {
    if (this.start < 0) return;
    this.entity.forest.cells.give(this.page, this.start, this.layout.row.length);
    this.start = -1;
  }

  plain(mask: ScopeMask): Record<string, unknown> {
    const copy: Record<string, unknown> = {};
    for (const field of this.layout.fields)
      if ((field.scope & mask) !== 0) copy[field.name] = plainOf(field, this.get(field), mask);
    return copy;
  }
}

/** What stands under a key. One whose key was deleted stays, ABSENT, until the changes are cleared. */
export interface MapEntry {
  readonly key: MapKey;
  value: unknown;
  /** What stood there when the period began; UNCHANGED while it still does. */
  before: unknown;
}

export class ShadowMap extends ShadowNodeBase {
  readonly kind = "map";
  readonly layout: ElementsLayout;
  /** How many keys there are. */
  size = 0;
  entries = new Map<MapKey, MapEntry>();
  /** Those that changed in this period; none of them once it is cleared. */
  changedEntries = NO_ENTRIES;
  isCleared = false;

  constructor(entity: ShadowEntity, layout: ElementsLayout, number: number, parent: ShadowNode | null, place: MapKey) {
    super(entity, number, parent, place);
    this.layout = layout;
  }

  /** Undefined: there is no such key. */
  get(key: MapKey): unknown {
    const value = this.entries.get(key)?.value;
    return value === ABSENT ? undefined : value;
  }

  put(key: MapKey, value: unknown, track: boolean): void {
    this.putEntry(this.entries.get(key), key, value, track);
  }

  /** The same where the key has been looked up. */
  putEntry(known: MapEntry | undefined, key: MapKey, value: unknown, track: boolean): void {
    let entry = known;
    if (entry === undefined) {
      entry = { key, value: ABSENT, before: UNCHANGED };
      this.entries.set(key, entry);
    }
    if (track && !this.isNew) this.noteEntry(entry);
    if (entry.value === ABSENT) this.size++;
    entry.value = value;
  }

  /** The key is there. */
  remove(key: MapKey, track: boolean): void {
    const entry = this.entries.get(key) as MapEntry;
    if (track && !this.isNew) this.noteEntry(entry);
    this.size--;
    if (entry.before === UNCHANGED) this.entries.delete(key);
    else entry.value = ABSENT;
  }

  /** Cuts off everything inside, which is for the caller to sweep. */
  clear(track: boolean): void {
    if (track && !this.isNew) {
      this.isCleared = true;
      this.changedEntries = NO_ENTRIES;
      this.entity.noteNode(this);
    }
    this.epoch++;
    this.size = 0;
    this.entries = new Map();
  }

  private noteEntry(entry: MapEntry): void {
    if (!this.isCleared && entry.before === UNCHANGED) {
      entry.before = entry.value;
      if (this.changedEntries === NO_ENTRIES) this.changedEntries = [];
      this.changedEntries.push(entry);
    }
    this.entity.noteNode(this);
  }

  clearChanges(): void {
    for (const entry of this.changedEntries) {
      entry.before = UNCHANGED;
      if (entry.value === ABSENT) this.entries.delete(entry.key);
    }
    this.changedEntries = NO_ENTRIES;
    this.isCleared = false;
  }

  plain(mask: ScopeMask): Record<string, unknown> {
    const copy: Record<string, unknown> = {};
    const { element } = this.layout;
    if ((element.scope & mask) === 0) return copy;
    for (const { key, value } of this.entries.values())
      if (value !== ABSENT) setOwn(copy, String(key), plainOf(element, value, mask));
    return copy;
  }
}

interface ListSet {
  readonly op: "set";
  readonly index: number;
  value: unknown;
  readonly before: unknown;
}
/** What was done to a list. `value` and `before` are plain values or nodes. */
export type ListChange =
  | ListSet
  | { readonly op: "insert"; readonly index: number; readonly value: unknown }
  | { readonly op: "remove"; readonly index: number; readonly count: number }
  | { readonly op: "move"; readonly index: number; readonly to: number };

/** Past so many changes and twice its length, a list is written anew: that bounds what is remembered. */
const LIST_CHANGES_MIN = 32;

export class ShadowList extends ShadowNodeBase {
  readonly kind = "list";
  readonly layout: ElementsLayout;
  items: unknown[] = [];
  changes = NO_CHANGES;
  /** The list is written anew; nothing is remembered. */
  isReset = false;
  /** Sets since the last structural change, by index: a later one replaces them. */
  private sets: Map<number, ListSet> | null = null;

  constructor(entity: ShadowEntity, layout: ElementsLayout, number: number, parent: ShadowNode | null, place: MapKey) {
    super(entity, number, parent, place);
    this.layout = layout;
  }

  put(index: number, value: unknown, track: boolean): void {
    if (track && !this.isNew && !this.isReset) {
      const earlier = this.sets?.get(index);
      if (earlier !== undefined) earlier.value = value;
      else {
        const change: ListSet = { op: "set", index, value, before: this.items[index] };
        this.sets ??= new Map();
        this.sets.set(index, change);
        this.note(change);
      }
    }
    this.items[index] = value;
  }

  insert(index: number, value: unknown, track: boolean): void {
    if (track) this.noteStructure({ op: "insert", index, value });
    if (index === this.items.length) this.items.push(value);
    else this.items.splice(index, 0, value);
  }

  remove(index: number, count: number, track: boolean): void {
    if (track) this.noteStructure({ op: "remove", index, count });
    this.items.splice(index, count);
  }

  move(from: number, to: number, track: boolean): void {
    if (track) this.noteStructure({ op: "move", index: from, to });
    this.items.splice(to, 0, ...this.items.splice(from, 1));
  }

  /** Cuts off everything inside, which is for the caller to sweep. */
  clear(track: boolean): void {
    if (track && !this.isNew) this.reset();
    this.epoch++;
    this.items = [];
  }

  get hasStructuralChanges(): boolean {
    return this.changes.some((change) => change.op !== "set");
  }

  private noteStructure(change: ListChange): void {
    if (this.isNew) return;
    if (this.isReset) {
      this.entity.noteNode(this);
      return;
    }
    this.sets = null;
    this.note(change);
  }

  private note(change: ListChange): void {
    if (this.changes === NO_CHANGES) this.changes = [];
    this.changes.push(change);
    if (this.changes.length > LIST_CHANGES_MIN + 2 * this.items.length) this.reset();
    this.entity.noteNode(this);
  }

  private reset(): void {
    this.isReset = true;
    this.changes = NO_CHANGES;
    this.sets = null;
    this.entity.noteNode(this);
  }

  clearChanges(): void {
    this.changes = NO_CHANGES;
    this.sets = null;
    this.isReset = false;
  }

  plain(mask: ScopeMask): unknown[] {
    const { element } = this.layout;
    if ((element.scope & mask) === 0) return [];
    return this.items.map((value) => plainOf(element, value, mask));
  }
}

export type ShadowNode = ShadowFields | ShadowMap | ShadowList;

export function isNode(value: unknown): value is ShadowNode {
  return value instanceof ShadowNodeBase;
}

export function makeNode(
  entity: ShadowEntity,
  layout: NodeLayout,
  number: number,
  parent: ShadowNode,
  place: MapKey,
): ShadowNode {
  switch (layout.kind) {
    case "fields":
      return new ShadowFields(entity, layout, number, parent, place);
    case "map":
      return new ShadowMap(entity, layout, number, parent, place);
    default:
      return new ShadowList(entity, layout, number, parent, place);
  }
}

function plainOf(slot: { readonly child: NodeLayout | null }, value: unknown, mask: ScopeMask): unknown {
  if (slot.child === null) return value;
  return isNode(value) ? value.plain(mask) : emptyPlain(slot.child, mask);
}

/** A container that has not come yet is empty. */
function emptyPlain(layout: NodeLayout, mask: ScopeMask): unknown {
  if (layout.kind !== "fields") return layout.kind === "map" ? {} : [];
  const copy: Record<string, unknown> = {};
  for (const field of layout.fields)
    if ((field.scope & mask) !== 0) copy[field.name] = plainOf(field, field.default, mask);
  return copy;
}
