/**
 * The pairs of one space: which observer has which subject in range, and in view. For an observer without a limit that is the same; one
 * with a limit picks (ViewChoice). `visible` and `viewers` always hold the same pairs. What begins and ends is listed in `entered` and
 * `left`. Who is in range is for Views to say; here nothing is known of places.
 */
import { IntList } from "./int-list.js";
import { ListPool } from "./list-pool.js";
import { ViewChoice } from "./view-choice.js";

const INDICES_MIN = 64;

export class PairTable {
  /**
   * Per observer the subjects in its view. Each pair's stamp is the subject's version when the pair began, until the caller writes a
   * later one.
   */
  readonly visible = new ListPool(true);
  /** Per subject the observers that see it. */
  readonly viewers = new ListPool(false);
  /** Per subject: observers with a limit that have it in range. */
  readonly choosers = new ListPool(false);
  /** Per subject; see `visible`. */
  versions = new Uint16Array(INDICES_MIN);
  readonly entered = new IntList();
  readonly left = new IntList();
  /** Observers with a limit. */
  choiceCount = 0;
  nowMs = 0;
  /** Reviews follow: until then nobody is shown who comes into range of an observer with a limit, so that nobody is shown and hidden again. */
  isBeforeReview = false;
  private readonly choices: (ViewChoice | undefined)[] = [];

  reserve(index: number): void {
    this.visible.reserve(index);
    this.viewers.reserve(index);
    this.choosers.reserve(index);
    if (index < this.versions.length) return;
    const versions = new Uint16Array(Math.max(index + 1, this.versions.length * 2));
    versions.set(this.versions);
    this.versions = versions;
  }

  hasLimit(observer: number): boolean {
    return this.choices[observer] !== undefined;
  }

  /** Whoever had none before has no pairs. */
  setLimit(observer: number, limit: number): void {
    let choice = this.choices[observer];
    if (choice === undefined) {
      choice = new ViewChoice(limit);
      this.choices[observer] = choice;
      this.choiceCount += 1;
    }
    choice.limit = limit;
  }

  isInRange(observer: number, subject: number): boolean {
    return this.choices[observer]?.range.has(subject) ?? this.visible.indexOf(observer, subject) >= 0;
  }

  /** The subject that stands there in the observer's range. */
  inRange(observer: number, place: number): number {
    return this.choices[observer]?.range.at(place) ?? this.visible.at(observer, place);
  }

  /** Writes `mark + place` for each in the observer's range; returns how many there are. */
  markRange(observer: number, marks: Int32Array, mark: number): number {
    const { visible } = this;
    const range = this.choices[observer]?.range;
    const items = range === undefined ? visible.items : range.items;
    const start = range === undefined ? (visible.starts[observer] as number) : 0;
    const count = range === undefined ? (visible.lengths[observer] as number) : range.length;
    for (let place = 0; place < count; place++) marks[items[start + place] as number] = mark + place;
    return count;
  }

  /** The subject is in the observer's range from now on. Returns where in it. */
  begin(observer: number, subject: number): number {
    const choice = this.choices[observer];
    if (choice === undefined) {
      this.show(observer, subject);
      return this.visible.length(observer) - 1;
    }
    choice.add(subject, this.nowMs);
    this.choosers.push(subject, observer);
    if (!this.isBeforeReview && this.visible.length(observer) < choice.limit) {
      choice.setShown(subject);
      this.show(observer, subject);
    }
    return choice.range.length - 1;
  }

  /** The subject is out of the observer's range; nothing happens when it was. `place`: where it may stand in the range. */
  end(observer: number, subject: number, place: number): void {
    const choice = this.choices[observer];
    if (choice !== undefined) {
      if (!choice.remove(subject)) return;
      this.choosers.removeValue(subject, observer);
    }
    this.hide(observer, subject, place);
  }

  /** The subject is in nobody's range any more. */
  endAll(subject: number): void {
    for (const holders of [this.viewers, this.choosers]) {
      for (let left = holders.length(subject); left > 0; left = holders.length(subject)) {
        this.end(holders.at(subject, left - 1), subject, 0);
      }
      holders.release(subject);
    }
  }

  /** The observer has nobody in range any more, and no limit. */
  removeObserver(observer: number): void {
    const { visible, viewers } = this;
    for (let i = 0; i < visible.length(observer); i++) {
      const subject = visible.at(observer, i);
      viewers.removeValue(subject, observer);
      this.pushPair(this.left, observer, subject);
    }
    visible.release(observer);
    const choice = this.choices[observer];
    if (choice === undefined) return;
    for (let i = 0; i < choice.range.length; i++) this.choosers.removeValue(choice.range.at(i), observer);
    this.choices[observer] = undefined;
    this.choiceCount -= 1;
  }

  /** Whether the observer should pick anew whom it sees. */
  isReviewDue(observer: number): boolean {
    const choice = this.choices[observer];
    if (choice === undefined) return false;
    const seen = this.visible.length(observer);
    const hasRoom = seen < choice.limit && seen < choice.range.length;
    return hasRoom || choice.nextReviewMs <= this.nowMs;
  }

  /** Picks anew. `squaredDistanceTo` is asked for each in range. */
  review(observer: number, squaredDistanceTo: (subject: number) => number): void {
    this.choices[observer]?.review(
      this.nowMs,
      squaredDistanceTo,
      (subject) => this.hide(observer, subject, 0),
      (subject) => this.show(observer, subject),
    );
  }

  clear(): void {
    this.entered.clear();
    this.left.clear();
  }

  private show(observer: number, subject: number): void {
    this.visible.push(observer, subject, this.versions[subject]);
    this.viewers.push(subject, observer);
    this.pushPair(this.entered, observer, subject);
  }

  private hide(observer: number, subject: number, place: number): void {
    if (!this.visible.removeValue(observer, subject, place)) return;
    this.viewers.removeValue(subject, observer);
    this.pushPair(this.left, observer, subject);
  }

  private pushPair(pairs: IntList, observer: number, subject: number): void {
    pairs.push(observer);
    pairs.push(subject);
  }
}
