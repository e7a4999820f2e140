/**
 * What compressing a client's packet costs the gate, what it saves, and what inflating costs the client: positions of a crowd, entities
 * that come into view, and the definitions at the login. As `aeon bench compression [--json]`.
 */
import { inflateBounded } from "../client/inflate.js";
import { inflateWithZlib } from "../client/node/inflate.js";
import { ByteWriter } from "../engine/base/bytes.js";
import { Metrics } from "../engine/base/metrics.js";
import { SeededRandom } from "../engine/base/random.js";
import { parseConfig } from "../engine/config/config.js";
import { type PacketBuffer, PacketPool } from "../engine/net/packet-buffer.js";
import { DownstreamBody, GateToClient } from "../engine/protocol/client-link.js";
import { encodeMessage, type Message } from "../engine/protocol/message.js";
import { PacketDeflater } from "../gate/packet-deflater.js";
import { type BenchRun, medians, ResultHash, timed } from "./harness.js";

const MOVERS = 300;
const ENTITIES = 60;
const TYPES = 40;
const RECORD_BYTES = 7;
const FIRST_LEVEL = 1;
const LEVELS = [1, 3, 6, 9] as const;
const US_PER_MS = 1_000;
const PERCENT = 100;
/** Of serverDeflated: its number and the length. */
const HEAD_BYTES = 5;

const encoder = new TextEncoder();

export async function bench(run: BenchRun): Promise<void> {
  for (const [name, body] of packets()) {
    const packet = packetOf(body);
    for (const level of LEVELS) {
      if (level === FIRST_LEVEL || !run.isSmall) await deflateCase(run, `${name}, level ${level}`, packet, level);
    }
    await inflateCase(run, name, packet);
  }
}

/** [name, bodies] of typical packets. */
function packets(): readonly (readonly [string, Uint8Array])[] {
  return [
    ["positions", positions()],
    ["entities in view", entitiesInView()],
    ["definitions", definitions()],
  ];
}

async function deflateCase(run: BenchRun, name: string, packet: PacketBuffer, level: number): Promise<void> {
  if (!run.wants(name)) return;
  const deflater = deflaterOf(level);
  let smaller = packet.length;
  const [ms = 0] = await medians(rounds(run), () => [
    timed(() => {
      const deflated = deflater.deflate(packet);
      if (deflated === null) return;
      smaller = deflated.length;
      deflated.release();
    }),
  ]);
  const hash = new ResultHash().addBytes(packet.written()).text;
  run.report(name, "us", ms * US_PER_MS, null, hash);
  run.report(`${name}: saved of ${packet.length} bytes`, "percent", (1 - smaller / packet.length) * PERCENT);
}

async function inflateCase(run: BenchRun, name: string, packet: PacketBuffer): Promise<void> {
  const deflated = deflaterOf(FIRST_LEVEL).deflate(packet);
  if (deflated === null || !run.wants(`${name}, inflated`)) return;
  const bytes = deflated.written().subarray(HEAD_BYTES);
  for (const [who, inflate] of [
    ["browser", inflateBounded],
    ["Node", inflateWithZlib],
  ] as const) {
    let hash = "";
    const [ms = 0] = await medians(rounds(run), () => [timed(() => void inflate(bytes, packet.length))]);
    hash = new ResultHash().addBytes(inflate(bytes, packet.length)).text;
    run.report(`${name}, inflated in ${who}`, "us", ms * US_PER_MS, null, hash);
  }
  deflated.release();
}

function rounds(run: BenchRun) {
  return run.isSmall ? { warmUp: 1, repeats: 2 } : { warmUp: 300, repeats: 500 };
}

/** Everything that shrinks at all counts. */
function deflaterOf(compressionLevel: number): PacketDeflater {
  const config = parseConfig({ gate: { compressionLevel, compressionSavedShareMin: 0 } }).gate;
  const counter = (name: string) => metrics.counter(name);
  const metrics = new Metrics();
  return new PacketDeflater(config, {
    deflateTries: counter("tries"),
    packetsDeflated: counter("deflated"),
    deflateSavedBytes: counter("saved"),
  });
}

function packetOf(bodies: Uint8Array): PacketBuffer {
  const writer = new ByteWriter();
  encodeMessage(writer, GateToClient.serverPacket, { sequence: 1_000, ack: 500, bodies });
  const packet = new PacketPool().take(writer.length + 64);
  packet.bytes.set(writer.written(), packet.start);
  packet.end = packet.start + writer.length;
  return packet;
}

function bodyOf<T>(writer: ByteWriter, kind: Message<T>, value: T): void {
  const inner = new ByteWriter();
  kind.body.write(inner, value);
  writer.u8(kind.id);
  writer.blob(inner.written());
}

/** As in short-transforms.ts: short id, x, z, yaw. */
function positions(): Uint8Array {
  const random = new SeededRandom(1);
  const records = new Uint8Array(MOVERS * RECORD_BYTES);
  const view = new DataView(records.buffer);
  for (let i = 0; i < MOVERS; i++) {
    view.setUint16(i * RECORD_BYTES, 3 * i + 1, true);
    view.setInt16(i * RECORD_BYTES + 2, Math.floor(random.next() * 5_120) - 2_560, true);
    view.setInt16(i * RECORD_BYTES + 4, Math.floor(random.next() * 5_120) - 2_560, true);
    view.setUint8(i * RECORD_BYTES + 6, random.u32() & 0xff);
  }
  const writer = new ByteWriter();
  bodyOf(writer, DownstreamBody.shortTransforms, { cellX: 4, cellY: 0, cellZ: -3, levelCount: MOVERS, records });
  return writer.copy();
}

function entitiesInView(): Uint8Array {
  const random = new SeededRandom(2);
  const writer = new ByteWriter();
  for (let i = 0; i < ENTITIES; i++) {
    const state = new ByteWriter();
    state.text(`Player ${random.u32().toString(36)}`);
    state.u16(100);
    state.u16(Math.floor(random.next() * 100));
    state.u32(random.u32() % 1_000);
    state.text("a long sword of the northern smiths");
    const at = { x: random.next() * 80, y: 0, z: random.next() * 80, yaw: random.next() * 6 };
    const entity = random.u32().toString(36).padStart(16, "0").slice(0, 16);
    bodyOf(writer, DownstreamBody.viewEnter, {
      target: i + 1,
      generation: 1,
      type: 3,
      entity,
      ...at,
      state: state.copy(),
    });
  }
  return writer.copy();
}

function definitions(): Uint8Array {
  const types = Array.from({ length: TYPES }, (_, i) => ({
    name: `Type${i}`,
    properties: ["name", "hp", "gold", "level", "inventory"].map((name, id) => ({
      id,
      name,
      type: "int32",
      scope: "ALL_CLIENTS",
    })),
    exposed: [{ id: i, name: "attack", arguments: ["entityId", "int16"] }],
  }));
  const writer = new ByteWriter();
  bodyOf(writer, DownstreamBody.definitions, { hash: "0123456789abcdef", json: encoder.encode(JSON.stringify(types)) });
  return writer.copy();
}
