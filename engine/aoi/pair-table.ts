/**
 * Who sees whom in one space. Which pairs are mutual is for Sight to say, who is in range for Lookout; here nothing is known of places.
 *
 * `visible` lists per observer whom it sees. A mutual pair stands in the lists of both, so these lists say, too, who sees whom. Only for
 * other pairs it must be said on its own who sees a subject: `viewers`. Changing a list costs memory access, and where all observe, nearly
 * all pairs are mutual.
 */
import { IntList } from "./int-list.js";
import { LimitedViews } from "./limited-views.js";
import { ListPool } from "./list-pool.js";
import { PairNews, pairOf } from "./pair-news.js";
import type { Sight } from "./sight.js";

export class PairTable {
  readonly news = new PairNews();
  /** A pair's stamp is the subject's version when the pair began, or a later one that the caller wrote. */
  readonly visible = new ListPool(true);
  readonly limited = new LimitedViews();
  /** Per subject: observers that see it in a pair that is not mutual. */
  private readonly viewers = new ListPool(false);
  private readonly sight: Sight;
  private readonly others = new IntList();

  constructor(sight: Sight) {
    this.sight = sight;
  }

  reserve(index: number): void {
    this.news.reserve(index);
    this.visible.reserve(index);
    this.viewers.reserve(index);
    this.limited.choosers.reserve(index);
  }

  /** The subject is in the observer's range from now on; and the observer in its, if they are mutual. It was not. */
  begin(observer: number, subject: number): void {
    if (this.sight.isMutual(observer, subject)) {
      this.beginWay(observer, subject);
      this.beginWay(subject, observer);
      return;
    }
    const choice = this.limited.choiceOf(observer);
    const isShown =
      choice === undefined || this.limited.begin(observer, choice, subject, this.visible.length(observer));
    if (isShown) this.show(observer, subject);
  }

  /** The subject is out of the observer's range, likewise; nothing happens when it was. */
  end(observer: number, subject: number): void {
    if (this.sight.isMutual(observer, subject)) {
      if (this.endWay(observer, subject)) this.endWay(subject, observer);
      return;
    }
    const choice = this.limited.choiceOf(observer);
    if (choice !== undefined) this.limited.end(observer, choice, subject);
    this.hide(observer, subject);
  }

  isInRange(observer: number, subject: number): boolean {
    return this.limited.choiceOf(observer)?.range.has(subject) ?? this.visible.indexOf(observer, subject) >= 0;
  }

  sees(observer: number, subject: number): boolean {
    return this.visible.length(observer) > 0 && this.visible.indexOf(observer, subject) >= 0;
  }

  /** Writes `mark` for each in the observer's range. */
  markRange(observer: number, marks: Int32Array, mark: number): void {
    const { visible } = this;
    const range = this.limited.choiceOf(observer)?.range;
    const items = range === undefined ? visible.items : range.items;
    const start = range === undefined ? (visible.starts[observer] as number) : 0;
    const end = start + (range === undefined ? visible.length(observer) : range.length);
    for (let at = start; at < end; at++) marks[items[at] as number] = mark;
  }

  /** Ends the observer's pairs with those in range who have another mark; calls `onEnd` with each. */
  endUnmarked(observer: number, marks: Int32Array, mark: number, onEnd: (subject: number) => void): void {
    const range = this.limited.choiceOf(observer)?.range;
    const count = range === undefined ? this.visible.length(observer) : range.length;
    for (let i = count - 1; i >= 0; i--) {
      const subject = range === undefined ? this.visible.at(observer, i) : range.at(i);
      if (marks[subject] === mark) continue;
      this.end(observer, subject);
      onEnd(subject);
    }
  }

  /** Calls `visit`, which leaves all pairs as they are, with each observer that sees the subject. */
  forEachViewer(subject: number, visit: (observer: number) => void): void {
    const { visible, viewers, sight } = this;
    for (let i = visible.length(subject) - 1; i >= 0; i--) {
      const other = visible.at(subject, i);
      if (sight.isMutual(subject, other)) visit(other);
    }
    for (let i = viewers.length(subject) - 1; i >= 0; i--) visit(viewers.at(subject, i));
  }

  /** The subject's viewers are no more than this. */
  viewersAtMost(subject: number): number {
    return this.visible.length(subject) + this.viewers.length(subject);
  }

  /** Adds to `list` the observers that have the subject in range. */
  addHolders(list: IntList, subject: number): void {
    const { limited } = this;
    this.forEachViewer(subject, (observer) => {
      if (!limited.has(observer)) list.push(observer);
    });
    limited.choosers.copyTo(list, subject);
  }

  isSeen(subject: number): boolean {
    const { visible, viewers, sight } = this;
    if (viewers.length(subject) > 0) return true;
    for (let i = visible.length(subject) - 1; i >= 0; i--) {
      if (sight.isMutual(subject, visible.at(subject, i))) return true;
    }
    return false;
  }

  /** Nobody has the subject in range any more; it observes nothing. */
  endAll(subject: number): void {
    const { others } = this;
    others.clear();
    this.addHolders(others, subject);
    for (let i = 0; i < others.length; i++) this.end(others.at(i), subject);
    this.visible.release(subject);
    this.viewers.release(subject);
    this.limited.choosers.release(subject);
  }

  /** The observer has nobody in range any more, and no limit; Sight is told afterwards. It is seen as before. */
  endObserving(observer: number): void {
    const { visible, viewers, sight, news } = this;
    for (let i = visible.length(observer) - 1; i >= 0; i--) {
      const other = visible.at(observer, i);
      news.left.push(pairOf(observer, other));
      if (sight.isMutual(observer, other)) viewers.push(observer, other);
      else viewers.removeValue(other, observer);
    }
    visible.release(observer);
    this.limited.remove(observer);
  }

  /** Sight has become another: pairs of this observer's that were mutual cease to be. Nobody is told. */
  split(observer: number): void {
    const { visible, viewers, sight } = this;
    for (let i = visible.length(observer) - 1; i >= 0; i--) {
      const other = visible.at(observer, i);
      const wasMutual = viewers.indexOf(other, observer) < 0;
      if (!wasMutual || sight.isMutual(observer, other)) continue;
      viewers.push(other, observer);
      viewers.push(observer, other);
    }
  }

  /**
   * The other way round: pairs that are mutual now become so. Of two only one of which sees the other, both do from now on; neither, where
   * `isOut` says so. Returns whether any other's view changed by that.
   */
  join(observer: number, isOut: (other: number) => boolean): boolean {
    const { viewers, visible, others, sight } = this;
    let hasChanged = false;
    others.clear();
    viewers.copyTo(others, observer);
    visible.copyTo(others, observer);
    for (let i = 0; i < others.length; i++) {
      const other = others.at(i);
      if (!sight.isMutual(observer, other)) continue;
      const sees = viewers.removeValue(other, observer);
      const isSeen = viewers.removeValue(observer, other);
      if (!sees && !isSeen) continue;
      const isEnd = isOut(other);
      this.joinPair(observer, other, sees, isSeen, isEnd);
      hasChanged ||= isSeen === isEnd;
    }
    return hasChanged;
  }

  private joinPair(observer: number, other: number, sees: boolean, isSeen: boolean, isEnd: boolean): void {
    if (isEnd && sees) this.endWay(observer, other);
    if (isEnd && isSeen) this.endWay(other, observer);
    if (isEnd) return;
    if (!sees) this.beginWay(observer, other);
    if (!isSeen) this.beginWay(other, observer);
  }

  /** Picks anew whom an observer with a limit sees, if it is time or it `isForced`. `squaredDistanceTo` is asked for each in range. */
  review(observer: number, isForced: boolean, squaredDistanceTo: (subject: number) => number): void {
    const { limited } = this;
    if (!isForced && !limited.isReviewDue(observer, this.visible.length(observer))) return;
    limited.choiceOf(observer)?.review(
      limited.nowMs,
      squaredDistanceTo,
      (subject) => this.hide(observer, subject),
      (subject) => this.show(observer, subject),
    );
  }

  // A pair that is not mutual.

  private show(observer: number, subject: number): void {
    this.beginWay(observer, subject);
    this.viewers.push(subject, observer);
  }

  private hide(observer: number, subject: number): void {
    if (this.endWay(observer, subject)) this.viewers.removeValue(subject, observer);
  }

  // One way of a pair.

  private beginWay(observer: number, subject: number): void {
    this.visible.push(observer, subject, this.news.versions[subject]);
    this.news.entered.push(pairOf(observer, subject));
  }

  private endWay(observer: number, subject: number): boolean {
    if (!this.visible.removeValue(observer, subject)) return false;
    this.news.left.push(pairOf(observer, subject));
    return true;
  }
}
