/**
 * Tells each client where those moved whom it sees: all of them in one body per client and tick. What is said of a mover was worked out
 * once, when it moved (SpaceView.place); here 7 or 9 bytes are copied for each that a client sees. Far ones are told of at lower rates.
 * A pair's stamp is the version of the subject that its client knows, so nothing is told twice and nothing is left out for good.
 */
import { IntList } from "../../engine/aoi/int-list.js";
import { cellOf, isInReach, REACH_UNITS, stepsOf } from "../../engine/protocol/short-transforms.js";
import type { ClientBodies } from "./client-bodies.js";
import type { FrameBuilder } from "./frame-builder.js";
import { type SpaceView, TRANSFORM_LENGTH } from "./space-view.js";
import type { SyncEntity } from "./sync-entity.js";

/** Shares of the view radius beyond which a client is told of movements in every second and every fourth tick only; 1: never so. */
export interface DistanceRates {
  readonly halfRateFrom: number;
  readonly quarterRateFrom: number;
}

export const FULL_RATES: DistanceRates = { halfRateFrom: 1, quarterRateFrom: 1 };
const HALF_RATE_MASK = 1;
const QUARTER_RATE_MASK = 3;
/** In as many ticks everybody has had a turn. */
export const TURN_TICKS = 4;

export class TransformGather {
  private readonly entities: readonly (SyncEntity | undefined)[];
  private readonly frames: FrameBuilder;
  private readonly bodies: ClientBodies;
  private readonly rates: DistanceRates;
  private readonly hasRates: boolean;
  /** Of the client at hand: short ids, by what must be told of them. */
  private readonly level = new IntList(256);
  private readonly risen = new IntList();
  private readonly exact = new IntList();
  private cellX = 0;
  private cellY = 0;
  private cellZ = 0;

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
  }

  /** All clients that look about in the space. The views are up to date, and what began and ended in them has been told. */
  gather(space: SpaceView, tick: number): void {
    const { observers } = space.views;
    for (let i = 0; i < observers.length; i++) {
      const observer = observers.items[i] as number;
      const client = this.entities[space.slots[observer] as number]?.client;
      if (client != null) {
        this.select(space, observer, tick);
        if (this.level.length + this.risen.length > 0) this.bodies.give(client, this.addShort(space));
        if (this.exact.length > 0) this.bodies.give(client, this.addExact(space));
      }
    }
  }

  /** Lists whom the observer's client must be told of, and notes that it is. */
  private select(space: SpaceView, observer: number, tick: number): void {
    const { visible, versions } = space.views;
    const { items, stamps } = visible;
    const start = visible.starts[observer] as number;
    const end = start + (visible.lengths[observer] as number);
    const isNear = this.aimAt(space, observer);
    const { level } = this;
    level.clear();
    this.risen.clear();
    this.exact.clear();
    for (let at = start; at < end; at++) {
      const subject = items[at] as number;
      const version = versions[subject] as number;
      if (stamps[at] === version) continue;
      if (this.hasRates && !this.isTurn(space, observer, subject, tick)) continue;
      const known = stamps[at] as number;
      stamps[at] = version;
      if (isNear && !space.hasRisenSince(subject, known)) level.push(subject);
      else this.sort(space, subject, known);
    }
  }

  /** Chooses the cells that coordinates are told by. False: somebody in view may be out of their reach. */
  private aimAt(space: SpaceView, observer: number): boolean {
    const { positions, views } = space;
    const at = observer * TRANSFORM_LENGTH;
    this.cellX = cellOf(positions[at] as number);
    this.cellY = cellOf(positions[at + 1] as number);
    this.cellZ = cellOf(positions[at + 2] as number);
    return (views.leaveRadii[observer] as number) <= REACH_UNITS;
  }

  private isTurn(space: SpaceView, observer: number, subject: number, tick: number): boolean {
    const { xs, zs } = space.views.grid;
    const radius = space.views.radii[observer] as number;
    const dx = (xs[subject] as number) - (xs[observer] as number);
    const dz = (zs[subject] as number) - (zs[observer] as number);
    const distance = dx * dx + dz * dz;
    if (distance > (radius * this.rates.quarterRateFrom) ** 2) return ((tick + subject) & QUARTER_RATE_MASK) === 0;
    return distance <= (radius * this.rates.halfRateFrom) ** 2 || ((tick + subject) & HALF_RATE_MASK) === 0;
  }

  /** `known`: the version that the client has. */
  private sort(space: SpaceView, subject: number, known: number): void {
    const { positions } = space;
    const at = subject * TRANSFORM_LENGTH;
    const isAside =
      !isInReach(stepsOf(positions[at] as number), this.cellX) ||
      !isInReach(stepsOf(positions[at + 2] as number), this.cellZ);
    if (isAside) this.exact.push(subject);
    else if (!space.hasRisenSince(subject, known)) this.level.push(subject);
    else if (isInReach(space.heights[subject] as number, this.cellY)) this.risen.push(subject);
    else this.exact.push(subject);
  }

  private addShort(space: SpaceView): number {
    const { cellX, cellY, cellZ } = this;
    return this.frames.addShortTransforms(cellX, cellY, cellZ, this.level, this.risen, space.words, space.heights);
  }

  private addExact(space: SpaceView): number {
    const records: { target: number; x: number; y: number; z: number; yaw: number }[] = [];
    for (let i = 0; i < this.exact.length; i++) {
      records.push({ target: this.exact.at(i), ...space.transformOf(this.exact.at(i)) });
    }
    return this.frames.addTransforms(records);
  }
}
