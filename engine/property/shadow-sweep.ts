/**
 * What was cut off a shadow's trees, whose node numbers are still to be forgotten and whose cells to be given back. Cutting costs the same for a leaf and for a map
 * of 100,000 entries; the walk over what was below is made here, in slices of so many values, so that no tick stalls. One shadow, one
 * thread.
 */
import { isNode, type ShadowEntity, type ShadowNode } from "./shadow-node.js";

export class ShadowSweep {
  /** Depth first, so that there are hardly more than were cut off plus the depth of the type. */
  private readonly cuts: Iterator<unknown>[] = [];
  /** Entities that are no more; begun when nothing else is left. */
  private readonly ended: ShadowEntity[] = [];

  get isEmpty(): boolean {
    return this.cuts.length === 0 && this.ended.length === 0;
  }

  /** A container that stands nowhere any more. */
  addNode(node: ShadowNode): void {
    node.cut();
    forget(node);
    this.addBelow(node);
  }

  /** What stood in a map that was cleared. */
  addEntries(entries: ReadonlyMap<unknown, unknown>): void {
    this.cuts.push(entries.values());
  }

  addItems(items: readonly unknown[]): void {
    this.cuts.push(items.values());
  }

  /** An entity that is no more. */
  addEntity(entity: ShadowEntity): void {
    this.ended.push(entity);
  }

  /** Forgets what lies behind at most `countMax` values; true: there is more. */
  sweep(countMax: number): boolean {
    for (let left = countMax; left > 0; left--) {
      const cut = this.cuts.at(-1);
      if (cut === undefined) {
        if (!this.beginEnded()) return false;
        continue;
      }
      const next = cut.next();
      if (next.done === true) this.cuts.pop();
      else this.visit(next.value);
    }
    return !this.isEmpty;
  }

  private beginEnded(): boolean {
    const entity = this.ended.pop();
    if (entity === undefined) return false;
    entity.root.release();
    if (entity.nodes.size > 0) this.cuts.push(entity.nodes.values());
    return true;
  }

  private visit(value: unknown): void {
    if (!isNode(value)) return;
    forget(value);
    this.addBelow(value);
  }

  private addBelow(node: ShadowNode): void {
    if (node.kind === "fields") {
      if (node.layout.hasContainers) this.addItems(node.values);
    } else if (node.layout.element.child !== null) {
      if (node.kind === "map") this.addEntries(node.entries);
      else this.addItems(node.items);
    }
  }
}

/** Its number may have been given to another since. */
function forget(node: ShadowNode): void {
  if (node.kind === "fields") node.release();
  node.entity.nodes.delete(node);
}
