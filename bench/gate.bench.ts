/**
 * What a datagram costs a gate: received and sent, sealed and plain, by the code alone and with the system's part; the rate at which one
 * gate has nothing left; what strangers cost. The time that a native thread would take over is the last row of the system's: it would
 * have to beat that. (What idle sessions cost: bench/kcp.bench.ts.)
 *
 *   npx aeon bench gate [--json] [--only TEXT]
 */
import { nodeSeal } from "../engine/net/node-seal.js";
import { KEY_BYTES, SealKind, TAG_BYTES } from "../engine/net/seal.js";
import { MemoryGate } from "./gate/memory.js";
import { measureSystem } from "./gate/system.js";
import { type BenchRun, medians, ResultHash, timed } from "./harness.js";

const FRAME_BYTES = 100;
const US_PER_MS = 1_000;
const SECOND_US = 1e6;

const SEALS = {
  "sealed with AES-GCM": SealKind.aes256Gcm,
  "sealed with ChaCha20-Poly1305": SealKind.chacha20Poly1305,
  plain: SealKind.none,
} as const;
type SealName = keyof typeof SEALS;
const SEAL_NAMES = Object.keys(SEALS) as SealName[];

export async function bench(run: BenchRun): Promise<void> {
  for (const name of SEAL_NAMES) await sealCost(run, name);
  for (const name of SEAL_NAMES) {
    await inMemory(run, name, "received", receiveLoose);
    await inMemory(run, name, "sent", sendLoose);
    await inMemory(run, name, "ordered message received, and its acknowledgement", receiveOrdered);
    await inMemory(run, name, "ordered message sent, and its acknowledgement", sendOrdered);
  }
  await helloCost(run);
  await openCost(run);
  for (const name of SEAL_NAMES) await overSystem(run, name);
}

/** What the library takes: the least that sealing in this thread can cost. */
async function sealCost(run: BenchRun, name: SealName): Promise<void> {
  const kind = SEALS[name];
  const title = `${FRAME_BYTES} bytes ${name}, and opened`;
  if (kind === SealKind.none || !run.wants(title)) return;
  const aead = nodeSeal.aead(kind, new Uint8Array(KEY_BYTES));
  const [head, plain] = [new Uint8Array(0), new Uint8Array(FRAME_BYTES)];
  const [out, back] = [new Uint8Array(FRAME_BYTES + TAG_BYTES), new Uint8Array(FRAME_BYTES)];
  const count = run.isSmall ? 20 : 2_000;
  let packetNumber = 0;
  const [ms = 0] = await medians(run.isSmall ? { warmUp: 0, repeats: 1 } : { warmUp: 5, repeats: 5 }, () => [
    timed(() => {
      for (let i = 0; i < count; i++) {
        aead.seal(++packetNumber, head, plain, out, 0);
        aead.open(packetNumber, head, out, back, 0);
      }
    }),
  ]);
  run.report(title, "us", (ms * US_PER_MS) / count);
}

interface Load {
  readonly gate: MemoryGate;
  readonly frame: Uint8Array;
  readonly hash: ResultHash;
}

/** Returns the gate's time in ms for one message of each client. */
type OneOfEach = (load: Load) => number;

function receiveLoose({ gate, frame }: Load): number {
  for (const { connection } of gate.clients) connection.sendLoose(frame);
  gate.scheduler.turn();
  const datagrams = gate.fromClients();
  return timed(() => gate.toGate(datagrams));
}

function sendLoose({ gate, frame }: Load): number {
  const ms = timed(() => {
    for (const connection of gate.accepted) connection.sendLoose?.(frame);
    gate.scheduler.turn();
  });
  gate.toClients();
  return ms;
}

function receiveOrdered({ gate, frame }: Load): number {
  for (const { connection } of gate.clients) connection.send(frame);
  gate.scheduler.turn();
  const datagrams = gate.fromClients();
  // The clients' part of the turn is nothing: they have nothing to send.
  const ms = timed(() => {
    gate.toGate(datagrams);
    gate.scheduler.pass(12);
  });
  gate.toClients();
  return ms;
}

function sendOrdered({ gate, frame }: Load): number {
  const first = timed(() => {
    for (const connection of gate.accepted) connection.send(frame);
    gate.scheduler.turn();
  });
  gate.toClients();
  gate.scheduler.pass(12);
  const datagrams = gate.fromClients();
  return first + timed(() => gate.toGate(datagrams));
}

async function inMemory(run: BenchRun, name: SealName, what: string, oneOfEach: OneOfEach): Promise<void> {
  const title = `datagram ${what}, ${name}`;
  if (!run.wants(title)) return;
  const count = run.isSmall ? 20 : 1_000;
  const load = { gate: new MemoryGate(), frame: new Uint8Array(FRAME_BYTES).fill(7), hash: new ResultHash() };
  load.gate.connect(count, SEALS[name]);
  hear(load);
  const rounds = run.isSmall ? { warmUp: 1, repeats: 1 } : { warmUp: 20, repeats: 5 };
  const [ms = 0] = await medians(rounds, () => [oneOfEach(load)]);
  run.report(title, "us", (ms * US_PER_MS) / count, null, load.hash.text);
}

/** Both ends hash what they hear. */
function hear({ gate, hash }: Load): void {
  const onFrame = (frame: Uint8Array) => void hash.add(frame.length);
  for (const connection of gate.accepted) connection.onFrame = onFrame;
  for (const { connection } of gate.clients) connection.onFrame = onFrame;
}

/** Strangers that say hello and are answered by a cookie. */
async function helloCost(run: BenchRun): Promise<void> {
  const title = "stranger's hello, answered";
  if (!run.wants(title)) return;
  const count = run.isSmall ? 20 : 2_000;
  const gate = new MemoryGate();
  const hello = new Uint8Array(128);
  hello.set([1, 1, 0]);
  const hellos = Array.from({ length: count }, (_, i) => ({ bytes: hello, host: "198.51.100.9", port: 1 + i }));
  const rounds = run.isSmall ? { warmUp: 1, repeats: 1 } : { warmUp: 5, repeats: 3 };
  const hash = new ResultHash();
  const [ms = 0] = await medians(rounds, () => {
    const taken = timed(() => gate.toGate(hellos));
    hash.add(gate.socket.take().length);
    return [taken];
  });
  run.report(title, "us", (ms * US_PER_MS) / count, null, hash.text);
}

/** Whole handshakes, the client's part included: half of it is the same work. */
async function openCost(run: BenchRun): Promise<void> {
  const title = "handshake, both ends";
  if (!run.wants(title)) return;
  const count = run.isSmall ? 3 : 200;
  const rounds = run.isSmall ? { warmUp: 0, repeats: 1 } : { warmUp: 1, repeats: 1 };
  const [ms = 0] = await medians(rounds, () => {
    const gate = new MemoryGate();
    return [timed(() => gate.connect(count, SealKind.aes256Gcm))];
  });
  run.report(title, "us", (ms * US_PER_MS) / count);
}

async function overSystem(run: BenchRun, name: SealName): Promise<void> {
  const title = `over the system, ${name}`;
  if (!run.wants(title)) return;
  const [clients, seconds] = run.isSmall ? [5, 0.05] : [200, 3];
  const measured = await measureSystem(SEALS[name], FRAME_BYTES, clients, seconds);
  const { receivedUs, sentUs, receivedPerSecond } = measured;
  run.report(`${title}: datagram received`, "us", receivedUs);
  run.report(`${title}: datagram sent`, "us", sentUs);
  run.report(`${title}: received per second at the most`, "hz", receivedPerSecond);
  run.report(`${title}: one in and one out, saturated at`, "hz", SECOND_US / (receivedUs + sentUs));
  run.report(`${title}: what a native thread has to beat`, "us", receivedUs + sentUs);
}
