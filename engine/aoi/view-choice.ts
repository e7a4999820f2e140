/**
 * Which subjects in range an observer with a limit sees: the nearest ones in most of its places, and in the rest, by turns, those that it
 * has not seen for longest. Reviews come so often that everybody in range is seen within AGE_MAX_MS, as long as there are no more than
 * some forty times as many as places.
 */
import { ShortList } from "./short-list.js";

/** Whoever waits is shown within this time… */
export const AGE_MAX_MS = 5_000;
/** …of which this is left for reviews that come late. */
const AGE_SLACK_MS = 1_000;
const REVIEW_INTERVAL_MAX_MS = 250;
const CLASS_COUNT = 128;
/** What is in view counts as this much nearer, so that two that are as near as each other do not take turns. */
const SHOWN_FACTOR = 0.81;

export class ViewChoice {
  limit: number;
  /** Indices of the subjects in range. */
  readonly range = new ShortList();
  nextReviewMs = 0;
  /** At the same place as in `range`: 1 when it is in view. */
  private shown = new Uint8Array(16);
  /** Likewise: when it was last in view, or came into range. */
  private seenMs = new Float64Array(16);
  private picked = new Uint8Array(16);
  private distances = new Float64Array(16);
  private classes = new Uint8Array(16);
  private readonly counts = new Int32Array(CLASS_COUNT);
  private pickedCount = 0;
  private reviewedMs = Number.POSITIVE_INFINITY;

  constructor(limit: number) {
    this.limit = limit;
  }

  add(subject: number, nowMs: number): void {
    const { range } = this;
    range.push(subject);
    if (range.length > this.shown.length) this.grow(range.items.length);
    this.shown[range.length - 1] = 0;
    this.seenMs[range.length - 1] = nowMs;
  }

  /** False: it was not in range. */
  remove(subject: number): boolean {
    const { range, shown, seenMs } = this;
    const at = range.indexOf(subject);
    if (at < 0) return false;
    const last = range.length - 1;
    range.removeAt(at);
    shown[at] = shown[last] as number;
    seenMs[at] = seenMs[last] as number;
    return true;
  }

  setShown(subject: number): void {
    const at = this.range.indexOf(subject);
    if (at >= 0) this.shown[at] = 1;
  }

  /**
   * Picks anew and tells what changes: first who leaves the view, then who comes into it. `squaredDistanceTo` is asked for each of
   * `range`.
   */
  review(
    nowMs: number,
    squaredDistanceTo: (subject: number) => number,
    hide: (subject: number) => void,
    show: (subject: number) => void,
  ): void {
    const { range, shown, seenMs, picked } = this;
    this.pick(nowMs, squaredDistanceTo);
    // Whoever hides or shows looks at `range` no more than at its present members, which stay.
    for (let i = 0; i < range.length; i++) {
      if (shown[i] === 1) seenMs[i] = nowMs;
      if (shown[i] === 1 && picked[i] === 0) {
        shown[i] = 0;
        hide(range.at(i));
      }
    }
    for (let i = 0; i < range.length; i++) {
      if (shown[i] === 0 && picked[i] === 1) {
        shown[i] = 1;
        seenMs[i] = nowMs;
        show(range.at(i));
      }
    }
    this.nextReviewMs = nowMs + this.reviewIntervalMs();
  }

  private reviewIntervalMs(): number {
    const turnsMax = Math.max(1, this.limit >> 1);
    return Math.min(REVIEW_INTERVAL_MAX_MS, ((AGE_MAX_MS - AGE_SLACK_MS) * turnsMax) / Math.max(1, this.range.length));
  }

  private pick(nowMs: number, squaredDistanceTo: (subject: number) => number): void {
    const { range, limit, picked } = this;
    const count = range.length;
    if (count <= limit) {
      picked.fill(1, 0, count);
      return;
    }
    picked.fill(0, 0, count);
    this.pickedCount = 0;
    const perReview =
      (count * Math.max(this.reviewIntervalMs(), nowMs - this.reviewedMs)) / (AGE_MAX_MS - AGE_SLACK_MS);
    const byAge = Math.min(limit, Math.ceil(perReview));
    this.reviewedMs = nowMs;
    this.classifyDistances(squaredDistanceTo);
    this.pickLowest(limit - byAge);
    this.classifyAges(nowMs);
    this.pickLowest(limit);
  }

  private classifyDistances(squaredDistanceTo: (subject: number) => number): void {
    const { range, shown, classes, distances } = this;
    let farthest = Number.MIN_VALUE;
    for (let i = 0; i < range.length; i++) {
      const distance = squaredDistanceTo(range.at(i));
      distances[i] = distance;
      if (distance > farthest) farthest = distance;
    }
    const scale = (CLASS_COUNT - 1) / farthest;
    for (let i = 0; i < range.length; i++) {
      const weighed = (distances[i] as number) * (shown[i] === 1 ? SHOWN_FACTOR : 1);
      classes[i] = Math.min(CLASS_COUNT - 1, weighed * scale);
    }
  }

  /** The oldest have class 0; whoever is in view has the last. */
  private classifyAges(nowMs: number): void {
    const { range, shown, seenMs, classes } = this;
    const scale = (CLASS_COUNT - 1) / AGE_MAX_MS;
    for (let i = 0; i < range.length; i++) {
      const ageMs = shown[i] === 1 ? 0 : nowMs - (seenMs[i] as number);
      classes[i] = Math.max(0, CLASS_COUNT - 1 - ageMs * scale);
    }
  }

  /** Picks those of the lowest classes until so many are picked. */
  private pickLowest(target: number): void {
    const { range, classes, counts, picked } = this;
    counts.fill(0);
    for (let i = 0; i < range.length; i++) {
      if (picked[i] === 0) counts[classes[i] as number] = (counts[classes[i] as number] as number) + 1;
    }
    let whole = 0;
    let left = target - this.pickedCount;
    while (whole < CLASS_COUNT && (counts[whole] as number) <= left) left -= counts[whole++] as number;
    for (let i = 0; i < range.length; i++) {
      if (picked[i] === 1) continue;
      const isPicked = (classes[i] as number) < whole || (classes[i] === whole && left-- > 0);
      if (isPicked) {
        picked[i] = 1;
        this.pickedCount += 1;
      }
    }
  }

  private grow(capacity: number): void {
    const shown = new Uint8Array(capacity);
    shown.set(this.shown);
    this.shown = shown;
    const seenMs = new Float64Array(capacity);
    seenMs.set(this.seenMs);
    this.seenMs = seenMs;
    this.picked = new Uint8Array(capacity);
    this.distances = new Float64Array(capacity);
    this.classes = new Uint8Array(capacity);
  }
}
