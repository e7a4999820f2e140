import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateRawSync } from "node:zlib";
import { GateList } from "../../../client/gate-list.js";
import { inflateBounded } from "../../../client/inflate.js";
import { ServerClock } from "../../../client/server-clock.js";
import { type ClientState, type ClientTransport, Session, type SessionOptions } from "../../../client/session.js";
import { ByteWriter } from "../../../engine/base/bytes.js";
import type { ErrorCode } from "../../../engine/base/errors.js";
import { GateToClient, UpstreamBody } from "../../../engine/protocol/client-link.js";
import { encodeMessage, type Message } from "../../../engine/protocol/message.js";
import { type FakeGate, HEARTBEAT_MS, World } from "./fake-gate.js";

function makeSession(world: World, gates: readonly FakeGate[], more: Partial<SessionOptions> = {}) {
  const seen = {
    states: [] as ClientState[],
    welcomes: [] as boolean[],
    bodies: [] as string[],
    loose: [] as string[],
    closed: null as { code: ErrorCode; reason: string } | null,
    onBodies: null as (() => void) | null,
  };
  const clock = new ServerClock();
  const session = new Session(
    {
      transport: world.transport,
      gates: new GateList(
        gates.map((gate) => gate.url),
        world.random,
      ),
      scheduler: world.process,
      random: world.random,
      clock,
      indexHash: "",
      inflate: inflateBounded,
      ...more,
    },
    {
      onState: (state) => seen.states.push(state),
      onNewSession: () => seen.welcomes.push(false),
      onResumed: () => seen.welcomes.push(true),
      onRtt: () => undefined,
      onBodies: (bodies) => {
        seen.bodies.push(String(bodies));
        seen.onBodies?.();
      },
      onLooseBodies: (bodies, after) => seen.loose.push(`${bodies} on ${after}`),
      onClosed: (code, reason) => {
        seen.closed = { code, reason };
      },
      definitionsHash: () => "",
    },
  );
  return { session, seen, clock };
}

function move(moveNumber: number): Uint8Array {
  const writer = new ByteWriter();
  encodeMessage(writer, UpstreamBody.entityMove, { moveNumber, placement: 0, x: 0, y: 0, z: 0, yaw: 0 });
  return writer.copy();
}

function encoded<T>(kind: Message<T>, value: T): Uint8Array {
  const writer = new ByteWriter();
  encodeMessage(writer, kind, value);
  return writer.copy();
}

async function online(world: World, gates: readonly FakeGate[]) {
  const made = makeSession(world, gates);
  made.session.open();
  await world.until(() => made.session.state === "online");
  return made;
}

test("session: messages of one turn leave in one packet, in order", async () => {
  const world = new World();
  const gate = await world.gate();
  const { session } = await online(world, [gate]);
  const framesBefore = session.stats.framesOut;
  for (let i = 1; i <= 3; i++) session.send(move(i));
  await world.run(20);
  assert.deepEqual(
    gate.moves.map((m) => m.moveNumber),
    [1, 2, 3],
  );
  assert.equal(session.stats.framesOut - framesBefore, 1);
});

test("session: nothing is lost, doubled or reordered in either direction (cut every 300 ms, 20 seeds)", async () => {
  let cuts = 0;
  for (let seed = 1; seed <= 20; seed++) {
    const world = new World(seed, 40);
    const gate = await world.gate();
    const { session, seen } = await online(world, [gate]);
    world.network.flap({ meanIntervalMs: 300, untilMs: world.scheduler.nowMs() + 6_000 });
    for (let i = 1; i <= 200; i++) {
      session.send(move(i));
      gate.say(new Uint8Array([i]));
      await world.run(30);
    }
    await world.run(15_000);
    const expected = Array.from({ length: 200 }, (_, i) => i + 1);
    assert.equal(gate.sessions, 1, `seed ${seed}`);
    cuts += session.stats.cuts;
    assert.deepEqual(
      gate.moves.map((m) => m.moveNumber),
      expected,
      `seed ${seed}`,
    );
    assert.deepEqual(seen.bodies, expected.map(String), `seed ${seed}`);
  }
  assert.ok(cuts > 100, `only ${cuts} cuts`);
});

test("session: a packet that comes twice is taken once", async () => {
  const world = new World();
  const gate = await world.gate();
  const { session, seen } = await online(world, [gate]);
  gate.say(new Uint8Array([1]));
  for (const packet of gate.stream.since(0) ?? []) gate.raw(packet);
  await world.run(50);
  assert.deepEqual(seen.bodies, ["1"]);
  assert.equal(session.state, "online");
});

test("session: each connection says a higher number and the token, so that the gate resumes", async () => {
  const world = new World();
  const gate = await world.gate();
  const { seen } = await online(world, [gate]);
  world.network.cut("client", "gate1");
  await world.until(() => seen.welcomes.length === 2);
  assert.deepEqual(seen.welcomes, [false, true]);
  assert.deepEqual(seen.states, ["connecting", "online", "reconnecting", "online"]);
  const [first, second] = gate.hellos;
  assert.equal(first?.token.length, 0);
  assert.equal(second?.token.length, 4);
  assert.ok((second?.connectionNumber ?? 0) > (first?.connectionNumber ?? 0));
});

test("session: a new session forgets what was unconfirmed (the gate does not resume)", async () => {
  const world = new World();
  const gate = await world.gate();
  const { session, seen } = await online(world, [gate]);
  gate.takesPackets = false;
  session.send(move(1));
  await world.run(20);
  gate.resumes = false;
  gate.takesPackets = true;
  world.network.cut("client", "gate1");
  await world.until(() => seen.welcomes.length === 2);
  session.send(move(2));
  await world.run(50);
  assert.deepEqual(seen.welcomes, [false, false]);
  assert.deepEqual(
    gate.moves.map((m) => m.moveNumber),
    [2],
  );
});

test("session: the next gate is taken when its own is gone (learned from the welcome)", async () => {
  const world = new World();
  const first = await world.gate();
  const second = await world.gate();
  first.otherGates = [second.url];
  const { session, seen } = await online(world, [first]);
  world.network.crash("gate1");
  await world.until(() => second.sessions === 1 && session.state === "online");
  assert.deepEqual(seen.welcomes, [false, false]);
  assert.equal(second.hellos[0]?.token.length, 0, "a token is for the gate that gave it");
});

test("session: a silent gate is given up (it takes everything and says nothing)", async () => {
  const world = new World();
  const gate = await world.gate();
  const { session } = await online(world, [gate]);
  gate.answersHeartbeats = false;
  await world.run(HEARTBEAT_MS * 3);
  assert.equal(session.stats.cuts, 0);
  await world.run(HEARTBEAT_MS * 4);
  assert.equal(session.stats.cuts, 1);
  assert.equal(session.state, "online", "and found again");
});

test("session: its own sleep is no evidence against the gate (stopped for a minute)", async () => {
  const world = new World();
  const gate = await world.gate();
  const { session } = await online(world, [gate]);
  await world.run(5_500);
  world.network.pause("client");
  await world.run(60_000);
  world.network.resume("client");
  await world.run(3_000);
  assert.equal(session.stats.cuts, 0);
  assert.equal(session.state, "online");
});

test("session: a gate that does not welcome is given up after the dial time-out", async () => {
  const world = new World();
  const deaf = await world.gate();
  const good = await world.gate();
  deaf.answersHello = false;
  const { session } = makeSession(world, [deaf, good]);
  session.open();
  await world.run(4_900);
  assert.equal(session.state, "connecting");
  await world.until(() => session.state === "online", 2_000);
  assert.equal(good.sessions, 1);
});

test("session: closed with retry it comes back, closed without it stays away and says why", async () => {
  const world = new World();
  const gate = await world.gate();
  const { session, seen } = await online(world, [gate]);
  gate.close("CLIENT_GAME_GONE", "game1", true);
  await world.until(() => seen.welcomes.length === 2);
  gate.close("CLIENT_KICKED", "be nice", false);
  await world.run(10_000);
  assert.deepEqual(seen.closed, { code: "CLIENT_KICKED", reason: "be nice" });
  assert.equal(session.state, "closed");
  assert.equal(gate.hellos.length, 2);
});

test("session: an id that a lost session still holds is replaced by a new one", async () => {
  const world = new World();
  const gate = await world.gate();
  gate.answersHello = false;
  const { session } = makeSession(world, [gate]);
  session.open();
  await world.until(() => gate.hellos.length === 1);
  gate.answersHello = true;
  gate.close("CLIENT_ID_IN_USE", "", true);
  await world.until(() => session.state === "online");
  assert.notEqual(gate.hellos[0]?.clientId, gate.hellos[1]?.clientId);
});

test("session: garbage from the gate closes it with CLIENT_PROTOCOL (1,000 random frames)", async () => {
  const world = new World();
  const gate = await world.gate();
  const { session, seen } = makeSession(world, [gate]);
  for (let i = 0; i < 1_000; i++) {
    session.open();
    await world.until(() => session.state === "online");
    gate.raw(world.random.bytes(1 + Math.floor(world.random.next() * 40)));
    await world.run(10);
    if (seen.closed !== null && seen.closed.code !== "CLIENT_KICKED") assert.equal(seen.closed.code, "CLIENT_PROTOCOL");
    session.close();
    seen.closed = null;
  }
});

test("session: leaving on purpose tells the gate and is final", async () => {
  const world = new World();
  const gate = await world.gate();
  const { session, seen } = await online(world, [gate]);
  session.close();
  await world.run(10_000);
  assert.equal(gate.byes, 1);
  assert.equal(seen.closed?.code, "CLIENT_CLOSED");
  assert.equal(gate.hellos.length, 1);
});

test("session: closing from within a packet's handler stops everything", async () => {
  const world = new World();
  const gate = await world.gate();
  const { session, seen } = await online(world, [gate]);
  seen.onBodies = () => session.close();
  gate.say(new Uint8Array([1]));
  gate.say(new Uint8Array([2]));
  await world.run(100);
  assert.deepEqual(seen.bodies, ["1"]);
});

test("session: what waits for confirmation is bounded (the gate confirms nothing)", async () => {
  const world = new World();
  const gate = await world.gate();
  const { session } = await online(world, [gate]);
  gate.takesPackets = false;
  let taken = 0;
  while (session.send(new Uint8Array(10_000)) && taken < 1_000) taken++;
  assert.ok(taken > 10 && taken < 100);
});

test("session: much that arrives is confirmed before the next heartbeat", async () => {
  const world = new World();
  const gate = await world.gate();
  await online(world, [gate]);
  await world.run(100);
  const before = gate.heartbeats;
  gate.say(new Uint8Array(40_000));
  await world.run(100);
  assert.equal(gate.heartbeats, before + 1);
  assert.equal(gate.stream.keptCount, 0);
});

test("session: a compressed packet is the packet; a bomb, a lie and a nested one close the session", async () => {
  const packet = (sequence: number, bodies: Uint8Array) =>
    encoded(GateToClient.serverPacket, { sequence, ack: 0, bodies });
  const wrap = (inside: Uint8Array, inflatedBytes = inside.length) =>
    encoded(GateToClient.serverDeflated, { inflatedBytes, deflated: deflateRawSync(inside) });
  const zeros = new Uint8Array(1_000);
  const world = new World();
  const gate = await world.gate();
  const { seen } = await online(world, [gate]);
  gate.raw(wrap(packet(1, zeros)));
  await world.run(20);
  assert.deepEqual(seen.bodies, [String(zeros)]);
  for (const bad of [
    wrap(new Uint8Array(10_000_000), 1_000),
    wrap(packet(1, zeros), 999),
    wrap(new Uint8Array(1_000)),
    wrap(wrap(packet(1, zeros))),
    wrap(Uint8Array.of(...wrap(packet(1, zeros)), ...zeros)),
    encoded(GateToClient.serverDeflated, { inflatedBytes: 2 ** 32 - 1, deflated: deflateRawSync(zeros) }),
    encoded(GateToClient.serverDeflated, { inflatedBytes: 3, deflated: deflateRawSync(zeros) }),
  ]) {
    const hostile = new World();
    const liar = await hostile.gate();
    const made = await online(hostile, [liar]);
    liar.raw(bad);
    await hostile.run(20);
    assert.equal(made.seen.closed?.code, "CLIENT_PROTOCOL");
    assert.deepEqual(made.seen.bodies, []);
  }
});

test("session: asks which gate to take, and takes the listed ones without an answer in time", async () => {
  const world = new World();
  const [first, second] = [await world.gate(), await world.gate()];
  const answers: Record<string, () => Promise<readonly string[]>> = {
    told: async () => [second.url],
    silent: () => new Promise(() => undefined),
    refused: () => Promise.reject(new Error("503")),
    useless: async () => ["kcp://127.0.0.1:1"],
  };
  const transport: ClientTransport = (url) => world.transport(url);
  transport.dials = (url) => url.startsWith("ws:");
  for (const [name, query] of Object.entries(answers)) {
    const before = [first.sessions, second.sessions];
    const { session } = makeSession(world, [first, second], { query, transport });
    session.open();
    assert.equal(session.state, "connecting");
    await world.until(() => session.state === "online");
    const taken = [first.sessions - (before[0] as number), second.sessions - (before[1] as number)];
    assert.deepEqual(taken, name === "told" ? [0, 1] : [1, 0], name);
    session.close();
  }
});

test("session: closing while it asks, or opening again, leaves one connection at most", async () => {
  const world = new World();
  const gate = await world.gate();
  const answers: ((urls: readonly string[]) => void)[] = [];
  const query = () => new Promise<readonly string[]>((resolve) => answers.push(resolve));
  const { session } = makeSession(world, [gate], { query });
  session.open();
  session.close();
  session.open();
  for (const answer of answers) answer([gate.url]);
  await world.until(() => session.state === "online");
  await world.run(10_000);
  assert.equal(gate.hellos.length, 1);
});

test("session: resumes at another address of the same gate, by another transport, when the first is dead", async () => {
  const world = new World();
  const gate = await world.gate();
  gate.ownAddresses = ["kcp://10.0.0.1:99", "wss://unknown/way", "foo://never"];
  const dialled: string[] = [];
  let isWsDead = false;
  const transport: ClientTransport = (url) => {
    dialled.push(url);
    const isLost = url.startsWith("ws") && isWsDead;
    return world.transport(isLost ? "ws://127.0.0.1:1" : gate.url);
  };
  transport.dials = (url) => !url.startsWith("foo");
  const { session, seen } = makeSession(world, [gate], { transport });
  session.open();
  await world.until(() => session.state === "online");
  session.send(move(1));
  await world.run(100);
  isWsDead = true;
  gate.takesPackets = false;
  session.send(move(2));
  world.network.cut("client", gate.name);
  gate.takesPackets = true;
  await world.until(() => session.state === "online" && seen.welcomes.length === 2);
  assert.deepEqual(seen.welcomes, [false, true]);
  await world.run(100);
  assert.deepEqual(
    gate.moves.map(({ moveNumber }) => moveNumber),
    [1, 2],
  );
  assert.deepEqual([...new Set(dialled)], [gate.url, "kcp://10.0.0.1:99"]);
});

test("session: a loose packet that comes before the packet it stands on waits for it", async () => {
  const world = new World();
  const gate = await world.gate();
  const { seen } = await online(world, [gate]);
  const loose = (value: number, after: number) =>
    gate.raw(encoded(GateToClient.serverLoose, { after, bodies: Uint8Array.of(value) }));
  loose(1, 0);
  loose(2, 2);
  loose(3, 1);
  await world.run(20);
  assert.deepEqual(seen.loose, ["1 on 0"]);
  gate.say(Uint8Array.of(9));
  await world.run(20);
  assert.deepEqual(seen.loose, ["1 on 0", "3 on 1"]);
  gate.say(Uint8Array.of(9));
  await world.run(20);
  assert.deepEqual(seen.loose, ["1 on 0", "3 on 1", "2 on 2"]);
});
