/** The dict of synced properties. Made by the engine where a definition says customMap; filled by script. Script thread. */
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
import { isPlainObject, nameOf, setOwn } from "./json-value.js";
import type { ElementsLayout, NodeLayout } from "./layout.js";
import type { MapKey, PropertyOpSink, Scalar, ScopeMask } from "./op-sink.js";
import { ALL_SCOPES } from "./scopes.js";
import { checkKey, plainKey } from "./value-check.js";
import type { InputOf } from "./views.js";

/** Keys keep the order in which they were first set, here; copies of the map may have another. */
export class CustomMap<V, K extends MapKey = string> extends Container<ElementsLayout> {
  /** Types only: what may be assigned where this map stands. */
  declare readonly $input: ReadonlyMap<K, InputOf<V>> | Readonly<Record<K, InputOf<V>>>;
  private readonly held = new Map<MapKey, unknown>();

  get size(): number {
    return this.held.size;
  }

  get(key: K): V | undefined {
    const value = this.held.get(key);
    return (value instanceof Container ? value.outward() : value) as V | undefined;
  }

  has(key: K): boolean {
    return this.held.has(key);
  }

  /** Throws PROPERTY_VALUE or PROPERTY_ATTACHED, then nothing has changed. */
  set(key: K, value: InputOf<V>): this {
    const { layout, held } = this;
    const element = layout.element;
    const problem = checkKey(layout.key, key);
    if (problem !== null) refuse(layout.label, problem);
    const old = held.get(key);
    if (old === undefined && held.size >= layout.countMax) refuse(layout.label, `at most ${layout.countMax} entries`);
    if (element.child !== null) {
      this.setChild(key, element.child, old as Container | undefined, value);
      return this;
    }
    const next = acceptPlain(element, value);
    if (old !== undefined && equalPlain(old, next)) return this;
    held.set(key, next);
    const host = this.changed(layout.persist);
    host?.sink?.mapSet(host.slot, this.node, key, element.scope, next as Scalar);
    return this;
  }

  /** False: there was no such key. */
  delete(key: K): boolean {
    const old = this.held.get(key);
    if (old === undefined) return false;
    this.held.delete(key);
    if (old instanceof Container) old.leave();
    const { layout } = this;
    const host = this.changed(layout.persist);
    host?.sink?.mapDelete(host.slot, this.node, key, layout.element.scope);
    return true;
  }

  clear(): void {
    if (this.held.size === 0) return;
    this.epoch++;
    this.held.clear();
    const { layout } = this;
    const host = this.changed(layout.persist);
    host?.sink?.mapClear(host.slot, this.node, layout.element.scope);
  }

  keys(): IterableIterator<K> {
    return this.held.keys() as IterableIterator<K>;
  }

  *values(): IterableIterator<V> {
    for (const key of this.keys()) yield this.get(key) as V;
  }

  *entries(): IterableIterator<[K, V]> {
    for (const key of this.keys()) yield [key, this.get(key) as V];
  }

  [Symbol.iterator](): IterableIterator<[K, V]> {
    return this.entries();
  }

  forEach(visit: (value: V, key: K, map: this) => void): void {
    for (const [key, value] of this.entries()) visit(value, key, this);
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
    const entries = input instanceof Map ? input : isPlainObject(input) ? Object.entries(input) : null;
    if (entries === null) refuse(this.layout.label, `expected a map, got ${nameOf(input)}`);
    for (const [key, value] of entries) this.set(plainKey(this.layout.key, key) as K, value as InputOf<V>);
  }

  /** @internal */
  override children(): readonly Container[] {
    return this.layout.element.child === null ? NO_CONTAINERS : ([...this.held.values()] as Container[]);
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
    for (const [key, value] of this.held) {
      if (value instanceof Container) {
        sink.mapNode(host.slot, this.node, key, scope, value.node);
        value.writeContents(host, sink);
      } else sink.mapSet(host.slot, this.node, key, scope, value as Scalar);
    }
  }

  /** @internal */
  override plain(mask: ScopeMask, saved = false): Record<string, unknown> {
    const copy: Record<string, unknown> = {};
    const { element } = this.layout;
    if ((element.scope & mask) === 0 || (saved && !element.persist)) return copy;
    for (const [key, value] of this.held)
      setOwn(copy, String(key), value instanceof Container ? value.plain(mask, saved) : value);
    return copy;
  }

  private setChild(key: K, layout: NodeLayout, old: Container | undefined, value: unknown): void {
    if (old !== undefined && value === old.outward()) return;
    const { element, persist } = this.layout;
    const child = acceptContainer(element, layout, value, this);
    old?.leave();
    this.held.set(key, child);
    child.enter(this);
    const host = this.changed(persist);
    if (host?.sink == null) return;
    host.sink.mapNode(host.slot, this.node, key, element.scope, child.node);
    child.writeContents(host, host.sink);
  }
}

registerContainer("map", (layout: ElementsLayout) => new CustomMap(layout));
