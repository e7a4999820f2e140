/**
 * Where each stub of the cluster lives or shall live. One row per name and shard; a row's assignment number grows each time the stub is
 * given to a game, so that whatever is said about an earlier assignment is recognised and ignored.
 *
 * Invariant: a stub is given to another game only when the former one is gone (removed, and `notBeforeMs` past) or has said that it
 * failed. Pure: told the time, owns no timer. Called by GameManager.
 */
import type { Incarnation } from "../engine/base/ids.js";
import type { StubDeclaration, StubEntry } from "../engine/cluster/process-table.js";

interface StubRow {
  readonly name: string;
  readonly shard: number;
  /** 0: nowhere. */
  game: Incarnation;
  /** "" until created. */
  entity: string;
  assignment: number;
  /** Not assigned before this. */
  notBeforeMs: number;
  /** Who was asked to create it, and when it is asked again. */
  askedPrimary: Incarnation;
  askAgainMs: number;
  /** Why the last attempt failed; "" when none did. */
  failure: string;
}

export interface StubTiming {
  /** Between two requests for the same stub. */
  readonly askAgainMs: number;
  /** Pause after a failed creation. */
  readonly retryMs: number;
}

export class StubTable {
  private readonly rows = new Map<string, StubRow>();
  private readonly timing: StubTiming;
  private firstAssignment = 1;
  private dirty = false;

  constructor(timing: StubTiming) {
    this.timing = timing;
  }

  /** No stub was ever given to a game. */
  get isUntouched(): boolean {
    for (const row of this.rows.values()) if (row.assignment > 0) return false;
    return true;
  }

  /** Has the table sent again: somebody lacks it, or believes what it does not say. */
  touch(): void {
    this.dirty = true;
  }

  /** Stubs that a game's definitions declare; known ones stay as they are. */
  declare(stubs: readonly StubDeclaration[]): void {
    for (const { name, shards } of stubs) for (let shard = 0; shard < shards; shard++) this.row(name, shard);
  }

  /** After a restart: numbers given from now on are at least this, so above those that were lost with the earlier gamemanager. */
  startAssignmentsAt(number: number): void {
    this.firstAssignment = Math.max(this.firstAssignment, number);
  }

  /**
   * A game says that it hosts a stub, or was told to create it (`entity` ""). Returns the game that must not have it: `game` itself
   * when its assignment is outdated, the former holder when this one is newer, 0 when all is well.
   */
  adopt(entry: StubEntry, game: Incarnation): Incarnation {
    const row = this.row(entry.name, entry.shard);
    const isSame = entry.assignment === row.assignment;
    if (entry.assignment < row.assignment || (isSame && row.game !== game && row.game !== 0)) return game;
    if (isSame && row.game === game && entry.entity === "") return 0;
    if (row.game !== game || row.entity !== entry.entity) this.dirty = true;
    const former = row.game === game ? 0 : row.game;
    row.game = game;
    row.entity = entry.entity;
    row.assignment = entry.assignment;
    row.failure = "";
    return former;
  }

  /** A game could not create it. */
  fail(entry: StubEntry, game: Incarnation, reason: string, nowMs: number): void {
    const row = this.row(entry.name, entry.shard);
    if (row.game !== game || row.assignment !== entry.assignment) return;
    this.release(row, nowMs + this.timing.retryMs);
    row.failure = reason;
  }

  /** The game was removed; its stubs may be assigned from `notBeforeMs` on. */
  gameGone(game: Incarnation, notBeforeMs: number): void {
    for (const row of this.rows.values()) if (row.game === game) this.release(row, notBeforeMs);
  }

  /** Gives each homeless stub whose time has come to the game with the fewest; returns how many were given. */
  assign(games: readonly Incarnation[], nowMs: number, earliestMs: number): number {
    if (games.length === 0) return 0;
    const counts = new Map(games.map((game) => [game, 0]));
    for (const { game } of this.rows.values()) counts.set(game, (counts.get(game) ?? 0) + 1);
    let given = 0;
    for (const row of this.rows.values()) {
      if (row.game !== 0 || nowMs < Math.max(row.notBeforeMs, earliestMs)) continue;
      row.game = leastLoaded(games, counts);
      row.assignment = Math.max(row.assignment + 1, this.firstAssignment);
      row.askedPrimary = 0;
      counts.set(row.game, (counts.get(row.game) ?? 0) + 1);
      given++;
    }
    return given;
  }

  /** What `primary` must be asked to have created now: each at first, when the primary changed, and again after a while. */
  takeRequests(primary: Incarnation, nowMs: number): StubEntry[] {
    const requests: StubEntry[] = [];
    for (const row of this.rows.values()) {
      if (row.game === 0 || row.entity !== "") continue;
      if (row.askedPrimary === primary && nowMs < row.askAgainMs) continue;
      row.askedPrimary = primary;
      row.askAgainMs = nowMs + this.timing.askAgainMs;
      requests.push(entryOf(row));
    }
    return requests;
  }

  /** The earliest moment at which `assign` or `takeRequests` has something to do; Infinity for none. */
  nextDueMs(earliestMs: number): number {
    let dueMs = Number.POSITIVE_INFINITY;
    for (const row of this.rows.values()) {
      if (row.game === 0) dueMs = Math.min(dueMs, Math.max(row.notBeforeMs, earliestMs));
      else if (row.entity === "") dueMs = Math.min(dueMs, row.askAgainMs);
    }
    return dueMs;
  }

  /** Every created stub. */
  created(): StubEntry[] {
    return [...this.rows.values()].filter((row) => row.entity !== "").map(entryOf);
  }

  /** A line for each stub that is not created. */
  missing(nameOf: (game: Incarnation) => string): string[] {
    const lines: string[] = [];
    for (const row of this.rows.values()) {
      if (row.entity !== "") continue;
      const where = row.game === 0 ? "" : ` on ${nameOf(row.game)}`;
      const why = row.failure === "" ? "" : `: ${row.failure}`;
      lines.push(`stub ${row.name}#${row.shard}${where} is not created${why}`);
    }
    return lines;
  }

  /** Whether the table must be sent: it changed, or was touched, since this was last called. */
  takeChanged(): boolean {
    const changed = this.dirty;
    this.dirty = false;
    return changed;
  }

  private release(row: StubRow, notBeforeMs: number): void {
    if (row.entity !== "") this.dirty = true;
    row.game = 0;
    row.entity = "";
    row.notBeforeMs = notBeforeMs;
  }

  private row(name: string, shard: number): StubRow {
    const key = `${name}#${shard}`;
    let row = this.rows.get(key);
    if (row === undefined) {
      const rest = { game: 0, entity: "", assignment: 0, notBeforeMs: 0, askedPrimary: 0, askAgainMs: 0, failure: "" };
      row = { name, shard, ...rest };
      this.rows.set(key, row);
    }
    return row;
  }
}

function entryOf({ name, shard, game, entity, assignment }: StubRow): StubEntry {
  return { name, shard, game, entity, assignment };
}

function leastLoaded(games: readonly Incarnation[], counts: ReadonlyMap<Incarnation, number>): Incarnation {
  let best = games[0] as Incarnation;
  for (const game of games) if ((counts.get(game) ?? 0) < (counts.get(best) ?? 0)) best = game;
  return best;
}
