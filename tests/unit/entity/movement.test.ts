/** Moves through a game's entity layer: checked, put back, flagged, kicked; what script allows; walls; gates that sleep; traces. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteWriter } from "../../../engine/base/bytes.js";
import { defaultConfig } from "../../../engine/config/config.js";
import type { MovementRules } from "../../../engine/index.js";
import {
  AvatarAreaEntity,
  AvatarEntity,
  defineEntity,
  defineWorld,
  type MoveFlag,
  Space,
} from "../../../engine/index.js";
import type { TraceStretch } from "../../../engine/movement/tracer.js";
import { UpstreamBody } from "../../../engine/protocol/client-link.js";
import { encodeMessage } from "../../../engine/protocol/message.js";
import { readTrace, writeTrace } from "../../../engine/recording/trace-file.js";
import { recordedVerdict, replayTrace } from "../../../engine/recording/trace-replay.js";
import { CLIENT, GATE, OTHER_GATE, TestCluster, type TestGame } from "./rig.js";

const RULES: MovementRules = { foot: { speedMax: 5, jumpHeight: 1 }, horse: { speedMax: 15 } };
const STEP = 0.5;
const FRAME_MS = 100;

class Runner extends defineEntity(AvatarAreaEntity, "Runner", {}) {
  readonly flags: MoveFlag[] = [];
  lost = "";
  refuses = false;
  override get movementRules(): MovementRules {
    return RULES;
  }
  override onMove(to: { x: number; y: number; z: number; yaw: number }): boolean {
    return !this.refuses && super.onMove(to);
  }
  override onMoveFlag(flag: MoveFlag): void {
    this.flags.push(flag);
  }
  override async onClientLost(code: string): Promise<void> {
    this.lost = code;
  }
}
class Ghost extends defineEntity(AvatarAreaEntity, "Ghost", {}) {}
class Account extends defineEntity(AvatarEntity, "Account", {}) {}
class Field extends defineEntity(Space, "Field", {}) {}

const world = defineWorld({ entities: [Account, Runner, Ghost, Field], account: "Account" });

interface Scene {
  readonly cluster: TestCluster;
  readonly game: TestGame;
  readonly field: Field;
  readonly runner: Runner;
  readonly client: TestClient;
  readonly stretches: TraceStretch[];
}

/** A runner with a client, in a field. */
function setUp(): Scene {
  const cluster = new TestCluster(world);
  const stretches: TraceStretch[] = [];
  const game = cluster.game(1, { traces: { isAsked: false, take: (stretch) => stretches.push(stretch) } });
  const field = game.host.spawn("Field", { values: { spaceName: "field" } }) as Field;
  const runner = game.host.spawn("Runner", { space: field }) as Runner;
  const arriving = { handle: 1, bindNumber: 1, clientId: CLIENT, definitionsHash: "" };
  game.host.handleClientBound(GATE, arriving, runner.id);
  return { cluster, game, field, runner, stretches, client: new TestClient(game) };
}

class TestClient {
  readonly game: TestGame;
  gate = GATE;
  stampMs = 2 ** 32 - 500;
  number = 0;
  x = 0;
  z = 0;
  /** The placement that it has seen. */
  placement = 0;

  constructor(game: TestGame) {
    this.game = game;
    this.listen();
  }

  get placements(): readonly (readonly unknown[])[] {
    return this.game.ops.named("moveCorrect").map((op) => op.slice(2));
  }

  /** Goes where it was told. */
  listen(): void {
    const [, placement, , x, , z] = this.placements.at(-1) as [number, number, string, number, number, number];
    this.placement = placement;
    [this.x, this.z] = [x, z];
  }

  move(units: number, gapMs = FRAME_MS, y = 0): void {
    this.stampMs = (this.stampMs + gapMs) % 2 ** 32;
    this.number++;
    this.x += units;
    const { number: moveNumber, placement, x, z } = this;
    const writer = new ByteWriter();
    encodeMessage(writer, UpstreamBody.entityMove, { moveNumber, placement, x, y, z, yaw: 0 });
    this.game.host.clients.handleMessage(this.gate, 1, 1, this.stampMs, writer.copy());
  }

  moves(count: number, units: number, gapMs = FRAME_MS): void {
    for (let i = 0; i < count; i++) this.move(units, gapMs);
  }
}

test("movement: a runner at its limit is at each place it says, over the wrap of the gate's clock", () => {
  const { runner, client } = setUp();
  client.moves(100, STEP);
  assert.ok(Math.abs(runner.position.x - 50) < 1e-3);
  assert.deepEqual(
    client.placements.map(([, , cause]) => cause),
    ["placed"],
  );
});

test("movement: a jump over 30 units is put back to the last accepted move, flagged, and told to script", async () => {
  const { cluster, runner, client, game } = setUp();
  client.moves(10, STEP);
  client.move(30);
  client.moves(5, STEP);
  await cluster.run();
  assert.ok(Math.abs(runner.position.x - 5) < 1e-3);
  assert.deepEqual(client.placements.at(-1), [10, client.placement + 1, "corrected", 5, 0, 0, 0]);
  assert.deepEqual(runner.flags, [{ verdicts: ["speed"], isKicked: false }]);
  const { movement_flagged_total, movement_corrected_total, movement_ignored_total } = game.metrics.snapshot();
  assert.deepEqual([movement_flagged_total, movement_corrected_total, movement_ignored_total], [1, 1, 5]);
  client.listen();
  client.moves(10, STEP);
  assert.ok(Math.abs(runner.position.x - 10) < 1e-3);
});

test("movement: who never confirms a correction does not move any more", () => {
  const { runner, client } = setUp();
  client.move(30);
  client.moves(100, STEP);
  assert.equal(runner.position.x, 0);
  assert.equal(client.placements.length, 2);
});

test("movement: a client that goes on cheating is closed with CLIENT_MOVEMENT, and lost", async () => {
  const { cluster, runner, client, game } = setUp();
  for (let i = 0; i < 10 && game.ops.named("clientKick").length === 0; i++) {
    client.moves(15, STEP);
    client.move(30);
    client.listen();
  }
  await cluster.run();
  assert.deepEqual(game.ops.named("clientKick")[0]?.slice(2), ["CLIENT_MOVEMENT", "speed"]);
  assert.deepEqual([runner.lost, runner.flags.length, runner.flags.at(-1)?.isKicked], ["CLIENT_MOVEMENT", 5, true]);
});

test("movement: onMove has the last word, and its refusal is no evidence", () => {
  const { runner, client } = setUp();
  client.moves(5, STEP);
  runner.refuses = true;
  client.move(STEP);
  assert.deepEqual(client.placements.at(-1)?.slice(0, 4), [5, client.placement + 1, "corrected", 2.5]);
  assert.deepEqual([runner.position.x, runner.flags.length], [2.5, 0]);
});

test("movement: a teleport by script is told to the client; what it sent before it knew is ignored", () => {
  const { runner, client } = setUp();
  client.moves(10, STEP);
  runner.teleport(500, 0, 7);
  client.moves(5, STEP);
  assert.deepEqual([runner.position.x, runner.position.z], [500, 7]);
  assert.deepEqual(client.placements.at(-1)?.slice(2), ["placed", 500, 0, 7, 0]);
  client.listen();
  client.moves(10, STEP);
  assert.ok(Math.abs(runner.position.x - 505) < 1e-3);
  assert.equal(runner.flags.length, 0);
});

test("movement: into another space, moves for the one before are ignored", () => {
  const { game, runner, client } = setUp();
  client.moves(10, STEP);
  const other = game.host.spawn("Field", { values: { spaceName: "other" } }) as Field;
  runner.enterSpace(other, { x: -40, y: 0, z: 0, yaw: 0 });
  client.moves(5, STEP);
  assert.equal(runner.position.x, -40);
  client.listen();
  client.moves(10, STEP);
  assert.ok(Math.abs(runner.position.x + 35) < 1e-3);
});

test("movement: a mount, a dash and a knock-back are legal from the server's word on, and no longer than that", async () => {
  const { cluster, runner, client } = setUp();
  client.moves(10, STEP);
  runner.setMoveMode("horse");
  client.moves(50, STEP * 3);
  runner.setMoveMode("foot");
  client.moves(8, STEP * 3);
  client.moves(20, STEP);
  runner.allowDash(6, 300);
  client.move(STEP + 6);
  client.moves(20, STEP);
  runner.allowKnockBack(20, 200);
  client.moves(2, 2 + STEP);
  client.moves(20, STEP);
  assert.deepEqual([runner.flags.length, client.placements.length, runner.moveMode], [0, 1, "foot"]);
  client.move(STEP + 6);
  await cluster.run();
  assert.equal(runner.flags.length, 1);
  assert.throws(() => runner.setMoveMode("boat"), { code: "VALUE_RANGE" });
  assert.throws(() => runner.allowDash(Number.NaN, 1), { code: "VALUE_RANGE" });
});

test("movement: another client of the same entity begins new windows at its own gate's clock", () => {
  const { game, runner, client } = setUp();
  client.moves(10, STEP);
  game.host.handleClientBound(
    OTHER_GATE,
    { handle: 1, bindNumber: 1, clientId: CLIENT, definitionsHash: "" },
    runner.id,
  );
  const second = new TestClient(game);
  second.gate = OTHER_GATE;
  second.stampMs = 77;
  second.moves(100, STEP);
  assert.ok(Math.abs(runner.position.x - 55) < 1e-3);
  assert.equal(runner.flags.length, 0);
});

test("movement: a gate that slept 6 s makes no cheat of anybody, whether its clock went on or not", async () => {
  for (const clockMs of [6_000, 100]) {
    const { cluster, game, runner, client } = setUp();
    client.moves(20, STEP);
    await cluster.run(6_000);
    game.host.clients.handleGateSlept(GATE, 6_000);
    client.move(STEP * 60, clockMs);
    client.moves(50, STEP);
    assert.ok(Math.abs(runner.position.x - 65) < 1e-3, `clock ${clockMs}`);
    assert.equal(client.placements.length, 1);
  }
});

test("movement: through a wall is rolled back within two ticks, where the worker answers in the next", async () => {
  const { cluster, field, runner, client, game } = setUp();
  field.checkMoves({
    check: async (ways, count) =>
      Uint8Array.from({ length: count }, (_, i) =>
        (ways[i * 6] as number) < 3 && (ways[i * 6 + 3] as number) >= 3 ? 2 : 0,
      ),
  });
  client.moves(8, STEP);
  assert.equal(runner.position.x, 4);
  game.host.tick(50);
  await cluster.run(50);
  game.host.tick(50);
  assert.equal(runner.position.x, 2.5);
  assert.deepEqual(client.placements.at(-1)?.slice(2, 4), ["corrected", 2.5]);
  await cluster.run();
  assert.deepEqual(runner.flags[0]?.verdicts, ["throughWall"]);
  client.moves(5, STEP);
  assert.equal(runner.position.x, 2.5);
});

test("movement: an entity without rules moves as its client likes, but not by moves from before it was placed", () => {
  const { game, field } = setUp();
  const ghost = game.host.spawn("Ghost", { space: field }) as Ghost;
  const bound = { handle: 1, bindNumber: 1, clientId: CLIENT, definitionsHash: "" };
  game.host.handleClientBound(GATE, bound, ghost.id);
  const client = new TestClient(game);
  client.moves(10, 1_000);
  assert.equal(ghost.position.x, 10_000);
  ghost.teleport(5, 0, 5);
  client.moves(10, 1_000);
  assert.equal(ghost.position.x, 5);
  client.listen();
  client.move(2_000);
  assert.equal(ghost.position.x, 2_005);
});

test("movement: a flagged stretch is handed out with what was before it, and replays to the same verdicts to the bit", () => {
  const { client, stretches } = setUp();
  client.moves(120, STEP);
  client.move(30);
  client.listen();
  client.moves(30, STEP * 1.3);
  client.listen();
  client.moves(60, STEP);
  assert.equal(stretches.length, 1);
  const [stretch] = stretches as [TraceStretch];
  const verdict = recordedVerdict(stretch.rows, stretch.count);
  assert.equal(verdict.grade, "flag");
  const bytes = writeTrace(stretch, { game: "game1", wallMs: 5, tickMs: 50 }, verdict);
  const trace = readTrace(bytes);
  assert.deepEqual([trace.rows, trace.count], [stretch.rows, stretch.count]);
  const replay = replayTrace(trace, defaultConfig().movement);
  assert.deepEqual([replay.isExpected, replay.changedCount], [true, 0]);
  assert.ok((replay.moves.find(({ grade }) => grade === "flag")?.atMs ?? 0) >= defaultConfig().movement.traceBeforeMs);
});
