/**
 * Who sees whom, and what those who see are told of it: enter, leave, positions, and whatever else goes to the viewers of an entity.
 * Part of the sync core. Whoever lets a view begin has sent all pending changes before, since viewEnter carries the present state.
 */
import type { EntityId } from "../../engine/base/ids.js";
import type { Counter, Metrics } from "../../engine/base/metrics.js";
import { admits, OPEN_RULE } from "../../engine/entity/view-state.js";
import type { ViewRule } from "../../engine/property/op-sink.js";
import type { ClientBodies } from "./client-bodies.js";
import type { FrameBuilder } from "./frame-builder.js";
import { type SpaceView, TRANSFORM_LENGTH } from "./space-view.js";
import type { SyncEntity } from "./sync-entity.js";
import { type TransformGather, TURN_TICKS } from "./transform-gather.js";

/** The client of an entity that wants to know begins or ceases to see another. */
export type ViewChange = (observer: EntityId, subject: EntityId, isEntered: boolean) => void;

export interface ViewFeedParts {
  /** By slot; the core's own table. */
  readonly entities: readonly (SyncEntity | undefined)[];
  readonly spaces: ReadonlyMap<number, SpaceView>;
  readonly frames: FrameBuilder;
  readonly bodies: ClientBodies;
  readonly gather: TransformGather;
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
    return (entity.space?.views.viewers.length(entity.index) ?? 0) > 0;
  }

  /** Gives a body to every client that sees the entity. */
  giveViewers(entity: SyncEntity, body: number): void {
    const { space } = entity;
    if (space === null) return;
    const { viewers } = space.views;
    const count = viewers.length(entity.index);
    for (let i = 0; i < count; i++) {
      const client = this.entityAt(space, viewers.at(entity.index, i))?.client;
      if (client != null) this.bodies.give(client, body);
    }
  }

  /** Takes `count` new positions, brings the views up to date, and tells clients what began and ended and who moved. */
  move(tick: number, serverMs: number, count: number, slots: Int32Array, positions: Float32Array): void {
    for (let i = 0; i < count; i++) this.listMover(slots[i] as number, i * TRANSFORM_LENGTH);
    for (const space of this.parts.spaces.values()) {
      if (space.movers.length > 0) {
        space.takeMoves(positions);
        space.movedTick = tick;
      }
      if (space.views.observers.length > 0) this.updateViews(space, tick, serverMs);
    }
  }

  /** The entity was given a short id in its space: those near see it, and its client looks about. */
  enterSpace(entity: SyncEntity): void {
    this.observe(entity);
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
    const { left } = space.views;
    for (let i = 0; i < left.length; i += 2) this.reportView(space, entity, left.at(i + 1), false);
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
    if (tick - space.movedTick < TURN_TICKS) this.parts.gather.gather(space, tick);
  }

  /** Tells clients which entities left their view and which came into it. Pending changes must have been sent. */
  private sendPairs(space: SpaceView): void {
    const { left, entered } = space.views;
    for (let i = 0; i < left.length; i += 2) this.sendLeave(space, left.at(i), left.at(i + 1));
    for (let i = 0; i < entered.length; i += 2) this.sendEnter(space, entered.at(i), entered.at(i + 1));
    this.leftTotal.add(left.length / 2);
    this.enteredTotal.add(entered.length / 2);
    space.views.clearPairs();
  }

  private sendLeave(space: SpaceView, observer: number, subject: number): void {
    const entity = this.entityAt(space, observer);
    if (entity?.client == null) return;
    this.bodies.give(entity.client, this.frames.addViewLeave(subject));
    this.reportView(space, entity, subject, false);
  }

  private sendEnter(space: SpaceView, observer: number, subject: number): void {
    const entity = this.entityAt(space, observer);
    const entering = this.entityAt(space, subject);
    if (entity?.client == null || entering === undefined) return;
    this.bodies.give(entity.client, this.bodies.viewEnterOf(entering, space));
    this.reportView(space, entity, subject, true);
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
