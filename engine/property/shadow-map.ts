/** A map in a shadow, with what stood under the keys that changed in this period. One shadow, one thread. */
import { setOwn } from "./json-value.js";
import type { ElementsLayout } from "./layout.js";
import type { MapKey, ScopeMask } from "./op-sink.js";
import { plainOf, ShadowNodeBase } from "./shadow-base.js";
import type { ShadowEntity, ShadowNode } from "./shadow-node.js";

// Most maps never change: what remembers changes is made when the first comes.
const NO_KEYS = new Map<MapKey, unknown>();

export class ShadowMap extends ShadowNodeBase {
  readonly layout: ElementsLayout;
  /** Plain values, none of which is undefined, or nodes. */
  entries = new Map<MapKey, unknown>();
  /** Keys that changed in this period and what stood there when it began; undefined: nothing did. */
  changed: ReadonlyMap<MapKey, unknown> = NO_KEYS;
  /** The map is written anew; nothing is remembered. */
  isCleared = false;
  /** Grows when everything inside is taken out at once. */
  epoch = 0;

  constructor(entity: ShadowEntity, layout: ElementsLayout, number: number, parent: ShadowNode | null, place: MapKey) {
    super(entity, number, parent, place);
    this.layout = layout;
  }

  get kind(): "map" {
    return "map";
  }

  /** How many keys there are. */
  get size(): number {
    return this.entries.size;
  }

  /** Undefined: there is no such key. */
  get(key: MapKey): unknown {
    return this.entries.get(key);
  }

  put(key: MapKey, value: unknown, track: boolean): void {
    if (track && !this.isNew) this.noteKey(key);
    this.entries.set(key, value);
  }

  remove(key: MapKey, track: boolean): void {
    if (track && !this.isNew) this.noteKey(key);
    this.entries.delete(key);
  }

  /** Cuts off everything inside, which is for the caller to sweep. */
  clear(track: boolean): void {
    if (track && !this.isNew) {
      this.isCleared = true;
      this.changed = NO_KEYS;
      this.entity.noteNode(this);
    }
    this.epoch++;
    this.entries = new Map();
  }

  private noteKey(key: MapKey): void {
    if (!this.isCleared && !this.changed.has(key)) {
      if (this.changed === NO_KEYS) this.changed = new Map();
      (this.changed as Map<MapKey, unknown>).set(key, this.entries.get(key));
    }
    this.entity.noteNode(this);
  }

  clearChanges(): void {
    this.changed = NO_KEYS;
    this.isCleared = false;
  }

  plain(mask: ScopeMask): Record<string, unknown> {
    const copy: Record<string, unknown> = {};
    const { element } = this.layout;
    if ((element.scope & mask) === 0) return copy;
    for (const [key, value] of this.entries) setOwn(copy, String(key), plainOf(element, value, mask));
    return copy;
  }
}
