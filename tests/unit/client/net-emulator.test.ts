/** A bad line under streams and datagrams, under virtual time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type NetConditions, NetEmulator } from "../../../client/net-emulator.js";
import { parseNetPlan, runCuts } from "../../../client/net-plan.js";
import { SeededRandom } from "../../../engine/base/random.js";
import { VirtualScheduler } from "../../../engine/base/virtual-scheduler.js";
import type { DatagramSocket } from "../../../engine/net/datagram-socket.js";
import type { Connection, ConnectionState } from "../../../engine/net/transport.js";

const GOOD: NetConditions = { delayMs: 0, jitterMs: 0, lossShare: 0 };

/** Answers every frame at once with itself. */
class Echo implements Connection {
  state: ConnectionState = "connecting";
  readonly remote = "ws://echo";
  readonly bufferedBytes = 0;
  onOpen: (() => void) | null = null;
  onFrame: ((frame: Uint8Array) => void) | null = null;
  onClose: ((reason: string) => void) | null = null;
  readonly got: number[] = [];
  closedWith: string | null = null;

  open(): void {
    this.state = "open";
    this.onOpen?.();
  }
  send(frame: Uint8Array): void {
    this.got.push(frame[0] as number);
    this.onFrame?.(frame);
    frame.fill(0);
  }
  close(reason = ""): void {
    this.state = "closed";
    this.closedWith = reason;
  }
}

function setUp(conditions: Partial<NetConditions> = {}, seed = 1) {
  const scheduler = new VirtualScheduler();
  const line = new NetEmulator({ conditions: { ...GOOD, ...conditions }, scheduler, random: new SeededRandom(seed) });
  const echo = new Echo();
  const connection = line.transport(() => echo)("ws://echo");
  const arrivals: { value: number; ms: number }[] = [];
  connection.onFrame = ([value = 0]) => arrivals.push({ value, ms: scheduler.nowMs() });
  echo.open();
  const pass = (ms: number) => scheduler.run(scheduler.nowMs() + ms);
  return { scheduler, line, echo, connection, arrivals, pass };
}

test("net emulator: delay is added to the round trip, and opening takes its handshakes", async () => {
  const { scheduler, connection, arrivals, pass } = setUp({ delayMs: 120 });
  let openMs = 0;
  connection.onOpen = () => {
    openMs = scheduler.nowMs();
  };
  connection.send(Uint8Array.of(9));
  await pass(179);
  assert.equal(connection.state, "connecting");
  await pass(1);
  assert.equal(openMs, 180);
  const frame = Uint8Array.of(1);
  connection.send(frame);
  frame.fill(0);
  await pass(1_000);
  assert.deepEqual(arrivals, [{ value: 1, ms: 300 }]);
});

test("net emulator: a stream keeps its order under jitter and loss, loses nothing, and loss holds up what follows", async () => {
  const { connection, arrivals, pass } = setUp({ delayMs: 100, jitterMs: 40, lossShare: 0.1 });
  await pass(1_000);
  for (let i = 0; i < 200; i++) {
    connection.send(Uint8Array.of(i));
    await pass(20);
  }
  await pass(30_000);
  assert.deepEqual(
    arrivals.map(({ value }) => value),
    Array.from({ length: 200 }, (_, i) => i),
  );
  const delays = arrivals.map(({ ms, value }) => ms - (1_000 + value * 20));
  assert.ok(Math.min(...delays) >= 100);
  const stalled = delays.filter((delay) => delay > 300).length;
  // 400 segments, a tenth lost: some 40 stalls of at least 280 ms, each holding up those behind it.
  assert.ok(stalled > 60 && stalled < 200, `${stalled} held up`);
});

test("net emulator: a stream keeps its order when the timers do not (real ones are rounded to a millisecond)", async () => {
  const { scheduler, connection, arrivals, pass } = setUp({ jitterMs: 3 });
  await pass(100);
  const random = new SeededRandom(8);
  const { setTimer } = scheduler;
  scheduler.setTimer = (delayMs, run) => setTimer.call(scheduler, delayMs + random.next(), run);
  for (let i = 0; i < 200; i++) {
    connection.send(Uint8Array.of(i));
    await pass(0.3);
  }
  await pass(100);
  assert.deepEqual(
    arrivals.map(({ value }) => value),
    Array.from({ length: 200 }, (_, i) => i),
  );
});

test("net emulator: in a cut nothing passes either way; TCP tries again after it; the connection stays open", async () => {
  const { line, connection, echo, arrivals, pass } = setUp();
  await pass(1);
  line.cut(3_000);
  connection.send(Uint8Array.of(1));
  await pass(2_900);
  assert.deepEqual([echo.got, arrivals], [[], []]);
  assert.equal(line.isCut, true);
  await pass(3_000);
  // 200, 600, 1,400, 3,000 … after it was sent.
  assert.deepEqual(arrivals, [{ value: 1, ms: 3_001 }]);
  assert.equal(connection.state, "open");
});

test("net emulator: a close comes behind what was sent, and is reported once", async () => {
  const { connection, echo, arrivals, pass } = setUp({ delayMs: 100 });
  const reasons: string[] = [];
  connection.onClose = (reason) => reasons.push(reason);
  await pass(1_000);
  connection.send(Uint8Array.of(1));
  connection.close("bye");
  connection.send(Uint8Array.of(2));
  await pass(1_000);
  assert.deepEqual([echo.got, echo.closedWith, reasons, arrivals], [[1], "bye", ["bye"], []]);
  const other = setUp({ delayMs: 100 });
  other.connection.onClose = (reason) => reasons.push(reason);
  await other.pass(1_000);
  other.echo.onClose?.("gate gone");
  await other.pass(49);
  assert.equal(reasons.length, 1);
  await other.pass(1);
  assert.deepEqual(reasons, ["bye", "gate gone"]);
});

test("net emulator: conditions change while it runs (a slider)", async () => {
  const { line, connection, arrivals, pass } = setUp();
  await pass(1);
  line.conditions.delayMs = 500;
  connection.send(Uint8Array.of(1));
  await pass(600);
  assert.deepEqual(arrivals, [{ value: 1, ms: 501 }]);
});

test("net emulator: more under way than its bound closes the connection", async () => {
  const { line, connection, pass } = setUp();
  await pass(1);
  line.cut(60_000);
  for (let i = 0; i < 20; i++) connection.send(new Uint8Array(1_024 * 1_024));
  assert.equal(connection.state, "closed");
});

test("net emulator: datagrams are lost, overtake each other, and are gone in a cut", async () => {
  const scheduler = new VirtualScheduler();
  const conditions = { delayMs: 100, jitterMs: 50, lossShare: 0.2 };
  const line = new NetEmulator({ conditions, scheduler, random: new SeededRandom(3) });
  const sent: number[] = [];
  const inner: DatagramSocket = {
    address: { host: "127.0.0.1", port: 1 },
    receiveBufferBytes: 0,
    onDatagram: null,
    send: ([number = 0]) => sent.push(number),
    close: async () => undefined,
  };
  const socket = line.socket(inner);
  const got: number[] = [];
  socket.onDatagram = ([number = 0]) => got.push(number);
  for (let i = 0; i < 250; i++) {
    socket.send(Uint8Array.of(i), "127.0.0.1", 2);
    inner.onDatagram?.(Uint8Array.of(i), "127.0.0.1", 2);
    await scheduler.run(scheduler.nowMs() + 5);
  }
  await scheduler.run(scheduler.nowMs() + 1_000);
  for (const numbers of [sent, got]) {
    assert.ok(numbers.length > 170 && numbers.length < 230, `${numbers.length} of 250`);
    assert.equal(new Set(numbers).size, numbers.length);
    assert.notDeepEqual(
      numbers,
      [...numbers].sort((a, b) => a - b),
    );
  }
  line.cut(1_000);
  socket.send(Uint8Array.of(251), "127.0.0.1", 2);
  await scheduler.run(scheduler.nowMs() + 5_000);
  assert.equal(sent.includes(251), false);
});

test("net plan: says what it says, in any order", () => {
  assert.deepEqual(parseNetPlan("120ms,jitter20,loss5,cut3s"), {
    conditions: { delayMs: 120, jitterMs: 20, lossShare: 0.05 },
    cutMs: 3_000,
    cutEveryMs: 0,
  });
  assert.deepEqual(parseNetPlan("loss0.5%, cut0.5s/30s, jitter20ms"), {
    conditions: { delayMs: 0, jitterMs: 20, lossShare: 0.005 },
    cutMs: 500,
    cutEveryMs: 30_000,
  });
});

test("net plan: what it does not know, says twice or is out of range is refused by name (CONFIG_INVALID)", () => {
  for (const [text, expected] of [
    ["", /""/],
    ["120", /"120"/],
    ["120ms,,loss5", /""/],
    ["120ms,30ms", /"30ms" says again/],
    ["loss91", /loss in percent is 91, not 0 … 90/],
    ["loss-1", /"loss-1"/],
    ["cut0s", /cut in s is 0/],
    ["cut3s/1s", /between cuts in s is 1, not 3/],
    ["99999ms", /delay in ms/],
    ["lag5", /"lag5" is none of/],
  ] as const) {
    assert.throws(() => parseNetPlan(text), { code: "CONFIG_INVALID", message: expected }, text);
  }
});

test("net plan: cuts come once, or again and again until they are stopped", async () => {
  const cutsOf = async (text: string, stopAtMs: number): Promise<number[]> => {
    const scheduler = new VirtualScheduler();
    const line = new NetEmulator({ conditions: { ...GOOD }, scheduler, random: new SeededRandom(1) });
    const cuts: number[] = [];
    line.cut = () => cuts.push(scheduler.nowMs());
    const stop = runCuts(line, parseNetPlan(text), scheduler);
    await scheduler.run(stopAtMs);
    stop();
    await scheduler.run(200_000);
    return cuts;
  };
  assert.deepEqual(await cutsOf("cut3s", 100_000), [10_000]);
  assert.deepEqual(await cutsOf("cut3s/30s", 75_000), [10_000, 40_000, 70_000]);
  assert.deepEqual(await cutsOf("100ms", 100_000), []);
});
