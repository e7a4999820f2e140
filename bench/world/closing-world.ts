/**
 * A space with a crowd that is closed while the game goes on: a watch measures how late the game's ticks are, first with the crowd
 * standing, then while it goes. What it saw is written to the file AEON_BENCH_FILE, as JSON; AEON_BENCH_CROWD says how many there are.
 */
import { renameSync, writeFileSync } from "node:fs";
import {
  AreaEntity,
  AvatarEntity,
  customMap,
  defineEntity,
  defineWorld,
  int32,
  Space,
  struct,
  text,
} from "../../engine/index.js";

export interface ClosingResult {
  readonly members: number;
  /** Longest time from tick to tick beyond the configured one, in ms. */
  readonly standingMs: number;
  readonly closingMs: number;
  /** From the call until the last member was gone. */
  readonly tookMs: number;
}

const MEMBERS_MAX = 10_000;
const SPAWNED_PER_TICK = 100;
const SIDE_UNITS = 1_000;
const TICKS_WATCHED = 100;
const TICK_MS = 50;
const ITEMS = 10;

const item = struct({ id: int32(), count: int32() });

class Member extends defineEntity(AreaEntity, "Member", {
  properties: { label: text({ scope: "ALL_CLIENTS" }), items: customMap(item, { scope: "ALL_CLIENTS" }) },
}) {
  override onCreate(): void {
    this.label = `member ${this.id}`;
    for (let i = 0; i < ITEMS; i++) this.items.set(`item${i}`, { id: i, count: i });
  }

  override onLeaveSpace(): void {
    void this.destroy("its space closed");
  }
}

class Crowd extends defineEntity(Space, "Crowd", {}) {}

/** Watches from a space of its own. */
class Watch extends defineEntity(Space, "Watch", {}) {
  crowd: Crowd | null = null;
  closedAtMs = 0;
  ticks = 0;
  lastMs = 0;
  readonly worstMs = { standing: 0, closing: 0 };
  tookMs = 0;

  override onTick(): void {
    const nowMs = performance.now();
    const lateMs = this.lastMs === 0 ? 0 : nowMs - this.lastMs - TICK_MS;
    this.lastMs = nowMs;
    const crowd = this.crowd ?? this.spawnCrowd();
    if (this.closedAtMs === 0 && crowd.members.size < this.wanted) return this.grow(crowd);
    this.ticks += 1;
    if (this.closedAtMs === 0) this.watchStanding(crowd, lateMs);
    else this.watchClosing(crowd, lateMs);
  }

  get wanted(): number {
    return Number(process.env.AEON_BENCH_CROWD ?? MEMBERS_MAX);
  }

  spawnCrowd(): Crowd {
    this.crowd = this.spawn("Crowd", { values: { spaceName: "crowd" } }) as Crowd;
    return this.crowd;
  }

  grow(crowd: Crowd): void {
    for (let i = 0; i < SPAWNED_PER_TICK && crowd.members.size < this.wanted; i++) {
      const at = crowd.members.size;
      const position = { x: (at * 37) % SIDE_UNITS, y: 0, z: (at * 101) % SIDE_UNITS, yaw: 0 };
      this.spawn("Member", { space: crowd, position });
    }
  }

  watchStanding(crowd: Crowd, lateMs: number): void {
    // The first half is for what growing has left behind.
    if (this.ticks > TICKS_WATCHED / 2) this.worstMs.standing = Math.max(this.worstMs.standing, lateMs);
    if (this.ticks < TICKS_WATCHED) return;
    this.ticks = 0;
    this.closedAtMs = performance.now();
    void crowd.closeSpace();
  }

  watchClosing(crowd: Crowd, lateMs: number): void {
    this.worstMs.closing = Math.max(this.worstMs.closing, lateMs);
    if (this.tookMs === 0 && crowd.members.size === 0) this.tookMs = performance.now() - this.closedAtMs;
    if (this.ticks === TICKS_WATCHED) this.report();
  }

  report(): void {
    const file = process.env.AEON_BENCH_FILE;
    if (file === undefined) return;
    const result: ClosingResult = {
      members: this.wanted,
      standingMs: this.worstMs.standing,
      closingMs: this.worstMs.closing,
      tookMs: this.tookMs,
    };
    writeFileSync(`${file}.part`, JSON.stringify(result));
    renameSync(`${file}.part`, file);
  }
}

class Account extends defineEntity(AvatarEntity, "Account", {}) {}

export const world = defineWorld({
  entities: [Account, Member, Crowd, Watch],
  account: "Account",
  spaces: [{ name: "watch", type: "Watch" }],
});
