/**
 * How far subjects went between two updates of the views. What nearly all of them keep below is added to `travelled`, by which views know
 * how long a pair is safe; who went farther, by a teleport or in a vehicle, is listed in `jumped` and is looked at by itself. Where few
 * move among many that stand, all who move are.
 */
import type { Grid } from "./grid.js";
import { IntList } from "./int-list.js";

/** Orders of magnitude, each twice the one before, that steps beyond the mean are told apart by. */
const CLASS_COUNT = 24;
/** Of the usual step, per update in which the longest one is shorter. */
const USUAL_DECAY = 0.9;

export class StepMeter {
  /** The sum of the longest steps so far, in units; no subject that was never in `jumped` went farther. */
  travelled = 0;
  /** The longest step of an update as it has been lately, in units. */
  usualStep = 0;
  /** Who went farther than the rest in the last update. */
  readonly jumped = new IntList();
  readonly moved = new IntList(256);
  private isMoved = new Uint8Array(64);
  private fromXs = new Float32Array(64);
  private fromZs = new Float32Array(64);
  /** Squared, as are all steps below until the longest is known. */
  private steps = new Float64Array(256);
  /** Movers by the binary order of their step, in parts of the mean. */
  private readonly classCounts = new Int32Array(CLASS_COUNT);

  /** A subject is about to move away from here. */
  leave(subject: number, fromX: number, fromZ: number): void {
    if (subject >= this.isMoved.length) this.grow(subject);
    if (this.isMoved[subject] === 1) return;
    this.isMoved[subject] = 1;
    this.fromXs[subject] = fromX;
    this.fromZs[subject] = fromZ;
    this.moved.push(subject);
  }

  /** Ends an update's period: measures who moved, and begins the next. At most about `jumpedMax` are listed as jumped. */
  measure(grid: Grid, jumpedMax: number): void {
    const { moved, jumped } = this;
    jumped.clear();
    if (moved.length === 0) return;
    const bound = moved.length <= jumpedMax ? 0 : this.boundFor(this.measureSteps(grid), jumpedMax);
    let longest = 0;
    for (let i = 0; i < moved.length; i++) {
      const subject = moved.items[i] as number;
      this.isMoved[subject] = 0;
      const step = this.steps[i] as number;
      if (bound === 0 || step > bound) jumped.push(subject);
      else if (step > longest) longest = step;
    }
    const longestStep = Math.sqrt(longest);
    this.travelled += longestStep;
    this.usualStep = Math.max(longestStep, this.usualStep * USUAL_DECAY);
    moved.clear();
  }

  /** The mean square of those who went anywhere at all. */
  private measureSteps(grid: Grid): number {
    const { moved, fromXs, fromZs } = this;
    const { points } = grid;
    if (this.steps.length < moved.length) this.steps = new Float64Array(moved.items.length);
    let sum = 0;
    let goers = 0;
    for (let i = 0; i < moved.length; i++) {
      const subject = moved.items[i] as number;
      const dx = (points[subject * 2] as number) - (fromXs[subject] as number);
      const dz = (points[subject * 2 + 1] as number) - (fromZs[subject] as number);
      const step = dx * dx + dz * dz;
      this.steps[i] = step;
      sum += step;
      if (step > 0) goers += 1;
    }
    return goers === 0 ? 0 : sum / goers;
  }

  /** The smallest of the bounds 2 × root mean square, 4 × … that few enough went beyond; squared. */
  private boundFor(mean: number, jumpedMax: number): number {
    const { classCounts, moved, steps } = this;
    const twice = mean * 4;
    classCounts.fill(0);
    for (let i = 0; i < moved.length; i++) {
      const step = steps[i] as number;
      if (step <= twice) continue;
      const order = Math.min(CLASS_COUNT, Math.ceil(Math.log2(step / mean) / 2)) - 1;
      classCounts[order] = (classCounts[order] as number) + 1;
    }
    let beyond = 0;
    for (let order = CLASS_COUNT; order > 1; order--) {
      beyond += classCounts[order - 1] as number;
      if (beyond > jumpedMax) return mean * 4 ** order;
    }
    return twice;
  }

  private grow(subject: number): void {
    let capacity = this.isMoved.length * 2;
    while (capacity <= subject) capacity *= 2;
    const isMoved = new Uint8Array(capacity);
    isMoved.set(this.isMoved);
    this.isMoved = isMoved;
    const fromXs = new Float32Array(capacity);
    fromXs.set(this.fromXs);
    this.fromXs = fromXs;
    const fromZs = new Float32Array(capacity);
    fromZs.set(this.fromZs);
    this.fromZs = fromZs;
  }
}
