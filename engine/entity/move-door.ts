/**
 * Where clients' moves come in: the checks' verdict, the author's `onMove` as the last word, and what follows: the client is put back, a flag,
 * a kick. Also where script says that something is legal. One per game, on the script thread; called by ClientRegistry and EntityHost.
 *
 * Invariant: an entity that has a client and is in a space has been told its place with a placement number, and moves that name another one
 * are ignored. Numbers are unique among the latest 65,535 of the game, so that a client's moves for one entity mean nothing to another.
 */
import { AeonError, type ErrorCode } from "../base/errors.js";
import type { Incarnation } from "../base/ids.js";
import { defaultConfig } from "../config/config.js";
import { GateClock } from "../movement/gate-clock.js";
import { MoveJudge } from "../movement/move-judge.js";
import { type NavCheck, NavGuard, type WrongWay } from "../movement/nav-guard.js";
import { limitsOf } from "../movement/rules.js";
import type { MovementThresholds } from "../movement/thresholds.js";
import { MoveTracer, verdictNumber } from "../movement/tracer.js";
import { CORRECTING, FLAGGING, type Grade, VERDICT, verdictNames } from "../movement/verdict.js";
import type { PlacementCause } from "../property/op-sink.js";
import type { UpstreamBody } from "../protocol/client-link.js";
import type { MessageValue } from "../protocol/message.js";
import type { AreaEntity } from "./area-entity.js";
import type { WithClient } from "./avatar-entity.js";
import type { EntityPorts, Position } from "./runtime.js";
import type { HookOptions } from "./script-runner.js";
import type { ServerEntity } from "./server-entity.js";
import type { Space } from "./space.js";
import { COORDINATE_MAX } from "./space-table.js";

type Move = MessageValue<typeof UpstreamBody.entityMove>;
export type Movable = AreaEntity & WithClient;

/** What is kept about a client's way through the world. */
export interface ClientMover {
  readonly judge: MoveJudge | null;
  readonly tracer: MoveTracer | null;
  placement: number;
  /** Without a judge: of the last move. */
  number: number;
  /** Of the last move that was accepted by all. */
  acceptedNumber: number;
}

export interface MoveDoorOwner {
  runHook(entity: ServerEntity, name: string, hook: () => unknown, options?: HookOptions): void;
  /** A well formed move that cannot be. */
  refuseMove(entity: Movable): void;
  /** Closes the entity's client, which is lost. */
  closeClient(entity: Movable, code: ErrorCode, reason: string): void;
}

const MOVE_HOOK: HookOptions = { reentrant: true, vital: false };
const PLACEMENT_MAX = 0xffff;

export class MoveDoor {
  private readonly ports: EntityPorts;
  private readonly owner: MoveDoorOwner;
  private readonly thresholds: MovementThresholds;
  private readonly clocks = new Map<Incarnation, GateClock>();
  private readonly guards = new Map<Space, NavGuard<Movable>>();
  private placements = 0;
  /** Whose onMove runs: what it moves is its client's own doing. */
  private moving: Movable | null = null;

  constructor(ports: EntityPorts, owner: MoveDoorOwner) {
    this.ports = ports;
    this.owner = owner;
    this.thresholds = ports.movement ?? defaultConfig().movement;
  }

  /** Throws BYTES_MALFORMED for what is no place. `stamp`: when it came to the gate. */
  handleMove(entity: Movable, gate: Incarnation, stamp: number, m: Move): void {
    const { x, y, z, yaw } = m;
    if (!Number.isFinite(x + y + z + yaw)) throw new AeonError("BYTES_MALFORMED", "a coordinate is not a number");
    const mover = entity.$.mover;
    if (mover === null || entity.$.space === null) return;
    const arrivedMs = this.clockOf(gate).note(stamp, this.ports.scheduler.nowMs());
    const reach = Math.max(Math.abs(x), Math.abs(y), Math.abs(z), Math.abs(yaw));
    if (reach > COORDINATE_MAX) {
      this.owner.refuseMove(entity);
      return this.correct(entity, mover);
    }
    const { judge } = mover;
    const fromX = judge?.mover.x ?? x;
    const fromY = judge?.mover.y ?? y;
    const fromZ = judge?.mover.z ?? z;
    const grade = this.judge(mover, arrivedMs, m);
    if (grade === "accept") this.accept(entity, mover, m, fromX, fromY, fromZ);
    else if (grade !== "ignore") this.punish(entity, mover, grade, m);
    else this.ports.metrics.counter("movement_ignored_total").add();
  }

  /** The server says where the client is: it got this client, entered a space, or script moved it. Nothing, without a client or a space. */
  place(entity: AreaEntity): void {
    const { client, space } = entity.$;
    if (client === null || space === null) return;
    const movable = entity as Movable;
    const mover = this.moverOf(movable);
    const at = this.tell(movable, mover, "placed");
    const atMs = this.nowFor(movable);
    mover.judge?.place(mover.placement, at.x, at.y, at.z, atMs);
    mover.tracer?.notePlace(atMs, mover.placement, at.x, at.y, at.z, false);
  }

  /** The entity has this client from now on: its moves count from 1. */
  handleNewClient(entity: ServerEntity): void {
    const { mover } = entity.$;
    if (mover === null) return;
    mover.number = 0;
    mover.acceptedNumber = 0;
    mover.judge?.handleNewClient();
    mover.tracer?.noteNewClient(this.nowFor(entity as Movable));
  }

  /** Whether what moves the entity now is its own `onMove`. */
  isMoving(entity: AreaEntity): boolean {
    return this.moving === entity;
  }

  /** Throws VALUE_RANGE for a mode that the entity's rules do not have. */
  setMode(entity: Movable, name: string): void {
    const { judge, tracer } = this.moverOf(entity);
    const index = judge?.modes.findIndex((mode) => mode.name === name) ?? -1;
    if (index < 0) throw new AeonError("VALUE_RANGE", `${entity.typeName} has no movement mode "${name}"`);
    const atMs = this.nowFor(entity);
    judge?.setMode(index, atMs);
    tracer?.noteMode(atMs, index);
  }

  modeOf(entity: Movable): string {
    const { judge } = this.moverOf(entity);
    return judge?.modes[judge.modeIndex]?.name ?? "";
  }

  /** So much way beyond the limits is legal for `forMs`, and until the client can have heard that it is over. */
  allowWay(entity: Movable, units: number, unitsUp: number, forMs: number): void {
    if (!(units >= 0 && unitsUp >= 0 && forMs >= 0 && units + unitsUp + forMs < Number.POSITIVE_INFINITY))
      throw new AeonError("VALUE_RANGE", `${units}, ${unitsUp} units for ${forMs} ms`);
    const { judge, tracer } = this.moverOf(entity);
    const atMs = this.nowFor(entity);
    judge?.allowWay(units, unitsUp, forMs, atMs);
    tracer?.noteAllow(atMs, units, unitsUp, forMs);
  }

  /** A gate stood still: what its clients did meanwhile comes at once, and is nobody's cheat. */
  handleGateSlept(gate: Incarnation, sleptMs: number, movers: Iterable<ServerEntity>): void {
    const atMs = this.clockOf(gate).at(this.ports.scheduler.nowMs());
    for (const { $ } of movers) {
      $.mover?.judge?.forgive(sleptMs);
      $.mover?.tracer?.noteForgive(atMs, sleptMs);
    }
  }

  /** The entity has no client any more, or ends. */
  handleClientGone(entity: ServerEntity): void {
    entity.$.mover?.tracer?.finish();
  }

  handleGateGone(gate: Incarnation): void {
    this.clocks.delete(gate);
  }

  /** Null: what moves in this space is not asked about any more. */
  setNavCheck(space: Space, check: NavCheck | null): void {
    if (check === null) this.guards.delete(space);
    else this.guards.set(space, new NavGuard(check, (wrong) => this.handleWrongWay(wrong)));
  }

  /** Once a tick. */
  tick(): void {
    for (const [space, guard] of this.guards) {
      guard.flush();
      if (guard.uncheckedCount > 0) this.countUnchecked(guard);
      if (space.destroyed) this.guards.delete(space);
    }
  }

  private judge(mover: ClientMover, arrivedMs: number, m: Move): Grade {
    const { judge } = mover;
    if (judge === null) {
      if (m.placement !== mover.placement || m.moveNumber <= mover.number) return "ignore";
      mover.number = m.moveNumber;
      return "accept";
    }
    const grade = judge.move(arrivedMs, m.moveNumber, m.placement, m.x, m.y, m.z);
    const verdict = verdictNumber(judge.bits, grade);
    mover.tracer?.noteMove(arrivedMs, m.moveNumber, m.placement, m.x, m.y, m.z, verdict);
    return grade;
  }

  private accept(entity: Movable, mover: ClientMover, m: Move, fromX: number, fromY: number, fromZ: number): void {
    const { placement } = mover;
    const { x, y, z, yaw, moveNumber } = m;
    const move = () => {
      if (entity.destroyed || entity.$.client === null || mover.placement !== placement) return;
      let isAccepted = false;
      const before = this.moving;
      this.moving = entity;
      try {
        isAccepted = entity.onMove({ x, y, z, yaw });
      } finally {
        this.moving = before;
        // A portal, perhaps: then it is elsewhere by now, and has been told.
        if (mover.placement === placement && !isAccepted) this.refuse(entity, mover);
      }
      if (!isAccepted || mover.placement !== placement) return;
      mover.acceptedNumber = moveNumber;
      this.noteWay(entity, placement, fromX, fromY, fromZ, x, y, z);
    };
    this.owner.runHook(entity, "onMove", move, MOVE_HOOK);
  }

  private noteWay(
    entity: Movable,
    placement: number,
    x: number,
    y: number,
    z: number,
    toX: number,
    toY: number,
    toZ: number,
  ): void {
    if (this.guards.size === 0) return;
    const { space } = entity.$;
    if (space !== null) this.guards.get(space)?.note(entity, placement, x, y, z, toX, toY, toZ);
  }

  /** The author's hook has refused the move. */
  private refuse(entity: Movable, mover: ClientMover): void {
    const atMs = this.nowFor(entity);
    const grade = mover.judge?.judge(VERDICT.refused, atMs) ?? "correct";
    mover.tracer?.noteVerdict(atMs, VERDICT.refused, grade);
    this.correct(entity, mover);
  }

  private punish(entity: Movable, mover: ClientMover, grade: Grade, wanted: Position): void {
    const bits = mover.judge?.bits ?? 0;
    if ((bits & CORRECTING) !== 0) this.putBack(entity, mover, wanted);
    if (grade !== "flag" && grade !== "kick") return;
    const verdicts = verdictNames(bits & FLAGGING);
    const isKicked = grade === "kick";
    this.ports.metrics.counter(isKicked ? "movement_kicked_total" : "movement_flagged_total").add();
    this.ports.log.info("movement.flagged", { entity: entity.id, type: entity.typeName, verdicts, isKicked });
    mover.tracer?.wish(this.nowFor(entity));
    this.owner.runHook(entity, "onMoveFlag", () => entity.onMoveFlag?.({ verdicts, isKicked }));
    if (isKicked) this.owner.closeClient(entity, "CLIENT_MOVEMENT", verdicts.join(", "));
  }

  private handleWrongWay({ who, placement, bits, x, y, z }: WrongWay<Movable>): void {
    const { mover, space } = who.$;
    // It has been put elsewhere since: by an earlier wrong way, or by script.
    if (who.destroyed || space === null || mover === null || mover.placement !== placement) return;
    const atMs = this.nowFor(who);
    const grade = mover.judge?.judge(bits, atMs) ?? "correct";
    mover.tracer?.noteVerdict(atMs, bits, grade);
    const wanted = who.position;
    this.moving = who;
    try {
      who.moveTo(x, y, z);
    } finally {
      this.moving = null;
    }
    if (mover.judge === null) this.putBack(who, mover, wanted);
    else this.punish(who, mover, grade, wanted);
    this.ports.flush();
  }

  private putBack(entity: Movable, mover: ClientMover, { x, y, z, yaw }: Position): void {
    this.correct(entity, mover);
    if (entity.onPutBack !== undefined)
      this.owner.runHook(entity, "onPutBack", () => entity.onPutBack?.({ x, y, z, yaw }));
  }

  /** Puts the client back to where the entity is. */
  private correct(entity: Movable, mover: ClientMover): void {
    if (entity.$.space === null || entity.$.client === null) return;
    this.ports.metrics.counter("movement_corrected_total").add();
    const at = this.tell(entity, mover, "corrected");
    mover.judge?.putBack(mover.placement, at.x, at.y, at.z);
    mover.tracer?.notePlace(this.nowFor(entity), mover.placement, at.x, at.y, at.z, true);
  }

  private tell(entity: Movable, mover: ClientMover, cause: PlacementCause): Position {
    const { x, y, z, yaw } = entity.position;
    // As the client will have it.
    const at = { x: Math.fround(x), y: Math.fround(y), z: Math.fround(z), yaw };
    this.placements = (this.placements % PLACEMENT_MAX) + 1;
    mover.placement = this.placements;
    const { placement, acceptedNumber } = mover;
    this.ports.ops.moveCorrect(entity.$.slot, acceptedNumber, placement, cause, at.x, at.y, at.z, yaw);
    return at;
  }

  private moverOf(entity: Movable): ClientMover {
    entity.$.mover ??= this.newMover(entity);
    return entity.$.mover;
  }

  private newMover(entity: Movable): ClientMover {
    const { movementRules: rules } = entity;
    if (rules === null) return { judge: null, tracer: null, placement: 0, number: 0, acceptedNumber: 0 };
    const judge = new MoveJudge(this.thresholds, limitsOf(rules), this.nowFor(entity));
    const { traces } = this.ports;
    const tracer = traces == null ? null : new MoveTracer(judge, rules, traces);
    tracer?.name(entity.id, entity.typeName);
    return { judge, tracer, placement: 0, number: 0, acceptedNumber: 0 };
  }

  private nowFor(entity: ServerEntity): number {
    const { client } = entity.$;
    return client === null ? 0 : this.clockOf(client.gate).at(this.ports.scheduler.nowMs());
  }

  private clockOf(gate: Incarnation): GateClock {
    let clock = this.clocks.get(gate);
    if (clock === undefined) {
      clock = new GateClock();
      this.clocks.set(gate, clock);
    }
    return clock;
  }

  private countUnchecked(guard: NavGuard<Movable>): void {
    this.ports.metrics.counter("movement_nav_unchecked_total").add(guard.uncheckedCount);
    guard.uncheckedCount = 0;
  }
}
