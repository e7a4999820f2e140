import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../../../engine/base/random.js";
import { GameToGate } from "../../../engine/protocol/game-link.js";
import { type FakeLink, Rig, type TestClient } from "./rig.js";

const GAME = 1;

/** A gate with one game of several streams, and a client on it; the client's handle is 1. */
function streamingGame(count = 2): { rig: Rig; main: FakeLink; streams: FakeLink[]; client: TestClient } {
  const rig = new Rig();
  const main = rig.addStreamingGame(GAME, count);
  const streams = [...rig.streams.values()];
  for (const stream of streams) stream.turn("up");
  const client = rig.client();
  client.connect();
  return { rig, main, streams, client };
}

/** One body of these values. */
function frames(stream: FakeLink | undefined, bindNumber: number, ...values: number[]): void {
  stream?.frames(1, bindNumber, values);
}

function switchStream(stream: FakeLink | undefined, bindNumber: number, toStream: number): void {
  stream?.deliver(GameToGate.streamSwitch, { handle: 1, bindNumber, toStream });
}

/** What the client got, as one row of values. */
async function received(rig: Rig, client: TestClient): Promise<number[]> {
  await rig.pass(1);
  return client.connection.bodies().flat();
}

test("streams: a game is linked when its main link and every offered stream are up", () => {
  const rig = new Rig();
  rig.addStreamingGame(GAME, 2);
  assert.deepEqual(rig.linksReported, []);
  rig.streams.get(1)?.turn("up");
  assert.deepEqual(rig.linksReported, []);
  const client = rig.client();
  assert.equal(client.connect().closeCode, "CLIENT_NOT_OPEN");
  rig.streams.get(2)?.turn("up");
  assert.deepEqual(rig.linksReported, [[GAME]]);
  assert.equal(client.connect().closeCode, "");
});

test("streams: a new client goes to no game one of whose streams is cut at this moment", () => {
  const { rig, streams } = streamingGame();
  streams[1]?.turn("interrupted");
  assert.equal(rig.client().connect().closeCode, "CLIENT_NOT_OPEN");
  streams[1]?.turn("up");
  assert.equal(rig.client().connect().closeCode, "");
});

test("streams: when one goes down the game is gone, and all its links are dialled anew", async () => {
  const { rig, main, streams, client } = streamingGame();
  streams[0]?.turn("down", "LINK_DOWN");
  assert.equal(client.connection.closeCode, "CLIENT_GAME_GONE");
  assert.equal(main.state, "down");
  assert.equal(streams[1]?.state, "down");
  assert.deepEqual(rig.linksReported.at(-1), []);
  await rig.pass(2_000);
  assert.notEqual(rig.links.get(GAME), main);
});

test("streams: an offer that comes twice takes the game's main link down", () => {
  const { main } = streamingGame();
  assert.throws(() => main.deliver(GameToGate.streamOffer, { streams: [] }), { code: "BYTES_MALFORMED" });
});

test("streams: only messages for clients are taken from them", () => {
  const { streams } = streamingGame();
  assert.throws(() => streams[0]?.deliver(GameToGate.acceptClients, { accept: false, load: 0 }), {
    code: "MESSAGE_UNKNOWN",
  });
});

test("streams: the first that speaks under a number has the client, another is dropped and counted", async () => {
  const { rig, streams, client } = streamingGame();
  frames(streams[1], 1, 21);
  frames(streams[0], 1, 11);
  assert.deepEqual(await received(rig, client), [21]);
  assert.equal(rig.counter("stale_binds"), 1);
});

test("streams: a switch goes on at the other stream under the next number (what comes early waits)", async () => {
  const { rig, streams, client } = streamingGame();
  frames(streams[0], 1, 11);
  frames(streams[1], 2, 21);
  frames(streams[1], 2, 22);
  assert.deepEqual(await received(rig, client), [11]);
  frames(streams[0], 1, 12);
  switchStream(streams[0], 1, 2);
  frames(streams[1], 2, 23);
  frames(streams[0], 1, 13);
  assert.deepEqual(await received(rig, client), [11, 12, 21, 22, 23]);
  assert.equal(rig.counter("early_messages"), 2);
  assert.equal(rig.counter("stale_binds"), 1);
});

test("streams: several switches are followed in their order, in whatever order the streams arrive", async () => {
  const { rig, streams, client } = streamingGame(3);
  const [first, second, third] = streams;
  frames(third, 3, 31);
  switchStream(third, 3, 1);
  frames(second, 2, 21);
  frames(first, 1, 11);
  frames(first, 4, 12);
  switchStream(second, 2, 3);
  assert.deepEqual(await received(rig, client), [11]);
  switchStream(first, 1, 2);
  assert.deepEqual(await received(rig, client), [11, 21, 31, 12]);
  assert.equal(rig.counter("stream_switches"), 3);
});

test("streams: what waits comes only from the stream that the switch names", async () => {
  const { rig, streams, client } = streamingGame(3);
  const [first, second, third] = streams;
  frames(third, 2, 31);
  frames(second, 2, 21);
  frames(first, 1, 11);
  switchStream(first, 1, 2);
  assert.deepEqual(await received(rig, client), [11, 21]);
});

test("streams: a bind and a kick of the next stream wait for the last word of the one before", async () => {
  const { rig, main, streams, client } = streamingGame();
  const [first, second] = streams;
  frames(first, 1, 11);
  second?.deliver(GameToGate.clientBind, { handle: 1, bindNumber: 2, targetGame: GAME, entity: "A".repeat(16) });
  assert.equal(main.count("clientBound"), 0);
  switchStream(first, 1, 2);
  assert.equal(main.last("clientBound").bindNumber, 3);
  const kick = { handle: 1, bindNumber: 4, code: "CLIENT_KICKED", reason: "" };
  first?.deliver(GameToGate.clientKick, kick);
  frames(second, 3, 22);
  assert.equal(client.connection.closeCode, "");
  switchStream(second, 3, 1);
  assert.equal(client.connection.closeCode, "CLIENT_KICKED");
  assert.deepEqual(await received(rig, client), [11, 22]);
});

test("streams: a kick of the script thread takes effect at once, under any number since", () => {
  const { main, client } = streamingGame();
  main.deliver(GameToGate.clientKick, { handle: 1, bindNumber: 7, code: "CLIENT_MALFORMED", reason: "" });
  assert.equal(client.connection.closeCode, "CLIENT_MALFORMED");
});

test("streams: after a bind nothing that waited before it arrives", async () => {
  const { rig, streams, client } = streamingGame();
  const [first, second] = streams;
  frames(second, 2, 21);
  first?.deliver(GameToGate.clientBind, { handle: 1, bindNumber: 1, targetGame: GAME, entity: "A".repeat(16) });
  frames(second, 2, 22);
  assert.deepEqual(await received(rig, client), [22]);
});

test("streams: a client for whom too much waits is closed", () => {
  const rig = new Rig({ queueBytesMax: 16_384 });
  rig.addStreamingGame(GAME, 2);
  for (const stream of rig.streams.values()) stream.turn("up");
  const client = rig.client();
  client.connect();
  for (let i = 0; i < 20; i++) rig.streams.get(2)?.frames(1, 2, new Array<number>(1_000).fill(i));
  assert.equal(client.connection.closeCode, "CLIENT_SLOW");
});

test("streams: order and completeness hold for every interleaving (200 seeds)", async () => {
  for (let seed = 1; seed <= 200; seed++) {
    const random = new SeededRandom(seed);
    const { rig, streams, client } = streamingGame(3);
    // What each stream will say, in its order; the client moves to another stream after each few values.
    const scripts: (() => void)[][] = [[], [], []];
    const expected: number[] = [];
    let at = 0;
    for (let bindNumber = 1, value = 0; bindNumber <= 8; bindNumber++) {
      const from = at;
      for (let i = Math.floor(random.next() * 4) + (bindNumber === 1 ? 1 : 0); i > 0; i--) {
        const said = ++value;
        expected.push(said);
        scripts[from]?.push(() => frames(streams[from], bindNumber, said));
      }
      at = (from + 1 + Math.floor(random.next() * 2)) % 3;
      const to = at + 1;
      scripts[from]?.push(() => switchStream(streams[from], bindNumber, to));
    }
    // The first is said first: until then the gate does not know where the client is.
    scripts[0]?.shift()?.();
    while (scripts.some((script) => script.length > 0)) scripts[Math.floor(random.next() * 3)]?.shift()?.();
    assert.deepEqual(await received(rig, client), expected, `seed ${seed}`);
  }
});
