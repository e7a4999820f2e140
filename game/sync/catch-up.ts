/**
 * Tells clients that are behind what they lack, as far as their credit goes: the client's own entity first, then of those in view whom it
 * was told of longest ago, each with all it lacks; what stands in the Shadow then, encoded for that client. A client that has been told
 * everything is no longer behind. Part of the sync core; runs once a tick, when no changes are pending.
 *
 * `bring` does the same for one entity, whatever the credit: what is said in order about an entity stands behind all that changed of it.
 */
import { IntList } from "../../engine/aoi/int-list.js";
import type { Counter, Metrics } from "../../engine/base/metrics.js";
import { OWN_SCOPES, VIEW_SCOPES } from "../../engine/property/op-sink.js";
import { type Arrears, OWN_KEY } from "./arrears.js";
import { type ClientBodies, OWN_TARGET } from "./client-bodies.js";
import type { ClientCredit } from "./client-credit.js";
import type { ClientStream } from "./client-stream.js";
import type { FrameBuilder } from "./frame-builder.js";
import { isUnsettled, notedTick, pairNote, TOLD_TICKS } from "./pair-note.js";
import type { SpaceView } from "./space-view.js";
import type { SyncEntity } from "./sync-entity.js";
import type { TransformGather } from "./transform-gather.js";

/** Pairs that were told of longer ago, in ticks, are as old as each other. */
const AGE_MAX = 255;

export interface CatchUpParts {
  /** By slot; the core's own table. */
  readonly entities: readonly (SyncEntity | undefined)[];
  readonly frames: FrameBuilder;
  readonly bodies: ClientBodies;
  readonly gather: TransformGather;
  readonly credit: ClientCredit;
  readonly metrics: Metrics;
}

export class CatchUp {
  private readonly parts: CatchUpParts;
  private readonly lacksTotal: Counter;
  private readonly entersTotal: Counter;
  /** Of the client at hand: where in its view the stale pairs stand, and how old each is; then the former in the order of their age. */
  private readonly stale = new IntList();
  private readonly ages = new IntList();
  private readonly order = new IntList();
  private readonly counts = new Int32Array(AGE_MAX + 1);

  constructor(parts: CatchUpParts) {
    this.parts = parts;
    this.lacksTotal = parts.metrics.counter("sync_lacks_told_total");
    this.entersTotal = parts.metrics.counter("sync_late_enters_total");
  }

  /** Every client that is behind. */
  tick(tick: number): void {
    for (const client of this.parts.credit.behind) this.tellClient(client, tick);
  }

  /** Has the observer's client told all that it lacks of the entity, which it sees or is. */
  bring(observer: SyncEntity, entity: SyncEntity): void {
    const { client } = observer;
    const arrears = client?.arrears ?? null;
    if (client === null || arrears === null) return;
    if (observer === entity) this.tellOwn(client, observer, arrears);
    else if (entity.space !== null) this.tellSeen(client, arrears, observer, entity, entity.space);
  }

  /** The same for every client that sees the entity. */
  bringViewers(entity: SyncEntity): void {
    const { entities, credit } = this.parts;
    const { space, index } = entity;
    if (credit.behind.size === 0 || space === null) return;
    space.views.forEachViewer(index, (at) => {
      const observer = entities[space.slots[at] as number];
      if (observer !== undefined) this.bring(observer, entity);
    });
  }

  private tellClient(client: ClientStream, tick: number): void {
    const { entities, credit, frames } = this.parts;
    const observer = entities[client.entity];
    const { arrears } = client;
    if (observer === undefined || arrears === null) return;
    let room = client.holdAtBytes - client.sentBytes - frames.pendingBytes(client);
    if (room <= 0) return;
    room -= this.tellOwn(client, observer, arrears);
    if (observer.space !== null) room = this.tellView(client, arrears, observer, observer.space, room, tick);
    if (room <= 0) return;
    credit.release(client);
    // What it was told of loosely just now is still to settle.
    if (client.wasLossy && observer.space !== null) observer.space.isStirred = true;
  }

  /** Returns the room that is left; none is when not everything was told. */
  private tellView(
    client: ClientStream,
    arrears: Arrears,
    observer: SyncEntity,
    space: SpaceView,
    roomBytes: number,
    tick: number,
  ): number {
    const { gather } = this.parts;
    this.listStale(client, arrears, observer.index, space, tick);
    this.orderByAge();
    gather.begin(space, observer.index);
    let room = roomBytes;
    let told = 0;
    for (; told < this.order.length && room > 0; told++) {
      room -= this.tellPair(client, arrears, observer, space, this.order.at(told), tick);
    }
    gather.give(client, space);
    return told < this.order.length ? 0 : room;
  }

  /** Lists the pairs whose client lacks something that may be told in this tick. */
  private listStale(client: ClientStream, arrears: Arrears, observer: number, space: SpaceView, tick: number): void {
    const { stale, ages } = this;
    const { gather } = this.parts;
    const { visible, versions } = space.views;
    const { items, stamps, notes } = visible;
    const start = visible.starts[observer] as number;
    const end = start + visible.length(observer);
    const { untold, lacks } = arrears;
    const hasLacks = untold.size + lacks.size > 0;
    stale.clear();
    ages.clear();
    if (arrears.isNew) this.noteAll(arrears, notes, start, end, tick);
    for (let at = start; at < end; at++) {
      const subject = items[at] as number;
      const isOutOfDate = stamps[at] !== versions[subject] && gather.mayTell(space, observer, subject, tick);
      const note = notes[at] as number;
      const isLacking = hasLacks && (untold.has(subject) || lacks.has(subject));
      if (!isOutOfDate && !isLacking && !(client.wasLossy && gather.isSettling(note, tick))) continue;
      stale.push(at);
      ages.push(Math.min(AGE_MAX, (tick - notedTick(note)) & (TOLD_TICKS - 1)));
    }
  }

  private noteAll(arrears: Arrears, notes: Uint16Array, start: number, end: number, tick: number): void {
    arrears.isNew = false;
    for (let at = start; at < end; at++) notes[at] = pairNote(tick, isUnsettled(notes[at] as number));
  }

  /** The oldest first. */
  private orderByAge(): void {
    const { stale, ages, order, counts } = this;
    counts.fill(0);
    for (let i = 0; i < ages.length; i++) {
      const age = ages.at(i);
      counts[age] = (counts[age] as number) + 1;
    }
    let before = 0;
    for (let age = AGE_MAX; age >= 0; age--) {
      const count = counts[age] as number;
      counts[age] = before;
      before += count;
    }
    order.clear();
    for (let i = 0; i < stale.length; i++) order.push(0);
    for (let i = 0; i < stale.length; i++) {
      const age = ages.at(i);
      order.items[counts[age] as number] = stale.at(i);
      counts[age] = (counts[age] as number) + 1;
    }
  }

  /** Returns the bytes that it takes. */
  private tellPair(
    client: ClientStream,
    arrears: Arrears,
    observer: SyncEntity,
    space: SpaceView,
    at: number,
    tick: number,
  ): number {
    const { entities, gather } = this.parts;
    const { visible } = space.views;
    const subject = visible.items[at] as number;
    const entity = entities[space.slots[subject] as number];
    if (entity === undefined) return 0;
    const hasLacks = arrears.untold.size + arrears.lacks.size > 0;
    const bytes = hasLacks ? this.tellSeen(client, arrears, observer, entity, space, at) : 0;
    return bytes + gather.tell(space, at, client.isLossy, tick);
  }

  /** What the client lacks of its own entity. Returns the bytes that it takes. */
  private tellOwn(client: ClientStream, observer: SyncEntity, arrears: Arrears): number {
    const lack = arrears.lacks.get(OWN_KEY);
    if (lack === undefined) return 0;
    arrears.lacks.delete(OWN_KEY);
    return this.give(client, this.parts.bodies.addLack(observer, lack, OWN_SCOPES, OWN_TARGET));
  }

  /** The same of one in view, but for where it is. `at`: where the pair stands, when that is known. */
  private tellSeen(
    client: ClientStream,
    arrears: Arrears,
    observer: SyncEntity,
    entity: SyncEntity,
    space: SpaceView,
    at = -1,
  ): number {
    const { bodies } = this.parts;
    const { index } = entity;
    if (arrears.untold.delete(index)) {
      this.entersTotal.add();
      const { visible, versions } = space.views;
      const place = at >= 0 ? at : (visible.starts[observer.index] as number) + visible.indexOf(observer.index, index);
      visible.stamps[place] = versions[index] as number;
      return this.give(client, bodies.viewEnterOf(entity, space));
    }
    const lack = arrears.lacks.get(index);
    if (lack === undefined) return 0;
    arrears.lacks.delete(index);
    return this.give(client, bodies.addLack(entity, lack, VIEW_SCOPES, index));
  }

  private give(client: ClientStream, body: number): number {
    if (body < 0) return 0;
    const { bodies, frames } = this.parts;
    this.lacksTotal.add();
    const bytes = frames.bytesOf(body);
    bodies.give(client, body);
    return bytes;
  }
}
