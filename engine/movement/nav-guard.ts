/**
 * Whether moves lead through walls or off the mesh, asked of a space's NavCheck in batches: one per tick, answered by the tick after the
 * next. Until then a move stands; what was wrong is rolled back. On the script thread; the check itself works wherever it likes.
 *
 * Bounds: `WAYS_MAX` ways a tick and `BATCHES_MAX` unanswered batches; what is beyond is not checked, and counted.
 */
import { VERDICT } from "./verdict.js";

/** Judges ways; plugged in per space. */
export interface NavCheck {
  /**
   * `ways`: [fromX, fromY, fromZ, toX, toY, toZ] * count, valid until the answer. The answer has a number per way: 0 it is fine, 1 it leaves
   * the mesh, 2 a wall is in between. It should come within a tick.
   */
  check(ways: Float32Array, count: number): Promise<Uint8Array> | Uint8Array;
}

export const NAV_ANSWER = { fine: 0, offMesh: 1, throughWall: 2 } as const;

const FLOATS_PER_WAY = 6;
const WAYS_MAX = 16_384;
const WAYS_START = 64;
const BATCHES_MAX = 4;

/** A wrong way: whose it was, the placement it was made under, and where it began. */
export interface WrongWay<Who> {
  readonly who: Who;
  readonly placement: number;
  /** Bits of VERDICT. */
  readonly bits: number;
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

interface Batch<Who> {
  ways: Float32Array;
  whos: Who[];
  placements: number[];
}

export class NavGuard<Who> {
  /** Ways that were not checked: too many, no answer, an answer that is none. */
  uncheckedCount = 0;
  private readonly check: NavCheck;
  private readonly onWrong: (wrong: WrongWay<Who>) => void;
  private readonly spare: Batch<Who>[] = [];
  private batch: Batch<Who> = newBatch();
  private pendingCount = 0;

  /** `onWrong` is called once per wrong way, in the order of the moves. */
  constructor(check: NavCheck, onWrong: (wrong: WrongWay<Who>) => void) {
    this.check = check;
    this.onWrong = onWrong;
  }

  note(who: Who, placement: number, x: number, y: number, z: number, toX: number, toY: number, toZ: number): void {
    const { batch } = this;
    const count = batch.whos.length;
    if (count >= WAYS_MAX) {
      this.uncheckedCount++;
      return;
    }
    if (batch.ways.length < (count + 1) * FLOATS_PER_WAY) batch.ways = grown(batch.ways);
    const at = count * FLOATS_PER_WAY;
    const { ways } = batch;
    ways[at] = x;
    ways[at + 1] = y;
    ways[at + 2] = z;
    ways[at + 3] = toX;
    ways[at + 4] = toY;
    ways[at + 5] = toZ;
    batch.whos.push(who);
    batch.placements.push(placement);
  }

  /** Once a tick. */
  flush(): void {
    const { batch } = this;
    const count = batch.whos.length;
    if (count === 0) return;
    if (this.pendingCount >= BATCHES_MAX) {
      this.uncheckedCount += count;
      recycle(batch);
      return;
    }
    this.batch = this.spare.pop() ?? newBatch();
    this.pendingCount++;
    this.ask(batch, count);
  }

  private ask(batch: Batch<Who>, count: number): void {
    try {
      const answer = this.check.check(batch.ways, count);
      if (answer instanceof Uint8Array) return this.take(batch, answer);
      answer.then(
        (verdicts) => this.take(batch, verdicts),
        () => this.give(batch, count),
      );
    } catch {
      this.give(batch, count);
    }
  }

  private take(batch: Batch<Who>, answers: Uint8Array): void {
    const { ways, whos, placements } = batch;
    const count = whos.length;
    if (answers.length < count) return this.give(batch, count);
    for (let i = 0; i < count; i++) {
      if (answers[i] === NAV_ANSWER.fine) continue;
      const bits = answers[i] === NAV_ANSWER.throughWall ? VERDICT.throughWall : VERDICT.offMesh;
      const at = i * FLOATS_PER_WAY;
      const [x, y, z] = [ways[at] as number, ways[at + 1] as number, ways[at + 2] as number];
      this.onWrong({ who: whos[i] as Who, placement: placements[i] as number, bits, x, y, z });
    }
    this.give(batch, 0);
  }

  private give(batch: Batch<Who>, uncheckedCount: number): void {
    this.uncheckedCount += uncheckedCount;
    this.pendingCount--;
    recycle(batch);
    if (this.spare.length < BATCHES_MAX) this.spare.push(batch);
  }
}

function newBatch<Who>(): Batch<Who> {
  return { ways: new Float32Array(WAYS_START * FLOATS_PER_WAY), whos: [], placements: [] };
}

function recycle<Who>(batch: Batch<Who>): void {
  batch.whos.length = 0;
  batch.placements.length = 0;
}

function grown(ways: Float32Array): Float32Array {
  const larger = new Float32Array(ways.length * 2);
  larger.set(ways);
  return larger;
}
