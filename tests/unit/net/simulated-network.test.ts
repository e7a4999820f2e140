import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../../../engine/base/random.js";
import { VirtualScheduler } from "../../../engine/base/virtual-scheduler.js";
import { SimulatedNetwork } from "../../../engine/net/simulated-network.js";
import type { Connection } from "../../../engine/net/transport.js";

const ADDRESS = { host: "127.0.0.1", port: 7700 };

class End {
  readonly connection: Connection;
  readonly got: number[] = [];
  openedMs = -1;
  closeReasons: string[] = [];

  constructor(connection: Connection, nowMs: () => number) {
    this.connection = connection;
    connection.onOpen = () => {
      this.openedMs = nowMs();
    };
    connection.onFrame = (frame) => this.got.push(frame[0] as number);
    connection.onClose = (reason) => this.closeReasons.push(reason);
  }
}

async function world(seed = 1) {
  const scheduler = new VirtualScheduler();
  const network = new SimulatedNetwork({
    scheduler,
    random: new SeededRandom(seed),
    latencyMinMs: 5,
    latencyMaxMs: 50,
  });
  const a = network.node("a", scheduler.process("a"));
  const b = network.node("b", scheduler.process("b"));
  const taken: End[] = [];
  const nowMs = () => scheduler.nowMs();
  const listener = await b.listen(ADDRESS, (connection) => taken.push(new End(connection, nowMs)));
  const dial = () => new End(a.connect(ADDRESS), nowMs);
  return { scheduler, network, a, b, taken, dial, listener };
}

test("simulated network: frames arrive in order, each later than it was sent; bytes may be reused", async () => {
  const { scheduler, taken, dial } = await world();
  const near = dial();
  await scheduler.run(200);
  assert.ok(near.openedMs >= 10 && near.openedMs <= 100);
  const scratch = new Uint8Array(1);
  for (let i = 0; i < 50; i++) {
    scratch[0] = i;
    near.connection.send(scratch);
  }
  await scheduler.run(204.9);
  assert.deepEqual(taken[0]?.got, []);
  await scheduler.run(260);
  assert.deepEqual(
    taken[0]?.got,
    Array.from({ length: 50 }, (_, i) => i),
  );
});

test("simulated network: nobody listening and a partition refuse a connection", async () => {
  const { scheduler, network, a, dial } = await world();
  const nowhere = new End(a.connect({ host: "127.0.0.1", port: 1 }), () => scheduler.nowMs());
  network.partition("a", "b");
  const parted = dial();
  await scheduler.run(200);
  assert.deepEqual(nowhere.closeReasons, ["connection refused"]);
  assert.deepEqual(parted.closeReasons, ["connection refused"]);
  network.heal("a", "b");
  const healed = dial();
  await scheduler.run(400);
  assert.equal(healed.connection.state, "open");
});

test("simulated network: a cut loses what is under way and closes both ends", async () => {
  const { scheduler, network, taken, dial } = await world();
  const near = dial();
  await scheduler.run(200);
  near.connection.send(Uint8Array.of(1));
  assert.equal(network.cut("a", "b"), 1);
  await scheduler.run(400);
  assert.deepEqual(taken[0]?.got, []);
  assert.equal(near.closeReasons.length, 1);
  assert.equal(taken[0]?.closeReasons.length, 1);
  assert.equal(network.connectionCount, 0);
});

test("simulated network: of a half-open connection one end notices, the other when it sends", async () => {
  const { scheduler, network, taken, dial } = await world();
  const near = dial();
  await scheduler.run(200);
  network.cut("a", "b", { halfOpen: true });
  await scheduler.run(5_000);
  const far = taken[0] as End;
  assert.equal(near.closeReasons.length + far.closeReasons.length, 1);
  const unaware = near.closeReasons.length === 0 ? near : far;
  unaware.connection.send(Uint8Array.of(1));
  await scheduler.run(5_100);
  assert.equal(unaware.closeReasons.length, 1);
});

test("simulated network: closing reports at both ends, after what was sent", async () => {
  const { scheduler, taken, dial } = await world();
  const near = dial();
  await scheduler.run(200);
  near.connection.send(Uint8Array.of(1));
  near.connection.close("bye");
  assert.equal(near.connection.state, "closed");
  await scheduler.run(400);
  assert.deepEqual(near.closeReasons, ["bye"]);
  assert.deepEqual(taken[0]?.got, [1]);
  assert.deepEqual(taken[0]?.closeReasons, ["bye"]);
});

test("simulated network: a crashed node's connections close, its port is free, its name can be used again", async () => {
  const { scheduler, network, taken, dial } = await world();
  const near = dial();
  await scheduler.run(200);
  network.crash("b");
  await scheduler.run(400);
  assert.equal(near.closeReasons.length, 1);
  assert.equal(taken[0]?.closeReasons.length, 0, "the dead hear nothing");
  const again = network.node("b", scheduler.process("b"));
  await again.listen(ADDRESS, () => undefined);
});

test("simulated network: a crashed machine closes nothing (silent)", async () => {
  const { scheduler, network, dial } = await world();
  const near = dial();
  await scheduler.run(200);
  network.crash("b", { silent: true });
  near.connection.send(Uint8Array.of(1));
  await scheduler.run(60_000);
  assert.equal(near.connection.state, "open");
});

test("simulated network: a stopped process is connected to and sent to, and handles it when it goes on", async () => {
  const { scheduler, network, taken, dial } = await world();
  network.pause("b");
  const near = dial();
  await scheduler.run(200);
  assert.equal(near.connection.state, "open");
  near.connection.send(Uint8Array.of(4));
  near.connection.send(new Uint8Array(400_000).fill(5));
  await scheduler.run(1_000);
  assert.equal(taken.length, 0);
  assert.ok(near.connection.bufferedBytes > 100_000);
  network.resume("b");
  await scheduler.run(1_100);
  assert.deepEqual(taken[0]?.got, [4, 5]);
  assert.equal(near.connection.bufferedBytes, 0);
});

test("simulated network: a port in use is refused, a closed listener frees it, port 0 picks one", async () => {
  const { a, b, listener } = await world();
  await assert.rejects(
    a.listen(ADDRESS, () => undefined),
    { code: "CLUSTER_PORT_IN_USE" },
  );
  await listener.close();
  await a.listen(ADDRESS, () => undefined);
  const first = await b.listen({ host: "127.0.0.1", port: 0 }, () => undefined);
  const second = await b.listen({ host: "127.0.0.1", port: 0 }, () => undefined);
  assert.notEqual(first.address.port, second.address.port);
});

test("simulated network: a client's url leads to the listener", async () => {
  const { scheduler, a, taken } = await world();
  const connection = a.connectUrl("ws://127.0.0.1:7700");
  await scheduler.run(200);
  assert.equal(connection.state, "open");
  assert.equal(taken.length, 1);
});

test("simulated network: the same seed gives the same run, another seed another", async () => {
  const run = async (seed: number) => {
    const { scheduler, network, dial } = await world(seed);
    network.flap({ meanIntervalMs: 100, untilMs: 2_000 });
    const ends: End[] = [];
    for (let i = 0; i < 20; i++) {
      ends.push(dial());
      await scheduler.run(scheduler.nowMs() + 100);
    }
    return JSON.stringify(ends.map((end) => [end.openedMs, end.closeReasons]));
  };
  assert.equal(await run(5), await run(5));
  assert.notEqual(await run(5), await run(6));
});
