/**
 * What all trees of a shadow share: the memory of their numbers, their roots by slot, and which of them changed. What a usual change
 * touches of a root stands in one flat table, so that passes over a thousand entities (shadow-numbers.ts, shadow-near.ts) find it in a
 * few cache lines and no objects: a step of such a pass is 2 ns by the table, 7 ns by the rows of numbers and 20 ns by the nodes.
 * One shadow, one thread.
 */
import { CellStore } from "./cell-store.js";
import type { FieldsLayout } from "./layout.js";
import type { ShadowFields } from "./shadow-node.js";

const SLOTS_MIN = 64;

/** The table of roots: a slot's words begin at `slot << shift`. */
export const ROOT = {
  shift: 2,
  /** Of FLAG; most have none. */
  flags: 0,
  /** Which of the first fields changed in this period: the first word of a mask over them. */
  dirty: 1,
  /** Of its row in the cell store; −1: there is no such entity. */
  place: 2,
  /** Number of its layout. */
  layout: 3,
} as const;

export const FLAG = {
  /** The slot is in the forest's queue. */
  queued: 1,
  /** Nodes but the root changed, or a container was put into the root. */
  nodes: 2,
  /** A state was written amid this period's changes: whoever has it has some of them already. */
  stateWritten: 4,
  /** Fields beyond the first word of the mask changed. */
  wide: 8,
} as const;

export class ShadowForest {
  readonly cells = new CellStore();
  /** By slot. */
  readonly roots: (ShadowFields | undefined)[] = [];
  /** See ROOT. Replaced when it grows. */
  table = emptyTable(SLOTS_MIN);
  /** By the number in the table. */
  readonly layouts: FieldsLayout[] = [];
  private readonly layoutNumbers = new Map<FieldsLayout, number>();
  /** Slots of entities that changed, in the order in which they did; one that is not marked as queued is no longer meant. */
  private queue = new Int32Array(SLOTS_MIN);
  private taken = new Int32Array(SLOTS_MIN);
  private count = 0;

  put(slot: number, root: ShadowFields): void {
    while (slot << ROOT.shift >= this.table.length) this.growTable();
    const at = slot << ROOT.shift;
    this.roots[slot] = root;
    this.table[at + ROOT.flags] = 0;
    this.table[at + ROOT.dirty] = 0;
    this.table[at + ROOT.place] = root.page.placeOf(root.start);
    this.table[at + ROOT.layout] = this.numberOf(root.layout);
  }

  /** Its row is given back by whoever sweeps the root. */
  remove(slot: number): void {
    const at = slot << ROOT.shift;
    this.roots[slot] = undefined;
    this.table[at + ROOT.flags] = 0;
    this.table[at + ROOT.place] = -1;
  }

  flagsOf(slot: number): number {
    return this.table[(slot << ROOT.shift) + ROOT.flags] as number;
  }

  dirtyOf(slot: number): number {
    return this.table[(slot << ROOT.shift) + ROOT.dirty] as number;
  }

  /** Notes that the entity has something to write. */
  mark(slot: number, flag: number): void {
    const at = (slot << ROOT.shift) + ROOT.flags;
    const flags = this.table[at] as number;
    this.table[at] = flags | flag | FLAG.queued;
    if ((flags & FLAG.queued) === 0) this.enqueue(slot);
  }

  /** Notes that a field of the first word changes; whether for the first time in this period. */
  markDirty(slot: number, bit: number): boolean {
    const at = (slot << ROOT.shift) + ROOT.dirty;
    const dirty = this.table[at] as number;
    this.mark(slot, 0);
    this.table[at] = dirty | bit;
    return (dirty & bit) === 0;
  }

  /** Begins a new period; the flags of the one that ends. */
  clearMarks(slot: number): number {
    const at = slot << ROOT.shift;
    const flags = this.table[at + ROOT.flags] as number;
    this.table[at + ROOT.flags] = flags & FLAG.queued;
    this.table[at + ROOT.dirty] = 0;
    return flags;
  }

  /** For who has marked the slot as queued. */
  enqueue(slot: number): void {
    if (this.count === this.queue.length) this.growQueue();
    this.queue[this.count++] = slot;
  }

  /** Slots of those that changed and are still there; valid until the call after the next. */
  take(): Int32Array {
    const { queue, table, count } = this;
    const { queued } = FLAG;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const slot = queue[i] as number;
      const at = (slot << ROOT.shift) + ROOT.flags;
      const flags = table[at] as number;
      if ((flags & queued) === 0) continue;
      table[at] = flags & ~queued;
      queue[kept++] = slot;
    }
    this.count = 0;
    this.queue = this.taken;
    this.taken = queue;
    return queue.subarray(0, kept);
  }

  /** A shadow has as many layouts as types. */
  private numberOf(layout: FieldsLayout): number {
    const known = this.layoutNumbers.get(layout);
    if (known !== undefined) return known;
    const number = this.layouts.push(layout) - 1;
    this.layoutNumbers.set(layout, number);
    return number;
  }

  private growQueue(): void {
    const queue = new Int32Array(this.queue.length * 2);
    queue.set(this.queue);
    this.queue = queue;
  }

  private growTable(): void {
    const table = emptyTable((this.table.length >> ROOT.shift) * 2);
    table.set(this.table);
    this.table = table;
  }
}

function emptyTable(slots: number): Int32Array<ArrayBuffer> {
  return new Int32Array(slots << ROOT.shift).fill(-1);
}
