/**
 * One entity in a shadow and the nodes of its property tree: what kinds there are, and how one is made. What they have in common stands
 * in shadow-base.ts.
 */
import type { EntityId } from "../base/ids.js";
import type { TypeDefinition } from "./definition.js";
import type { FieldsLayout, NodeLayout } from "./layout.js";
import { NodeTable } from "./node-table.js";
import type { MapKey } from "./op-sink.js";
import { ShadowFields } from "./shadow-fields.js";
import { FLAG, type ShadowForest } from "./shadow-forest.js";
import { ShadowList } from "./shadow-list.js";
import { ShadowMap } from "./shadow-map.js";

export { isNode } from "./shadow-base.js";
export type { ShadowFields } from "./shadow-fields.js";
export type { ListChange, ShadowList } from "./shadow-list.js";
export type { ShadowMap } from "./shadow-map.js";

export type ShadowNode = ShadowFields | ShadowMap | ShadowList;

// Most entities never change but in their root.
const NO_NODES: ShadowNode[] = [];

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
  private changed = NO_NODES;

  constructor(slot: number, id: EntityId, definition: TypeDefinition, layout: FieldsLayout, forest: ShadowForest) {
    this.slot = slot;
    this.id = id;
    this.definition = definition;
    this.forest = forest;
    this.root = new ShadowFields(this, layout, 0, null, 0);
  }

  get changedNodes(): readonly ShadowNode[] {
    return this.changed;
  }

  /** The node changed, for the first time in this period or again. */
  noteNode(node: ShadowNode): void {
    if (node.noteChange()) {
      if (this.changed === NO_NODES) this.changed = [];
      this.changed.push(node);
    }
    this.forest.mark(this.slot, FLAG.nodes);
  }

  /** Of all nodes but the root. */
  clearNodes(): void {
    for (const node of this.changed) node.clearChanges();
    // What is gone is not held on to.
    this.changed = NO_NODES;
    this.period++;
  }
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
