/** What begins and ends between observers and subjects of one space, until the caller has told it; and the versions of the subjects. */
import { IntList } from "./int-list.js";

const INDICES_MIN = 64;
const OBSERVER_SHIFT = 16;
const SUBJECT = 0xffff;

/** A pair as it is listed in `entered` and `left`: both in one number. */
export function pairOf(observer: number, subject: number): number {
  return (observer << OBSERVER_SHIFT) | subject;
}

export function observerOf(pair: number): number {
  return pair >>> OBSERVER_SHIFT;
}

export function subjectOf(pair: number): number {
  return pair & SUBJECT;
}

export class PairNews {
  /** Pairs that began, in sequence. */
  readonly entered = new IntList();
  /** Pairs that ended, likewise. */
  readonly left = new IntList();
  /** Per subject; the caller changes it when it changes what its observers must be told. */
  versions = new Uint16Array(INDICES_MIN);

  reserve(index: number): void {
    if (index < this.versions.length) return;
    const versions = new Uint16Array(Math.max(index + 1, this.versions.length * 2));
    versions.set(this.versions);
    this.versions = versions;
  }

  clear(): void {
    this.entered.clear();
    this.left.clear();
  }
}
