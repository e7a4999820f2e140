import assert from "node:assert/strict";
import { test } from "node:test";
import { silentLog } from "../../../engine/base/log.js";
import { Metrics } from "../../../engine/base/metrics.js";
import { SeededRandom } from "../../../engine/base/random.js";
import { VirtualScheduler } from "../../../engine/base/virtual-scheduler.js";
import type { ProcessEnv } from "../../../engine/cluster/process-env.js";
import { parseConfig } from "../../../engine/config/config.js";
import { DefinitionTable } from "../../../engine/property/definition.js";
import type { RingBuffer } from "../../../engine/property/op-log-ring.js";
import { WakeFlag } from "../../../engine/worker/wake-flag.js";
import type { FromStream, StreamPort, StreamSetup, ToStream } from "../../../game/stream-messages.js";
import { WorkerSync } from "../../../game/worker-sync.js";

class FakePort implements StreamPort {
  readonly setup: StreamSetup;
  readonly posted: string[] = [];
  readonly rings: RingBuffer[] = [];
  onMessage: ((message: FromStream) => void) | null = null;
  onEnd: ((error: Error | null) => void) | null = null;

  constructor(setup: StreamSetup) {
    this.setup = setup;
  }

  post(message: ToStream): void {
    this.posted.push(message.kind);
  }
  giveRing(ring: RingBuffer): void {
    this.rings.push(ring);
  }
}

function setUp(game: Record<string, unknown> = {}) {
  const scheduler = new VirtualScheduler();
  const exits: string[] = [];
  const metrics = new Metrics();
  const ports: FakePort[] = [];
  const env = {
    config: parseConfig({ game: { workers: 2, ...game } }),
    scheduler,
    random: new SeededRandom(1),
    log: silentLog,
    metrics,
    secret: "a secret of sixteen",
    name: "game1",
    exit: (code: number, error?: Error) => exits.push(`${code} ${error?.message}`),
  } as unknown as ProcessEnv;
  const sync = new WorkerSync(env, new DefinitionTable(), (setup) => {
    const port = new FakePort(setup);
    ports.push(port);
    return port;
  });
  return { scheduler, sync, ports, exits, metrics, flags: ports.map(({ setup }) => new WakeFlag(setup.wake)) };
}

test("worker sync: is there when every worker listens, and offers their places", async () => {
  const { sync, ports } = setUp();
  let isStarted = false;
  const started = sync.start().then(() => {
    isStarted = true;
  });
  ports[1]?.onMessage?.({ kind: "listening", address: { host: "h", port: 12 } });
  await Promise.resolve();
  assert.equal(isStarted, false);
  ports[0]?.onMessage?.({ kind: "listening", address: { host: "h", port: 11 } });
  await started;
  assert.deepEqual(sync.streams, [
    { stream: 1, host: "h", port: 11 },
    { stream: 2, host: "h", port: 12 },
  ]);
});

test("worker sync: a worker is woken once per turn, only when it has something, and never while it is awake", async () => {
  const { scheduler, sync, ports, flags, metrics } = setUp();
  for (let i = 0; i < 3; i++) {
    sync.ops.spaceLeave(1);
    sync.flush();
  }
  await scheduler.run(1);
  assert.deepEqual(
    ports.map(({ posted }) => posted),
    [["wake"], []],
  );
  sync.ops.spaceLeave(1);
  sync.flush();
  await scheduler.run(2);
  assert.equal(ports[0]?.posted.length, 1, "it counts as awake until it sleeps");
  flags[0]?.sleep();
  sync.flush();
  await scheduler.run(3);
  assert.equal(ports[0]?.posted.length, 1, "there is nothing new");
  sync.ops.spaceLeave(1);
  sync.flush();
  await scheduler.run(4);
  assert.deepEqual(ports[0]?.posted, ["wake", "wake"]);
  assert.equal(metrics.snapshot().op_log_wakes_total, 2);
});

test("worker sync: a full ring is followed by a larger one, which the worker is given; counted as a stall", () => {
  const { sync, ports, metrics } = setUp({ opLogBytes: 65_536 });
  for (let i = 0; i < 5_000; i++) sync.ops.clientKick(1, "CLIENT_KICKED", "because");
  sync.flush();
  assert.ok((ports[0]?.rings.length ?? 0) > 0);
  assert.equal(metrics.snapshot().op_log_stalls_total, ports[0]?.rings.length);
  assert.ok((metrics.snapshot().op_log_bytes_used ?? 0) > 65_536);
});

test("worker sync: a log that reaches its bound ends the game with OP_LOG_FULL", () => {
  const { sync, exits } = setUp({ opLogBytes: 65_536, opLogBytesMax: 65_536 });
  assert.throws(
    () => {
      for (let i = 0; i < 5_000; i++) sync.ops.clientKick(1, "CLIENT_KICKED", "because");
    },
    { code: "OP_LOG_FULL" },
  );
  assert.match(exits[0] ?? "", /^1 OP_LOG_FULL/);
});

test("worker sync: a worker that ends by itself ends the game (thrown, or without a word)", () => {
  for (const error of [new Error("it broke"), null]) {
    const { ports, exits } = setUp();
    ports[1]?.onEnd?.(error);
    assert.match(exits[0] ?? "", /^1 WORKER_FAILED: .*stream 2/);
  }
});

test("worker sync: the game ends with the worker's own code when it has one (PROCESS_REMOVED)", () => {
  const { ports, exits } = setUp();
  ports[0]?.onEnd?.(new Error("PROCESS_REMOVED: it must not go on"));
  assert.deepEqual(exits, ["1 PROCESS_REMOVED: it must not go on"]);
});

test("worker sync: an orderly stop waits for what was written, then for the end of every worker", async () => {
  const { sync, ports, exits } = setUp();
  sync.ops.spaceLeave(1);
  const order: string[] = [];
  const drained = sync.drain().then(() => order.push("drained"));
  assert.deepEqual(
    ports.map(({ posted }) => posted),
    [["drain"], ["drain"]],
  );
  for (const port of ports) port.onMessage?.({ kind: "drained" });
  await drained;
  const stopped = sync.stop().then(() => order.push("stopped"));
  ports[0]?.onEnd?.(null);
  await Promise.resolve();
  assert.deepEqual(order, ["drained"]);
  ports[1]?.onEnd?.(null);
  await stopped;
  assert.deepEqual(order, ["drained", "stopped"]);
  assert.deepEqual(exits, []);
});

test("worker sync: the workers' counters are summed under the names that one thread would have", () => {
  const { ports, metrics } = setUp();
  ports[0]?.onMessage?.({ kind: "metrics", values: { sync_clients: 3, link_count: 1 } });
  ports[1]?.onMessage?.({ kind: "metrics", values: { sync_clients: 4 } });
  ports[1]?.onMessage?.({ kind: "metrics", values: { sync_clients: 5 } });
  assert.equal(metrics.snapshot().sync_clients, 8);
  assert.equal(metrics.snapshot().link_count, undefined);
});
