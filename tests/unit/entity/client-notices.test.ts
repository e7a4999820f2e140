/** What a gate says about a client's connection takes effect when it is read; what the client sent before still runs. */
import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { ByteWriter } from "../../../engine/base/bytes.js";
import { UpstreamBody } from "../../../engine/protocol/client-link.js";
import { encodeMessage } from "../../../engine/protocol/message.js";
import { cast, type Hero, note, notes, play, rehearse } from "./cast.js";
import { CLIENT, GATE, TestCluster } from "./rig.js";

beforeEach(rehearse);

const HANDLE = 1;

function setUp() {
  const cluster = new TestCluster(cast);
  const game = cluster.game(1);
  const { host } = game;
  const hero = host.spawn("Hero", {}) as Hero;
  const arriving = { handle: HANDLE, bindNumber: 1, clientId: CLIENT, definitionsHash: "h" };
  host.handleClientBound(GATE, arriving, hero.id);
  notes.length = 0;
  const method = host.definitionOf("Hero").methods.find(({ name }) => name === "count")?.id ?? 0;
  /** The client calls `count`. */
  const count = (n: number) => {
    const writer = new ByteWriter();
    const call = { target: 0, generation: 0, method, callId: n, arguments: Uint8Array.of(n, 0) };
    encodeMessage(writer, UpstreamBody.entityCall, call);
    host.clients.handleMessage(GATE, HANDLE, 1, 0, writer.copy());
  };
  return { cluster, game, host, hero, count };
}

/** The first call of `count` waits until it is let go; each notes whether there is a client. */
function holdFirst(hero: Hero): () => void {
  let release: (value: number) => void = () => undefined;
  play.count = (_, n) => {
    note(`${n} ${hero.clientConnected}`);
    if (n !== "1") return undefined;
    return new Promise<number>((resolve) => {
      release = resolve;
    });
  };
  return () => release(1);
}

test("notice: a cut is known at once, ahead of calls that wait, and those still run", async () => {
  const { cluster, host, hero, count } = setUp();
  const release = holdFirst(hero);
  count(1);
  count(2);
  host.clients.handleConnection(GATE, HANDLE, 1, false);
  assert.equal(hero.clientConnected, false);
  release();
  await cluster.run();
  assert.deepEqual(notes, ["1 true", "2 false", "interrupted"]);
});

test("notice: of a lost client's calls none is dropped; onClientLost comes behind them", async () => {
  const { cluster, host, hero, count } = setUp();
  const release = holdFirst(hero);
  count(1);
  count(2);
  host.clients.handleLost(GATE, HANDLE, 1, "CLIENT_SILENT");
  assert.equal(hero.clientConnected, false);
  assert.equal(hero.proxy, null);
  release();
  await cluster.run();
  assert.deepEqual(notes, ["1 true", "2 false", "lost CLIENT_SILENT"]);
});

test("notice: what is sent to a client that is gone does nothing and is counted (calls and replies)", async () => {
  const { cluster, game, host, hero, count } = setUp();
  const release = holdFirst(hero);
  count(1);
  host.clients.handleLost(GATE, HANDLE, 1, "CLIENT_SILENT");
  game.ops.clear();
  hero.client.onSay("anybody?");
  hero.kickClient("again");
  release();
  await cluster.run();
  assert.deepEqual(game.ops.named("clientCall", "clientReply", "clientKick"), []);
  assert.equal(game.metrics.counter("client_calls_to_nobody_total").value, 1);
  assert.equal(game.metrics.counter("client_replies_to_nobody_total").value, 1);
});
