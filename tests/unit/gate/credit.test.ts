import assert from "node:assert/strict";
import { test } from "node:test";
import { ClientFramesWriter } from "../../../engine/protocol/client-frames.js";
import { GameToGate } from "../../../engine/protocol/game-link.js";
import { CreditMeter } from "../../../gate/credit-meter.js";
import { FakeConnection, type FakeLink, openGate, Rig, type TestClient } from "./rig.js";

const WINDOW_BYTES = 65_536;
const BODY_BYTES = 1_000;
const BODY = Array.from({ length: BODY_BYTES }, (_, i) => i & 0xff);

interface Told {
  readonly handle: number;
  readonly bindNumber: number;
  readonly confirmedBytes: number;
  readonly isLossy: boolean;
}

function told(link: FakeLink): Told[] {
  return link.seen
    .filter(({ name }) => name === "clientCredit")
    .flatMap(({ value }) => value.clients as unknown as Told[]);
}

/** So many packets of one body each. */
async function sendPackets(rig: Rig, link: FakeLink, count: number, bindNumber = 1): Promise<void> {
  for (let i = 0; i < count; i++) {
    link.frames(1, bindNumber, BODY);
    await rig.pass(1);
  }
}

function connected(): { rig: Rig; game: FakeLink; client: TestClient } {
  const { rig, game } = openGate();
  const client = rig.client();
  client.connect();
  return { rig, game, client };
}

test("credit: a client that keeps up is spoken of once for half a window, with what has left", async () => {
  const { rig, game, client } = connected();
  const packets = 200;
  for (let i = 1; i <= packets; i++) {
    await sendPackets(rig, game, 1);
    client.heartbeat(i);
    await rig.pass(1);
  }
  const words = told(game);
  assert.equal(words.length, Math.floor((packets * BODY_BYTES) / (WINDOW_BYTES / 2)));
  assert.ok(words.every(({ confirmedBytes }, i) => confirmedBytes > (words[i - 1]?.confirmedBytes ?? 0)));
  assert.deepEqual({ ...words[0], confirmedBytes: 0 }, { handle: 1, bindNumber: 1, confirmedBytes: 0, isLossy: false });
});

test("credit: nothing is said for a client that confirms nothing, and all has left when it confirms all", async () => {
  const { rig, game, client } = connected();
  await sendPackets(rig, game, 70);
  assert.deepEqual(told(game), []);
  client.heartbeat(70);
  await rig.pass(1);
  assert.deepEqual(
    told(game).map(({ confirmedBytes }) => confirmedBytes),
    [70 * BODY_BYTES],
  );
});

test("credit: what another game said through a proxy is no credit of this one's", async () => {
  const { rig, game, client } = connected();
  const { clientId } = client;
  for (let i = 0; i < 70; i++)
    game.deliver(GameToGate.routeToClient, { clientId, token: 0, payload: Uint8Array.from(BODY) });
  await rig.pass(1);
  client.heartbeat(1);
  await rig.pass(1);
  assert.deepEqual(told(game), []);
});

test("credit: counts begin anew with the stream that speaks next, which is told, early bodies included", async () => {
  const rig = new Rig();
  const main = rig.addStreamingGame(1, 2);
  const [first, second] = [...rig.streams.values()] as [FakeLink, FakeLink];
  for (const stream of [first, second]) stream.turn("up");
  const client = rig.client();
  client.connect();
  await sendPackets(rig, first, 40);
  await sendPackets(rig, second, 50, 2);
  first.deliver(GameToGate.streamSwitch, { handle: 1, bindNumber: 1, toStream: 2 });
  await rig.pass(1);
  client.heartbeat(41);
  await rig.pass(1);
  assert.deepEqual([told(main), told(first)], [[], []]);
  assert.deepEqual(told(second), [{ handle: 1, bindNumber: 2, confirmedBytes: 50 * BODY_BYTES, isLossy: false }]);
});

test("credit: a resume confirms what arrived before the cut", async () => {
  const { rig, game, client } = connected();
  await sendPackets(rig, game, 70);
  client.connection.drop();
  client.connect({ ack: 70 });
  await rig.pass(1);
  assert.deepEqual(
    told(game).map(({ confirmedBytes }) => confirmedBytes),
    [70 * BODY_BYTES],
  );
});

test("credit meter: a stream that waits for credit is always told (random traffic, 2,000 runs)", () => {
  let seed = 1;
  const random = (n: number) => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % n;
  };
  for (let run = 0; run < 2_000; run++) {
    const meter = new CreditMeter(1_000);
    let sent = 0;
    let reported = 0;
    let sequence = 0;
    for (let step = 0; step < 60; step++) {
      // The stream stops at its window.
      if (sent - reported < 1_000) {
        const [bytes, loose] = [random(400), random(400)];
        sent += bytes + loose;
        meter.noteGiven(bytes);
        if (meter.noteLoose(loose)) reported = meter.report();
        if (bytes > 0) meter.noteSent(++sequence);
      }
      if (random(3) === 0 && meter.noteConfirmed(sequence, true)) reported = meter.report();
      assert.ok(reported <= sent);
    }
    if (meter.noteConfirmed(sequence, true)) reported = meter.report();
    assert.ok(sent - reported < 1_000, `${sent - reported} bytes are under way for ever`);
  }
});

/** One that can send what may be lost. */
class LossyConnection extends FakeConnection {
  readonly looseBytesMax = 100;
  sendLoose(frame: Uint8Array): void {
    this.send(frame);
  }
}

function lossy(): { rig: Rig; game: FakeLink; connection: LossyConnection } {
  const { rig, game } = openGate();
  const client = rig.client();
  const connection = new LossyConnection();
  client.connectWith(connection);
  return { rig, game, connection };
}

/** Ordered bodies, then loose ones. */
function frames(game: FakeLink, ordered: number[][], loose: number[][]): void {
  const writer = new ClientFramesWriter();
  const indices: number[] = [];
  for (const body of ordered) indices.push(writer.addBody(Uint8Array.from(body)));
  for (const body of loose) {
    indices.push(writer.addBody(Uint8Array.from(body)));
    writer.markLoose(indices.at(-1) as number);
  }
  writer.addClient(1, 1, indices);
  game.deliver(GameToGate.clientFrames, { payload: writer.payload() });
}

function packets(connection: FakeConnection): [string, number, number[]][] {
  return connection.seen
    .filter(({ name }) => name === "serverPacket" || name === "serverLoose")
    .map(({ name, value }) => [name, (value.sequence ?? value.after) as number, [...(value.bodies as Uint8Array)]]);
}

test("loose: bodies that may be lost go beside the numbered packet, and stand on it", async () => {
  const { rig, game, connection } = lossy();
  frames(game, [[1], [2]], [[3]]);
  frames(game, [], [[4]]);
  await rig.pass(1);
  frames(game, [], [[5]]);
  await rig.pass(1);
  assert.deepEqual(packets(connection), [
    ["serverPacket", 1, [1, 2]],
    ["serverLoose", 1, [3, 4]],
    ["serverLoose", 1, [5]],
  ]);
  assert.deepEqual(told(game), [{ handle: 1, bindNumber: 1, confirmedBytes: 2, isLossy: true }]);
});

test("loose: what does not fit goes in order, behind what was gathered to go otherwise", async () => {
  const { rig, game, connection } = lossy();
  const large = Array.from({ length: 120 }, () => 7);
  frames(game, [[1]], [[3]]);
  frames(game, [[2]], [large]);
  frames(game, [], [[4]]);
  await rig.pass(1);
  assert.deepEqual(packets(connection), [
    ["serverLoose", 0, [3]],
    ["serverPacket", 1, [1, 2, ...large]],
    ["serverLoose", 1, [4]],
  ]);
});

test("loose: a connection that keeps order gets everything in one numbered packet", async () => {
  const { rig, game, client } = connected();
  frames(game, [[1], [2]], [[3]]);
  await rig.pass(1);
  assert.deepEqual(packets(client.connection), [["serverPacket", 1, [1, 2, 3]]]);
  assert.deepEqual(told(game), []);
});

test("loose: it counts as left when it is sent", async () => {
  const { rig, game } = lossy();
  const body = Array.from({ length: 80 }, () => 7);
  for (let i = 0; i < 1_000; i++) {
    frames(game, [], [body]);
    await rig.pass(1);
  }
  const last = told(game).at(-1)?.confirmedBytes ?? 0;
  assert.ok(last > 80_000 - WINDOW_BYTES / 4 - 80, `${last}`);
});
