/** Games with sync workers on real threads. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isRunning } from "../../cli/process-identity.js";
import { noSignals, TestCluster } from "./cluster.js";

interface BotsSummary {
  readonly event: string;
  readonly loggedIn: number;
  readonly errors: number;
  readonly disconnects: number;
}

const BOTS = 30;

async function runBots(cluster: TestCluster): Promise<BotsSummary> {
  const { status, stdout, stderr } = await cluster.aeon("bots", "--count", `${BOTS}`, "--seconds", "3", "--json");
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "{}") as BotsSummary;
}

test("workers: two per game serve bots without an error, and everything ends in order", async (t) => {
  const cluster = new TestCluster(t, { game: { workers: 2 } });
  await cluster.up("--games", "2", "--gates", "2");
  const { loggedIn, errors, disconnects } = await runBots(cluster);
  assert.deepEqual({ loggedIn, errors, disconnects }, { loggedIn: BOTS, errors: 0, disconnects: 0 });
  const records = cluster.data.processes();
  const down = await cluster.aeon("down");
  assert.equal(down.status, 0, down.stderr);
  assert.deepEqual(records.filter(isRunning), []);
});

test("workers: a game that was killed comes back with its streams", { skip: noSignals }, async (t) => {
  const cluster = new TestCluster(t, { game: { workers: 1 } });
  await cluster.up();
  const pid = cluster.signal("game1", "SIGKILL");
  await cluster.untilReady("game1", pid);
  const { loggedIn, errors } = await runBots(cluster);
  assert.deepEqual({ loggedIn, errors }, { loggedIn: BOTS, errors: 0 });
});
