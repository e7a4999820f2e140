import assert from "node:assert/strict";
import { test } from "node:test";
import type { DatabaseManager } from "../../../dbmanager/database-manager.js";
import { openLinkHost } from "../../../engine/cluster/open-link-host.js";
import type { Link, ProcessKind } from "../../../engine/net/link.js";
import { DatabaseToGame, GameToDatabase } from "../../../engine/protocol/database-link.js";
import { dispatcher, type MessageValue } from "../../../engine/protocol/message.js";
import { SimulatedCluster } from "../cluster/simulated-cluster.js";

type Put = MessageValue<typeof GameToDatabase.documentsPut>["puts"][number];

const bytes = (...values: number[]) => Uint8Array.from(values);
const put = (key: string, expectedEpoch: number, epoch: number, value = bytes(1)): Put => ({
  collection: "Avatar",
  key,
  expectedEpoch,
  epoch,
  schemaVersion: 3,
  value,
});

/** A gamemanager, a dbmanager, and a link to it as a game holds one; replies are noted as text. */
class Desk {
  readonly cluster: SimulatedCluster;
  readonly replies: string[] = [];
  readonly link: Link;

  private constructor(cluster: SimulatedCluster, kind: ProcessKind) {
    this.cluster = cluster;
    const manager = cluster.process("dbmanager");
    const process = cluster.scheduler.process("asker");
    const transport = cluster.network.node("asker", process);
    const host = openLinkHost({ ...manager.env, kind, name: "asker", scheduler: process, transport });
    const entry = (manager.body as DatabaseManager).member.dbmanager();
    assert.ok(entry !== undefined, "the dbmanager has registered");
    const { incarnation } = entry;
    this.link = host.dial({ host: entry.host, port: entry.linkPort }, { kind: "dbmanager", incarnation });
    this.link.onMessage = dispatcher(DatabaseToGame, {
      documentLoaded: ({ requestId, found, epoch, schemaVersion, value }) =>
        this.replies.push(`${requestId} ${found ? `epoch ${epoch} v${schemaVersion} [${value}]` : "none"}`),
      documentsPutDone: ({ requestId, codes }) => this.replies.push(`${requestId} put ${codes.join(",")}`),
      requestFailed: ({ requestId, code, reason }) => this.replies.push(`${requestId} ${code} ${reason}`),
    });
  }

  static async open(config: Record<string, unknown> = {}, kind: ProcessKind = "game"): Promise<Desk> {
    const cluster = new SimulatedCluster({ config });
    cluster.startManager();
    cluster.startDatabase();
    await cluster.run(100);
    return new Desk(cluster, kind);
  }

  put(requestId: number, ...puts: Put[]): void {
    this.link.send(GameToDatabase.documentsPut, { requestId, puts });
  }

  load(requestId: number, key: string): void {
    this.link.send(GameToDatabase.documentLoad, { requestId, collection: "Avatar", key });
  }

  async run(durationMs = 200): Promise<string[]> {
    await this.cluster.run(durationMs);
    return this.replies.splice(0);
  }
}

test("dbmanager: a put is answered and then loaded (one document)", async () => {
  const desk = await Desk.open();
  desk.put(1, put("ann", 0, 1, bytes(7, 8)));
  desk.load(2, "bob");
  assert.deepEqual((await desk.run()).sort(), ["1 put ", "2 none"]);
  desk.load(3, "ann");
  assert.deepEqual(await desk.run(), ["3 epoch 1 v3 [7,8]"]);
});

test("dbmanager: a load sees the put that was sent before it (same turn)", async () => {
  const desk = await Desk.open();
  for (let n = 1; n <= 20; n++) {
    desk.put(n, put("ann", n - 1, n, bytes(n)));
    desk.load(100 + n, "ann");
  }
  const replies = await desk.run();
  for (let n = 1; n <= 20; n++) {
    const epoch = Number(/epoch (\d+)/.exec(replies.find((reply) => reply.startsWith(`${100 + n} `)) ?? "")?.[1]);
    assert.ok(epoch >= n, `load ${n} saw epoch ${epoch}`);
  }
});

test("dbmanager: a stale put is refused with its code, the others of the request are made", async () => {
  const desk = await Desk.open();
  desk.put(1, put("ann", 0, 2));
  desk.put(2, put("ann", 1, 1), put("bob", 0, 1));
  assert.deepEqual(await desk.run(), ["1 put ", "2 put STORE_EPOCH_STALE,"]);
});

test("dbmanager: a failing store is answered with STORE_FAILED (put and load)", async () => {
  const desk = await Desk.open();
  desk.cluster.disk.health = "failing";
  desk.put(1, put("ann", 0, 1));
  desk.load(2, "bob");
  const replies = (await desk.run()).sort();
  assert.equal(replies[0], "1 put STORE_FAILED");
  assert.match(replies[1] ?? "", /^2 STORE_FAILED/);
});

test("dbmanager: a stuck store is answered with STORE_FAILED after requestTimeoutMs", async () => {
  const desk = await Desk.open({ database: { requestTimeoutMs: 1_000 } });
  desk.cluster.disk.health = "stuck";
  desk.put(1, put("ann", 0, 1));
  desk.load(2, "bob");
  assert.deepEqual(await desk.run(900), []);
  const replies = (await desk.run(300)).sort();
  assert.equal(replies[0], "1 put STORE_FAILED");
  assert.match(replies[1] ?? "", /^2 STORE_FAILED/);
});

test("dbmanager: a full queue refuses at once (stuck store, 64 KiB)", async () => {
  const desk = await Desk.open({ database: { queueBytesMax: 65_536 } });
  desk.cluster.disk.health = "stuck";
  for (let n = 1; n <= 5; n++) desk.put(n, put(`avatar${n}`, 0, 1, new Uint8Array(20_000)));
  const replies = await desk.run(100);
  assert.deepEqual(
    replies.map((reply) => reply.slice(0, 14)),
    ["4 STORE_FAILED", "5 STORE_FAILED"],
  );
});

test("dbmanager: who is not a game is turned away (a gate dials)", async () => {
  const desk = await Desk.open({}, "gate");
  desk.load(1, "ann");
  assert.deepEqual(await desk.run(), []);
  assert.equal(desk.link.state, "down");
});

test("dbmanager: what cannot be decoded takes that link down and nothing else (a truncated message)", async () => {
  const desk = await Desk.open();
  await desk.run(50);
  desk.link.sendEncoded(bytes(GameToDatabase.documentsPut.id, 1, 2));
  await desk.run(50);
  assert.equal(desk.link.state, "down");
  assert.equal(desk.cluster.process("dbmanager").exit, null);
});

test("dbmanager: it stops when what it was given is durable (asked to leave with puts under way)", async () => {
  const desk = await Desk.open();
  const manager = desk.cluster.process("dbmanager");
  await desk.run(50);
  desk.put(1, put("ann", 0, 1));
  await desk.cluster.runUntil(() => manager.env.metrics.snapshot().documents_put_total === 1, 100);
  void manager.body?.stop?.();
  await desk.run(100);
  assert.deepEqual(manager.exit, { code: 0, error: "" });
  assert.equal(desk.cluster.disk.read("Avatar", "ann")?.epoch, 1);
});

test("dbmanager: it does not wait for a stuck store for ever (asked to leave)", async () => {
  const desk = await Desk.open({ cluster: { shutdownTimeoutMs: 2_000 } });
  const manager = desk.cluster.process("dbmanager");
  desk.cluster.disk.health = "stuck";
  desk.put(1, put("ann", 0, 1));
  await desk.run(50);
  void manager.body?.stop?.();
  await desk.run(2_100);
  assert.equal(manager.exit?.code, 1);
});
