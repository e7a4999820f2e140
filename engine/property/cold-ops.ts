/**
 * The ops that are not worth a form of their own, as whoever encodes ops writes them: which argument stands in which field is said here
 * once, opposite `applyCold`, which reads them. OpLog puts them into the ring, a recording into its file.
 */
import type { EntityId } from "../base/ids.js";
import { COLD, type ColdOp } from "./op-log-world.js";
import type { ClientAudience, OpSink, PlacementCause, ViewCheck, ViewRule } from "./op-sink.js";

export abstract class ColdOps implements Pick<OpSink, keyof typeof COLD> {
  protected abstract coldOp<T>(op: ColdOp<T>, body: T): void;

  entityCreate(entity: number, type: number, id: EntityId): void {
    this.coldOp(COLD.entityCreate, { entity, type, id });
  }
  spaceCreate(space: number, entity: number, type: number, id: EntityId): void {
    this.coldOp(COLD.spaceCreate, { space, entity, type, id });
  }
  spaceDestroy(space: number): void {
    this.coldOp(COLD.spaceDestroy, { space });
  }
  spaceEnter(
    entity: number,
    space: number,
    shortId: number,
    generation: number,
    x: number,
    y: number,
    z: number,
    yaw: number,
  ): void {
    this.coldOp(COLD.spaceEnter, { entity, space, shortId, generation, x, y, z, yaw });
  }
  spaceLeave(entity: number): void {
    this.coldOp(COLD.spaceLeave, { entity });
  }
  clientAttach(entity: number, gate: number, handle: number, bindNumber: number, definitionsHash: string): void {
    this.coldOp(COLD.clientAttach, { entity, gate, handle, bindNumber, hash: definitionsHash });
  }
  clientDetach(entity: number): void {
    this.coldOp(COLD.clientDetach, { entity });
  }
  clientKick(entity: number, code: string, reason: string): void {
    this.coldOp(COLD.clientKick, { entity, code, reason });
  }
  clientGive(entity: number, targetGame: number, targetEntity: EntityId): void {
    this.coldOp(COLD.clientGive, { entity, game: targetGame, target: targetEntity });
  }
  clientSwitch(entity: number, toStream: number): void {
    this.coldOp(COLD.clientSwitch, { entity, stream: toStream });
  }
  clientContinue(entity: number, gate: number, handle: number, bindNumber: number): void {
    this.coldOp(COLD.clientContinue, { entity, gate, handle, bindNumber });
  }
  clientCall(entity: number, audience: ClientAudience, method: number, args: Uint8Array): void {
    this.coldOp(COLD.clientCall, { entity, audience, method, args });
  }
  clientReply(entity: number, callId: number, code: string, payload: Uint8Array): void {
    this.coldOp(COLD.clientReply, { entity, callId, code, payload });
  }
  moveCorrect(
    entity: number,
    move: number,
    placement: number,
    cause: PlacementCause,
    x: number,
    y: number,
    z: number,
    yaw: number,
  ): void {
    this.coldOp(COLD.moveCorrect, { entity, move, placement, cause, x, y, z, yaw });
  }
  viewRadius(entity: number, radius: number, margin: number): void {
    this.coldOp(COLD.viewRadius, { entity, radius, margin });
  }
  viewLimit(entity: number, limit: number): void {
    this.coldOp(COLD.viewLimit, { entity, limit });
  }
  viewRule(entity: number, rule: ViewRule): void {
    this.coldOp(COLD.viewRule, { entity, ...rule });
  }
  viewEvents(entity: number, wanted: boolean): void {
    this.coldOp(COLD.viewEvents, { entity, wanted });
  }
  viewCheck(entity: number, check: ViewCheck): void {
    this.coldOp(COLD.viewCheck, { entity, ...check, parts: [...check.parts] });
  }
}
