/** The op log's cold ops: one table of fields writes and reads them. Recordings hold them, too: numbers are not used again. */
import type { ByteReader, ByteWriter } from "../base/bytes.js";
import { AeonError } from "../base/errors.js";
import { blob, bool, type Field, f32, list, oneOf, record, text, u8, u16, u32, uvar } from "../protocol/message.js";
import type { OpSink } from "./op-sink.js";

const BYTES_MAX = 2 ** 30;
const PARTS_MAX = 65_535;
const name = text(BYTES_MAX);

export interface ColdOp<T> {
  readonly id: number;
  readonly body: Field<T>;
  readonly apply: (sink: OpSink, op: T) => void;
}

function coldOp<T>(id: number, body: Field<T>, apply: (sink: OpSink, op: T) => void): ColdOp<T> {
  return { id, body, apply };
}

/** Retired: 12. */
export const COLD = {
  entityCreate: coldOp(1, record({ entity: uvar, type: uvar, id: name }), (sink, op) =>
    sink.entityCreate(op.entity, op.type, op.id),
  ),
  spaceCreate: coldOp(2, record({ space: uvar, entity: uvar, type: uvar, id: name }), (sink, op) =>
    sink.spaceCreate(op.space, op.entity, op.type, op.id),
  ),
  spaceDestroy: coldOp(3, record({ space: uvar }), (sink, op) => sink.spaceDestroy(op.space)),
  spaceEnter: coldOp(
    14,
    record({ entity: uvar, space: uvar, shortId: u16, generation: u8, x: f32, y: f32, z: f32, yaw: f32 }),
    (sink, op) => sink.spaceEnter(op.entity, op.space, op.shortId, op.generation, op.x, op.y, op.z, op.yaw),
  ),
  spaceLeave: coldOp(5, record({ entity: uvar }), (sink, op) => sink.spaceLeave(op.entity)),
  clientAttach: coldOp(
    6,
    record({ entity: uvar, gate: uvar, handle: uvar, bindNumber: uvar, hash: name }),
    (sink, op) => sink.clientAttach(op.entity, op.gate, op.handle, op.bindNumber, op.hash),
  ),
  clientDetach: coldOp(7, record({ entity: uvar }), (sink, op) => sink.clientDetach(op.entity)),
  clientKick: coldOp(8, record({ entity: uvar, code: name, reason: name }), (sink, op) =>
    sink.clientKick(op.entity, op.code, op.reason),
  ),
  clientGive: coldOp(9, record({ entity: uvar, game: uvar, target: name }), (sink, op) =>
    sink.clientGive(op.entity, op.game, op.target),
  ),
  clientCall: coldOp(
    10,
    record({ entity: uvar, audience: oneOf("own", "all", "others"), method: u16, args: blob(BYTES_MAX) }),
    (sink, op) => sink.clientCall(op.entity, op.audience, op.method, op.args),
  ),
  clientReply: coldOp(11, record({ entity: uvar, callId: uvar, code: name, payload: blob(BYTES_MAX) }), (sink, op) =>
    sink.clientReply(op.entity, op.callId, op.code, op.payload),
  ),
  moveCorrect: coldOp(
    21,
    record({
      entity: uvar,
      move: u32,
      placement: u16,
      cause: oneOf("placed", "corrected"),
      x: f32,
      y: f32,
      z: f32,
      yaw: f32,
    }),
    (sink, op) => sink.moveCorrect(op.entity, op.move, op.placement, op.cause, op.x, op.y, op.z, op.yaw),
  ),
  viewRadius: coldOp(13, record({ entity: uvar, radius: f32, margin: f32 }), (sink, op) =>
    sink.viewRadius(op.entity, op.radius, op.margin),
  ),
  viewLimit: coldOp(15, record({ entity: uvar, limit: uvar }), (sink, op) => sink.viewLimit(op.entity, op.limit)),
  viewRule: coldOp(
    16,
    record({ entity: uvar, teams: u32, seenByTeams: u32, seenBy: name, hidden: bool }),
    (sink, op) => {
      const { teams, seenByTeams, seenBy, hidden } = op;
      sink.viewRule(op.entity, { teams, seenByTeams, seenBy, hidden });
    },
  ),
  viewEvents: coldOp(17, record({ entity: uvar, wanted: bool }), (sink, op) => sink.viewEvents(op.entity, op.wanted)),
  viewCheck: coldOp(
    20,
    record({
      entity: uvar,
      target: uvar,
      generation: u8,
      stage: oneOf("hash", "nodes", "repair"),
      parts: list(record({ part: uvar, op: u8 }), PARTS_MAX),
    }),
    (sink, { entity, ...check }) => sink.viewCheck(entity, check),
  ),
  clientSwitch: coldOp(18, record({ entity: uvar, stream: uvar }), (sink, op) =>
    sink.clientSwitch(op.entity, op.stream),
  ),
  clientContinue: coldOp(19, record({ entity: uvar, gate: uvar, handle: uvar, bindNumber: uvar }), (sink, op) =>
    sink.clientContinue(op.entity, op.gate, op.handle, op.bindNumber),
  ),
} as const;

const byId: (ColdOp<unknown> | undefined)[] = [];
for (const op of Object.values(COLD)) byId[op.id] = op as ColdOp<unknown>;

export function writeCold<T>(writer: ByteWriter, op: ColdOp<T>, body: T): void {
  writer.u8(op.id);
  op.body.write(writer, body);
}

export function applyCold(reader: ByteReader, sink: OpSink): void {
  const op = byId[reader.u8()];
  if (op === undefined) throw new AeonError("INTERNAL", "the op log holds an op that is not listed");
  op.apply(sink, op.body.read(reader));
}
