import assert from "node:assert/strict";
import { test } from "node:test";
import type { Connection } from "../../../engine/net/transport.js";
import { ADDRESS, countTo, dialRecorded, LinkRecord, LinkWorld, note, recordAccepted } from "./link-fixture.js";

async function connected(seed = 1) {
  const world = new LinkWorld(seed);
  const server = world.party("server");
  const client = world.party("client", { kind: "gate" });
  const accepted = recordAccepted(server);
  await server.host.listen(ADDRESS);
  const dialled = dialRecorded(client);
  await world.scheduler.run(100);
  const taken = accepted[0];
  assert.ok(taken !== undefined);
  return { world, server, client, accepted, dialled, taken };
}

test("link: both ends come up and know each other", async () => {
  const { dialled, taken } = await connected();
  assert.deepEqual(dialled.states, ["up"]);
  assert.deepEqual(taken.states, ["up"]);
  assert.deepEqual(dialled.link.peer, { kind: "game", name: "server", incarnation: 0 });
  assert.deepEqual(taken.link.peer, { kind: "gate", name: "client", incarnation: 0 });
});

test("link: what is sent before it is up arrives once it is, in order, both ways", async () => {
  const world = new LinkWorld();
  const client = world.party("client");
  const dialled = dialRecorded(client);
  for (const i of countTo(10)) dialled.send(i);
  await world.scheduler.run(5_000);
  assert.equal(dialled.link.state, "connecting", "nobody listens: it goes on dialling");
  const server = world.party("server");
  const accepted: LinkRecord[] = [];
  server.host.onLink = (link) => {
    const record = new LinkRecord(link);
    for (const i of countTo(10)) record.send(i);
    accepted.push(record);
  };
  await server.host.listen(ADDRESS);
  await world.scheduler.run(8_000);
  assert.deepEqual(accepted[0]?.numbers, countTo(10));
  assert.deepEqual(dialled.numbers, countTo(10));
});

test("link: messages of one turn leave in one frame", async () => {
  const { world, client, dialled, taken } = await connected();
  const before = client.metrics.counter("link_frames_sent_total").value;
  for (const i of countTo(500)) dialled.send(i);
  await world.scheduler.run(150);
  assert.equal(client.metrics.counter("link_frames_sent_total").value - before, 1);
  assert.deepEqual(taken.numbers, countTo(500));
});

test("link: a busy link gathers for flushIntervalMs, a quiet one sends at once", async () => {
  const { world, client, dialled, taken } = await connected();
  const frames = client.metrics.counter("link_frames_sent_total");
  const before = frames.value;
  const turn = () => world.scheduler.run(world.scheduler.nowMs() + 0.05);
  dialled.send(1);
  await turn();
  assert.equal(frames.value - before, 1, "was quiet");
  for (let i = 2; i <= 10; i++) {
    dialled.send(i);
    await turn();
  }
  assert.equal(frames.value - before, 1, "nine more turns within the interval");
  await world.scheduler.run(world.scheduler.nowMs() + 10);
  assert.equal(frames.value - before, 2);
  assert.deepEqual(taken.numbers, countTo(10));
});

test("link: large batches are split (20 × 100 KiB)", async () => {
  const { world, client, dialled, taken } = await connected();
  const before = client.metrics.counter("link_frames_sent_total").value;
  for (const i of countTo(20)) dialled.send(i, 100 * 1024);
  await world.scheduler.run(200);
  assert.deepEqual(taken.numbers, countTo(20));
  assert.equal(client.metrics.counter("link_frames_sent_total").value - before, 7);
});

test("link: a message larger than its kind allows is refused to the sender, and the link goes on", async () => {
  const { world, dialled, taken } = await connected();
  dialled.send(1);
  assert.throws(() => dialled.send(2, 1024 * 1024 + 1), { code: "MESSAGE_OVERSIZED" });
  dialled.send(3);
  await world.scheduler.run(200);
  assert.deepEqual(taken.numbers, [1, 3]);
});

test("link: a cut is survived without loss or doubling (cut while messages are under way)", async () => {
  const { world, dialled, taken } = await connected();
  for (const i of countTo(50)) {
    dialled.send(i);
    taken.send(i);
    await world.scheduler.run(world.scheduler.nowMs() + 1);
    if (i % 10 === 0) assert.ok(world.network.cut("client", "server") <= 1);
  }
  await world.scheduler.run(world.scheduler.nowMs() + 3_000);
  assert.deepEqual(taken.numbers, countTo(50));
  assert.deepEqual(dialled.numbers, countTo(50));
  assert.equal(dialled.link.state, "up");
  assert.ok(dialled.states.includes("interrupted"));
});

test("link: a half-open connection is found and replaced (the end that does not notice has nothing to send)", async () => {
  const { world, dialled, taken } = await connected();
  world.network.cut("client", "server", { halfOpen: true });
  await world.scheduler.run(10_000);
  assert.equal(dialled.link.state, "up");
  assert.equal(taken.link.state, "up");
  dialled.send(1);
  taken.send(2);
  await world.scheduler.run(10_100);
  assert.deepEqual(taken.numbers, [1]);
  assert.deepEqual(dialled.numbers, [2]);
});

test("link: goes down on both sides when the peer does not come back (partition longer than closedGraceMs)", async () => {
  const { world, dialled, taken } = await connected();
  world.network.partition("client", "server");
  await world.scheduler.run(2_400);
  assert.equal(dialled.link.state, "interrupted");
  await world.scheduler.run(2_700);
  assert.equal(dialled.code, "LINK_DOWN");
  assert.equal(taken.code, "LINK_DOWN");
  world.network.heal("client", "server");
  await world.scheduler.run(20_000);
  assert.equal(dialled.link.state, "down", "down is final");
});

test("link: survives a partition shorter than closedGraceMs", async () => {
  const { world, dialled, taken } = await connected();
  world.network.partition("client", "server");
  dialled.send(1);
  await world.scheduler.run(1_500);
  world.network.heal("client", "server");
  await world.scheduler.run(4_000);
  assert.equal(dialled.link.state, "up");
  assert.deepEqual(taken.numbers, [1]);
});

test("link: a silent peer is dead after peerTimeoutMs, and not before (machine gone)", async () => {
  const { world, dialled } = await connected();
  world.network.crash("server", { silent: true });
  await world.scheduler.run(14_000);
  assert.equal(dialled.link.state, "up");
  await world.scheduler.run(17_000);
  assert.equal(dialled.code, "LINK_DOWN");
});

test("link: a peer that was killed is gone after closedGraceMs", async () => {
  const { world, dialled } = await connected();
  world.network.crash("server");
  await world.scheduler.run(2_400);
  assert.equal(dialled.link.state, "interrupted");
  await world.scheduler.run(3_300);
  assert.equal(dialled.link.state, "down");
});

test("link: a peer stopped for a while is not given up, and neither does it give up others (8 s of SIGSTOP)", async () => {
  const { world, server, dialled, taken } = await connected();
  let slept = 0;
  server.host.onSlept = (ms) => {
    slept = ms;
  };
  world.network.pause("server");
  for (const i of countTo(5)) dialled.send(i);
  await world.scheduler.run(8_100);
  assert.equal(dialled.link.state, "up");
  world.network.resume("server");
  await world.scheduler.run(9_000);
  assert.deepEqual(taken.numbers, countTo(5));
  assert.equal(taken.link.state, "up");
  assert.equal(slept, 0, "shorter than peerTimeoutMs");
  assert.ok(!taken.states.includes("interrupted") || taken.states.at(-1) === "up");
});

test("link: a process that slept longer than peerTimeoutMs hears of it before anything else (20 s of SIGSTOP)", async () => {
  const { world, server, dialled, taken } = await connected();
  const seen: string[] = [];
  server.host.onSlept = (ms) => seen.push(`slept ${ms >= 19_000}`);
  taken.link.onState = (state) => seen.push(state);
  taken.link.onMessage = () => seen.push("message");
  world.network.pause("server");
  dialled.send(1);
  await world.scheduler.run(20_100);
  assert.equal(dialled.code, "LINK_DOWN");
  assert.match(dialled.reason, /silent/);
  world.network.resume("server");
  await world.scheduler.run(21_000);
  assert.equal(seen[0], "slept true");
});

test("link: own sleep is no evidence against the peer (dialler stopped 20 s, peer answers at once)", async () => {
  const { world, client, dialled } = await connected();
  const states: string[] = [];
  dialled.link.onState = (state) => states.push(state);
  client.host.onSlept = () => states.push("slept");
  world.network.pause("client");
  await world.scheduler.run(20_000);
  world.network.resume("client");
  await world.scheduler.run(20_010);
  assert.equal(states[0], "slept");
});

test("link: an interrupted peer keeps its grace while this process sleeps (acceptor stopped from the cut on, for 5 s)", async () => {
  const world = new LinkWorld();
  const server = world.party("server");
  const client = world.party("client", { config: { closedGraceMs: 10_000 } });
  const accepted = recordAccepted(server);
  await server.host.listen(ADDRESS);
  const dialled = dialRecorded(client);
  await world.scheduler.run(100);
  world.network.cut("client", "server");
  await world.scheduler.runUntil(() => accepted[0]?.link.state === "interrupted", 200);
  world.network.pause("server");
  await world.scheduler.run(5_000);
  world.network.resume("server");
  await world.scheduler.run(7_000);
  assert.equal(accepted.length, 1);
  assert.equal(accepted[0]?.link.state, "up");
  assert.equal(dialled.link.state, "up");
});

test("link: closing says goodbye after what was sent", async () => {
  const { world, dialled, taken } = await connected();
  dialled.send(1);
  dialled.link.close("done here");
  assert.equal(dialled.link.state, "down");
  await world.scheduler.run(200);
  assert.deepEqual(taken.numbers, [1]);
  assert.equal(taken.link.state, "down");
  assert.match(taken.reason, /done here/);
});

test("link: a link closed here while it was interrupted is down there when the peer comes back", async () => {
  const { world, dialled, taken } = await connected();
  world.network.partition("client", "server");
  await world.scheduler.run(200);
  taken.link.close("no longer wanted");
  world.network.heal("client", "server");
  await world.scheduler.run(2_000);
  assert.equal(dialled.code, "LINK_DOWN");
});

test("link: a queue at its bound takes the link down, at the end of the turn (LINK_QUEUE_FULL)", async () => {
  const world = new LinkWorld();
  const client = world.party("client", { config: { queueBytesMax: 65_536 } });
  const dialled = dialRecorded(client);
  dialled.send(1, 40_000);
  await world.scheduler.run(10);
  dialled.send(2, 40_000);
  assert.equal(dialled.link.state, "connecting");
  await world.scheduler.run(20);
  assert.equal(dialled.code, "LINK_QUEUE_FULL");
  dialled.send(3);
});

test("link: traffic many times the queue's bound flows, since it is confirmed on the way (one-sided)", async () => {
  const world = new LinkWorld();
  const config = { queueBytesMax: 262_144 };
  const server = world.party("server", { config });
  const client = world.party("client", { config });
  const accepted = recordAccepted(server);
  await server.host.listen(ADDRESS);
  const dialled = dialRecorded(client);
  await world.scheduler.run(100);
  for (const i of countTo(500)) {
    dialled.send(i, 10_000);
    await world.scheduler.run(world.scheduler.nowMs() + 1);
  }
  await world.scheduler.run(world.scheduler.nowMs() + 100);
  assert.equal(dialled.link.state, "up");
  assert.deepEqual(accepted[0]?.numbers, countTo(500));
});

test("link: a handler that throws takes the link down on both sides (LINK_MALFORMED)", async () => {
  const { world, dialled, taken } = await connected();
  taken.link.onMessage = () => {
    throw new Error("cannot be read");
  };
  dialled.send(1);
  await world.scheduler.run(200);
  assert.equal(taken.code, "LINK_MALFORMED");
  assert.equal(dialled.code, "LINK_DOWN");
  assert.match(dialled.reason, /LINK_MALFORMED/);
});

test("link: a handler that closes its link gets nothing further of the batch", async () => {
  const { world, dialled, taken } = await connected();
  let count = 0;
  taken.link.onMessage = () => {
    count++;
    taken.link.close("enough");
  };
  for (const i of countTo(5)) dialled.send(i);
  await world.scheduler.run(200);
  assert.equal(count, 1);
});

test("link: a peer started again is a new link; the old one stays interrupted until its grace ends", async () => {
  const { world, accepted, taken } = await connected();
  world.network.crash("client");
  await world.scheduler.run(150);
  const again = world.party("client", { kind: "gate" });
  const dialled = dialRecorded(again);
  await world.scheduler.run(300);
  assert.equal(accepted.length, 2);
  assert.equal(dialled.link.state, "up");
  assert.equal(taken.link.state, "interrupted");
  await world.scheduler.run(4_000);
  assert.equal(taken.link.state, "down");
  assert.equal(dialled.link.state, "up");
});

test("link: a listener started again at the same address does not know the old link, which goes down at once", async () => {
  const { world, dialled } = await connected();
  world.network.crash("server");
  const again = world.party("server");
  recordAccepted(again);
  await again.host.listen(ADDRESS);
  await world.scheduler.run(1_000);
  assert.equal(dialled.code, "LINK_DOWN");
});

test("link: setSelf is what later handshakes carry, and links that are up stay", async () => {
  const { world, server, dialled } = await connected();
  server.host.setSelf({ kind: "game", name: "game7", incarnation: 77 });
  await world.scheduler.run(200);
  assert.equal(dialled.link.state, "up");
  world.network.cut("client", "server");
  await world.scheduler.run(1_000);
  assert.equal(dialled.link.state, "up");
  assert.deepEqual(dialled.link.peer, { kind: "game", name: "game7", incarnation: 77 });
});

test("link host: a refused incarnation loses its link and hears why; a later dial is refused likewise (LINK_STALE)", async () => {
  const world = new LinkWorld();
  const server = world.party("server");
  const client = world.party("client", { kind: "gate" });
  const accepted = recordAccepted(server);
  await server.host.listen(ADDRESS);
  client.host.setSelf({ kind: "gate", name: "gate1", incarnation: 5 });
  const heard: string[] = [];
  client.host.onStale = (reason) => heard.push(reason);
  const dialled = dialRecorded(client);
  await world.scheduler.run(100);
  server.host.refuse(4);
  await world.scheduler.run(200);
  assert.equal(dialled.link.state, "up", "another incarnation");
  server.host.refuse(5);
  assert.equal(accepted[0]?.link.state, "down");
  assert.equal(accepted[0]?.link.closedByPeer, false);
  await world.scheduler.run(300);
  assert.equal(dialled.code, "LINK_STALE");
  assert.equal(dialled.link.closedByPeer, true);
  assert.equal(heard.length, 1);
  const again = dialRecorded(client);
  await world.scheduler.run(400);
  assert.equal(again.code, "LINK_STALE");
  assert.equal(heard.length, 2);
});

test("link host: closing ends every link and the listener", async () => {
  const { world, server, dialled, taken } = await connected();
  await server.host.close("shutting down");
  await world.scheduler.run(200);
  assert.equal(taken.link.state, "down");
  assert.equal(dialled.link.state, "down");
  const late = server.host.dial(ADDRESS, { kind: "game", incarnation: 0 });
  assert.equal(late.state, "down");
  const next = world.party("next");
  await next.host.listen(ADDRESS);
});

test("link host: connections that never prove themselves are bounded and end by themselves", async () => {
  const world = new LinkWorld();
  const server = world.party("server");
  recordAccepted(server);
  await server.host.listen(ADDRESS);
  const stranger = world.network.node("stranger", world.scheduler.process("stranger"));
  const connections: Connection[] = [];
  for (let i = 0; i < 300; i++) connections.push(stranger.connect(ADDRESS));
  await world.scheduler.run(1_000);
  assert.equal(connections.filter((c) => c.state === "open").length, 256);
  await world.scheduler.run(6_000);
  assert.equal(connections.filter((c) => c.state === "open").length, 0);
});

test("link: what an encoder throws leaves the batch as it was", async () => {
  const { world, dialled, taken } = await connected();
  dialled.send(1);
  assert.throws(() => dialled.link.send(note, { number: 2, filling: null as unknown as Uint8Array }));
  dialled.send(3);
  await world.scheduler.run(200);
  assert.deepEqual(taken.numbers, [1, 3]);
});
