/**
 * Begins and ends pairs of those who stand near the edges of views. What every observer remembers of its surroundings (NearTable) is
 * looked at as far as anybody there may have crossed the edge since. Of two that are mutual only one remembers the other.
 */
import { squaredBoxDistance } from "../base/view-shape.js";
import { IntList } from "./int-list.js";
import type { LookQueue } from "./look-queue.js";
import { ENTRY_IN, ENTRY_IN_SHIFT, ENTRY_SUBJECT, NearTable, nearEntry } from "./near-table.js";
import type { PairTable } from "./pair-table.js";
import type { Sight } from "./sight.js";
import type { StepMeter } from "./step-meter.js";
import type { Surroundings } from "./surroundings.js";

const INDICES_MIN = 64;
/** Its own name for it, which a loop need not look up. */
const boxDistance = squaredBoxDistance;
/** More late entries than this, and the observer looks about. */
const LATE_MAX = 64;

export class EdgeWatch {
  readonly near = new NearTable();
  private readonly sight: Sight;
  private readonly pairs: PairTable;
  private readonly around: Surroundings;
  private readonly meter: StepMeter;
  private readonly queue: LookQueue;
  /** Entries that have crossed their edge in the present look: where they are, and whose. */
  private crossedAt = new Int32Array(INDICES_MIN);
  private crossedBy = new Int32Array(INDICES_MIN);
  private crossedCount = 0;
  /** Further entries of an observer, which are always due. */
  private readonly late: (IntList | undefined)[] = [];
  /** Per observer: a subject may be listed twice, or be another than was listed. */
  private hasTwins = new Uint8Array(INDICES_MIN);

  constructor(sight: Sight, pairs: PairTable, around: Surroundings, meter: StepMeter, queue: LookQueue) {
    this.sight = sight;
    this.pairs = pairs;
    this.around = around;
    this.meter = meter;
    this.queue = queue;
  }

  /** Everywhere. Those whose list is used up go to the queue. */
  look(): void {
    const { near, late, queue } = this;
    const { observers } = this.sight;
    const { travelled } = this.meter;
    this.crossedCount = 0;
    for (let i = 0; i < observers.length; i++) {
      const observer = observers.items[i] as number;
      const due = near.dueCount(observer, travelled);
      if (due < 0) queue.addUsedUp(observer);
      else this.findCrossed(observer, near.words, near.start(observer), due);
    }
    this.crossEdges(near.words);
    for (let i = 0; i < observers.length; i++) {
      const further = late[observers.items[i] as number];
      if (further !== undefined && further.length > 0) this.lookAtLate(observers.items[i] as number, further);
    }
  }

  /**
   * A pair of the observer's stands so, by somebody else's finding or because it was not there before: whoever watches it must know,
   * unless it is safe until that looks about.
   */
  remember(observer: number, subject: number, isIn: boolean, distance: number): void {
    if (this.sight.watches(observer, subject)) this.note(observer, subject, isIn, distance);
    else this.note(subject, observer, isIn, distance);
  }

  /** The observer's list was made anew. */
  forgetLate(observer: number): void {
    this.late[observer]?.clear();
    this.hasTwins[observer] = 0;
  }

  /** It observes nothing any more. */
  release(observer: number): void {
    this.near.release(observer);
    this.late[observer] = undefined;
  }

  reserve(index: number): void {
    this.near.reserve(index);
    if (index < this.hasTwins.length) return;
    const hasTwins = new Uint8Array(Math.max(index + 1, this.hasTwins.length * 2));
    hasTwins.set(this.hasTwins);
    this.hasTwins = hasTwins;
  }

  private note(watcher: number, other: number, isIn: boolean, distance: number): void {
    const { sight, late } = this;
    // Its list may hold the other from before.
    this.hasTwins[watcher] = 1;
    const gap = isIn ? (sight.leaveRadii[watcher] as number) - distance : distance - (sight.radii[watcher] as number);
    if (gap >= this.near.remaining(watcher, this.meter.travelled)) return;
    let further = late[watcher];
    if (further === undefined) {
      further = new IntList();
      late[watcher] = further;
    }
    further.push(nearEntry(other, isIn));
    if (further.length > LATE_MAX) this.queue.addUsedUp(watcher);
  }

  private lookAtLate(observer: number, entries: IntList): void {
    this.crossedCount = 0;
    this.findCrossed(observer, entries.items, 0, entries.length);
    this.crossEdges(entries.items);
  }

  /**
   * Adds those of the observer's entries to `crossed…` that have crossed their edge. Without branch and call, as CellOrder: where an entry
   * stands is as good as random.
   */
  private findCrossed(observer: number, entries: Int32Array, start: number, count: number): void {
    const before = this.crossedCount;
    if (before + count > this.crossedAt.length) this.growCrossed(count);
    const { crossedAt } = this;
    const { isBox } = this.around;
    const { points } = this.around.grid;
    const [inShift, subjectMask] = [ENTRY_IN_SHIFT, ENTRY_SUBJECT];
    const x = points[observer * 2] as number;
    const z = points[observer * 2 + 1] as number;
    const enterAt = (this.sight.radii[observer] as number) ** 2;
    const leaveAt = (this.sight.leaveRadii[observer] as number) ** 2;
    const end = start + count;
    let crossed = before;
    for (let at = start; at < end; at++) {
      const entry = entries[at] as number;
      const place = (entry & subjectMask) << 1;
      const isIn = entry >>> inShift;
      const dx = (points[place] as number) - x;
      const dz = (points[place + 1] as number) - z;
      const distance = isBox ? boxDistance(dx, dz) : dx * dx + dz * dz;
      crossedAt[crossed] = at;
      crossed += (isIn & Number(distance > leaveAt)) | ((isIn ^ 1) & Number(distance <= enterAt));
    }
    for (let i = before; i < crossed; i++) this.crossedBy[i] = observer;
    this.crossedCount = crossed;
  }

  private growCrossed(count: number): void {
    const length = (this.crossedCount + count) * 2;
    this.crossedAt = enlarged(this.crossedAt, length);
    this.crossedBy = enlarged(this.crossedBy, length);
  }

  private crossEdges(entries: Int32Array): void {
    for (let i = 0; i < this.crossedCount; i++) {
      const at = this.crossedAt[i] as number;
      entries[at] = this.crossEdge(this.crossedBy[i] as number, entries[at] as number);
    }
  }

  /** What was in range is not, or the other way round. Returns the entry as it is from now on. */
  private crossEdge(observer: number, entry: number): number {
    const { pairs } = this;
    const subject = entry & ENTRY_SUBJECT;
    if (!this.sight.watches(observer, subject)) return entry;
    if ((entry & ENTRY_IN) !== 0) {
      pairs.end(observer, subject);
      return subject;
    }
    // The entry may be of one that is gone, or of another who is called as that was.
    if (!this.around.grid.has(subject) || !this.sight.isAdmitted(observer, subject)) return entry;
    if (this.hasTwins[observer] === 0 || !pairs.isInRange(observer, subject)) pairs.begin(observer, subject);
    return nearEntry(subject, true);
  }
}

function enlarged(from: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const to = new Int32Array(length);
  to.set(from);
  return to;
}
