import assert from "node:assert/strict";
import { test } from "node:test";
import { ADDRESS, dialRecorded, LinkRecord, LinkWorld } from "./link-fixture.js";

const SEEDS = 200;
const isInOrder = (number: number, index: number) => number === index + 1;
const CHATTER_MS = 7_000;

/** Sends numbered messages at random moments until `untilMs`; returns how many. */
function chatter(world: LinkWorld, record: LinkRecord, untilMs: number): () => number {
  let count = 0;
  const burst = () => {
    for (let i = Math.floor(world.random.next() * 5); i >= 0; i--) {
      count++;
      record.send(count, Math.floor(world.random.next() * 200));
    }
    if (world.scheduler.nowMs() < untilMs) world.scheduler.setTimer(world.random.next() * 80, burst);
  };
  burst();
  return () => count;
}

async function runSeed(seed: number) {
  const world = new LinkWorld(seed, 1 + (seed % 7) * 12);
  const server = world.party("server");
  const client = world.party("client", { kind: "gate" });
  let taken: LinkRecord | null = null;
  let countTaken = () => 0;
  server.host.onLink = (link) => {
    // Only a dialler that was never welcomed can come twice: the link before this one must be down.
    assert.ok(taken === null || taken.link.state === "down", `seed ${seed}: a second link beside a live one`);
    taken = new LinkRecord(link);
    countTaken = chatter(world, taken, CHATTER_MS);
  };
  await server.host.listen(ADDRESS);
  // Every third seed has stops and no cuts: then it is the probe of a silent link that replaces a live connection.
  const isFlapping = seed % 3 !== 0;
  if (isFlapping)
    world.network.flap({ meanIntervalMs: 60 + (seed % 5) * 300, untilMs: CHATTER_MS, halfOpenShare: 0.3 });
  const dialled = dialRecorded(client);
  const countDialled = chatter(world, dialled, CHATTER_MS);
  if (!isFlapping || seed % 4 === 0) {
    const victim = seed % 2 === 0 ? "client" : "server";
    const stopMs = 500 + world.random.next() * 1_000;
    world.scheduler.setTimer(stopMs, () => world.network.pause(victim));
    world.scheduler.setTimer(stopMs + 3_000 + world.random.next() * 3_000, () => world.network.resume(victim));
  }
  await world.scheduler.run(25_000);
  return { dialled, taken: taken as LinkRecord | null, sentByDialler: countDialled(), sentByTaken: countTaken() };
}

test(`link simulation: each message once and in order, or the link is down on both sides (${SEEDS} seeds of flapping, delay, stops)`, async () => {
  let upCount = 0;
  let interruptionCount = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { dialled, taken, sentByDialler, sentByTaken } = await runSeed(seed);
    const where = `seed ${seed}`;
    assert.ok(taken !== null, `${where}: a link on each side`);
    assert.ok(taken.numbers.every(isInOrder), `${where}: acceptor, order`);
    assert.ok(dialled.numbers.every(isInOrder), `${where}: dialler, order`);
    assert.doesNotMatch(dialled.reason + taken.reason, /LINK_MALFORMED/, where);
    interruptionCount += dialled.states.filter((state) => state === "interrupted").length;
    if (dialled.link.state === "up") {
      upCount++;
      assert.equal(taken.link.state, "up", where);
      assert.equal(taken.numbers.length, sentByDialler, `${where}: acceptor has all`);
      assert.equal(dialled.numbers.length, sentByTaken, `${where}: dialler has all`);
    } else {
      assert.equal(dialled.link.state, "down", where);
      assert.equal(taken.link.state, "down", where);
    }
  }
  assert.ok(upCount > SEEDS / 2, `${upCount} links stayed up`);
  assert.ok(interruptionCount > SEEDS, `${interruptionCount} interruptions`);
});

test("link simulation: a seed repeats exactly", async () => {
  const digest = async () => {
    const { dialled, taken } = await runSeed(33);
    return JSON.stringify([dialled.numbers, dialled.states, taken?.numbers, taken?.states]);
  };
  assert.equal(await digest(), await digest());
});
