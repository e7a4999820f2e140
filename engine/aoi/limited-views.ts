/**
 * The observers with a limit: what is in range of each, of which its ViewChoice picks what is in view. What is in view is not kept here.
 */
import { ListPool } from "./list-pool.js";
import { ViewChoice } from "./view-choice.js";

export class LimitedViews {
  /** Per subject: observers with a limit that have it in range. */
  readonly choosers = new ListPool(false);
  /** Observers with a limit. */
  count = 0;
  nowMs = 0;
  /** Reviews follow: until then nobody is shown who comes into range, so that nobody is shown and hidden again. */
  isBeforeReview = false;
  private readonly choices: (ViewChoice | undefined)[] = [];

  has(observer: number): boolean {
    return this.choices[observer] !== undefined;
  }

  choiceOf(observer: number): ViewChoice | undefined {
    return this.choices[observer];
  }

  setLimit(observer: number, limit: number): void {
    let choice = this.choices[observer];
    if (choice === undefined) {
      choice = new ViewChoice(limit);
      this.choices[observer] = choice;
      this.count += 1;
    }
    choice.limit = limit;
  }

  /** The subject comes into range. Returns whether it is in view at once; `seen`: how many are. */
  begin(observer: number, choice: ViewChoice, subject: number, seen: number): boolean {
    choice.add(subject, this.nowMs);
    this.choosers.push(subject, observer);
    if (this.isBeforeReview || seen >= choice.limit) return false;
    choice.setShown(subject);
    return true;
  }

  /** The subject goes out of range. */
  end(observer: number, choice: ViewChoice, subject: number): void {
    if (choice.remove(subject)) this.choosers.removeValue(subject, observer);
  }

  /** The observer has no limit any more, or observes nothing. */
  remove(observer: number): void {
    const choice = this.choices[observer];
    if (choice === undefined) return;
    for (let i = 0; i < choice.range.length; i++) this.choosers.removeValue(choice.range.at(i), observer);
    this.choices[observer] = undefined;
    this.count -= 1;
  }

  /** Whether the observer should pick anew whom it sees; `seen`: how many those are. */
  isReviewDue(observer: number, seen: number): boolean {
    const choice = this.choices[observer];
    if (choice === undefined) return false;
    const hasRoom = seen < choice.limit && seen < choice.range.length;
    return hasRoom || choice.nextReviewMs <= this.nowMs;
  }
}
