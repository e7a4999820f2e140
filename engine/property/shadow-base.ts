/**
 * What all nodes of a shadow have in common: where a node stands, since when, and what it looks like as plain data.
 *
 * Time passes in periods, one per entity, ended by clearChanges. A node remembers what it held when the period began (fields and map
 * entries) or what was done since (lists), so that a value which comes back to where it was is not sent. A node that came in this
 * period is written whole where it is put, so it remembers nothing.
 *
 * Whatever is taken out of the tree is cut off at its top and not walked: a node is in the tree when no step up to the root is cut
 * (`isInTree`). What is below a cut is forgotten in slices, see shadow-sweep.ts.
 *
 * A world's shadow has a hundred thousand nodes, which the collector walks: a field that can be spared here is spared.
 */
import type { NodeLayout } from "./layout.js";
import type { MapKey, ScopeMask } from "./op-sink.js";
import type { ShadowEntity, ShadowNode } from "./shadow-node.js";

const NEVER = -1;
const GONE = -1;

export abstract class ShadowNodeBase {
  readonly entity: ShadowEntity;
  readonly number: number;
  readonly parent: ShadowNode | null;
  /** Where it stands in its parent: the `at` of a field, or a key. Of a list's element it is looked up when asked for. */
  readonly place: MapKey;
  /** The period it came in, or the last one in which it changed after that: see `isNew` and `noteChange`. */
  private period: number;
  /** The parent's epoch when this was put into it. */
  private parentEpoch: number;
  /** Number of the last writing that wrote it whole. */
  writtenIn = 0;
  /** Wire number of the last op that came for it from the wire; 0: none did. */
  lastOp = 0;

  constructor(entity: ShadowEntity, number: number, parent: ShadowNode | null, place: MapKey) {
    this.entity = entity;
    this.number = number;
    this.parent = parent;
    this.place = place;
    // A root is not put anywhere: its changes are what there is to write.
    this.period = parent === null ? NEVER : entity.period * 2;
    this.parentEpoch = parent === null ? 0 : parent.epoch;
  }

  /** It came in this period. */
  get isNew(): boolean {
    return this.period === this.entity.period * 2;
  }

  /** Of a node that is not new: it changes; whether for the first time in this period. */
  noteChange(): boolean {
    const now = this.entity.period * 2 + 1;
    if (this.period === now) return false;
    this.period = now;
    return true;
  }

  /** It has been taken out of the tree itself; what is below it is not told. */
  get isGone(): boolean {
    return this.parentEpoch === GONE;
  }

  cut(): void {
    this.parentEpoch = GONE;
  }

  get isInTree(): boolean {
    const { parent } = this;
    return parent === null || (this.parentEpoch === parent.epoch && parent.isInTree);
  }
}

export function isNode(value: unknown): value is ShadowNode {
  return value instanceof ShadowNodeBase;
}

/** What stands in a place, as plain data: all that the mask sees. */
export function plainOf(slot: { readonly child: NodeLayout | null }, value: unknown, mask: ScopeMask): unknown {
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
