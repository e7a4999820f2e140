/**
 * Who sees whom in one space. A subject comes into an observer's view within its radius (edge included) and leaves it beyond radius
 * plus margin, so that nothing flickers at the edge. An entity never sees itself. After `update` this is exact for the positions of the
 * grid, for observers without a limit; of those with one it is exact what stands in range, and `ViewChoice` picks from that.
 *
 * Subjects and observers are named by the same small integers (short ids of the space). `visible` and `viewers` always hold the same
 * pairs. Pairs that an operation begins or ends are reported through `entered` and `left`, which the caller empties by `clearPairs`.
 * No pair is in both after one operation.
 *
 * Cost: an observer looks about itself only now and then, and remembers who stands near its edge (NearTable). In between, an update looks
 * at those of them that may have crossed it. All is in typed arrays by index; what it costs is memory access.
 * Called by the sync core, on its thread. Positions are those of the grid, which this class keeps.
 */
import { CellOrder } from "./cell-order.js";
import { Grid } from "./grid.js";
import { IntList } from "./int-list.js";
import type { ListPool } from "./list-pool.js";
import { ENTRY_IN, ENTRY_IN_SHIFT, ENTRY_PLACE_SHIFT, ENTRY_SUBJECT, NearTable, nearEntry } from "./near-table.js";
import { PairTable } from "./pair-table.js";
import { StepMeter } from "./step-meter.js";

const INDICES_MIN = 64;
const FOUND_MIN = 256;
/** As many as this share of the observers may be looked at one by one before it is dearer than looking at all edges. */
const JUMPED_PER_OBSERVER = 1 / 12;
const JUMPED_MIN = 4;
/** How far beyond its edge an observer remembers: this times √(radius · usual step), where looking about costs as much as looking at the edge. */
const REACH_FACTOR = 1.6;
const REACH_SHARE_MIN = 1 / 32;
const REACH_SHARE_MAX = 1 / 2;
/** So much of its list an observer uses up before its turn comes to look about: not all do it in the same update. */
const REACH_USED = 0.8;
/** More late entries than this, and the observer looks about. */
const LATE_MAX = 64;
/** As many observers are asked one by one rather than looked for in the grid. */
const FEW_OBSERVERS = 64;
/** What an observer waits for: nothing, to look about in its turn, or because its near list is used up and its pairs may be wrong. */
const WAIT = { not: 0, turn: 1, usedUp: 2 } as const;
/** A pass takes so many numbers: one for each place in a range, and the last for what was found. */
const PASS_STEP = 65_536;
const PASS_MAX = 2 ** 31 - PASS_STEP;
const KEPT = PASS_STEP - 1;
/** So many observers that look about in one update are worth a sorted copy of the positions. */
const ORDERED_LOOKS_MIN = 16;

export interface ViewsOptions {
  /** Side of a cell of the grid in units; best at a third of the usual view radius. */
  readonly cellSize: number;
  /** Whether a restricted subject may be in the observer's view at all. */
  readonly admits?: (observer: number, subject: number) => boolean;
}

export class Views {
  readonly grid: Grid;
  /** Indices of the observers, in no order. Read only. */
  readonly observers = new IntList();
  /** Per observer, in units: where subjects come into view, and where they leave it. 0: it observes nothing. Read only. */
  radii = new Float64Array(INDICES_MIN);
  leaveRadii = new Float64Array(INDICES_MIN);
  private readonly admitsPair: (observer: number, subject: number) => boolean;
  private readonly pairs = new PairTable();
  private readonly restricted = new Set<number>();
  private readonly meter = new StepMeter();
  private readonly order = new CellOrder();
  private readonly near = new NearTable();
  /** Squared distances at which the present observer's subjects come into range, and out of it. */
  private readonly edges = new Float64Array(2);
  /** Further near entries of an observer, which are always due. */
  private readonly late: (IntList | undefined)[] = [];
  /** Observers that must look about, and per index what the observer is. */
  private readonly waiting = new IntList();
  private waitStates = new Uint8Array(INDICES_MIN);
  /** Per observer: a subject may be listed twice, or be another than was listed. */
  private hasTwins = new Uint8Array(INDICES_MIN);
  private found = new Int32Array(FOUND_MIN);
  private distances = new Float64Array(FOUND_MIN);
  /**
   * Per index, in the present pass: `pass` and where it stands in the present observer's range; `pass + KEPT` when it has been found
   * there again. Whatever is below `pass` is of an earlier one.
   */
  private marks = new Int32Array(INDICES_MIN);
  private pass = 0;
  /** No observer sees farther than this. */
  private leaveRadiusMax = 0;
  private isRadiusMaxStale = false;
  /** Place in `observers` of the one that looked about last by turns. */
  private turn = 0;
  /** Updates whose turns have not been taken; below 0: turns were taken ahead. */
  private turnCredit = 0;

  constructor(options: ViewsOptions) {
    this.grid = new Grid(options.cellSize);
    this.admitsPair = options.admits ?? (() => true);
  }

  /** Per observer the subjects in its view; a pair's stamp is the subject's version when it began, or a later one that the caller wrote. */
  get visible(): ListPool {
    return this.pairs.visible;
  }
  /** Per subject the observers that see it. Read only. */
  get viewers(): ListPool {
    return this.pairs.viewers;
  }
  /** Per subject; the caller changes it when it changes what pairs must be told of. */
  get versions(): Uint16Array {
    return this.pairs.versions;
  }
  /** Pairs that began: observer, subject, observer, subject … */
  get entered(): IntList {
    return this.pairs.entered;
  }
  /** Pairs that ended, likewise. */
  get left(): IntList {
    return this.pairs.left;
  }

  /** A subject comes into the space: whoever is near sees it at once. Restricted: only whom `admits` lets. */
  appear(subject: number, x: number, z: number, isRestricted = false): void {
    this.reserve(subject);
    this.grid.insert(subject, x, z);
    if (isRestricted) this.restricted.add(subject);
    this.lookAtSubject(subject);
    this.lookAboutAll();
  }

  /** A subject leaves the space: nobody sees it, and it sees nothing. */
  vanish(subject: number): void {
    this.removeObserver(subject);
    this.pairs.endAll(subject);
    this.restricted.delete(subject);
    this.grid.remove(subject);
  }

  /** A subject moved; views follow at the next `update`. */
  move(subject: number, x: number, z: number): void {
    const { grid } = this;
    this.meter.leave(subject, grid.xs[subject] as number, grid.zs[subject] as number);
    grid.move(subject, x, z);
  }

  /** The same for many: `movers` has subject, place, subject, place …; a subject's x is at `place` in `positions`, its z two behind. */
  moveAll(movers: IntList, positions: Float32Array): void {
    const { items, length } = movers;
    for (let i = 0; i < length; i += 2) {
      const at = items[i + 1] as number;
      this.move(items[i] as number, positions[at] as number, positions[at + 2] as number);
    }
  }

  /**
   * The subject observes from now on, or observes otherwise; what is near is in view at once. Radius 0 ends it. With a `limit` above 0
   * it has at most so many in view.
   */
  setObserver(index: number, radius: number, margin: number, limit = 0): void {
    const { pairs } = this;
    // With and without a limit, what is in range is kept in different places.
    if (radius <= 0 || pairs.hasLimit(index) !== limit > 0) this.removeObserver(index);
    if (radius <= 0) return;
    if (!this.isObserver(index)) this.observers.push(index);
    this.radii[index] = radius;
    this.leaveRadii[index] = radius + margin;
    this.leaveRadiusMax = Math.max(this.leaveRadiusMax, radius + margin);
    if (limit > 0) pairs.setLimit(index, limit);
    pairs.isBeforeReview = true;
    this.lookAbout(index, false, false);
    this.review(index);
    pairs.isBeforeReview = false;
  }

  /** Its pairs end and are reported in `left`. */
  removeObserver(index: number): void {
    if (!this.isObserver(index)) return;
    this.pairs.removeObserver(index);
    this.near.release(index);
    this.late[index] = undefined;
    this.radii[index] = 0;
    this.observers.removeValue(index);
    this.isRadiusMaxStale = true;
  }

  /** What admits observers to this subject, or this observer to subjects, is another thing now: its pairs are seen to at once. */
  reconsider(index: number, isRestricted: boolean): void {
    if (!this.grid.has(index)) return;
    if (isRestricted) this.restricted.add(index);
    else this.restricted.delete(index);
    this.lookAtSubject(index);
    if (this.isObserver(index)) this.useUp(index);
    this.lookAboutAll();
  }

  /** Brings every view up to date with the positions. Limits go by `nowMs`, which does not go back. */
  update(nowMs = this.pairs.nowMs): void {
    const { meter, observers, pairs } = this;
    pairs.nowMs = nowMs;
    const { travelled } = meter;
    meter.measure(this.grid, observers.length === 0 ? 0 : JUMPED_MIN + observers.length * JUMPED_PER_OBSERVER);
    if (observers.length === 0) return;
    pairs.isBeforeReview = true;
    if (this.isRadiusMaxStale) this.measureRadii();
    const step = meter.travelled - travelled;
    if (step > 0) {
      this.lookAtEdges();
      this.takeTurns(step);
    }
    this.lookAtJumped();
    this.lookAboutAll();
    if (pairs.choiceCount > 0) this.reviewDue();
    pairs.isBeforeReview = false;
  }

  isObserver(index: number): boolean {
    return (this.radii[index] ?? 0) > 0;
  }

  sees(observer: number, subject: number): boolean {
    return this.isObserver(observer) && this.visible.indexOf(observer, subject) >= 0;
  }

  clearPairs(): void {
    this.pairs.clear();
  }

  private reviewDue(): void {
    for (let i = 0; i < this.observers.length; i++) {
      if (this.pairs.isReviewDue(this.observers.at(i))) this.review(this.observers.at(i));
    }
  }

  private review(observer: number): void {
    this.pairs.review(observer, (subject) => this.distanceSquared(observer, subject));
  }

  // An update.

  private lookAtEdges(): void {
    const { observers, near } = this;
    const { travelled } = this.meter;
    for (let i = 0; i < observers.length; i++) {
      const observer = observers.items[i] as number;
      const due = near.dueCount(observer, travelled);
      if (due < 0) {
        this.useUp(observer);
        continue;
      }
      this.lookAtEntries(observer, near.entries, near.starts[observer] as number, due);
      const late = this.late[observer];
      if (late !== undefined) this.lookAtEntries(observer, late.items, 0, late.length);
    }
  }

  /** Without a branch but for pairs that begin or end: on which side of its edge an entry stands is as good as random. */
  private lookAtEntries(observer: number, entries: Int32Array, start: number, count: number): void {
    const { edges } = this;
    const { xs, zs } = this.grid;
    const x = xs[observer] as number;
    const z = zs[observer] as number;
    edges[0] = (this.radii[observer] as number) ** 2;
    edges[1] = (this.leaveRadii[observer] as number) ** 2;
    const end = start + count;
    for (let at = start; at < end; at++) {
      const entry = entries[at] as number;
      const isIn = (entry >>> ENTRY_IN_SHIFT) & 1;
      const dx = (xs[entry & ENTRY_SUBJECT] as number) - x;
      const dz = (zs[entry & ENTRY_SUBJECT] as number) - z;
      const beyond = dx * dx + dz * dz - (edges[isIn] as number);
      if (beyond * (isIn * 2 - 1) >= 0) entries[at] = this.crossEdge(observer, entry, beyond);
    }
  }

  /** What was in range is not, or the other way round, unless it stands on the edge. Returns the entry as it is from now on. */
  private crossEdge(observer: number, entry: number, beyond: number): number {
    const subject = entry & ENTRY_SUBJECT;
    if ((entry & ENTRY_IN) === 0) {
      if (!this.beginUnlessThere(observer, subject)) return entry;
      return nearEntry(subject, this.visible.length(observer) - 1);
    }
    if (beyond === 0) return entry;
    this.pairs.end(observer, subject, entry >> ENTRY_PLACE_SHIFT);
    return subject;
  }

  private lookAtJumped(): void {
    const { jumped } = this.meter;
    for (let i = 0; i < jumped.length; i++) {
      const index = jumped.at(i);
      if (!this.grid.has(index)) continue;
      this.lookAtSubject(index);
      if (this.isObserver(index)) this.useUp(index);
    }
  }

  /** Lets as many observers look about, by turns, as would otherwise do it in some other update. */
  private takeTurns(step: number): void {
    const { observers } = this;
    this.turnCredit = Math.min(1, this.turnCredit + 1);
    for (let i = 0; i < observers.length && this.turnCredit > 0; i++) {
      this.turn = this.turn + 1 < observers.length ? this.turn + 1 : 0;
      const observer = observers.at(this.turn);
      this.turnCredit -= (this.reachOf(observer) * REACH_USED) / (2 * step * observers.length);
      this.takeTurn(observer);
    }
  }

  private takeTurn(observer: number): void {
    if (this.waitStates[observer] !== WAIT.not) return;
    this.waitStates[observer] = WAIT.turn;
    this.waiting.push(observer);
  }

  private useUp(observer: number): void {
    if (this.waitStates[observer] === WAIT.not) this.waiting.push(observer);
    this.waitStates[observer] = WAIT.usedUp;
  }

  // Looking about.

  /** Every observer that waits for it. */
  private lookAboutAll(): void {
    const { waiting } = this;
    const isOrdered = waiting.length >= ORDERED_LOOKS_MIN;
    if (isOrdered) this.order.sort(this.grid);
    for (let i = 0; i < waiting.length; i++) {
      const observer = waiting.items[i] as number;
      this.lookAbout(observer, isOrdered, this.waitStates[observer] === WAIT.turn);
    }
    waiting.clear();
  }

  /**
   * Makes the observer's near list anew, and begins and ends its pairs by all that stand near; `isExact`: they are right already, and
   * whoever stands safely in range need not be looked at.
   */
  private lookAbout(observer: number, isOrdered: boolean, isExact: boolean): void {
    const reach = this.reachOf(observer);
    this.waitStates[observer] = WAIT.not;
    this.beginPass();
    const count = this.pairs.markRange(observer, this.marks, this.pass);
    this.near.begin(reach);
    const kept = this.takeNear(observer, reach, isExact ? this.safeRadius(observer, reach) : 0, isOrdered);
    if (!isExact && kept < count) this.endMarked(observer, count);
    this.near.finish(observer, reach, this.meter.travelled);
    this.late[observer]?.clear();
    this.hasTwins[observer] = 0;
  }

  /** Whoever is nearer is in range and stays there until the observer looks about again; given that its pairs are right now. */
  private safeRadius(observer: number, reach: number): number {
    return Math.max(0, Math.min(this.radii[observer] as number, (this.leaveRadii[observer] as number) - reach));
  }

  private beginPass(): void {
    this.pass += PASS_STEP;
    if (this.pass < PASS_MAX) return;
    this.marks.fill(0);
    this.pass = PASS_STEP;
  }

  /**
   * Begins what comes into range and lists what is near the edge; those nearer than `innerRadius` are left out. Marks what stays in
   * range, and returns how many that are.
   */
  private takeNear(observer: number, reach: number, innerRadius: number, isOrdered: boolean): number {
    const { marks, near, restricted, pass } = this;
    const radius = this.radii[observer] as number;
    const leaveRadius = this.leaveRadii[observer] as number;
    const enterAt = radius * radius;
    const leaveAt = leaveRadius * leaveRadius;
    const safeAt = Math.max(0, leaveRadius - reach) ** 2;
    const nearAt = (radius + reach) ** 2;
    const count = this.query(observer, Math.max(leaveRadius, radius + reach), innerRadius, isOrdered);
    const { found, distances } = this;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const subject = found[i] as number;
      const distance = distances[i] as number;
      if (subject === observer) continue;
      if (restricted.size > 0 && !this.isAdmitted(observer, subject)) continue;
      let place = (marks[subject] as number) - pass;
      if (place >= 0) {
        marks[subject] = pass + KEPT;
        if (distance > leaveAt) {
          marks[subject] = pass + place;
          place = -1;
        } else kept += 1;
      } else if (distance <= enterAt) {
        place = this.pairs.begin(observer, subject);
        marks[subject] = pass + KEPT;
      }
      if (place >= 0) {
        if (distance > safeAt) near.add(nearEntry(subject, place), leaveRadius - Math.sqrt(distance));
      } else if (distance < nearAt) near.add(subject, Math.sqrt(distance) - radius);
    }
    return kept;
  }

  /** Ends the pairs among the first `count` of the range that were not found. */
  private endMarked(observer: number, count: number): void {
    const { marks, pairs, pass } = this;
    for (let place = count - 1; place >= 0; place--) {
      const subject = pairs.inRange(observer, place);
      if (marks[subject] !== pass + KEPT) pairs.end(observer, subject, place);
    }
  }

  /** How far from its edge the observer remembers who stands there, in units. */
  private reachOf(observer: number): number {
    const radius = this.radii[observer] as number;
    const { usualStep } = this.meter;
    const best = usualStep === 0 ? radius / 8 : REACH_FACTOR * Math.sqrt(radius * usualStep);
    return Math.max(radius * REACH_SHARE_MIN, Math.min(radius * REACH_SHARE_MAX, best));
  }

  /**
   * The subject stands where nobody expects it, or is another: begins and ends its pairs with all observers, and has those remember it
   * near whose edge it stands.
   */
  private lookAtSubject(subject: number): void {
    const { observers } = this;
    if (observers.length === 0) return;
    this.beginPass();
    this.lookAtHolders(subject, this.viewers, false);
    if (this.pairs.choiceCount > 0) this.lookAtHolders(subject, this.pairs.choosers, true);
    if (observers.length <= FEW_OBSERVERS) {
      for (let i = 0; i < observers.length; i++) {
        this.lookAtStranger(observers.at(i), subject, this.distanceSquared(observers.at(i), subject));
      }
      return;
    }
    const count = this.query(subject, this.leaveRadiusMax * (1 + REACH_SHARE_MAX), 0, false);
    for (let i = 0; i < count; i++) {
      const index = this.found[i] as number;
      if (this.isObserver(index)) this.lookAtStranger(index, subject, this.distances[i] as number);
    }
  }

  /** Those that have the subject in range: ends what is over, marks them all. */
  private lookAtHolders(subject: number, holders: ListPool, areChoosers: boolean): void {
    for (let i = holders.length(subject) - 1; i >= 0; i--) {
      const observer = holders.at(subject, i);
      if (areChoosers !== this.pairs.hasLimit(observer)) continue;
      const distance = Math.sqrt(this.distanceSquared(observer, subject));
      const isIn = distance <= (this.leaveRadii[observer] as number) && this.isAdmitted(observer, subject);
      this.marks[observer] = this.pass;
      if (!isIn) this.pairs.end(observer, subject, 0);
      this.remember(observer, subject, isIn, distance);
    }
  }

  /** Begins the pair if there is none and the subject is in range. */
  private lookAtStranger(observer: number, subject: number, distanceSquared: number): void {
    if (this.marks[observer] === this.pass || observer === subject) return;
    const isIn = distanceSquared <= (this.radii[observer] as number) ** 2 && this.isAdmitted(observer, subject);
    if (isIn) this.pairs.begin(observer, subject);
    this.remember(observer, subject, isIn, Math.sqrt(distanceSquared));
  }

  /** Lists the subject with the observer unless it is safe until that looks about. */
  private remember(observer: number, subject: number, isIn: boolean, distance: number): void {
    const gap = isIn ? (this.leaveRadii[observer] as number) - distance : distance - (this.radii[observer] as number);
    // Its list may hold the subject from before.
    this.hasTwins[observer] = 1;
    if (gap >= this.near.remaining(observer, this.meter.travelled)) return;
    let late = this.late[observer];
    if (late === undefined) {
      late = new IntList();
      this.late[observer] = late;
    }
    late.push(nearEntry(subject, isIn ? 0 : -1));
    if (late.length > LATE_MAX) this.useUp(observer);
  }

  /** Fills `found` and `distances` with whoever stands within the radius and, in an ordered query, not within the inner one. */
  private query(index: number, radius: number, innerRadius: number, isOrdered: boolean): number {
    const x = this.grid.xs[index] as number;
    const z = this.grid.zs[index] as number;
    for (;;) {
      const { found, distances } = this;
      const count = isOrdered
        ? this.order.queryRing(x, z, innerRadius, radius, found, distances)
        : this.grid.queryRange(x, z, radius, found, distances);
      if (count <= found.length) return count;
      this.growFound(count);
    }
  }

  // Pairs.

  private isAdmitted(observer: number, subject: number): boolean {
    return this.restricted.size === 0 || !this.restricted.has(subject) || this.admitsPair(observer, subject);
  }

  /** By an entry of a near list, which may be of a subject that is gone or listed twice. False: there can be no such pair. */
  private beginUnlessThere(observer: number, subject: number): boolean {
    if (!this.grid.has(subject) || !this.isAdmitted(observer, subject)) return false;
    if (this.hasTwins[observer] === 0 || !this.pairs.isInRange(observer, subject)) this.pairs.begin(observer, subject);
    return true;
  }

  private distanceSquared(a: number, b: number): number {
    const { xs, zs } = this.grid;
    const dx = (xs[a] as number) - (xs[b] as number);
    const dz = (zs[a] as number) - (zs[b] as number);
    return dx * dx + dz * dz;
  }

  private measureRadii(): void {
    this.leaveRadiusMax = 0;
    for (let i = 0; i < this.observers.length; i++) {
      this.leaveRadiusMax = Math.max(this.leaveRadiusMax, this.leaveRadii[this.observers.at(i)] as number);
    }
    this.isRadiusMaxStale = false;
  }

  private growFound(count: number): void {
    if (count <= this.found.length) return;
    this.found = new Int32Array(count * 2);
    this.distances = new Float64Array(count * 2);
  }

  /** Makes room for an index in all that goes by it. */
  reserve(index: number): void {
    this.pairs.reserve(index);
    this.near.reserve(index);
    if (index < this.marks.length) return;
    let count = this.marks.length * 2;
    while (count <= index) count *= 2;
    this.radii = enlarged(this.radii, new Float64Array(count));
    this.leaveRadii = enlarged(this.leaveRadii, new Float64Array(count));
    this.marks = enlarged(this.marks, new Int32Array(count));
    this.waitStates = enlarged(this.waitStates, new Uint8Array(count));
    this.hasTwins = enlarged(this.hasTwins, new Uint8Array(count));
  }
}

function enlarged<T extends Uint8Array | Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
