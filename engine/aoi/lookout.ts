/**
 * Lets observers look about themselves: begins and ends their pairs by all that stand near, and gives each a new list of who stands near
 * its edge (EdgeWatch, which goes by that list until the observer looks about again). And lets those around look at a subject that stands
 * where nobody expects it.
 */
import type { EdgeWatch } from "./edge-watch.js";
import { IntList } from "./int-list.js";
import type { LookQueue } from "./look-queue.js";
import { ENTRY_IN_SHIFT } from "./near-table.js";
import type { PairTable } from "./pair-table.js";
import type { Sight } from "./sight.js";
import type { StepMeter } from "./step-meter.js";
import type { Surroundings } from "./surroundings.js";

const INDICES_MIN = 64;
/** How far beyond its edge an observer remembers: this times √(radius · usual step), where looking about costs as much as looking at the edge. */
const REACH_FACTOR = 1.6;
const REACH_SHARE_MIN = 1 / 32;
const REACH_SHARE_MAX = 1 / 2;
/** So much of its list an observer uses up before its turn comes to look about: not all do it in the same update. */
const REACH_USED = 0.8;
/** As many observers are asked one by one rather than looked for in the grid. */
const FEW_OBSERVERS = 64;
/** A pass takes two marks: of what was in range, and of what is found there. */
const PASS_STEP = 2;
const PASS_MAX = 2 ** 31 - PASS_STEP;

export interface LookoutParts {
  readonly sight: Sight;
  readonly pairs: PairTable;
  readonly around: Surroundings;
  readonly meter: StepMeter;
  readonly queue: LookQueue;
  readonly edges: EdgeWatch;
}

export class Lookout {
  private readonly sight: Sight;
  private readonly pairs: PairTable;
  private readonly around: Surroundings;
  private readonly meter: StepMeter;
  private readonly queue: LookQueue;
  private readonly edges: EdgeWatch;
  private readonly holders = new IntList();
  /** Whom others must look at in the next update, wherever they stand. */
  private readonly expected = new IntList();
  /** Per index, in the present pass: `pass` when it was in range of the one at hand, `pass + 1` when it is. Whatever is less is of an earlier one. */
  private marks = new Int32Array(INDICES_MIN);
  private pass = 0;

  constructor(parts: LookoutParts) {
    this.sight = parts.sight;
    this.pairs = parts.pairs;
    this.around = parts.around;
    this.meter = parts.meter;
    this.queue = parts.queue;
    this.edges = parts.edges;
  }

  /** Those around look at the subject in the next update: which of them watches it is another matter now. */
  expect(subject: number): void {
    this.expected.push(subject);
  }

  /** Those around look at all subjects that are where nobody expects them, and these look about. */
  lookAtJumped(): void {
    for (const list of [this.expected, this.meter.jumped]) {
      for (let i = 0; i < list.length; i++) {
        const index = list.at(i);
        if (!this.around.grid.has(index)) continue;
        this.lookAtSubject(index);
        if (list !== this.expected && this.sight.isObserver(index)) this.queue.addUsedUp(index);
      }
    }
    this.expected.clear();
  }

  /** `step`: how far anybody went since the last update, in units. */
  takeTurns(step: number): void {
    this.queue.takeTurns(this.sight.observers, (observer) => (this.reachOf(observer) * REACH_USED) / (2 * step));
  }

  /** Every observer that waits for it. */
  lookAboutAll(): void {
    const { usedUp, turns } = this.queue;
    this.around.beginQueries(usedUp.length + turns.length);
    for (let i = 0; i < usedUp.length; i++) this.lookAbout(usedUp.items[i] as number);
    for (let i = 0; i < turns.length; i++) {
      if (this.queue.isTurn(turns.items[i] as number)) this.renewList(turns.items[i] as number);
    }
    this.around.endQueries();
    this.queue.clear();
  }

  /** Begins and ends the observer's pairs by all that stand near, and makes its near list anew. */
  lookAbout(observer: number): void {
    this.queue.done(observer);
    if (!this.sight.isObserver(observer)) return;
    const reach = this.reachOf(observer);
    const count = this.around.query(observer, 0, this.horizonOf(observer, reach));
    this.beginPass();
    this.pairs.markRange(observer, this.marks, this.pass);
    this.beginAndEnd(observer, count);
    this.listNear(observer, reach, count);
  }

  /** The observer's pairs are right: makes its near list anew. */
  private renewList(observer: number): void {
    this.queue.done(observer);
    if (!this.sight.isObserver(observer)) return;
    const reach = this.reachOf(observer);
    const count = this.around.query(observer, this.safeRadius(observer, reach), this.horizonOf(observer, reach));
    this.beginPass();
    // Between the radii it is by the pair whether it is in range; elsewhere one sees it.
    if (this.sight.leaveRadii[observer] !== this.sight.radii[observer]) {
      this.pairs.markRange(observer, this.marks, this.pass + 1);
    }
    this.listNear(observer, reach, count);
  }

  /**
   * The subject stands where nobody expects it, or is another: begins and ends its pairs with all observers, and has whoever watches them
   * know.
   */
  lookAtSubject(subject: number): void {
    const { sight, around } = this;
    const { observers } = sight;
    if (observers.length === 0) return;
    this.beginPass();
    this.lookAtHolders(subject);
    if (observers.length <= FEW_OBSERVERS) {
      for (let i = 0; i < observers.length; i++) {
        this.lookAtStranger(observers.at(i), subject, around.squaredDistance(observers.at(i), subject));
      }
      return;
    }
    const count = around.query(subject, 0, sight.leaveRadiusMax * (1 + REACH_SHARE_MAX));
    for (let i = 0; i < count; i++) {
      const index = around.found[i * 2] as number;
      if (sight.isObserver(index)) this.lookAtStranger(index, subject, around.found[i * 2 + 1] as number);
    }
  }

  reserve(index: number): void {
    if (index < this.marks.length) return;
    const marks = new Int32Array(Math.max(index + 1, this.marks.length * 2));
    marks.set(this.marks);
    this.marks = marks;
  }

  // Looking about.

  /** Whoever is nearer is in range and stays there until the observer looks about again; given that its pairs are right now. */
  private safeRadius(observer: number, reach: number): number {
    const { radii, leaveRadii } = this.sight;
    return Math.max(0, Math.min(radii[observer] as number, (leaveRadii[observer] as number) - reach));
  }

  /** Whoever is farther is out of range, and stays so until then. */
  private horizonOf(observer: number, reach: number): number {
    const { radii, leaveRadii } = this.sight;
    return Math.max(leaveRadii[observer] as number, (radii[observer] as number) + reach);
  }

  /** How far from its edge the observer remembers who stands there, in units. */
  private reachOf(observer: number): number {
    const radius = this.sight.radii[observer] as number;
    const { usualStep } = this.meter;
    const best = usualStep === 0 ? radius / 8 : REACH_FACTOR * Math.sqrt(radius * usualStep);
    return Math.max(radius * REACH_SHARE_MIN, Math.min(radius * REACH_SHARE_MAX, best));
  }

  private beginPass(): void {
    this.pass += PASS_STEP;
    if (this.pass < PASS_MAX) return;
    this.marks.fill(0);
    this.pass = PASS_STEP;
  }

  /** By the first `count` found. What was in range is marked `pass`; afterwards what is in range is marked `pass + 1`. */
  private beginAndEnd(observer: number, count: number): void {
    const { marks, pairs, pass, sight } = this;
    const { found } = this.around;
    const enterAt = (sight.radii[observer] as number) ** 2;
    const leaveAt = (sight.leaveRadii[observer] as number) ** 2;
    for (let i = 0; i < count; i++) {
      const subject = found[i * 2] as number;
      const distance = found[i * 2 + 1] as number;
      const wasIn = marks[subject] === pass;
      const isNear = distance <= enterAt || (wasIn && distance <= leaveAt);
      if (!isNear || subject === observer || !sight.isAdmitted(observer, subject)) continue;
      marks[subject] = pass + 1;
      if (wasIn) continue;
      pairs.begin(observer, subject);
      this.tellWatcher(observer, subject, true);
    }
    pairs.endUnmarked(observer, marks, pass + 1, (subject) => this.tellWatcher(observer, subject, false));
  }

  /** Whoever looks about makes its own list anew; the other one, if it is that which watches, goes by an old one. */
  private tellWatcher(observer: number, subject: number, isIn: boolean): void {
    if (this.sight.watches(observer, subject)) return;
    this.edges.remember(observer, subject, isIn, Math.sqrt(this.around.squaredDistance(observer, subject)));
  }

  /** Makes the near list of the first `count` found. Whoever stands between the radii is in range when it is marked `pass + 1`. */
  private listNear(observer: number, reach: number, count: number): void {
    const { sight, edges } = this;
    const admitted = sight.hasRestricted ? this.keepAdmitted(observer, count) : count;
    edges.near.set(observer, this.around.found, this.keepWatched(observer, admitted), reach, this.meter.travelled);
    edges.forgetLate(observer);
  }

  /** Of the first `count` found keeps those whom the observer may see, and returns how many. */
  private keepAdmitted(observer: number, count: number): number {
    const { found } = this.around;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const subject = found[i * 2] as number;
      if (!this.sight.isAdmitted(observer, subject)) continue;
      found[kept * 2] = subject;
      found[kept * 2 + 1] = found[i * 2 + 1] as number;
      kept += 1;
    }
    return kept;
  }

  /**
   * Of the first `count` found keeps those whom this observer watches, and makes of each an entry and its gap; returns how many. Without
   * branch and call, as CellOrder.
   */
  private keepWatched(observer: number, count: number): number {
    const { marks } = this;
    const { found } = this.around;
    const { kinds } = this.sight;
    const kind = this.sight.kinds[observer] as number;
    const isSpecial = Number(kind < 0);
    const here = this.pass + 1;
    const radius = this.sight.radii[observer] as number;
    const leaveRadius = this.sight.leaveRadii[observer] as number;
    const hasMargin = leaveRadius > radius;
    const enterAt = radius * radius;
    const leaveAt = leaveRadius * leaveRadius;
    const inShift = ENTRY_IN_SHIFT;
    const end = count * 2;
    let kept = 0;
    for (let at = 0; at < end; at += 2) {
      const subject = found[at] as number;
      const squared = found[at + 1] as number;
      const distance = Math.sqrt(squared);
      let isIn = Number(squared <= enterAt);
      if (hasMargin) isIn |= Number(squared <= leaveAt) & Number(marks[subject] === here);
      const isFirst = Number(observer < subject) ^ ((observer ^ subject) & 1);
      const isWatched = isFirst | isSpecial | Number(kinds[subject] !== kind);
      found[kept] = subject | (isIn << inShift);
      found[kept + 1] = isIn * (leaveRadius - distance) + (1 - isIn) * (distance - radius);
      kept += (isWatched & Number(subject !== observer)) << 1;
    }
    return kept >> 1;
  }

  // Looking at a subject.

  /** Those that have the subject in range: ends what is over, marks them all. */
  private lookAtHolders(subject: number): void {
    const { holders } = this;
    holders.clear();
    this.pairs.addHolders(holders, subject);
    for (let i = 0; i < holders.length; i++) this.lookAtHolder(holders.at(i), subject);
  }

  private lookAtHolder(observer: number, subject: number): void {
    const { sight } = this;
    const distance = Math.sqrt(this.around.squaredDistance(observer, subject));
    const isIn = distance <= (sight.leaveRadii[observer] as number) && sight.isAdmitted(observer, subject);
    this.marks[observer] = this.pass;
    if (!isIn) this.pairs.end(observer, subject);
    this.edges.remember(observer, subject, isIn, distance);
  }

  /** Begins the pair if there is none and the subject is in range. */
  private lookAtStranger(observer: number, subject: number, squaredDistance: number): void {
    if (this.marks[observer] === this.pass || observer === subject) return;
    const { sight } = this;
    const isIn = squaredDistance <= (sight.radii[observer] as number) ** 2 && sight.isAdmitted(observer, subject);
    if (isIn) this.pairs.begin(observer, subject);
    this.edges.remember(observer, subject, isIn, Math.sqrt(squaredDistance));
  }
}
