import assert from "node:assert/strict";
import { test } from "node:test";
import { Metrics } from "../../../../engine/base/metrics.js";
import { DefinitionTable } from "../../../../engine/property/definition.js";
import { Scope } from "../../../../engine/property/op-sink.js";
import { Shadow } from "../../../../engine/property/shadow.js";
import { NEAR } from "../../../../engine/property/shadow-near.js";
import { int16 } from "../../../../engine/property/types.js";
import { ClientFramesReader } from "../../../../engine/protocol/client-frames.js";
import { DownstreamBody } from "../../../../engine/protocol/client-link.js";
import { ClientStream } from "../../../../game/sync/client-stream.js";
import { FrameBuilder } from "../../../../game/sync/frame-builder.js";

const GATE_A = 2 ** 40 + 1;
const GATE_B = 2 ** 40 + 2;

/** What each client (by handle) got, as the targets of viewLeave bodies, payload by payload. */
class Gates {
  readonly received = new Map<number, number[]>();
  readonly payloads: { gate: number; bytes: number }[] = [];
  readonly metrics = new Metrics();
  readonly frames = new FrameBuilder((gate, payload) => this.take(gate, payload), this.metrics);

  private take(gate: number, payload: Uint8Array): void {
    this.payloads.push({ gate, bytes: payload.length });
    const reader = new ClientFramesReader();
    reader.begin(payload);
    while (reader.next()) {
      const bodies = new Uint8Array(reader.bodyBytes);
      reader.copyBodies(bodies, 0);
      const targets = this.received.get(reader.handle) ?? [];
      for (let at = 0; at < bodies.length; at += 3) targets.push(bodies[at + 2] as number);
      this.received.set(reader.handle, targets);
    }
  }

  leave(target: number): number {
    return this.frames.add(DownstreamBody.viewLeave, { target });
  }
}

test("frame builder: each client gets its bodies in order, each gate a body once", () => {
  const gates = new Gates();
  const { frames } = gates;
  const [one, two, other] = [
    new ClientStream(GATE_A, 1, 1, 0),
    new ClientStream(GATE_A, 2, 1, 0),
    new ClientStream(GATE_B, 3, 1, 0),
  ];
  const shared = gates.leave(10);
  for (const client of [one, two, other]) frames.give(client, shared);
  frames.give(two, gates.leave(11));
  frames.give(two, shared);
  frames.give(other, gates.leave(12));
  frames.emitAll();
  assert.deepEqual(Object.fromEntries(gates.received), { 1: [10], 2: [10, 11, 10], 3: [10, 12] });
  assert.deepEqual(gates.payloads, [
    { gate: GATE_A, bytes: 1 + 2 * 4 + 1 + 1 + 10 + 12 },
    { gate: GATE_B, bytes: 1 + 2 * 4 + 1 + 1 + 11 },
  ]);
  frames.emitAll();
  assert.equal(gates.payloads.length, 2);
});

test("frame builder: one gate may be sent early, the others keep theirs, nothing twice", () => {
  const gates = new Gates();
  const { frames } = gates;
  const [near, far] = [new ClientStream(GATE_A, 1, 1, 0), new ClientStream(GATE_B, 2, 1, 0)];
  const first = gates.leave(1);
  frames.give(near, first);
  frames.give(far, first);
  frames.emitGate(GATE_A);
  assert.deepEqual(Object.fromEntries(gates.received), { 1: [1] });
  frames.give(near, first);
  frames.give(near, gates.leave(2));
  frames.emitAll();
  assert.deepEqual(Object.fromEntries(gates.received), { 1: [1, 1, 2], 2: [1] });
});

test("frame builder: a closed client gets nothing more, what it was given is dropped", () => {
  const gates = new Gates();
  const client = new ClientStream(GATE_A, 1, 1, 0);
  gates.frames.give(client, gates.leave(1));
  client.close();
  gates.frames.give(client, gates.leave(2));
  gates.frames.emitAll();
  assert.deepEqual(gates.payloads, []);
});

test("frame builder: a drain larger than a payload goes out in several, in order (8 MiB of bodies)", () => {
  const payloads: number[] = [];
  const calls: number[] = [];
  const frames = new FrameBuilder((_gate, payload) => {
    payloads.push(payload.length);
    const reader = new ClientFramesReader();
    reader.begin(payload);
    while (reader.next()) calls.push(reader.bodyBytes);
  }, new Metrics());
  const client = new ClientStream(GATE_A, 1, 1, 0);
  const { epoch } = frames;
  for (let i = 0; i < 128; i++) {
    const body = frames.add(DownstreamBody.clientCall, { target: 0, method: 1, arguments: new Uint8Array(65_536) });
    frames.give(client, body);
  }
  frames.emitAll();
  assert.ok(payloads.length >= 2 && Math.max(...payloads) < 4.2 * 1024 * 1024);
  assert.equal(
    calls.reduce((sum, bytes) => sum + bytes, 0),
    128 * (65_536 + 1 + 3 + 3),
  );
  assert.ok(frames.epoch >= epoch + 2);
});

test("frame builder: parts that stand in a row go behind one head, another body ends the row", () => {
  const definitions = new DefinitionTable();
  const property = { name: "hp", type: int16(), scope: Scope.ALL_CLIENTS, persist: false, default: undefined };
  const far = { ...property, name: "far", id: 8 };
  definitions.add({ id: 1, name: "Crate", kind: "area", properties: [{ ...property, id: 2 }, far], methods: [] });
  const shadow = new Shadow(definitions);
  for (const slot of [1, 2, 3]) {
    shadow.entityCreate(slot, 1, "AAAAAAAAAAAAAAAB");
    shadow.fieldSet(slot, 0, 2, Scope.ALL_CLIENTS, slot);
  }
  const received = new Map<number, string>();
  const frames = new FrameBuilder((_gate, payload) => {
    const reader = new ClientFramesReader();
    reader.begin(payload);
    while (reader.next()) {
      const bodies = new Uint8Array(reader.bodyBytes);
      reader.copyBodies(bodies, 0);
      received.set(reader.handle, Buffer.from(bodies).toString("hex"));
    }
  }, new Metrics());
  const [one, two] = [new ClientStream(GATE_A, 1, 1, 0), new ClientStream(GATE_A, 2, 1, 0)];
  const made = new Int32Array(3);
  const [slots, targets] = [Int32Array.of(1, 2, 3), Int32Array.of(100, 200, 300)];
  frames.addNearChanges(shadow, slots, targets, 3, Scope.ALL_CLIENTS, made);
  const parts = [...made];
  const leave = frames.add(DownstreamBody.viewLeave, { target: 7 });
  for (const body of [parts[0], parts[1], leave, parts[2]] as number[]) frames.give(one, body);
  for (const body of [parts[1], parts[2]] as number[]) frames.give(two, body);
  frames.emitAll();
  const records = ["6402" + "0100", "c801" + "02" + "0200", "ac02" + "02" + "0300"];
  assert.equal(received.get(1), `0d09${records[0]}${records[1]}050107${`0d05${records[2]}`}`);
  assert.equal(received.get(2), `0d0a${records[1]}${records[2]}`);
  shadow.fieldSet(3, 0, 8, Scope.ALL_CLIENTS, 1);
  frames.addNearChanges(shadow, slots.subarray(1), targets, 2, Scope.ALL_CLIENTS, made);
  assert.equal(made[1], NEAR.far);
  frames.addNearChanges(shadow, slots, targets, 3, Scope.OWN_CLIENT, made);
  assert.deepEqual([...made], [NEAR.nothing, NEAR.nothing, NEAR.nothing]);
});
