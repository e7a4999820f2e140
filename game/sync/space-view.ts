/** One space as the sync core sees it: who is in it under which short id, where they are, and who sees whom. */
import { IntList } from "../../engine/aoi/int-list.js";
import { Views } from "../../engine/aoi/views.js";
import type { EntityId } from "../../engine/base/ids.js";
import type { ViewShape } from "../../engine/base/view-shape.js";
import { stepsOf, yawStepsOf } from "../../engine/protocol/short-transforms.js";

const CAPACITY_MIN = 64;
/** Numbers a transform has: x, y, z, yaw. */
export const TRANSFORM_LENGTH = 4;
const VERSION_MASK = 0xffff;
const HALF_RATE_TICKS = 2;
const QUARTER_RATE_TICKS = 4;
/** In as many ticks everybody has had a turn. */
export const TURN_TICKS = QUARTER_RATE_TICKS;

/** Per short id: in which tick it had its last turn, and which tick that counts as. */
interface Turns {
  taken: Float64Array<ArrayBuffer>;
  countedAs: Float64Array<ArrayBuffer>;
}

export interface SpaceViewOptions {
  /** Number of the space on this game. */
  readonly number: number;
  readonly type: number;
  readonly id: EntityId;
  /** Side of an AOI cell in units. */
  readonly cellSize: number;
  readonly shape: ViewShape;
  /** Whether the view rules let the holder of a short id see that of another. */
  readonly admits: (space: SpaceView, observer: number, subject: number) => boolean;
}

export class SpaceView {
  readonly number: number;
  readonly type: number;
  readonly id: EntityId;
  /** Its versions are those of what short transforms say. */
  readonly views: Views;
  /** Slot of the entity with each short id; -1 where nobody has it. */
  slots = new Int32Array(CAPACITY_MIN).fill(-1);
  /** By short id. */
  generations = new Uint8Array(CAPACITY_MIN);
  /** [x, y, z, yaw] * short id. Units; radians. */
  positions = new Float32Array(CAPACITY_MIN * TRANSFORM_LENGTH);
  /** The height of each short id, in steps of short-transforms.ts. */
  heights = new Int32Array(CAPACITY_MIN);
  /** The first 8 bytes of the short transform of each short id, the last of them 0. */
  words = new Int32Array(CAPACITY_MIN * 2);
  /** Per short id the version in which its height changed last. */
  riseVersions = new Uint16Array(CAPACITY_MIN);
  /** What moved since `takeMoves`: short id and where its transform stands, by turns. */
  readonly movers = new IntList();
  /** Short ids of those whose changes are being sent. */
  readonly changed = new IntList();
  /** Number of the last tick in which something moved. */
  private movedTick = Number.NEGATIVE_INFINITY;
  /** There is something to tell of positions besides what moved; and the last tick in which that was so, or something moved. */
  isStirred = false;
  stirredTick = Number.NEGATIVE_INFINITY;
  /** Per short id: the viewEnter body that was made of it, where `enterEpochs` is the frames' present epoch. */
  private enterBodies = new Int32Array(CAPACITY_MIN);
  private enterEpochs = new Float64Array(CAPACITY_MIN).fill(-1);
  private enterVersions = new Uint16Array(CAPACITY_MIN);
  /** Per short id: in which tick it moved last. */
  private movedTicks = never(CAPACITY_MIN);
  private risenTicks = never(CAPACITY_MIN);
  private readonly halfTurns: Turns = { taken: never(CAPACITY_MIN), countedAs: never(CAPACITY_MIN) };
  private readonly quarterTurns: Turns = { taken: never(CAPACITY_MIN), countedAs: never(CAPACITY_MIN) };

  constructor(options: SpaceViewOptions) {
    const { cellSize, shape, admits } = options;
    this.number = options.number;
    this.type = options.type;
    this.id = options.id;
    this.views = new Views({ cellSize, shape, admits: (observer, subject) => admits(this, observer, subject) });
  }

  isTaken(index: number): boolean {
    return index < this.slots.length && this.slots[index] !== -1;
  }

  /** The entity has this short id from now on, and stands here. */
  add(
    slot: number,
    index: number,
    generation: number,
    isRestricted: boolean,
    x: number,
    y: number,
    z: number,
    yaw: number,
  ): void {
    while (index >= this.slots.length) this.grow();
    this.slots[index] = slot;
    this.generations[index] = generation;
    this.views.reserve(index);
    this.place(index, Float32Array.of(x, y, z, yaw), 0);
    this.views.appear(index, x, z, isRestricted);
  }

  remove(index: number): void {
    this.slots[index] = -1;
    this.forgetEnterBody(index);
  }

  /** Takes where all of `movers` stand in this tick, and lets the views know, which follow at their next update. */
  takeMoves(tick: number, positions: Float32Array): void {
    const { movers } = this;
    this.movedTick = tick;
    this.stirredTick = tick;
    const { items, length } = movers;
    for (let i = 0; i < length; i += 2) this.place(items[i] as number, positions, items[i + 1] as number);
    this.views.moveAll(movers, positions);
    movers.clear();
  }

  /** Takes where it stands, x, y, z and yaw from `from` on. Its version grows when a short transform says something else of it than before. */
  place(index: number, source: Float32Array, from: number): void {
    const { positions, words, views } = this;
    const at = index * TRANSFORM_LENGTH;
    const x = source[from] as number;
    const y = source[from + 1] as number;
    const z = source[from + 2] as number;
    const yaw = source[from + 3] as number;
    positions[at] = x;
    positions[at + 1] = y;
    positions[at + 2] = z;
    positions[at + 3] = yaw;
    const height = stepsOf(y);
    const first = index | (stepsOf(x) << 16);
    const second = (stepsOf(z) & 0xffff) | (yawStepsOf(yaw) << 16);
    const hasRisen = this.heights[index] !== height;
    if (!hasRisen && words[index * 2] === first && words[index * 2 + 1] === second) return;
    const { versions } = views;
    const version = ((versions[index] as number) + 1) & VERSION_MASK;
    versions[index] = version;
    this.movedTicks[index] = this.movedTick;
    words[index * 2] = first;
    words[index * 2 + 1] = second;
    if (!hasRisen) return;
    this.heights[index] = height;
    this.riseVersions[index] = version;
    this.risenTicks[index] = this.movedTick;
  }

  /** The last tick in which its height changed. */
  risenTick(index: number): number {
    return this.risenTicks[index] as number;
  }

  transformOf(index: number): { x: number; y: number; z: number; yaw: number } {
    const at = index * TRANSFORM_LENGTH;
    const { positions } = this;
    return {
      x: positions[at] as number,
      y: positions[at + 1] as number,
      z: positions[at + 2] as number,
      yaw: positions[at + 3] as number,
    };
  }

  /** Whether its height changed since whoever has this version of it was told. */
  hasRisenSince(index: number, version: number): boolean {
    const now = this.views.versions[index] as number;
    return ((now - (this.riseVersions[index] as number)) & VERSION_MASK) < ((now - version) & VERSION_MASK);
  }

  /** The viewEnter body made of this entity in this epoch; -1 when there is none or it is out of date. */
  enterBody(index: number, epoch: number): number {
    const isOfNow = this.enterEpochs[index] === epoch && this.enterVersions[index] === this.views.versions[index];
    return isOfNow ? (this.enterBodies[index] as number) : -1;
  }

  keepEnterBody(index: number, epoch: number, body: number): void {
    this.enterEpochs[index] = epoch;
    this.enterBodies[index] = body;
    this.enterVersions[index] = this.views.versions[index] as number;
  }

  /** Its state changed. */
  forgetEnterBody(index: number): void {
    this.enterEpochs[index] = -1;
  }

  /**
   * Whether clients at half rate are told of the subject in this tick. They are when it moves, unless it was another's turn so lately; a
   * turn that had to wait counts as of when the subject moved, so that moves which all make at once are soon told at once again.
   */
  isHalfTurn(subject: number, tick: number): boolean {
    return this.takesTurn(this.halfTurns, subject, tick, HALF_RATE_TICKS);
  }

  /** Likewise at quarter rate. */
  isQuarterTurn(subject: number, tick: number): boolean {
    return this.takesTurn(this.quarterTurns, subject, tick, QUARTER_RATE_TICKS);
  }

  /** The first who asks in a tick decides for all. */
  private takesTurn(turns: Turns, subject: number, tick: number, everyTicks: number): boolean {
    const { taken, countedAs } = turns;
    if (taken[subject] === tick) return true;
    if (tick - (countedAs[subject] as number) < everyTicks) return false;
    taken[subject] = tick;
    countedAs[subject] = this.movedTicks[subject] as number;
    return true;
  }

  private grow(): void {
    const capacity = this.slots.length * 2;
    this.slots = grown(this.slots, new Int32Array(capacity).fill(-1));
    this.generations = grown(this.generations, new Uint8Array(capacity));
    this.positions = grown(this.positions, new Float32Array(capacity * TRANSFORM_LENGTH));
    this.heights = grown(this.heights, new Int32Array(capacity));
    this.words = grown(this.words, new Int32Array(capacity * 2));
    this.riseVersions = grown(this.riseVersions, new Uint16Array(capacity));
    this.enterBodies = grown(this.enterBodies, new Int32Array(capacity));
    this.enterVersions = grown(this.enterVersions, new Uint16Array(capacity));
    this.enterEpochs = grown(this.enterEpochs, new Float64Array(capacity).fill(-1));
    this.movedTicks = grown(this.movedTicks, never(capacity));
    this.risenTicks = grown(this.risenTicks, never(capacity));
    for (const turns of [this.halfTurns, this.quarterTurns]) {
      turns.taken = grown(turns.taken, never(capacity));
      turns.countedAs = grown(turns.countedAs, never(capacity));
    }
  }
}

function never(count: number): Float64Array<ArrayBuffer> {
  return new Float64Array(count).fill(Number.NEGATIVE_INFINITY);
}

function grown<T extends Uint8Array | Uint16Array | Int32Array | Float32Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
