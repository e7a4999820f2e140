/**
 * Whether clients' copies are what the Shadow is. Now and then, and when a client asks, it is told the hash of what it should have; a
 * client that finds another asks for the hashes of the nodes, finds what differs, names that, and is sent just that again.
 *
 * All of it goes through the same ordered stream as the changes, so a hash is of exactly what the client has applied before it. What a
 * client may ask is bounded by CHECKS_PER_SECOND_MAX; past that it is not answered, and asks again after the next hash.
 */
import { ByteWriter } from "../../engine/base/bytes.js";
import type { Log } from "../../engine/base/log.js";
import type { Counter, Metrics } from "../../engine/base/metrics.js";
import { OWN_SCOPES, type ScopeMask, VIEW_SCOPES, type ViewCheck } from "../../engine/property/op-sink.js";
import type { Shadow } from "../../engine/property/shadow.js";
import { DownstreamBody } from "../../engine/protocol/client-link.js";
import type { CatchUp } from "./catch-up.js";
import type { ClientBodies } from "./client-bodies.js";
import type { ClientStream } from "./client-stream.js";
import type { FrameBuilder } from "./frame-builder.js";
import type { SyncEntity } from "./sync-entity.js";
import type { ViewFeed } from "./view-feed.js";

const OWN_TARGET = 0;
const CHECKS_PER_SECOND_MAX = 16;
const SECOND_MS = 1_000;
/** Spreads the checks of clients over the interval. */
const GOLDEN_RATIO = 0.618;
/** Of a repair, in the log. */
const PATHS_LOGGED_MAX = 8;

export interface ViewCheckParts {
  /** By slot; the core's own table. */
  readonly entities: readonly (SyncEntity | undefined)[];
  readonly shadow: Shadow;
  readonly frames: FrameBuilder;
  readonly bodies: ClientBodies;
  readonly views: ViewFeed;
  readonly catchUp: CatchUp;
  readonly log: Log;
  readonly metrics: Metrics;
  /** 0: only when a client asks. */
  readonly intervalMs: number;
}

export class ViewChecks {
  private readonly parts: ViewCheckParts;
  private readonly scratch = new ByteWriter(1_024);
  private readonly divergencesTotal: Counter;
  private readonly unansweredTotal: Counter;
  private serverMs = 0;

  constructor(parts: ViewCheckParts) {
    this.parts = parts;
    this.divergencesTotal = parts.metrics.counter("sync_divergences_total");
    this.unansweredTotal = parts.metrics.counter("sync_view_checks_unanswered_total");
  }

  /** Tells those clients whose turn it is the hashes of all they see. Every change was sent before. */
  tick(serverMs: number): void {
    this.serverMs = serverMs;
    const { bodies, intervalMs } = this.parts;
    if (intervalMs === 0) return;
    for (const client of bodies.clients) {
      // One that is behind is asked when it is no longer.
      if (serverMs < client.nextCheckMs || client.arrears !== null) continue;
      const isFirst = client.nextCheckMs === 0;
      client.nextCheckMs = serverMs + intervalMs * (isFirst ? (client.handle * GOLDEN_RATIO) % 1 : 1);
      if (!isFirst) this.giveAll(client);
    }
  }

  /** Answers what the entity's client asks. Every change was sent before. */
  handle(observer: SyncEntity, check: ViewCheck): void {
    const { client } = observer;
    if (client === null) return;
    const entity = this.targetOf(observer, check.target, check.generation);
    if (entity === null) return;
    if (!this.mayAsk(client)) {
      this.unansweredTotal.add();
      return;
    }
    this.parts.catchUp.bring(observer, entity);
    const mask = check.target === OWN_TARGET ? OWN_SCOPES : VIEW_SCOPES;
    if (check.stage === "nodes") this.giveNodes(client, entity, check.target, mask);
    else if (check.stage === "repair") this.giveRepair(client, entity, check, mask);
    if (check.stage !== "nodes") this.giveHashes(client, [{ target: check.target, hash: this.hashOf(entity, mask) }]);
  }

  private giveAll(client: ClientStream): void {
    const { entities, views } = this.parts;
    const observer = entities[client.entity];
    if (observer === undefined) return;
    const records = [{ target: OWN_TARGET, hash: this.hashOf(observer, OWN_SCOPES) }];
    views.forEachSeen(observer, (entity) =>
      records.push({ target: entity.index, hash: this.hashOf(entity, VIEW_SCOPES) }),
    );
    this.giveHashes(client, records);
  }

  private giveHashes(client: ClientStream, records: { target: number; hash: number }[]): void {
    const { frames } = this.parts;
    frames.give(client, frames.add(DownstreamBody.viewHashes, { records }));
  }

  private giveNodes(client: ClientStream, { slot }: SyncEntity, target: number, mask: ScopeMask): void {
    const { frames, shadow } = this.parts;
    const { scratch } = this;
    shadow.writeNodeHashes(slot, mask, scratch.reset());
    frames.give(client, frames.add(DownstreamBody.nodeHashes, { target, hashes: scratch.written() }));
  }

  private giveRepair(client: ClientStream, entity: SyncEntity, check: ViewCheck, mask: ScopeMask): void {
    const { frames, shadow } = this.parts;
    const { slot } = entity;
    const { target, parts } = check;
    const { scratch } = this;
    const numbers = parts.map(({ part }) => part);
    this.report(client, entity, check);
    shadow.writeRepair(slot, numbers, mask, scratch.reset());
    frames.give(client, frames.add(DownstreamBody.repairOps, { target, ops: scratch.written() }));
  }

  private report(client: ClientStream, { slot, id }: SyncEntity, { parts }: ViewCheck): void {
    const { log, shadow } = this.parts;
    this.divergencesTotal.add(parts.length);
    log.warn("a client's copy of an entity differs", {
      entity: id,
      type: shadow.typeOf(slot).name,
      gate: client.gate,
      handle: client.handle,
      parts: parts.length,
      differs: parts.slice(0, PATHS_LOGGED_MAX).map(({ part, op }) => shadow.nameOfPart(slot, part, op)),
    });
  }

  private targetOf(observer: SyncEntity, target: number, generation: number): SyncEntity | null {
    if (target === OWN_TARGET) return observer;
    const { space, index } = observer;
    if (space === null || space.generations[target] !== generation || !space.views.sees(index, target)) return null;
    return this.parts.views.entityAt(space, target) ?? null;
  }

  private mayAsk(client: ClientStream): boolean {
    const second = Math.floor(this.serverMs / SECOND_MS);
    if (client.checkSecond !== second) {
      client.checkSecond = second;
      client.checkCount = 0;
    }
    return ++client.checkCount <= CHECKS_PER_SECOND_MAX;
  }

  /** Of what viewers see: once for all of them until it changes. */
  private hashOf(entity: SyncEntity, mask: ScopeMask): number {
    const { shadow } = this.parts;
    if (mask === OWN_SCOPES) return shadow.hash(entity.slot, mask);
    if (entity.viewHash === null) entity.viewHash = shadow.hash(entity.slot, mask);
    return entity.viewHash;
  }
}
