/**
 * How much script runs in one go. A message to an idle entity of the same game runs at once, inside its sender; chains of those are cut
 * at a depth, so that they cannot overflow the stack, and at a number of pieces, so that two entities that answer each other for ever
 * leave the game alive. What is cut off goes on when the outermost piece has ended, or at the end of the turn. One per entity host.
 */
import type { Scheduler } from "../base/scheduler.js";

const DEPTH_MAX = 64;
const PIECES_MAX = 10_000;

export class ScriptTurn {
  private readonly scheduler: Scheduler;
  private readonly later: (() => void)[] = [];
  private depth = 0;
  private pieces = 0;
  private isDraining = false;
  private isDeferred = false;

  constructor(scheduler: Scheduler) {
    this.scheduler = scheduler;
  }

  get mayStart(): boolean {
    const isOutermost = this.depth === 0 && !this.isDraining;
    return isOutermost || (this.depth < DEPTH_MAX && this.pieces < PIECES_MAX);
  }

  /** Around each piece of script, and around a row of them. */
  begin(): void {
    if (this.depth === 0 && !this.isDraining) this.pieces = 0;
    this.depth++;
    this.pieces++;
  }
  end(): void {
    this.depth--;
    if (this.depth === 0 && !this.isDraining) this.drain();
  }

  /** For what may not start now; called between `begin` and `end`, or by what was postponed. */
  postpone(run: () => void): void {
    this.later.push(run);
  }

  private drain(): void {
    this.isDraining = true;
    try {
      while (this.pieces < PIECES_MAX && this.later.length > 0) this.later.shift()?.();
    } finally {
      this.isDraining = false;
    }
    if (this.later.length > 0) this.drainLater();
  }

  private drainLater(): void {
    if (this.isDeferred) return;
    this.isDeferred = true;
    this.scheduler.defer(() => {
      this.isDeferred = false;
      this.pieces = 0;
      this.drain();
    });
  }
}
