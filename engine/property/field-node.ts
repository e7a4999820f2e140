/**
 * Named fields on the script side: the root of an entity and every struct that stands as a container. Values stand by the field's
 * `at`; what a script holds of a struct is a view with generated accessors, made when it is first asked for.
 */
import {
  acceptContainer,
  acceptPlain,
  Container,
  emptyContainer,
  equalPlain,
  NO_CONTAINERS,
  refuse,
  registerContainer,
  StructView,
  type TreeHost,
} from "./container.js";
import { isPlainObject, nameOf } from "./json-value.js";
import type { FieldLayout, FieldsLayout, NodeLayout } from "./layout.js";
import type { PropertyOpSink, Scalar, ScopeMask } from "./op-sink.js";
import { KIND_CODES, type ValueType } from "./value-type.js";

export class FieldNode extends Container<FieldsLayout> {
  /** Plain values in normal form, and containers; by `at`. Numbers of the double kinds are in `doubles`. */
  readonly values: unknown[];
  readonly doubles: number[];
  private view: StructView | null = null;

  constructor(layout: FieldsLayout) {
    super(layout);
    this.values = layout.defaults.slice();
    this.doubles = layout.doubleDefaults.slice();
    if (!layout.hasContainers) return;
    for (const field of layout.fields) {
      if (field.child === null) continue;
      const child = emptyContainer(field.child);
      this.values[field.at] = child;
      child.standIn(this);
    }
  }

  override outward(): StructView {
    this.view ??= makeView(this);
    return this.view;
  }

  override fill(input: unknown): void {
    if (!isPlainObject(input)) refuse(this.layout.label, `expected an object, got ${nameOf(input)}`);
    for (const [name, value] of Object.entries(input)) {
      const field = this.layout.byName.get(name);
      if (field === undefined) refuse(this.layout.label, `there is no field "${name}"`);
      if (value !== undefined) setField(this, field, value);
    }
  }

  override children(): readonly Container[] {
    return this.layout.hasContainers ? this.values.filter((value) => value instanceof Container) : NO_CONTAINERS;
  }

  override adoptLayout(layout: NodeLayout): void {
    this.layout = layout as FieldsLayout;
    for (const field of this.layout.fields)
      if (field.child !== null) (this.values[field.at] as Container).adoptLayout(field.child);
  }

  override writeContents(host: TreeHost, sink: PropertyOpSink): void {
    for (const field of this.layout.fields) {
      const value = this.stored(field);
      if (value instanceof Container) {
        sink.fieldNode(host.slot, this.node, field.id, field.scope, value.node);
        value.writeContents(host, sink);
      } else if (!equalPlain(value, field.default))
        sink.fieldSet(host.slot, this.node, field.id, field.scope, value as Scalar);
    }
  }

  override plain(mask: ScopeMask, saved = false): Record<string, unknown> {
    const copy: Record<string, unknown> = {};
    for (const field of this.layout.fields) {
      if ((field.scope & mask) === 0 || (saved && !field.persist)) continue;
      const value = this.stored(field);
      copy[field.name] = value instanceof Container ? value.plain(mask, saved) : value;
    }
    return copy;
  }

  /** What stands there. */
  stored(field: FieldLayout): unknown {
    return field.isDouble ? this.doubles[field.at] : this.values[field.at];
  }

  /** What script reads there. */
  read(field: FieldLayout): unknown {
    const value = this.stored(field);
    return value instanceof Container ? value.outward() : value;
  }

  /** @internal See Container. */
  noteChange(persist: boolean): TreeHost | null {
    return this.changed(persist);
  }
}

/** Assigns a field. Throws PROPERTY_VALUE or PROPERTY_ATTACHED, then nothing has changed. */
export function setField(target: FieldNode, field: FieldLayout, value: unknown): void {
  if (field.child !== null) {
    setChild(target, field, field.child, value);
    return;
  }
  const next = acceptPlain(field, value);
  if (equalPlain(target.stored(field), next)) return;
  if (field.isDouble) target.doubles[field.at] = next as number;
  else target.values[field.at] = next;
  const host = target.noteChange(field.persist);
  host?.sink?.fieldSet(host.slot, target.node, field.id, field.scope, next as Scalar);
}

function setChild(target: FieldNode, field: FieldLayout, layout: NodeLayout, value: unknown): void {
  const old = target.values[field.at] as Container;
  if (value === old.outward()) return;
  const child = acceptContainer(field, layout, value, target);
  old.leave();
  target.values[field.at] = child;
  child.enter(target);
  const host = target.noteChange(field.persist);
  if (host?.sink == null) return;
  host.sink.fieldNode(host.slot, target.node, field.id, field.scope, child.node);
  child.writeContents(host, host.sink);
}

type ViewMaker = new (node: FieldNode) => StructView;
const viewMakers = new WeakMap<ValueType<unknown>, ViewMaker>();

function makeView(node: FieldNode): StructView {
  const { layout } = node;
  const type = layout.type ?? refuse(layout.label, "the root has no view");
  let maker = viewMakers.get(type);
  if (maker === undefined) {
    maker = viewMaker(layout);
    viewMakers.set(type, maker);
  }
  return new maker(node);
}

/** One class per struct type. Its accessors find scope and default through the node's own layout: they differ with the place. */
function viewMaker(layout: FieldsLayout): ViewMaker {
  class View extends StructView {
    constructor(node: FieldNode) {
      super();
      Object.defineProperty(this, "$node", { value: node });
    }
    toJSON(): unknown {
      return (this.$node as FieldNode).plain(this.$node.layout.scope | 7);
    }
  }
  for (const { name, at, isNumber } of layout.fields)
    Object.defineProperty(View.prototype, name, {
      enumerable: true,
      get(this: StructView) {
        const node = this.$node as FieldNode;
        return node.read(node.layout.fields[at] as FieldLayout);
      },
      set: isNumber
        ? function (this: StructView, value: unknown) {
            const node = this.$node as FieldNode;
            setNumber(node, node.layout.fields[at] as FieldLayout, value);
          }
        : function (this: StructView, value: unknown) {
            const node = this.$node as FieldNode;
            setField(node, node.layout.fields[at] as FieldLayout, value);
          },
    });
  return View;
}

/** As setField, for a number: without what is known of it. */
function setNumber(target: FieldNode, field: FieldLayout, value: unknown): void {
  const { at, isDouble, code } = field;
  if (typeof value !== "number" || (!isDouble && Math.floor(value) !== value)) return setField(target, field, value);
  const next = (code === KIND_CODES.float32 ? Math.fround(value) : value) + 0;
  if (!(next >= field.min && next <= field.max)) return setField(target, field, value);
  if ((isDouble ? target.doubles[at] : target.values[at]) === next) return;
  if (isDouble) target.doubles[at] = next;
  else target.values[at] = next;
  const host = target.noteChange(field.persist);
  host?.sink?.fieldSet(host.slot, target.node, field.id, field.scope, next);
}

registerContainer("fields", (layout: FieldsLayout) => new FieldNode(layout));
