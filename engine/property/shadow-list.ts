/** A list in a shadow, with what was done to it in this period. One shadow, one thread. */
import type { ElementsLayout } from "./layout.js";
import type { MapKey, ScopeMask } from "./op-sink.js";
import { plainOf, ShadowNodeBase } from "./shadow-base.js";
import type { ShadowEntity, ShadowNode } from "./shadow-node.js";

// Most lists never change: what remembers changes is made when the first comes.
const NO_CHANGES: ListChange[] = [];

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
  readonly layout: ElementsLayout;
  /** Plain values or nodes. */
  items: unknown[] = [];
  changes = NO_CHANGES;
  /** The list is written anew; nothing is remembered. */
  isReset = false;
  /** Grows when everything inside is taken out at once. */
  epoch = 0;
  /** Sets since the last structural change, by index: a later one replaces them. */
  private sets: Map<number, ListSet> | null = null;

  constructor(entity: ShadowEntity, layout: ElementsLayout, number: number, parent: ShadowNode | null, place: MapKey) {
    super(entity, number, parent, place);
    this.layout = layout;
  }

  get kind(): "list" {
    return "list";
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
