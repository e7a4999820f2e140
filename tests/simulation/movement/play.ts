/**
 * One player against the checks, in a closed loop: moves go up the line, placements and the news of exceptions come down it, and the client
 * goes on from where it was put. Returns what the checks said and what the line was really like. Virtual time, repeatable by seed.
 */
import { type Random, randomIndex, SeededRandom } from "../../../engine/base/random.js";
import { MoveJudge } from "../../../engine/movement/move-judge.js";
import { limitsOf } from "../../../engine/movement/rules.js";
import type { MovementThresholds } from "../../../engine/movement/thresholds.js";
import { MoveTracer, type TracePort, verdictNumber } from "../../../engine/movement/tracer.js";
import { CORRECTING, verdictNames } from "../../../engine/movement/verdict.js";
import type { Cheat } from "./cheats.js";
import { Line, type LineNature } from "./line.js";
import { type Bend, type Habits, type ModeName, RULES, Walker } from "./walker.js";

export interface PlayOptions {
  readonly seed: number;
  readonly seconds: number;
  readonly thresholds: MovementThresholds;
  readonly line: LineNature;
  readonly habits: Habits;
  /** Moves a second. */
  readonly rate: number;
  /** Sends where it is also when it stands. */
  readonly sendsIdle: boolean;
  /** Share by which its clock is wrong. */
  readonly drift: number;
  /** The page does not run for so long, so often; then catches up in one step or in many at once. */
  readonly tabStallsPerS: number;
  readonly tabStallMs: readonly [number, number];
  /** Mounts, knock-backs, dashes, teleports by script a second, together. */
  readonly exceptionsPerS: number;
  readonly cheat: Cheat | null;
  /** Takes the whole run as a trace. */
  readonly traces?: TracePort;
}

export interface PlayResult {
  readonly moves: number;
  readonly corrections: number;
  readonly flags: number;
  readonly kicks: number;
  /** The bits of the first verdict that was not "accept" or "ignore". */
  readonly first: string;
  /** Of the first flag. */
  readonly why: string;
  /** p99 − p50 of the delays of moves. */
  readonly jitterMs: number;
  /** From the arrival of the first move that was cheated with until the first flag; Infinity: never. */
  readonly caughtMs: number;
  /** Share of the time that was spent at the limit, from the beginning of the cheat; and in its first seconds. */
  readonly limitShare: number;
  readonly earlyLimitShare: number;
}

const MS_PER_S = 1_000;
const RENDER_S = 1 / 60;
const KNOCK_SPEED = 15;
const KNOCK_S = 0.3;
const DASH_SPEED = 20;
const DASH_S = 0.25;
const EARLY_S = 3;
/** A trace goes on behind the first flag, so that checks that are a little more patient find something, too. */
const TRACED_AFTER_MS = 3_000;
const STALL_STEP_S = 0.05;

interface Up {
  readonly atMs: number;
  readonly kind: "move" | "dash";
  readonly number: number;
  readonly placement: number;
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly isCheated: boolean;
}

interface Down {
  readonly atMs: number;
  run(nowMs: number): void;
}

export function play(options: PlayOptions): PlayResult {
  return new Play(options).run();
}

class Play {
  private readonly options: PlayOptions;
  private readonly random: Random;
  private readonly judge: MoveJudge;
  private readonly tracer: MoveTracer | null;
  private readonly walker: Walker;
  private readonly upLine: Line;
  private readonly downLine: Line;
  private readonly ups: Up[] = [];
  private upHead = 0;
  private readonly downs: Down[] = [];
  private downHead = 0;
  private readonly delays: number[] = [];
  private readonly bend: Bend = { speed: 1, liftSpeed: 0, climbs: false };
  private placement = 0;
  private number = 0;
  private placements = 0;
  private sentAtMs = 0;
  private held: number | null = null;
  private isCheated = false;
  private cheatAtMs = Number.POSITIVE_INFINITY;
  private caughtAtMs = Number.POSITIVE_INFINITY;
  private flags = 0;
  private kicks = 0;
  private first = "";
  private why = "";
  private limitS = 0;
  private earlyLimitS = 0;
  private cheatS = 0;
  private nextExceptionMs: number;

  constructor(options: PlayOptions) {
    this.options = options;
    this.random = new SeededRandom(options.seed);
    this.judge = new MoveJudge(options.thresholds, limitsOf(RULES), 0);
    const { traces } = options;
    this.tracer = traces === undefined ? null : new MoveTracer(this.judge, RULES, traces);
    this.tracer?.name("", "Player");
    this.walker = new Walker(this.random, options.habits);
    this.upLine = new Line(options.line, this.random);
    this.downLine = new Line(options.line, this.random);
    this.nextExceptionMs = this.exceptionAfter(2_000);
  }

  run(): PlayResult {
    const { seconds, rate, drift, cheat, tabStallsPerS, tabStallMs } = this.options;
    const clock = 1 + drift;
    let clientS = 0;
    let sendAtS = 0;
    let movedX = Number.NaN;
    let movedY = 0;
    let movedZ = 0;
    let stalledS = 0;
    const goesOnMs = this.tracer === null ? 0 : TRACED_AFTER_MS;
    for (let nowMs = 0; nowMs < seconds * MS_PER_S && nowMs <= this.caughtAtMs + goesOnMs; ) {
      let stepS = RENDER_S / clock;
      if (this.random.next() < tabStallsPerS * RENDER_S) {
        const stallMs = tabStallMs[0] + this.random.next() * (tabStallMs[1] - tabStallMs[0]);
        stalledS = stallMs / 1_000;
        stepS += stalledS;
      }
      nowMs += stepS * 1_000;
      this.serve(nowMs);
      this.hear(nowMs);
      const passedS = stepS * clock;
      const steps = stalledS > 0 && this.random.next() < 0.5 ? Math.ceil(stalledS / STALL_STEP_S) : 1;
      stalledS = 0;
      this.bendAt(nowMs);
      const rateNow = rate * (this.isCheated ? (cheat?.rateFactor ?? 1) : 1);
      for (let i = 0; i < steps; i++) {
        const ownS = passedS / steps;
        clientS += ownS;
        this.walker.step(clientS, ownS, this.bend);
        if (this.isCheated) {
          this.cheatS += ownS;
          if (this.walker.isAtLimit) this.limitS += ownS;
          if (this.cheatS <= EARLY_S) this.earlyLimitS = this.limitS;
        }
        if (clientS < sendAtS) continue;
        sendAtS = Math.max(sendAtS + 1 / rateNow, clientS - 1 / rateNow);
        const { x, y, z } = this.walker;
        const hasMoved = Math.abs(x - movedX) + Math.abs(y - movedY) + Math.abs(z - movedZ) > 0.01;
        if (!hasMoved && !this.options.sendsIdle && !Number.isNaN(movedX)) continue;
        [movedX, movedY, movedZ] = [x, y, z];
        this.send(nowMs, "move");
        for (let extra = 1; extra < (this.isCheated ? (cheat?.copies ?? 1) : 1); extra++) this.send(nowMs, "move");
      }
    }
    this.serve(Number.POSITIVE_INFINITY);
    this.tracer?.finish();
    this.sampleLine();
    return this.result();
  }

  /** Who was caught leaves; what line it was on is measured over the whole time, as for anybody else. */
  private sampleLine(): void {
    const { seconds, rate } = this.options;
    for (let ms = this.sentAtMs; ms < seconds * MS_PER_S; ms += MS_PER_S / rate)
      this.delays.push(this.upLine.arrival(ms) - ms);
  }

  private result(): PlayResult {
    const sorted = Float64Array.from(this.delays).sort();
    const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
    return {
      moves: this.number,
      corrections: this.judge.correctCount,
      flags: this.flags,
      kicks: this.kicks,
      first: this.first,
      why: this.why,
      jitterMs: at(0.99) - at(0.5),
      caughtMs: this.caughtAtMs - this.cheatAtMs,
      earlyLimitShare: this.earlyLimitS / Math.max(0.001, Math.min(EARLY_S, this.cheatS)),
      limitShare: this.limitS / Math.max(0.001, this.cheatS),
    };
  }

  /** The cheat begins, holds back, lets go. */
  private bendAt(nowMs: number): void {
    const { cheat } = this.options;
    if (cheat === null) return;
    const { bend, walker } = this;
    bend.speed = 1;
    bend.liftSpeed = 0;
    bend.climbs = false;
    this.isCheated = nowMs >= cheat.fromMs;
    if (!this.isCheated) return;
    const wasHeld = this.held !== null;
    const isHeld = cheat.holds?.(nowMs) ?? false;
    this.held = isHeld ? (this.held ?? nowMs) : null;
    if (wasHeld && !isHeld) this.release(nowMs);
    cheat.bend?.(nowMs, bend);
    const jump = cheat.jump?.(nowMs, this.random) ?? 0;
    if (jump > 0) {
      const angle = this.random.next() * Math.PI * 2;
      walker.x += Math.cos(angle) * jump;
      walker.z += Math.sin(angle) * jump;
    }
  }

  private readonly waiting: Omit<Up, "atMs">[] = [];

  private send(nowMs: number, kind: Up["kind"]): void {
    const { x, y, z } = this.walker;
    if (kind === "move") this.number++;
    const { placement, number, isCheated } = this;
    const up = { kind, number, placement, x: Math.fround(x), y: Math.fround(y), z: Math.fround(z), isCheated };
    if (this.held !== null) this.waiting.push(up);
    else this.push(nowMs, up);
  }

  private push(nowMs: number, up: Omit<Up, "atMs">): void {
    const atMs = this.upLine.arrival(nowMs);
    this.delays.push(atMs - nowMs);
    this.sentAtMs = nowMs;
    this.ups.push({ ...up, atMs });
  }

  private release(nowMs: number): void {
    for (const up of this.waiting.splice(0)) this.push(nowMs, up);
  }

  /** The server takes what has arrived. */
  private serve(untilMs: number): void {
    for (let up = this.ups[this.upHead]; up !== undefined && up.atMs <= untilMs; up = this.ups[this.upHead]) {
      this.upHead++;
      this.grantUntil(up.atMs);
      if (up.kind === "dash") this.allow(DASH_SPEED * DASH_S * 1.1, DASH_S * 1_000, Math.floor(up.atMs));
      else this.serveMove(up);
    }
    if (untilMs < Number.POSITIVE_INFINITY) this.grantUntil(untilMs);
  }

  private grantUntil(untilMs: number): void {
    while (this.nextExceptionMs <= untilMs) {
      this.grantException(this.nextExceptionMs);
      this.nextExceptionMs = this.exceptionAfter(this.nextExceptionMs);
    }
  }

  private serveMove(up: Up): void {
    const stampMs = Math.floor(up.atMs);
    const { judge } = this;
    if (up.isCheated && up.placement === judge.placement) this.cheatAtMs = Math.min(this.cheatAtMs, up.atMs);
    const grade = judge.move(stampMs, up.number, up.placement, up.x, up.y, up.z);
    const verdict = verdictNumber(judge.bits, grade);
    this.tracer?.noteMove(stampMs, up.number, up.placement, up.x, up.y, up.z, verdict);
    if (grade === "accept" || grade === "ignore") return;
    if (this.first === "") this.first = `${grade}:${verdictNames(judge.bits).join("+")}@${Math.round(up.atMs)}`;
    if (grade === "flag" || grade === "kick") {
      if (this.options.cheat !== null) this.caughtAtMs = Math.min(this.caughtAtMs, up.atMs);
      this.flags++;
      if (this.why === "") this.why = verdictNames(judge.bits).join("+");
    }
    if (grade === "kick") this.kicks++;
    if ((judge.bits & CORRECTING) === 0) return;
    const { x, y, z } = judge.mover;
    const placement = ++this.placements;
    judge.putBack(placement, x, y, z);
    this.tracer?.notePlace(stampMs, placement, x, y, z, true);
    this.tell(up.atMs, () => this.placed(placement, x, y, z));
  }

  private placed(placement: number, x: number, y: number, z: number): void {
    this.placement = placement;
    this.walker.placeAt(x, y, z);
    this.waiting.length = 0;
  }

  private tell(atMs: number, run: (nowMs: number) => void): void {
    this.downs.push({ atMs: this.downLine.arrival(atMs), run });
  }

  private hear(nowMs: number): void {
    for (
      let down = this.downs[this.downHead];
      down !== undefined && down.atMs <= nowMs;
      down = this.downs[this.downHead]
    ) {
      this.downHead++;
      down.run(nowMs);
    }
  }

  private exceptionAfter(ms: number): number {
    const { exceptionsPerS } = this.options;
    if (exceptionsPerS === 0) return Number.POSITIVE_INFINITY;
    return ms - (Math.log(1 - this.random.next()) / exceptionsPerS) * 1_000;
  }

  /** The server's script at `atMs`. */
  private grantException(atMs: number): void {
    const kind = randomIndex(this.random, 4);
    const { judge } = this;
    const stampMs = Math.floor(atMs);
    if (kind === 0) this.mount(stampMs);
    else if (kind === 1) {
      this.allow(KNOCK_SPEED * KNOCK_S * 1.1, KNOCK_S * 1_000, stampMs);
      this.tell(atMs, () => this.walker.push(KNOCK_SPEED, KNOCK_S));
    } else if (kind === 2) this.tell(atMs, (nowMs) => this.dash(nowMs));
    else {
      const placement = ++this.placements;
      const { x, y, z } = judge.mover;
      const toX = Math.fround(x + 50);
      judge.place(placement, toX, y, z, stampMs);
      this.tracer?.notePlace(stampMs, placement, toX, y, z, false);
      this.tell(atMs, () => this.placed(placement, toX, y, z));
    }
  }

  private allow(units: number, forMs: number, atMs: number): void {
    this.judge.allowWay(units, 0, forMs, atMs);
    this.tracer?.noteAllow(atMs, units, 0, forMs);
  }

  /** The player dashes: says so, and is off before the server has heard it. */
  private dash(nowMs: number): void {
    this.send(nowMs, "dash");
    this.walker.push(DASH_SPEED, DASH_S);
  }

  private mount(atMs: number): void {
    const toMount = this.judge.modeIndex === 0;
    const mode: ModeName = toMount ? "mount" : "foot";
    this.judge.setMode(toMount ? 1 : 0, atMs);
    this.tracer?.noteMode(atMs, toMount ? 1 : 0);
    this.tell(atMs, () => {
      this.walker.mode = mode;
    });
  }
}
