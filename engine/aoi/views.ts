/**
 * Who sees whom in one space. A subject comes into an observer's view within its radius (edge included) and leaves it beyond radius
 * plus margin, so that nothing flickers at the edge. An entity never sees itself. After `update` this is exact for the positions of the
 * grid, for observers without a limit; of those with one it is exact what stands in range, and `ViewChoice` picks from that.
 * Two observers that see equally far see each other or neither the other, as long as neither has a limit and no rule holds for them: one
 * that begins to observe sees, of those, whoever sees it.
 *
 * Subjects and observers are named by the same small integers (short ids of the space). Pairs that an operation begins or ends are
 * reported through `entered` and `left`, which the caller empties by `clearPairs`. No pair is in both after an update.
 *
 * Cost: an observer looks about itself only now and then (Lookout), and remembers who stands near its edge. In between, an update looks
 * at those of them that may have crossed it (EdgeWatch). All is in typed arrays by index; what it costs is memory access.
 * Called by the sync core, on its thread. Positions are those of the grid, which this class keeps.
 */

import type { ViewShape } from "../base/view-shape.js";
import { EdgeWatch } from "./edge-watch.js";
import type { Grid } from "./grid.js";
import type { IntList } from "./int-list.js";
import type { ListPool } from "./list-pool.js";
import { LookQueue } from "./look-queue.js";
import { Lookout } from "./lookout.js";
import { PairTable } from "./pair-table.js";
import { Sight } from "./sight.js";
import { StepMeter } from "./step-meter.js";
import { Surroundings } from "./surroundings.js";

/** As many as this share of the observers may be looked at one by one before it is dearer than looking at all edges. */
const JUMPED_PER_OBSERVER = 1 / 12;
const JUMPED_MIN = 4;

export interface ViewsOptions {
  /** Side of a cell of the grid in units; best at a third of the usual view radius. */
  readonly cellSize: number;
  /** Of all views of the space. In a box, each of x and z is within the radius. */
  readonly shape?: ViewShape;
  /** Whether a restricted subject may be in the observer's view at all. */
  readonly admits?: (observer: number, subject: number) => boolean;
}

export class Views {
  readonly grid: Grid;
  private readonly sight: Sight;
  private readonly pairs: PairTable;
  private readonly meter = new StepMeter();
  private readonly queue = new LookQueue();
  private readonly around: Surroundings;
  private readonly edges: EdgeWatch;
  private readonly lookout: Lookout;

  constructor(options: ViewsOptions) {
    const { meter, queue } = this;
    const sight = new Sight(options.admits ?? (() => true));
    const pairs = new PairTable(sight);
    const around = new Surroundings(options.cellSize, options.shape ?? "circle");
    this.sight = sight;
    this.pairs = pairs;
    this.around = around;
    this.grid = around.grid;
    this.edges = new EdgeWatch(sight, pairs, around, meter, queue);
    this.lookout = new Lookout({ sight, pairs, around, meter, queue, edges: this.edges });
  }

  /** Indices of the observers, in no order. Read only. */
  get observers(): IntList {
    return this.sight.observers;
  }
  /** Per observer, in units: where subjects come into view, and where they leave it. 0: it observes nothing. Read only. */
  get radii(): Float64Array {
    return this.sight.radii;
  }
  get leaveRadii(): Float64Array {
    return this.sight.leaveRadii;
  }
  /**
   * Per observer the subjects that it sees. A pair's stamp is the subject's version when it began, or a later one that the caller wrote.
   */
  get visible(): ListPool {
    return this.pairs.visible;
  }
  /** Per subject; the caller changes it when it changes what pairs must be told of. */
  get versions(): Uint16Array {
    return this.pairs.news.versions;
  }
  /** Pairs that began, each as `pairOf` says. */
  get entered(): IntList {
    return this.pairs.news.entered;
  }
  /** Pairs that ended, likewise. */
  get left(): IntList {
    return this.pairs.news.left;
  }

  /** A subject comes into the space: whoever is near sees it at once. Restricted: only whom `admits` lets. */
  appear(subject: number, x: number, z: number, isRestricted = false): void {
    this.reserve(subject);
    this.grid.insert(subject, x, z);
    this.sight.setRestricted(subject, isRestricted);
    this.lookout.lookAtSubject(subject);
    this.lookout.lookAboutAll();
  }

  /** A subject leaves the space: nobody sees it, and it sees nothing. */
  vanish(subject: number): void {
    this.endObserving(subject);
    this.pairs.endAll(subject);
    this.sight.setRestricted(subject, false);
    this.grid.remove(subject);
  }

  /** A subject moved; views follow at the next `update`. */
  move(subject: number, x: number, z: number): void {
    const { grid } = this;
    this.meter.leave(subject, grid.xOf(subject), grid.zOf(subject));
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
    const { limited } = this.pairs;
    // With and without a limit, what is in range is kept in different places.
    if (radius <= 0 || limited.has(index) !== limit > 0) this.removeObserver(index);
    if (radius <= 0) return;
    this.setRadius(index, radius, radius + margin, limit);
    limited.isBeforeReview = true;
    this.lookout.lookAbout(index);
    this.review(index, true);
    limited.isBeforeReview = false;
  }

  /** Its pairs end and are reported in `left`. */
  removeObserver(index: number): void {
    if (!this.isObserver(index)) return;
    this.endObserving(index);
    this.lookout.expect(index);
  }

  /** What admits observers to this subject, or this observer to subjects, is another thing now: its pairs are seen to at once. */
  reconsider(index: number, isRestricted: boolean): void {
    if (!this.grid.has(index)) return;
    this.sight.setRestricted(index, isRestricted);
    this.pairs.split(index);
    this.pairs.join(index, (other) => this.isOut(index, other));
    this.lookout.lookAtSubject(index);
    if (this.isObserver(index)) this.queue.addUsedUp(index);
    this.lookout.lookAboutAll();
  }

  /** Brings every view up to date with the positions. Limits go by `nowMs`, which does not go back. */
  update(nowMs = this.pairs.limited.nowMs): void {
    const { meter, observers, lookout } = this;
    const { limited } = this.pairs;
    limited.nowMs = nowMs;
    const { travelled } = meter;
    meter.measure(this.grid, observers.length === 0 ? 0 : JUMPED_MIN + observers.length * JUMPED_PER_OBSERVER);
    if (observers.length === 0) return;
    limited.isBeforeReview = true;
    lookout.lookAtJumped();
    const step = meter.travelled - travelled;
    if (step > 0) {
      this.edges.look();
      lookout.takeTurns(step);
    }
    lookout.lookAboutAll();
    if (limited.count > 0) this.reviewDue();
    limited.isBeforeReview = false;
  }

  isObserver(index: number): boolean {
    return this.sight.isObserver(index);
  }

  sees(observer: number, subject: number): boolean {
    return this.pairs.sees(observer, subject);
  }

  /** Whether any observer sees the subject. */
  isSeen(subject: number): boolean {
    return this.pairs.isSeen(subject);
  }

  /** Calls `visit`, which leaves the views as they are, with each observer that sees the subject. */
  forEachViewer(subject: number, visit: (observer: number) => void): void {
    this.pairs.forEachViewer(subject, visit);
  }

  /** The subject's viewers are no more than this, and often so many. */
  viewersAtMost(subject: number): number {
    return this.pairs.viewersAtMost(subject);
  }

  clearPairs(): void {
    this.pairs.news.clear();
  }

  /** Makes room for an index in all that goes by it. */
  reserve(index: number): void {
    this.pairs.reserve(index);
    this.sight.reserve(index);
    this.edges.reserve(index);
    this.queue.reserve(index);
    this.lookout.reserve(index);
  }

  /** Those of its pairs that are mutual by the new radius become so, and others cease to be. */
  private setRadius(index: number, radius: number, leaveRadius: number, limit: number): void {
    const { sight, pairs } = this;
    const isOther = sight.isObserver(index) && !sight.seesSo(index, radius, leaveRadius);
    if (limit > 0) pairs.limited.setLimit(index, limit);
    sight.setLimited(index, limit > 0);
    sight.setRadius(index, radius, leaveRadius);
    pairs.split(index);
    const hasJoined = pairs.join(index, (other) => this.isOut(index, other));
    if (isOther || hasJoined) this.lookout.expect(index);
  }

  private endObserving(index: number): void {
    if (!this.isObserver(index)) return;
    this.pairs.endObserving(index);
    this.edges.release(index);
    this.sight.end(index);
  }

  private isOut(observer: number, subject: number): boolean {
    return this.around.squaredDistance(observer, subject) > (this.sight.leaveRadii[observer] as number) ** 2;
  }

  private reviewDue(): void {
    for (let i = 0; i < this.observers.length; i++) this.review(this.observers.at(i), false);
  }

  private review(observer: number, isForced: boolean): void {
    this.pairs.review(observer, isForced, (subject) => this.around.squaredDistance(observer, subject));
  }
}
