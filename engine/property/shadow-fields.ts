/**
 * A root or a struct in a shadow: its numbers in a row of the forest's cells, each with what it was when the period began, and its other
 * values beside. One shadow, one thread.
 */
import { type CellPage, wordOf } from "./cell-store.js";
import { equalPlain } from "./container.js";
import type { FieldLayout, FieldsLayout } from "./layout.js";
import type { MapKey, ScopeMask } from "./op-sink.js";
import { plainOf, ShadowNodeBase } from "./shadow-base.js";
import { FLAG } from "./shadow-forest.js";
import type { ShadowEntity, ShadowNode } from "./shadow-node.js";

const NOTHING: unknown[] = [];

/** A container's field is null until its fieldNode has come. */
export class ShadowFields extends ShadowNodeBase {
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

  get kind(): "fields" {
    return "fields";
  }

  /** Nothing is taken out of it but by another in its place. */
  get epoch(): number {
    return 0;
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
    if (track && field.child !== null) this.entity.forest.mark(this.entity.slot, FLAG.nodes);
    this.values[at] = value;
  }

  /** Which fields changed in this period: a word of a mask over them. The first of a root stands in the forest's table. */
  dirtyBits(word: number): number {
    if (word === 0 && this.parent === null) return this.entity.forest.dirtyOf(this.entity.slot);
    return this.page.words[wordOf(this.start) + word] as number;
  }

  /** For a dirty field that is no number: whether it is another than when the period began. */
  valueDiffers({ at }: FieldLayout): boolean {
    return !equalPlain(this.values[at], this.before[at]);
  }

  /** Of a root: something has changed in this period. */
  get hasChanges(): boolean {
    if (this.hasFlag(FLAG.nodes)) return true;
    for (let word = 0; word < this.layout.wordCount; word++) if (this.dirtyBits(word) !== 0) return true;
    return false;
  }

  /** Of a root. */
  hasFlag(flag: number): boolean {
    return (this.entity.forest.flagsOf(this.entity.slot) & flag) !== 0;
  }

  /** Of a root: ends the entity's period. */
  clearPeriod(): void {
    const flags = this.entity.forest.clearMarks(this.entity.slot);
    if ((flags & FLAG.wide) !== 0) this.clearBits();
    if ((flags & FLAG.nodes) === 0) return;
    this.forgetBefore();
    this.entity.clearNodes();
  }

  /** Notes that the field changes; whether for the first time in this period. In one that came in this period nothing is noted. */
  private noteField({ word, bit }: FieldLayout): boolean {
    if (this.isNew) return false;
    const { entity } = this;
    if (this.parent !== null) entity.noteNode(this);
    else if (word === 0) return entity.forest.markDirty(entity.slot, bit);
    else entity.forest.mark(entity.slot, FLAG.wide);
    const { words } = this.page;
    const at = wordOf(this.start) + word;
    const bits = words[at] as number;
    words[at] = bits | bit;
    return (bits & bit) === 0;
  }

  clearChanges(): void {
    if (this.start < 0) return;
    this.clearBits();
    this.forgetBefore();
  }

  private clearBits(): void {
    const { start, layout } = this;
    const { words } = this.page;
    const first = wordOf(start);
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
