/** The list of synced properties. Made by the engine where a definition says customList; filled by script. Script thread. */
import {
  acceptContainer,
  acceptPlain,
  Container,
  equalPlain,
  NO_CONTAINERS,
  refuse,
  registerContainer,
  type TreeHost,
} from "./container.js";
import { nameOf } from "./json-value.js";
import type { ElementsLayout, NodeLayout } from "./layout.js";
import type { PropertyOpSink, Scalar, ScopeMask } from "./op-sink.js";
import { ALL_SCOPES } from "./scopes.js";
import type { InputOf } from "./views.js";

/** Every method that changes it throws PROPERTY_VALUE (a wrong value or index) or PROPERTY_ATTACHED. */
export class CustomList<V> extends Container<ElementsLayout> {
  /** Types only: what may be assigned where this list stands. */
  declare readonly $input: readonly InputOf<V>[];
  private readonly held: unknown[] = [];

  get length(): number {
    return this.held.length;
  }

  get(index: number): V | undefined {
    return outwardOf(this.held[index]) as V | undefined;
  }

  set(index: number, value: InputOf<V>): void {
    this.requireIndex(index, this.held.length - 1);
    const { element } = this.layout;
    const old = this.held[index];
    if (old instanceof Container) {
      if (value !== old.outward()) this.setChild(index, element.child as NodeLayout, old, value);
      return;
    }
    const next = acceptPlain(element, value);
    if (equalPlain(old, next)) return;
    this.held[index] = next;
    const host = this.changed(this.layout.persist);
    host?.sink?.listSet(host.slot, this.node, index, element.scope, next as Scalar);
  }

  /** Returns the new length. */
  push(...values: InputOf<V>[]): number {
    for (const value of values) this.insert(this.held.length, value);
    return this.held.length;
  }

  /** Takes the last element out. */
  pop(): V | undefined {
    if (this.held.length === 0) return undefined;
    const last = this.get(this.held.length - 1);
    this.remove(this.held.length - 1);
    return last;
  }

  /** Puts the value before the element at `index`; `index` may be the length. */
  insert(index: number, value: InputOf<V>): void {
    const { layout, held } = this;
    this.requireIndex(index, held.length);
    if (held.length >= layout.countMax) refuse(layout.label, `at most ${layout.countMax} elements`);
    const { element } = layout;
    if (element.child !== null) {
      this.insertChild(index, element.child, value);
      return;
    }
    const next = acceptPlain(element, value);
    if (index === held.length) held.push(next);
    else held.splice(index, 0, next);
    const host = this.changed(layout.persist);
    host?.sink?.listInsert(host.slot, this.node, index, element.scope, next as Scalar);
  }

  remove(index: number, count = 1): void {
    if (count === 0) return;
    this.requireIndex(index, this.held.length - 1);
    if (!Number.isInteger(count) || count < 0 || index + count > this.held.length)
      refuse(this.layout.label, `${count} elements from ${index} on are not within ${this.held.length}`);
    for (const value of this.held.splice(index, count)) if (value instanceof Container) value.leave();
    const { element, persist } = this.layout;
    const host = this.changed(persist);
    host?.sink?.listRemove(host.slot, this.node, index, count, element.scope);
  }

  /** As Array's: removes, inserts, and returns what was removed. */
  splice(start: number, deleteCount: number, ...values: InputOf<V>[]): V[] {
    const removed: V[] = [];
    for (let i = 0; i < deleteCount; i++) removed.push(this.get(start + i) as V);
    this.remove(start, deleteCount);
    for (const [at, value] of values.entries()) this.insert(start + at, value);
    return removed;
  }

  /** Takes the element at `from` out and puts it back so that it stands at `to`. */
  move(from: number, to: number): void {
    this.requireIndex(from, this.held.length - 1);
    this.requireIndex(to, this.held.length - 1);
    if (from === to) return;
    this.held.splice(to, 0, ...this.held.splice(from, 1));
    const { element, persist } = this.layout;
    const host = this.changed(persist);
    host?.sink?.listMove(host.slot, this.node, from, to, element.scope);
  }

  swap(a: number, b: number): void {
    const low = Math.min(a, b);
    const high = Math.max(a, b);
    this.requireIndex(low, this.held.length - 1);
    this.move(low, high);
    if (high - low > 1) this.move(high - 1, low);
  }

  clear(): void {
    if (this.held.length === 0) return;
    this.epoch++;
    this.held.length = 0;
    const { element, persist } = this.layout;
    const host = this.changed(persist);
    host?.sink?.listClear(host.slot, this.node, element.scope);
  }

  *values(): IterableIterator<V> {
    for (let at = 0; at < this.held.length; at++) yield this.get(at) as V;
  }

  [Symbol.iterator](): IterableIterator<V> {
    return this.values();
  }

  toJSON(): unknown {
    return this.plain(ALL_SCOPES);
  }

  /** @internal */
  override outward(): this {
    return this;
  }

  /** @internal */
  override fill(input: unknown): void {
    if (!Array.isArray(input)) refuse(this.layout.label, `expected an array, got ${nameOf(input)}`);
    for (const value of input) this.insert(this.held.length, value as InputOf<V>);
  }

  /** @internal */
  override children(): readonly Container[] {
    return this.layout.element.child === null ? NO_CONTAINERS : (this.held as Container[]);
  }

  /** @internal */
  override adoptLayout(layout: NodeLayout): void {
    this.layout = layout as ElementsLayout;
    const { child } = this.layout.element;
    if (child !== null) for (const container of this.children()) container.adoptLayout(child);
  }

  /** @internal */
  override writeContents(host: TreeHost, sink: PropertyOpSink): void {
    const { scope } = this.layout.element;
    for (const [index, value] of this.held.entries()) {
      if (value instanceof Container) {
        sink.listInsertNode(host.slot, this.node, index, scope, value.node);
        value.writeContents(host, sink);
      } else sink.listInsert(host.slot, this.node, index, scope, value as Scalar);
    }
  }

  /** @internal */
  override plain(mask: ScopeMask, saved = false): unknown[] {
    const { element } = this.layout;
    if ((element.scope & mask) === 0 || (saved && !element.persist)) return [];
    return this.held.map((value) => (value instanceof Container ? value.plain(mask, saved) : value));
  }

  private setChild(index: number, layout: NodeLayout, old: Container, value: unknown): void {
    const { element, persist } = this.layout;
    const child = acceptContainer(element, layout, value, this);
    old.leave();
    this.held[index] = child;
    child.enter(this);
    const host = this.changed(persist);
    if (host?.sink == null) return;
    host.sink.listSetNode(host.slot, this.node, index, element.scope, child.node);
    child.writeContents(host, host.sink);
  }

  private insertChild(index: number, layout: NodeLayout, value: unknown): void {
    const { element, persist } = this.layout;
    const child = acceptContainer(element, layout, value, this);
    this.held.splice(index, 0, child);
    child.enter(this);
    const host = this.changed(persist);
    if (host?.sink == null) return;
    host.sink.listInsertNode(host.slot, this.node, index, element.scope, child.node);
    child.writeContents(host, host.sink);
  }

  private requireIndex(index: number, last: number): void {
    if (!Number.isInteger(index) || index < 0 || index > last)
      refuse(this.layout.label, `the index ${index} is not 0…${last}`);
  }
}

function outwardOf(value: unknown): unknown {
  return value instanceof Container ? value.outward() : value;
}

registerContainer("list", (layout: ElementsLayout) => new CustomList(layout));
