/**
 * The op logs of a game's streams as one: what concerns an entity goes to the log of the stream that the entity is on, what concerns a
 * space to that of the space. Entities of one space are on one stream; an entity that was never in a space is on the first. With one
 * stream it only passes on. Script thread.
 *
 * Property ops do not pass through here: a tree writes straight into its stream's log.
 */
import { assert } from "../base/errors.js";
import type { EntityId } from "../base/ids.js";
import type { ClientAudience, OpSink, PlacementCause, ViewCheck, ViewRule, WorldOpSink } from "../property/op-sink.js";
import type { PropertyTree } from "../property/properties.js";

const SLOTS_MIN = 1_024;
const TRANSFORM_LENGTH = 4;

/** One stream's share of a tick. */
class Share {
  readonly log: OpSink;
  /** Entities in its spaces. */
  entityCount = 0;
  spaceCount = 0;
  movedCount = 0;
  moved = new Int32Array(0);
  positions = new Float32Array(0);

  constructor(log: OpSink) {
    this.log = log;
  }

  reserve(count: number): void {
    if (this.moved.length >= count) return;
    this.moved = new Int32Array(count * 2);
    this.positions = new Float32Array(count * 2 * TRANSFORM_LENGTH);
  }
}

export class OpRouter implements WorldOpSink {
  private readonly shares: readonly Share[];
  /** Index into `shares`, by slot. */
  private placeOf = new Uint8Array(SLOTS_MIN);
  private readonly placeOfSpace = new Map<number, number>();

  constructor(logs: readonly OpSink[]) {
    assert(logs.length > 0, "a game has an op log");
    this.shares = logs.map((log) => new Share(log));
  }

  /** 0 for the first of `logs`, and so on. */
  placeOfEntity(slot: number): number {
    return this.placeOf[slot] ?? 0;
  }

  /** The stream that entities of this space are on. */
  placeIn(space: number): number {
    return this.placeOfSpace.get(space) ?? 0;
  }

  /** Writes entityCreate and what is in the tree to the first stream, or to the one named; from now on every change. */
  attach(tree: PropertyTree, slot: number, id: EntityId, place = 0): void {
    if (slot >= this.placeOf.length) this.growTo(slot);
    this.placeOf[slot] = place;
    tree.attach(this.logOf(slot), slot, id);
  }

  entityDestroy(slot: number): void {
    this.logOf(slot).entityDestroy(slot);
    this.placeOf[slot] = 0;
  }

  /** The space goes to the stream with the fewest entities in spaces; among equals to the one with the fewest spaces. */
  spaceCreate(space: number, entity: number, type: number, id: EntityId): void {
    const place = this.emptiestPlace();
    this.placeOfSpace.set(space, place);
    const share = this.shares[place] as Share;
    share.spaceCount++;
    share.log.spaceCreate(space, entity, type, id);
  }
  spaceDestroy(space: number): void {
    const share = this.shares[this.placeIn(space)] as Share;
    this.placeOfSpace.delete(space);
    share.spaceCount--;
    share.log.spaceDestroy(space);
  }

  /** The entity must be on the space's stream. */
  spaceEnter(
    slot: number,
    space: number,
    shortId: number,
    generation: number,
    x: number,
    y: number,
    z: number,
    yaw: number,
  ): void {
    const share = this.shareOf(slot);
    share.entityCount++;
    share.log.spaceEnter(slot, space, shortId, generation, x, y, z, yaw);
  }
  spaceLeave(slot: number): void {
    const share = this.shareOf(slot);
    share.entityCount--;
    share.log.spaceLeave(slot);
  }

  /** Each stream gets the tick, with what moved there. */
  transforms(tick: number, serverMs: number, count: number, slots: Int32Array, positions: Float32Array): void {
    const [first, ...others] = this.shares;
    if (others.length === 0) {
      first?.log.transforms(tick, serverMs, count, slots, positions);
      return;
    }
    this.split(count, slots, positions);
    for (const share of this.shares) {
      share.log.transforms(tick, serverMs, share.movedCount, share.moved, share.positions);
    }
  }

  clientAttach(slot: number, gate: number, handle: number, bindNumber: number, definitionsHash: string): void {
    this.logOf(slot).clientAttach(slot, gate, handle, bindNumber, definitionsHash);
  }
  clientDetach(slot: number): void {
    this.logOf(slot).clientDetach(slot);
  }
  clientKick(slot: number, code: string, reason: string): void {
    this.logOf(slot).clientKick(slot, code, reason);
  }
  clientGive(slot: number, targetGame: number, targetEntity: EntityId): void {
    this.logOf(slot).clientGive(slot, targetGame, targetEntity);
  }
  clientSwitch(slot: number, toStream: number): void {
    this.logOf(slot).clientSwitch(slot, toStream);
  }
  clientContinue(slot: number, gate: number, handle: number, bindNumber: number): void {
    this.logOf(slot).clientContinue(slot, gate, handle, bindNumber);
  }
  clientCall(slot: number, audience: ClientAudience, method: number, args: Uint8Array): void {
    this.logOf(slot).clientCall(slot, audience, method, args);
  }
  clientReply(slot: number, callId: number, code: string, payload: Uint8Array): void {
    this.logOf(slot).clientReply(slot, callId, code, payload);
  }
  moveCorrect(
    slot: number,
    moveNumber: number,
    placement: number,
    cause: PlacementCause,
    x: number,
    y: number,
    z: number,
    yaw: number,
  ): void {
    this.logOf(slot).moveCorrect(slot, moveNumber, placement, cause, x, y, z, yaw);
  }
  viewRadius(slot: number, radius: number, margin: number): void {
    this.logOf(slot).viewRadius(slot, radius, margin);
  }
  viewLimit(slot: number, limit: number): void {
    this.logOf(slot).viewLimit(slot, limit);
  }
  viewRule(slot: number, rule: ViewRule): void {
    this.logOf(slot).viewRule(slot, rule);
  }
  viewEvents(slot: number, wanted: boolean): void {
    this.logOf(slot).viewEvents(slot, wanted);
  }
  viewCheck(slot: number, check: ViewCheck): void {
    this.logOf(slot).viewCheck(slot, check);
  }

  private shareOf(slot: number): Share {
    return this.shares[this.placeOf[slot] ?? 0] as Share;
  }

  private logOf(slot: number): OpSink {
    return this.shareOf(slot).log;
  }

  private emptiestPlace(): number {
    let best = 0;
    for (let place = 1; place < this.shares.length; place++) {
      const a = this.shares[place] as Share;
      const b = this.shares[best] as Share;
      if (a.entityCount < b.entityCount || (a.entityCount === b.entityCount && a.spaceCount < b.spaceCount))
        best = place;
    }
    return best;
  }

  private split(count: number, slots: Int32Array, positions: Float32Array): void {
    for (const share of this.shares) {
      share.reserve(count);
      share.movedCount = 0;
    }
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      const share = this.shareOf(slot);
      const at = share.movedCount * TRANSFORM_LENGTH;
      const from = i * TRANSFORM_LENGTH;
      share.moved[share.movedCount++] = slot;
      for (let j = 0; j < TRANSFORM_LENGTH; j++) share.positions[at + j] = positions[from + j] as number;
    }
  }

  private growTo(slot: number): void {
    const larger = new Uint8Array(Math.max(slot + 1, this.placeOf.length * 2));
    larger.set(this.placeOf);
    this.placeOf = larger;
  }
}
