/**
 * Hands what drained property ops changed to those who see it, and ends the period of what changed. Part of the sync core; nothing else
 * encodes changes. Many entities are taken in one pass: their records (Shadow.writeNearChanges) are written one behind the other, then
 * given out, and then what no record can say follows, entity by entity. So a client gets the changes of one entity in order, and those
 * of several in any.
 */
import { IntList } from "../../engine/aoi/int-list.js";
import { OWN_SCOPES, VIEW_SCOPES } from "../../engine/property/op-sink.js";
import type { Shadow } from "../../engine/property/shadow.js";
import { NEAR } from "../../engine/property/shadow-near.js";
import { type Arrears, OWN_KEY } from "./arrears.js";
import type { ClientBodies } from "./client-bodies.js";
import type { ClientCredit } from "./client-credit.js";
import type { FrameBuilder } from "./frame-builder.js";
import type { SpaceView } from "./space-view.js";
import type { SyncEntity } from "./sync-entity.js";
import type { ViewFeed } from "./view-feed.js";

/** Entities of a pass: what bounds the memory it takes. */
const PASS_MAX = 1_024;
const SHORT_ID_COUNT = 65_536;
/** So many pairs of views can be looked at in the time that it takes to tell one observer of one entity (16 ns). */
const LOOKS_PER_TELLING = 6;

export interface ChangeFeedParts {
  /** By slot; the core's own table. */
  readonly entities: readonly (SyncEntity | undefined)[];
  readonly shadow: Shadow;
  readonly frames: FrameBuilder;
  readonly bodies: ClientBodies;
  readonly views: ViewFeed;
  readonly credit: ClientCredit;
}

export class ChangeFeed {
  private readonly parts: ChangeFeedParts;
  private readonly entities: readonly (SyncEntity | undefined)[];
  /** Of the present pass: slots of those with a client, and the spaces in which somebody is seen. */
  private readonly owned = new IntList();
  private readonly spaces: SpaceView[] = [];
  private readonly slots = new Int32Array(PASS_MAX);
  private readonly ownTargets = new Int32Array(PASS_MAX);
  /** The body of each, or one of NEAR. */
  private readonly made = new Int32Array(PASS_MAX);
  /** By short id, while a space is gone through: its body. */
  private readonly bodyOf = new Int32Array(SHORT_ID_COUNT).fill(NEAR.nothing);

  /** By slot, while lacks are noted: 1 for those that changed. */
  private isChanged = new Uint8Array(0);

  constructor(parts: ChangeFeedParts) {
    this.parts = parts;
    this.entities = parts.entities;
  }

  sendOne(slot: number): void {
    this.send(Int32Array.of(slot));
  }

  /** Sends what changed of the entities in these slots, each of which has one. */
  send(slots: Int32Array): void {
    for (let from = 0; from < slots.length; from += PASS_MAX) this.sendPass(slots.subarray(from, from + PASS_MAX));
  }

  private sendPass(slots: Int32Array): void {
    this.sort(slots);
    if (this.owned.length > 0) this.giveOwners();
    for (const space of this.spaces) this.giveViewers(space);
    if (this.parts.credit.behind.size > 0) this.noteLacks(slots);
    this.parts.shadow.clearAllChanges(slots, slots.length);
  }

  /** Lists who is to be told of whom. */
  private sort(slots: Int32Array): void {
    const { entities, owned, spaces } = this;
    owned.clear();
    // Empty already, unless something threw in the pass before.
    for (const space of spaces) space.changed.clear();
    spaces.length = 0;
    for (let i = 0; i < slots.length; i++) {
      const entity = entities[slots[i] as number];
      if (entity === undefined) continue;
      entity.viewState = null;
      entity.viewHash = null;
      if (entity.client !== null) owned.push(entity.slot);
      const { space, index } = entity;
      if (space === null) continue;
      space.forgetEnterBody(index);
      if (!space.views.isSeen(index)) continue;
      if (space.changed.length === 0) spaces.push(space);
      space.changed.push(index);
    }
  }

  /** What clients that are behind were not told just now: from each entity to its viewers, or where many changed by the clients' views. */
  private noteLacks(slots: Int32Array): void {
    if (slots.length < this.parts.credit.behind.size) this.noteLacksOfViewers(slots);
    else this.noteLacksOfViews(slots);
  }

  private noteLacksOfViews(slots: Int32Array): void {
    const { entities } = this;
    if (this.isChanged.length < entities.length) this.isChanged = new Uint8Array(entities.length * 2);
    for (let i = 0; i < slots.length; i++) this.isChanged[slots[i] as number] = 1;
    for (const client of this.parts.credit.behind) {
      const observer = entities[client.entity];
      if (observer !== undefined && client.arrears !== null) this.noteLacksOf(observer, client.arrears);
    }
    for (let i = 0; i < slots.length; i++) this.isChanged[slots[i] as number] = 0;
  }

  private noteLacksOf({ slot, space, index }: SyncEntity, arrears: Arrears): void {
    const { isChanged } = this;
    const { shadow } = this.parts;
    if (isChanged[slot] === 1) shadow.noteLack(slot, arrears.lackOf(OWN_KEY));
    if (space === null) return;
    const { visible } = space.views;
    const { items } = visible;
    const start = visible.starts[index] as number;
    const end = start + visible.length(index);
    for (let at = start; at < end; at++) {
      const subject = items[at] as number;
      const seen = space.slots[subject] as number;
      if (isChanged[seen] === 1 && !arrears.untold.has(subject)) shadow.noteLack(seen, arrears.lackOf(subject));
    }
  }

  private noteLacksOfViewers(slots: Int32Array): void {
    for (let i = 0; i < slots.length; i++) {
      const entity = this.entities[slots[i] as number];
      if (entity === undefined) continue;
      const { slot, space, index, client } = entity;
      if (client?.arrears != null) this.parts.shadow.noteLack(slot, client.arrears.lackOf(OWN_KEY));
      if (space === null) continue;
      space.views.forEachViewer(index, (observer) => this.noteLack(space, observer, entity));
    }
  }

  private noteLack(space: SpaceView, observer: number, { slot, index }: SyncEntity): void {
    const arrears = this.entities[space.slots[observer] as number]?.client?.arrears ?? null;
    // One whose enter was put off comes with all that changed.
    if (arrears === null || arrears.untold.has(index)) return;
    this.parts.shadow.noteLack(slot, arrears.lackOf(index));
  }

  private giveOwners(): void {
    const { made, owned, parts } = this;
    const { frames, bodies } = parts;
    const { items, length } = owned;
    frames.addNearChanges(parts.shadow, items, this.ownTargets, length, OWN_SCOPES, made);
    for (let i = 0; i < length; i++) {
      const client = this.entities[items[i] as number]?.client;
      if (client != null && client.arrears === null && (made[i] as number) >= 0) frames.give(client, made[i] as number);
    }
    for (let i = 0; i < length; i++) {
      const entity = this.entities[items[i] as number];
      if (entity?.client?.arrears === null && made[i] === NEAR.far) bodies.giveOwnChanges(entity);
    }
  }

  private giveViewers(space: SpaceView): void {
    const { made, parts } = this;
    const { items, length } = space.changed;
    for (let i = 0; i < length; i++) this.slots[i] = space.slots[items[i] as number] as number;
    parts.frames.addNearChanges(parts.shadow, this.slots, items, length, VIEW_SCOPES, made);
    if (isLookingCheaper(space)) this.lookForBodies(space);
    else this.tellViewers(space);
    for (let i = 0; i < length; i++) if (made[i] === NEAR.far) this.giveFar(space, items[i] as number);
    space.changed.clear();
  }

  /** Few changed: from each to its viewers. */
  private tellViewers(space: SpaceView): void {
    const { made, parts } = this;
    const { items, length } = space.changed;
    for (let i = 0; i < length; i++) {
      const entity = parts.views.entityAt(space, items[i] as number);
      if (entity !== undefined && (made[i] as number) >= 0) parts.views.giveViewers(entity, made[i] as number);
    }
  }

  /** Many changed: each client finds in its view those that did. 30,000 pairs take 0.11 ms so, and 0.5 ms the other way. */
  private lookForBodies(space: SpaceView): void {
    const { made, bodyOf, parts } = this;
    const { items, length } = space.changed;
    for (let i = 0; i < length; i++) bodyOf[items[i] as number] = made[i] as number;
    const { observers, visible } = space.views;
    for (let i = 0; i < observers.length; i++) {
      const observer = observers.at(i);
      const client = this.entities[space.slots[observer] as number]?.client;
      const start = visible.starts[observer] as number;
      if (client != null && client.arrears === null)
        parts.frames.giveParts(client, visible.items, start, visible.length(observer), bodyOf);
    }
    bodyOf.fill(NEAR.nothing, 0, space.slots.length);
  }

  private giveFar(space: SpaceView, index: number): void {
    const { bodies, views } = this.parts;
    const entity = views.entityAt(space, index);
    if (entity === undefined) return;
    const body = bodies.addViewChanges(entity);
    if (body >= 0) views.giveViewers(entity, body);
  }
}

/** Whether going through all views costs less than going to the viewers of each that changed. */
function isLookingCheaper({ views, changed }: SpaceView): boolean {
  const { observers, visible } = views;
  let tellings = 0;
  for (let i = 0; i < changed.length; i++) tellings += views.viewersAtMost(changed.at(i));
  let looks = 0;
  for (let i = 0; i < observers.length; i++) looks += visible.length(observers.at(i));
  return looks <= tellings * LOOKS_PER_TELLING;
}
