/** Where each stub lives, as the gamemanager last said, and who waits for one that has no home at present. */
import { AeonError } from "../base/errors.js";
import type { EntityId, Incarnation } from "../base/ids.js";
import type { TimerWheel } from "../base/timer-wheel.js";
import { hashName } from "./perfect-hash.js";

export interface StubHome {
  readonly name: string;
  readonly shard: number;
  readonly game: Incarnation;
  readonly entity: EntityId;
  readonly assignment: number;
}

interface Waiter {
  readonly resolve: (home: StubHome) => void;
  readonly reject: (error: AeonError) => void;
}

const WAITERS_MAX = 10_000;
const keyOf = (name: string, shard: number) => `${name}#${shard}`;

export class StubDirectory {
  private readonly timers: TimerWheel;
  private readonly shards: ReadonlyMap<string, number>;
  private homes = new Map<string, StubHome>();
  private readonly waiters = new Map<string, Set<Waiter>>();
  private waiterCount = 0;

  constructor(timers: TimerWheel, stubs: readonly { readonly name: string; readonly shards: number }[]) {
    this.timers = timers;
    this.shards = new Map(stubs.map(({ name, shards }) => [name, shards]));
  }

  /** Throws STUB_UNKNOWN. */
  shardOf(name: string, key: string): number {
    const shards = this.shards.get(name);
    if (shards === undefined) throw new AeonError("STUB_UNKNOWN", name);
    return shards === 1 ? 0 : hashName(key, 0) % shards;
  }

  home(name: string, shard: number): StubHome | undefined {
    return this.homes.get(keyOf(name, shard));
  }

  /** Resolves as soon as the stub has a home; rejects with STUB_UNAVAILABLE after `timeoutMs`. */
  waitForHome(name: string, shard: number, timeoutMs: number): Promise<StubHome> {
    const key = keyOf(name, shard);
    return new Promise((resolve, reject) => {
      if (this.waiterCount >= WAITERS_MAX) return reject(new AeonError("STUB_UNAVAILABLE", key));
      const waiter: Waiter = { resolve, reject };
      const set = this.waiters.get(key) ?? new Set();
      this.waiters.set(key, set.add(waiter));
      this.waiterCount++;
      this.timers.set(timeoutMs, () => {
        if (!set.delete(waiter)) return;
        this.waiterCount--;
        reject(new AeonError("STUB_UNAVAILABLE", key));
      });
    });
  }

  /** Takes the table over; returns the stubs that now are another instance than before. */
  update(entries: readonly StubHome[]): StubHome[] {
    const before = this.homes;
    this.homes = new Map(entries.map((entry) => [keyOf(entry.name, entry.shard), entry]));
    for (const [key, home] of this.homes) this.wake(key, home);
    return entries.filter((entry) => before.get(keyOf(entry.name, entry.shard))?.entity !== entry.entity);
  }

  private wake(key: string, home: StubHome): void {
    const set = this.waiters.get(key);
    if (set === undefined) return;
    this.waiters.delete(key);
    this.waiterCount -= set.size;
    for (const waiter of set) waiter.resolve(home);
    set.clear();
  }
}
