/** The segment pool that a gate's clients share, and clients that fill it: who pays for it, and who notices nothing. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { KcpPipe } from "../../../engine/net/kcp-pipe.js";
import type { PipeTuning } from "../../../engine/net/pipe-tuning.js";
import { writeU32 } from "../../../engine/protocol/datagram.js";
import { SegmentPool } from "../../../native/kcp-ts/src/index.js";
import { patternBytes, TUNING, UdpRig } from "./udp-rig.js";

const PUSH = 81;
const HEAD_BYTES = 24;
const DATA_BYTES = 1_100;
const GATE_TUNING: PipeTuning = { ...TUNING, receiveWindowSegments: 128, newcomerHeldBytesMax: 8_192 };

/** What a client can send that leaves out the first segment and sends all behind it. */
function gapDatagram(conv: number, number: number): Uint8Array {
  const bytes = new Uint8Array(1 + HEAD_BYTES + DATA_BYTES);
  writeU32(bytes, 1, conv);
  bytes[5] = PUSH;
  bytes[7] = 128;
  writeU32(bytes, 13, number);
  writeU32(bytes, 21, DATA_BYTES);
  return bytes;
}

interface Lie {
  readonly rig: UdpRig;
  readonly liars: KcpPipe[];
}

/** As `pipe`'s client, fills its receive window with what cannot be read. */
function lie(rig: UdpRig, pipe: KcpPipe): void {
  const { conv } = (pipe as unknown as { kcp: { conv: number } }).kcp;
  for (let number = 2; number < 128; number++) {
    const bytes = gapDatagram(conv, number);
    pipe.input(bytes, 0, bytes.length, rig.scheduler.nowMs());
  }
}

async function lyingClients(rig: UdpRig, count: number, isTrusted: boolean): Promise<Lie> {
  const liars: KcpPipe[] = [];
  for (let i = 0; i < count; i++) {
    const { pipe } = await rig.connected({ host: `203.0.113.${i + 1}` });
    pipe.isTrusted = isTrusted;
    lie(rig, pipe);
    liars.push(pipe);
  }
  return { rig, liars };
}

const isOpen = (pipe: KcpPipe): boolean => pipe.state === "open";

/** Frames both ways; all of them arrive. */
async function talk(rig: UdpRig, { client, pipe, heard }: Awaited<ReturnType<UdpRig["connected"]>>, bytes: number) {
  const before = [heard.length, client.heard.length] as const;
  for (let i = 0; i < 20; i++) {
    client.connection.send(patternBytes(i, bytes));
    pipe.send(patternBytes(i, bytes));
    await rig.pass(20);
  }
  await rig.pass(8_000);
  assert.equal(heard.length - before[0], 20);
  assert.equal(client.heard.length - before[1], 20);
}

test("pool share: a client fills 8 KB before it has logged in, 64 KB after that, and its window where there is no bound", async () => {
  for (const [heldBytesMax, isTrusted, least, most] of [
    [65_536, false, 8_192, 9_728],
    [65_536, true, 65_536, 67_072],
    [2 ** 30, true, 126 * 1_536, 126 * 1_536],
  ] as const) {
    const pool = new SegmentPool();
    const rig = new UdpRig({ gate: { tuning: { ...GATE_TUNING, pool, heldBytesMax } } });
    await rig.connected();
    const before = pool.heldBytes;
    const { liars } = await lyingClients(rig, 1, isTrusted);
    const held = pool.heldBytes - before;
    assert.ok(held >= least && held <= most, `${held}`);
    assert.ok(liars.every(isOpen), "it is no crime");
  }
});

test("pool share: when liars have filled it, they are cut, and who asks next notices nothing (200 that hold gaps open)", async () => {
  const pool = new SegmentPool(1_048_576);
  const rig = new UdpRig({ gate: { tuning: { ...GATE_TUNING, pool, heldBytesMax: 65_536 } } });
  const honest = [await rig.connected(), await rig.connected({ tuning: { redundancy: 1 } })];
  for (const { pipe } of honest) pipe.isTrusted = true;
  const { liars } = await lyingClients(rig, 200, false);
  for (const one of honest) await talk(rig, one, 2_000);
  assert.ok(pool.heldBytes <= 1_048_576);
  assert.ok(rig.counter("pool_evicted") > 50, `${rig.counter("pool_evicted")}`);
  assert.equal(liars.filter((pipe) => !isOpen(pipe)).length, rig.counter("pool_evicted"));
  assert.ok(honest.every(({ pipe }) => isOpen(pipe)));
  assert.equal(rig.counter("pool_full"), 0, "nothing was lost for it");
  assert.deepEqual(rig.errors, []);
});

test("pool share: those who logged in and lie are cut before honest newcomers and players are", async () => {
  const pool = new SegmentPool(1_048_576);
  const rig = new UdpRig({ gate: { tuning: { ...GATE_TUNING, pool, heldBytesMax: 65_536 } } });
  const [player, newcomer] = [await rig.connected(), await rig.connected()];
  player.pipe.isTrusted = true;
  const { liars } = await lyingClients(rig, 30, true);
  await talk(rig, player, 2_000);
  await talk(rig, newcomer, 300);
  for (const pipe of liars.filter(isOpen)) lie(rig, pipe);
  await talk(rig, newcomer, 2_000);
  assert.ok(isOpen(player.pipe) && isOpen(newcomer.pipe));
  assert.ok(rig.counter("pool_evicted") > 0);
});

test("pool share: a client that acknowledges nothing pays for what is kept for it", async () => {
  const pool = new SegmentPool(1_048_576);
  const rig = new UdpRig({ gate: { tuning: { ...GATE_TUNING, pool } } });
  const deaf = [];
  for (let i = 0; i < 3; i++) deaf.push(await rig.connected({ host: `203.0.113.${i + 1}` }));
  const honest = await rig.connected();
  honest.pipe.isTrusted = true;
  for (const { client, pipe } of deaf) {
    client.socket.isCut = true;
    pipe.isTrusted = true;
    for (let i = 0; i < 40; i++) pipe.send(patternBytes(i, 20_000));
  }
  await rig.pass(100);
  await talk(rig, honest, 4_000);
  assert.ok(isOpen(honest.pipe));
  assert.ok(deaf.some(({ pipe }) => !isOpen(pipe)));
  assert.ok(rig.counter("pool_evicted") >= 1);
});

test("pool share: what finds no room, with nobody to make some, waits and arrives when there is (nobody is cut)", async () => {
  const pool = new SegmentPool(65_536);
  const rig = new UdpRig({ gate: { tuning: { ...GATE_TUNING, pool } } });
  const { client, pipe, heard } = await rig.connected();
  const taken: number[] = [];
  for (const size of [1_500, 100]) for (let slot = pool.take(size); slot >= 0; slot = pool.take(size)) taken.push(slot);
  pipe.send(patternBytes(1, 5_000));
  client.connection.send(patternBytes(2, 50));
  await rig.pass(300);
  assert.equal(client.heard.length, 0);
  assert.ok(rig.counter("pool_full") > 1);
  for (const slot of taken) pool.release(slot);
  await rig.pass(2_000);
  assert.deepEqual(client.heard, [patternBytes(1, 5_000)]);
  assert.deepEqual(heard.at(-1), patternBytes(2, 50));
  assert.equal(rig.counter("pool_evicted"), 0);
});

test("pool share: a newcomer's large frame arrives over a bad line all the same (20 % lost, out of order)", async () => {
  const rig = new UdpRig({
    weather: { lost: 0.2, latencyMinMs: 5, latencyMaxMs: 60 },
    gate: { tuning: { ...GATE_TUNING, pool: new SegmentPool(1_048_576) } },
  });
  const { client, heard } = await rig.connected();
  client.connection.send(patternBytes(5, 60_000));
  await rig.pass(30_000);
  assert.deepEqual(heard.at(-1), patternBytes(5, 60_000));
});
