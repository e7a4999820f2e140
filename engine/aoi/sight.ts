/**
 * Who looks how far, and who may be seen by whom, in one space; nothing of places.
 *
 * Two observers are *mutual* when either sees the other exactly when that sees it: both see equally far, without a limit, and no rule holds
 * for either. Nearly all are, as long as script does not say otherwise. Only one of two that are watches whether they come and go.
 */
import { IntList } from "./int-list.js";

const INDICES_MIN = 64;
/** Who observes nothing, and for whom no rule holds. */
const KIND_NONE = 0;
/** Who has a limit or is restricted. */
const KIND_SPECIAL = -1;

export class Sight {
  /** Indices of the observers, in no order. Read only. */
  readonly observers = new IntList();
  /** Per index, in units: where subjects come into view, and where they leave it. 0: it observes nothing. Read only. */
  radii = new Float64Array(INDICES_MIN);
  leaveRadii = new Float64Array(INDICES_MIN);
  /** Subjects that not every observer may see. */
  private readonly restricted = new Set<number>();
  private limited = new Uint8Array(INDICES_MIN);
  /** Per index: KIND_NONE, KIND_SPECIAL, or a number that it shares with whoever sees as far. Read only. */
  kinds = new Int32Array(INDICES_MIN);
  private readonly reaches = new ReachTable();
  private farthest = 0;
  private isFarthestStale = false;
  private readonly admits: (observer: number, subject: number) => boolean;

  constructor(admits: (observer: number, subject: number) => boolean) {
    this.admits = admits;
  }

  /** No observer sees farther, in units. */
  get leaveRadiusMax(): number {
    if (this.isFarthestStale) {
      this.isFarthestStale = false;
      this.farthest = 0;
      for (let i = 0; i < this.observers.length; i++) {
        this.farthest = Math.max(this.farthest, this.leaveRadii[this.observers.at(i)] as number);
      }
    }
    return this.farthest;
  }

  get hasRestricted(): boolean {
    return this.restricted.size > 0;
  }

  isObserver(index: number): boolean {
    return (this.radii[index] ?? 0) > 0;
  }

  seesSo(index: number, radius: number, leaveRadius: number): boolean {
    return this.radii[index] === radius && this.leaveRadii[index] === leaveRadius;
  }

  isAdmitted(observer: number, subject: number): boolean {
    return this.restricted.size === 0 || !this.restricted.has(subject) || this.admits(observer, subject);
  }

  isMutual(a: number, b: number): boolean {
    const kind = this.kinds[a] as number;
    return kind > KIND_NONE && kind === this.kinds[b];
  }

  /** Whether it is this observer that watches the pair. It is the other one when they are mutual and chance has it so. */
  watches(observer: number, other: number): boolean {
    const kind = this.kinds[observer] as number;
    return kind < KIND_NONE || kind !== this.kinds[other] || isFirst(observer, other);
  }

  setRadius(index: number, radius: number, leaveRadius: number): void {
    if (!this.isObserver(index)) this.observers.push(index);
    if (leaveRadius < (this.leaveRadii[index] as number)) this.isFarthestStale = true;
    this.farthest = Math.max(this.farthest, leaveRadius);
    this.radii[index] = radius;
    this.leaveRadii[index] = leaveRadius;
    this.setKind(index);
  }

  setLimited(index: number, isLimited: boolean): void {
    this.limited[index] = Number(isLimited);
    this.setKind(index);
  }

  setRestricted(index: number, isRestricted: boolean): void {
    if (isRestricted) this.restricted.add(index);
    else this.restricted.delete(index);
    this.setKind(index);
  }

  /** It observes nothing any more. */
  end(index: number): void {
    this.observers.removeValue(index);
    this.radii[index] = 0;
    this.leaveRadii[index] = 0;
    this.setLimited(index, false);
    this.isFarthestStale = true;
  }

  reserve(index: number): void {
    if (index < this.radii.length) return;
    let count = this.radii.length * 2;
    while (count <= index) count *= 2;
    this.radii = enlarged(this.radii, new Float64Array(count));
    this.leaveRadii = enlarged(this.leaveRadii, new Float64Array(count));
    this.limited = enlarged(this.limited, new Uint8Array(count));
    this.kinds = enlarged(this.kinds, new Int32Array(count));
  }

  private setKind(index: number): void {
    const before = this.kinds[index] as number;
    if (before > KIND_NONE) this.reaches.release(before - 1);
    if (this.limited[index] === 1 || this.restricted.has(index)) this.kinds[index] = KIND_SPECIAL;
    else if (!this.isObserver(index)) this.kinds[index] = KIND_NONE;
    else this.kinds[index] = 1 + this.reaches.take(this.radii[index] as number, this.leaveRadii[index] as number);
  }
}

/** Numbers for pairs of radii, as many as are in use at a time. */
class ReachTable {
  private readonly entries: { radius: number; leaveRadius: number; users: number }[] = [];

  take(radius: number, leaveRadius: number): number {
    const { entries } = this;
    let at = entries.findIndex(
      (entry) => entry.users > 0 && entry.radius === radius && entry.leaveRadius === leaveRadius,
    );
    if (at < 0) at = entries.findIndex((entry) => entry.users === 0);
    if (at < 0) at = entries.length;
    entries[at] = { radius, leaveRadius, users: (entries[at]?.users ?? 0) + 1 };
    return at;
  }

  release(at: number): void {
    const entry = this.entries[at];
    if (entry !== undefined) entry.users -= 1;
  }
}

/** For each pair one of the two is first, and each is in half of its pairs. */
function isFirst(index: number, other: number): boolean {
  return index < other !== (((index ^ other) & 1) === 1);
}

function enlarged<T extends Uint8Array | Int32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
