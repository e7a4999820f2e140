/**
 * Who sees whom, and what those who see are told of it: enter, leave, positions, and whatever else goes to the viewers of an entity.
 * Part of the sync core. Whoever lets a view begin has sent all pending changes before, since viewEnter carries the present state.
 */
import { observerOf, subjectOf } from "../../engine/aoi/pair-news.js";
import type { EntityId } from "../../engine/base/ids.js";
import type { Counter, Metrics } from "../../engine/base/metrics.js";
import { admits, OPEN_RULE } from "../../engine/entity/view-state.js";
import type { ViewRule } from "../../engine/property/op-sink.js";
import type { ClientBodies } from "./client-bodies.js";
import type { ClientCredit } from "./client-credit.js";
import type { ClientStream } from "./client-stream.js";
import type { FrameBuilder } from "./frame-builder.js";
import { type SpaceView, TRANSFORM_LENGTH } from "./space-view.js";
import type { SyncEntity } from "./sync-entity.js";
import { GATHER_TICKS, type TransformGather } from "./transform-gather.js";

/** The client of an entity that wants to know begins or ceases to see another. */
export type ViewChange = (observer: EntityId, subject: EntityId, isEntered: boolean) => void;

export interface ViewFeedParts {
  /** By slot; the core's own table. */
  readonly entities: readonly (SyncEntity | undefined)[];
  readonly spaces: ReadonlyMap<number, SpaceView>;
  readonly frames: FrameBuilder;
  readonly bodies: ClientBodies;
  readonly gather: TransformGather;
  readonly credit: ClientCredit;
  readonly metrics: Metrics;
  readonly viewChange: ViewChange | null;
}

export class ViewFeed {
  private readonly parts: ViewFeedParts;
  private readonly entities: readonly (SyncEntity | undefined)[];
  private readonly frames: FrameBuilder;
  private readonly bodies: ClientBodies;
  private readonly enteredTotal: Counter;
  private readonly leftTotal: Counter;

  constructor(parts: ViewFeedParts) {
    this.parts = parts;
    this.entities = parts.entities;
    this.frames = parts.frames;
    this.bodies = parts.bodies;
    this.enteredTotal = parts.metrics.counter("sync_views_entered_total");
    this.leftTotal = parts.metrics.counter("sync_views_left_total");
  }

  /** The holder of a short id. */
  entityAt(space: SpaceView, index: number): SyncEntity | undefined {
    return this.entities[space.slots[index] as number];
  }

  /** Calls `visit` with each entity that the observer's client sees. */
  forEachSeen({ space, index }: SyncEntity, visit: (entity: SyncEntity) => void): void {
    if (space === null) return;
    const { visible } = space.views;
    for (let i = 0; i < visible.length(index); i++) {
      const entity = this.entityAt(space, visible.at(index, i));
      if (entity !== undefined) visit(entity);
    }
  }

  isViewed(entity: SyncEntity): boolean {
    return entity.space?.views.isSeen(entity.index) ?? false;
  }

  /** Gives changes of the entity to every client that sees it and is not behind. */
  giveViewers(entity: SyncEntity, body: number): void {
    this.forEachViewer(entity, (client) => {
      if (client.arrears === null) this.bodies.give(client, body);
    });
  }

  /** Gives what is said in order to every client that sees the entity; those that are behind were told before what they lacked of it. */
  callViewers(entity: SyncEntity, body: number): void {
    this.forEachViewer(entity, (client) => this.bodies.give(client, body));
  }

  private forEachViewer(entity: SyncEntity, visit: (client: ClientStream) => void): void {
    const { space } = entity;
    if (space === null) return;
    space.views.forEachViewer(entity.index, (observer) => {
      const client = this.entityAt(space, observer)?.client;
      if (client != null) visit(client);
    });
  }

  /** Takes `count` new positions, brings the views up to date, and tells clients what began and ended and who moved. */
  move(tick: number, serverMs: number, count: number, slots: Int32Array, positions: Float32Array): void {
    for (let i = 0; i < count; i++) this.listMover(slots[i] as number, i * TRANSFORM_LENGTH);
    for (const space of this.parts.spaces.values()) {
      if (space.movers.length > 0) space.takeMoves(tick, positions);
      if (space.views.observers.length > 0) this.updateViews(space, tick, serverMs);
    }
  }

  /** The entity was given a short id in its space: those near see it, and its client looks about. */
  enterSpace(entity: SyncEntity): void {
    this.observe(entity);
  }

  /** From now on loose bodies may be lost on their way to the client, and they may have been lately. */
  unsettle(client: ClientStream): void {
    client.wasLossy = true;
    const observer = this.entities[client.entity];
    if (observer?.space != null) this.parts.gather.unsettle(observer.space, observer.index);
  }

  /** The entity's own client is told by whoever calls: its whole view is void. */
  leaveSpace(entity: SyncEntity): void {
    const { space, index } = entity;
    if (space === null) return;
    this.stopObserving(entity);
    space.views.vanish(index);
    this.sendPairs(space);
    space.remove(index);
    entity.space = null;
    entity.index = 0;
  }

  /** Lets the entity's client see from here on, or otherwise than before; without client or space nobody looks. */
  observe(entity: SyncEntity): void {
    const { space } = entity;
    if (space === null) return;
    if (entity.client !== null) {
      space.views.setObserver(entity.index, entity.viewRadius, entity.viewMargin, entity.viewLimit);
    }
    this.sendPairs(space);
  }

  /** The entity's rule is another one. */
  reconsider(entity: SyncEntity): void {
    const { space } = entity;
    if (space === null) return;
    space.views.reconsider(entity.index, isRestricted(entity.viewRule));
    this.sendPairs(space);
  }

  /** The entity's client looks no longer, and is not told what it ceases to see. */
  stopObserving(entity: SyncEntity): void {
    const { space } = entity;
    if (space === null) return;
    space.views.removeObserver(entity.index);
    entity.client?.arrears?.forgetView();
    const { left } = space.views;
    for (let i = 0; i < left.length; i++) this.reportView(space, entity, subjectOf(left.at(i)), false);
    space.views.clearPairs();
  }

  /** Whether the rules let the holder of a short id see that of another. */
  isAdmitted(space: SpaceView, observer: number, subject: number): boolean {
    const looking = this.entityAt(space, observer);
    const seen = this.entityAt(space, subject);
    return looking !== undefined && seen !== undefined && admits(seen.viewRule, looking.id, looking.viewRule);
  }

  private listMover(slot: number, at: number): void {
    const entity = this.entities[slot];
    if (entity === undefined || entity.space === null) return;
    entity.space.movers.push(entity.index);
    entity.space.movers.push(at);
  }

  private updateViews(space: SpaceView, tick: number, serverMs: number): void {
    space.views.update(serverMs);
    this.sendPairs(space);
    if (space.isStirred) space.stirredTick = tick;
    space.isStirred = false;
    if (tick - space.stirredTick < GATHER_TICKS) this.parts.gather.gather(space, tick);
  }

  /** Tells clients which entities left their view and which came into it. Pending changes must have been sent. */
  private sendPairs(space: SpaceView): void {
    const { left, entered } = space.views;
    for (let i = 0; i < left.length; i++) this.sendLeave(space, observerOf(left.at(i)), subjectOf(left.at(i)));
    for (let i = 0; i < entered.length; i++) this.sendEnter(space, observerOf(entered.at(i)), subjectOf(entered.at(i)));
    this.leftTotal.add(left.length);
    this.enteredTotal.add(entered.length);
    space.views.clearPairs();
  }

  private sendLeave(space: SpaceView, observer: number, subject: number): void {
    const entity = this.entityAt(space, observer);
    if (entity?.client == null) return;
    const wasUntold = entity.client.arrears?.forget(subject) === true;
    if (!wasUntold) this.bodies.give(entity.client, this.frames.addViewLeave(subject));
    this.reportView(space, entity, subject, false);
  }

  private sendEnter(space: SpaceView, observer: number, subject: number): void {
    const entity = this.entityAt(space, observer);
    const entering = this.entityAt(space, subject);
    if (entity?.client == null || entering === undefined) return;
    this.tellEnter(entity.client, entering, space);
    this.reportView(space, entity, subject, true);
  }

  /** Or puts it off, for a client that is behind. */
  private tellEnter(client: ClientStream, entering: SyncEntity, space: SpaceView): void {
    if (client.arrears !== null) {
      client.arrears.untold.add(entering.index);
      return;
    }
    const body = this.bodies.viewEnterOf(entering, space);
    this.bodies.give(client, body);
    this.parts.credit.countEnter(client, this.frames.bytesOf(body));
  }

  private reportView(space: SpaceView, observer: SyncEntity, subject: number, isEntered: boolean): void {
    const { viewChange } = this.parts;
    if (viewChange === null || !observer.hasViewEvents) return;
    const seen = this.entityAt(space, subject);
    if (seen !== undefined) viewChange(observer.id, seen.id, isEntered);
  }
}

export function isRestricted(rule: ViewRule): boolean {
  return rule.hidden || rule.seenByTeams !== OPEN_RULE.seenByTeams || rule.seenBy !== OPEN_RULE.seenBy;
}
