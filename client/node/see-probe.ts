/**
 * How long it takes from one bot's move until another bot's mirror has it. All bots share one process and so one clock: a mover notes when
 * it sent which x (a whole number of position steps, made unique among its last moves), an observer that gets this x for that entity looks it up.
 */
import type { EntityId } from "../../engine/base/ids.js";
import { STEPS_PER_UNIT } from "../../engine/protocol/short-transforms.js";
import type { ClientEntity } from "../client-entity.js";
import type { Histogram } from "./histogram.js";

const MOVES_KEPT = 32;
/** Positions reach mirrors in these steps, so only a whole number of them comes back as it was sent. */
const STEP_UNITS = 1 / STEPS_PER_UNIT;

/** The last moves of one entity. */
export class MoveTrail {
  private readonly xs = new Float32Array(MOVES_KEPT).fill(Number.NaN);
  private readonly sentMs = new Float64Array(MOVES_KEPT);
  private next = 0;

  /** Notes a move sent now; returns the x to send, which is `x` or a neighbour of it that no kept move has. */
  note(x: number, nowMs: number): number {
    let unique = Math.round(x * STEPS_PER_UNIT) * STEP_UNITS;
    while (this.xs.includes(unique)) unique += STEP_UNITS;
    this.xs[this.next] = unique;
    this.sentMs[this.next] = nowMs;
    this.next = (this.next + 1) % MOVES_KEPT;
    return unique;
  }

  /** When the move with this x was sent; NaN: it is not among the last ones. */
  sentAtMs(x: number): number {
    for (let back = 1; back <= MOVES_KEPT; back++) {
      const at = (this.next - back + MOVES_KEPT) % MOVES_KEPT;
      if (this.xs[at] === x) return this.sentMs[at] as number;
    }
    return Number.NaN;
  }
}

export class SeeProbe {
  private readonly trails = new Map<EntityId, MoveTrail>();
  private readonly delays: Histogram;
  private readonly nowMs: () => number;

  constructor(delays: Histogram, nowMs: () => number) {
    this.delays = delays;
    this.nowMs = nowMs;
  }

  /** The trail that a bot's own entity leaves. */
  trailOf(id: EntityId): MoveTrail {
    let trail = this.trails.get(id);
    if (trail === undefined) {
      trail = new MoveTrail();
      this.trails.set(id, trail);
    }
    return trail;
  }

  forget(id: EntityId): void {
    this.trails.delete(id);
  }

  /** An observer's mirror has a new position of `entity`. */
  observe(entity: ClientEntity): void {
    const trail = this.trails.get(entity.id);
    if (trail === undefined) return;
    const sentMs = trail.sentAtMs(entity.position.x);
    if (!Number.isNaN(sentMs)) this.delays.add(this.nowMs() - sentMs);
  }
}
