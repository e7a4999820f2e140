/**
 * Tells each client where those moved whom it sees: all of them in one body per client and tick. What is said of a mover was worked out
 * once, when it moved (SpaceView.place); here 7 or 9 bytes are copied for each that a client sees. Far ones are told of at lower rates.
 * A pair's stamp is the version of the subject that its client knows, so nothing is told twice and nothing is left out for good.
 *
 * These bodies may be lost on the way to a client whose connection can lose them (`isLossy`). So whoever stops is told of once more in
 * order, at its exact height, SETTLE_TICKS after it was told of last; and while it moves its height is told again for a second after it
 * changed. Which pairs have that to come stands in their notes.
 */
import { IntList } from "../../engine/aoi/int-list.js";
import {
  cellOf,
  isInReach,
  LEVEL_BYTES,
  REACH_UNITS,
  RISEN_BYTES,
  stepsOf,
} from "../../engine/protocol/short-transforms.js";
import type { ClientBodies } from "./client-bodies.js";
import type { ClientStream } from "./client-stream.js";
import type { FrameBuilder } from "./frame-builder.js";
import { isUnsettled, notedTick, pairNote, TOLD_TICKS } from "./pair-note.js";
import { type SpaceView, TRANSFORM_LENGTH, TURN_TICKS } from "./space-view.js";
import type { SyncEntity } from "./sync-entity.js";

/** Shares of the view radius beyond which a client is told of movements in every second and every fourth tick only; 1: never so. */
export interface DistanceRates {
  readonly halfRateFrom: number;
  readonly quarterRateFrom: number;
}

export const FULL_RATES: DistanceRates = { halfRateFrom: 1, quarterRateFrom: 1 };
/** So long after it was told of last, an entity that stands is told of in order. */
const SETTLE_TICKS = 6;
/** Ticks behind the last movement in which there may still be something to tell. */
export const GATHER_TICKS = TURN_TICKS + SETTLE_TICKS;
/** So long a new height is told again and again, where it may be lost. */
const HEIGHT_TICKS = 20;
/** `uvar target | 4 × f32` */
const EXACT_BYTES = 18;

export class TransformGather {
  private readonly entities: readonly (SyncEntity | undefined)[];
  private readonly frames: FrameBuilder;
  private readonly bodies: ClientBodies;
  private readonly rates: DistanceRates;
  private readonly hasRates: boolean;
  private readonly hasQuarterRate: boolean;
  /** Of the client at hand: short ids, by what must be told of them. */
  private readonly level = new IntList(256);
  private readonly risen = new IntList();
  private readonly exact = new IntList();
  /** The same of those told of in order. */
  private readonly settled = new IntList();
  private readonly settledExact = new IntList();
  private readonly none = new IntList();
  private cellX = 0;
  private cellY = 0;
  private cellZ = 0;
  /** Nobody in the view at hand can be out of reach of its cells. */
  private isNear = false;

  constructor(
    entities: readonly (SyncEntity | undefined)[],
    frames: FrameBuilder,
    bodies: ClientBodies,
    rates: DistanceRates,
  ) {
    this.entities = entities;
    this.frames = frames;
    this.bodies = bodies;
    this.rates = rates;
    this.hasRates = rates.halfRateFrom < 1 || rates.quarterRateFrom < 1;
    this.hasQuarterRate = rates.quarterRateFrom < 1;
  }

  /**
   * All clients that look about in the space, but for those that are behind. The views are up to date, and what began and ended in them has
   * been told.
   */
  gather(space: SpaceView, tick: number): void {
    const { observers } = space.views;
    for (let i = 0; i < observers.length; i++) {
      const observer = observers.items[i] as number;
      const client = this.entities[space.slots[observer] as number]?.client;
      if (client == null || client.arrears !== null) continue;
      this.begin(space, observer);
      if (client.wasLossy) this.selectLossy(space, observer, client.isLossy, tick);
      else this.select(space, observer, tick);
      this.give(client, space);
    }
  }

  /** All that the observer's client sees is told of once more in order, when it stands. */
  unsettle(space: SpaceView, observer: number): void {
    const { visible } = space.views;
    const start = visible.starts[observer] ?? 0;
    for (let at = start; at < start + visible.length(observer); at++) visible.notes[at] = pairNote(0, true);
    space.isStirred = true;
  }

  /** What follows is for the observer's client. */
  begin(space: SpaceView, observer: number): void {
    const { positions, views } = space;
    const at = observer * TRANSFORM_LENGTH;
    this.cellX = cellOf(positions[at] as number);
    this.cellY = cellOf(positions[at + 1] as number);
    this.cellZ = cellOf(positions[at + 2] as number);
    this.isNear = (views.leaveRadii[observer] as number) <= REACH_UNITS;
    this.level.clear();
    this.risen.clear();
    this.exact.clear();
    this.settled.clear();
    this.settledExact.clear();
  }

  /** Whether this tick is one in which the observer's client is told of the subject's movements. */
  mayTell(space: SpaceView, observer: number, subject: number, tick: number): boolean {
    return !this.hasRates || this.isTurn(space, observer, subject, tick);
  }

  /** Whether a pair with this note is due to be told of in order, if its subject stands. */
  isSettling(note: number, tick: number): boolean {
    return isUnsettled(note) && ((tick - notedTick(note)) & (TOLD_TICKS - 1)) >= SETTLE_TICKS;
  }

  /** Lists the subject of the pair at `at` for the client at hand, if there is something to tell, and notes it. Returns the bytes. */
  tell(space: SpaceView, at: number, isLossy: boolean, tick: number): number {
    const { versions, visible } = space.views;
    const { items, stamps, notes } = visible;
    const subject = items[at] as number;
    const known = stamps[at] as number;
    const isStale = known !== versions[subject];
    const isSettling = !isStale && this.isSettling(notes[at] as number, tick);
    const wasUnsettled = isUnsettled(notes[at] as number);
    notes[at] = pairNote(tick, isStale ? isLossy : wasUnsettled && !isSettling);
    if (isSettling) return this.settle(space, subject);
    if (!isStale) return 0;
    stamps[at] = versions[subject] as number;
    return this.sort(
      space,
      subject,
      space.hasRisenSince(subject, known) || (isLossy && isHeightNew(space, subject, tick)),
    );
  }

  /** Gives the client what was listed. */
  give(client: ClientStream, space: SpaceView): void {
    const { bodies, level, risen, exact, settled, settledExact } = this;
    if (level.length + risen.length > 0) bodies.give(client, this.addShort(space, level, risen, true));
    if (exact.length > 0) bodies.give(client, this.addExact(space, exact, true));
    if (settled.length > 0) bodies.give(client, this.addShort(space, this.none, settled, false));
    if (settledExact.length > 0) bodies.give(client, this.addExact(space, settledExact, false));
  }

  /** Lists whom the observer's client must be told of, and notes that it is. */
  private select(space: SpaceView, observer: number, tick: number): void {
    const { visible, versions } = space.views;
    const { items, stamps } = visible;
    const start = visible.starts[observer] as number;
    const end = start + (visible.lengths[observer] as number);
    const { level, isNear } = this;
    for (let at = start; at < end; at++) {
      const subject = items[at] as number;
      const version = versions[subject] as number;
      if (stamps[at] === version) continue;
      if (this.hasRates && !this.isTurn(space, observer, subject, tick)) continue;
      const known = stamps[at] as number;
      stamps[at] = version;
      const hasRisen = space.hasRisenSince(subject, known);
      if (isNear && !hasRisen) level.push(subject);
      else this.sort(space, subject, hasRisen);
    }
  }

  /** The same where bodies may be lost. */
  private selectLossy(space: SpaceView, observer: number, isLossy: boolean, tick: number): void {
    const { visible, versions } = space.views;
    const { items, stamps, notes } = visible;
    const start = visible.starts[observer] as number;
    const end = start + visible.length(observer);
    for (let at = start; at < end; at++) {
      const subject = items[at] as number;
      const isStale = stamps[at] !== versions[subject];
      if (isStale ? this.mayTell(space, observer, subject, tick) : this.isSettling(notes[at] as number, tick)) {
        this.tell(space, at, isLossy, tick);
      }
    }
  }

  private isTurn(space: SpaceView, observer: number, subject: number, tick: number): boolean {
    const isHalfTurn = space.isHalfTurn(subject, tick);
    const isQuarterTurn = !this.hasQuarterRate || space.isQuarterTurn(subject, tick);
    if (isHalfTurn && isQuarterTurn) return true;
    const { grid } = space.views;
    const radius = space.views.radii[observer] as number;
    const dx = grid.xOf(subject) - grid.xOf(observer);
    const dz = grid.zOf(subject) - grid.zOf(observer);
    const distance = dx * dx + dz * dz;
    if (this.hasQuarterRate && distance > (radius * this.rates.quarterRateFrom) ** 2) return isQuarterTurn;
    return isHalfTurn || distance <= (radius * this.rates.halfRateFrom) ** 2;
  }

  private settle(space: SpaceView, subject: number): number {
    const isShort = this.isInReach(space, subject, true);
    (isShort ? this.settled : this.settledExact).push(subject);
    return isShort ? RISEN_BYTES : EXACT_BYTES;
  }

  private sort(space: SpaceView, subject: number, hasRisen: boolean): number {
    if (!this.isInReach(space, subject, hasRisen)) {
      this.exact.push(subject);
      return EXACT_BYTES;
    }
    (hasRisen ? this.risen : this.level).push(subject);
    return hasRisen ? RISEN_BYTES : LEVEL_BYTES;
  }

  /** Whether the subject can be told of by the cells of the client at hand. */
  private isInReach(space: SpaceView, subject: number, hasRisen: boolean): boolean {
    const { positions } = space;
    const at = subject * TRANSFORM_LENGTH;
    if (!isInReach(stepsOf(positions[at] as number), this.cellX)) return false;
    if (!isInReach(stepsOf(positions[at + 2] as number), this.cellZ)) return false;
    return !hasRisen || isInReach(space.heights[subject] as number, this.cellY);
  }

  private addShort(space: SpaceView, level: IntList, risen: IntList, isLoose: boolean): number {
    const { cellX, cellY, cellZ } = this;
    return this.frames.addShortTransforms(cellX, cellY, cellZ, level, risen, space.words, space.heights, isLoose);
  }

  private addExact(space: SpaceView, subjects: IntList, isLoose: boolean): number {
    const records: { target: number; x: number; y: number; z: number; yaw: number }[] = [];
    for (let i = 0; i < subjects.length; i++) {
      records.push({ target: subjects.at(i), ...space.transformOf(subjects.at(i)) });
    }
    return this.frames.addTransforms(records, isLoose);
  }
}

function isHeightNew(space: SpaceView, subject: number, tick: number): boolean {
  return tick - space.risenTick(subject) < HEIGHT_TICKS;
}
