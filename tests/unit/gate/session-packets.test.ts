/** Many sessions on one pool, over connections that write late: what a client gets is its own packet of that number, always. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ByteReader, ByteWriter } from "../../../engine/base/bytes.js";
import { defaultConfig } from "../../../engine/config/config.js";
import { type PacketBuffer, PacketPool } from "../../../engine/net/packet-buffer.js";
import type { Connection, ConnectionState } from "../../../engine/net/transport.js";
import { GateToClient } from "../../../engine/protocol/client-link.js";
import { ClientLimits } from "../../../gate/client-limits.js";
import { ClientSession } from "../../../gate/client-session.js";
import type { Game } from "../../../gate/game-table.js";

const SESSION_COUNT = 4;
const QUEUE_BYTES_MAX = 1_000_000;
const WINDOW_BYTES = 65_536;

/** Its bytes leave when it is told, as of a socket whose peer reads slowly. */
class LateConnection implements Connection {
  state: ConnectionState = "open";
  readonly remote = "203.0.113.7:4000";
  bufferedBytes = 0;
  onOpen = null;
  onFrame = null;
  onClose = null;
  private readonly waiting: PacketBuffer[] = [];
  private readonly onPacket: (bytes: Uint8Array) => void;

  constructor(onPacket: (bytes: Uint8Array) => void) {
    this.onPacket = onPacket;
  }
  send(): void {
    assert.fail("packets go by sendPacket");
  }
  sendPacket(packet: PacketBuffer): void {
    this.waiting.push(packet.hold());
  }
  write(): void {
    const packet = this.waiting.shift();
    if (packet === undefined) return;
    this.onPacket(packet.written());
    packet.release();
  }
  close(): void {
    this.state = "closed";
    for (const packet of this.waiting.splice(0)) packet.release();
  }
}

/** One client and its session: `bodies[n - 1]` are those of packet n. */
class Player {
  readonly session: ClientSession;
  readonly bodies: number[][] = [];
  received = 0;
  /** Of cut connections too: their bytes may still leave. */
  readonly connections: LateConnection[] = [];
  private readonly handle: number;
  private isCut = false;

  constructor(handle: number, pool: PacketPool) {
    this.handle = handle;
    const identity = {
      handle,
      clientId: "client" as never,
      token: new Uint8Array(16),
      definitionsHash: "",
      host: "203.0.113.7",
    };
    const limits = new ClientLimits(defaultConfig().gate, 0);
    this.session = new ClientSession(identity, {} as Game, limits, pool, QUEUE_BYTES_MAX, WINDOW_BYTES);
    this.connect();
  }

  gather(length: number): void {
    const next = this.bodies.length + 1;
    const body = Uint8Array.from({ length }, (_, i) => (this.handle * 61 + next * 7 + i) & 0xff);
    this.session.gatherBody(body);
    this.session.gatherBody(body.subarray(0, 3));
    this.bodies.push([...body, ...body.subarray(0, 3)]);
    assert.ok(this.session.flush() > length);
  }

  /** The client may confirm what is still on its way to it: a lie, and its own loss, but nobody else's. */
  acknowledge(share: number): void {
    this.session.acknowledge(Math.round(this.session.stream.sent * share));
  }

  cut(): void {
    this.isCut = true;
    this.session.detach(0);
  }

  resume(): void {
    if (this.isCut) this.connect();
    const from = Math.max(this.received, this.session.stream.confirmed);
    this.session.resendFrom(from);
  }

  private connect(): void {
    this.isCut = false;
    const connection = new LateConnection((bytes) => this.check(bytes));
    this.connections.push(connection);
    this.session.attach(connection, 1, 0);
  }

  private check(bytes: Uint8Array): void {
    const reader = new ByteReader(bytes);
    assert.equal(reader.u8(), GateToClient.serverPacket.id);
    const { sequence, bodies } = GateToClient.serverPacket.body.read(reader);
    assert.deepEqual([...bodies], this.bodies[sequence - 1], `packet ${sequence} of client ${this.handle}`);
    this.received = Math.max(this.received, sequence);
  }
}

const who = fc.integer({ min: 0, max: SESSION_COUNT - 1 });
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ what: fc.constant("gather" as const), who, number: fc.constantFrom(3, 40, 300) }),
  },
  { weight: 6, arbitrary: fc.record({ what: fc.constant("write" as const), who, number: fc.nat(3) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      what: fc.constant("ack" as const),
      who,
      number: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("cut" as const), who, number: fc.constant(0) }) },
  { weight: 2, arbitrary: fc.record({ what: fc.constant("resume" as const), who, number: fc.constant(0) }) },
  { weight: 1, arbitrary: fc.record({ what: fc.constant("close" as const), who, number: fc.nat(3) }) },
);

test("session packets: no client ever gets a byte of another packet, cut, resumed and confirmed at will (random programs)", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 300 }), (program) => {
      const pool = new PacketPool();
      const players = Array.from({ length: SESSION_COUNT }, (_, i) => new Player(i + 1, pool));
      for (const { what, who: index, number } of program) {
        const player = players[index] as Player;
        if (what === "gather") player.gather(number);
        else if (what === "ack") player.acknowledge(number);
        else if (what === "cut") player.cut();
        else if (what === "resume") player.resume();
        else if (what === "write") player.connections.at(-1 - number)?.write();
        else player.connections.at(-1 - number)?.close();
      }
      for (const { session, connections } of players) {
        session.end();
        for (const connection of connections) connection.close();
      }
      const before = pool.idleBytes;
      for (let i = 0; i < 50; i++) pool.take(300).bytes.fill(0);
      assert.ok(program.every(({ what }) => what !== "gather") || before > 0, "buffers come back");
    }),
    { numRuns: 300, seed: 5 },
  );
});

test("session packets: a recycled buffer serves the next packet (steady traffic makes no new ones)", () => {
  const pool = new PacketPool();
  const player = new Player(1, pool);
  const seen = new Set<Uint8Array>();
  const { session } = player;
  const connection = player.connections[0] as LateConnection;
  const send = connection.sendPacket.bind(connection);
  connection.sendPacket = (packet) => {
    seen.add(packet.bytes);
    send(packet);
  };
  for (let i = 0; i < 1_000; i++) {
    player.gather(100);
    connection.write();
    session.acknowledge(player.received);
  }
  assert.equal(player.received, 1_000);
  assert.ok(seen.size <= 2, `${seen.size} buffers`);
});

test("session packets: a packet the queue refuses is let go, and an ended session keeps none", () => {
  const pool = new PacketPool();
  const identity = {
    handle: 1,
    clientId: "client" as never,
    token: new Uint8Array(16),
    definitionsHash: "",
    host: "203.0.113.7",
  };
  const session = new ClientSession(
    identity,
    {} as Game,
    new ClientLimits(defaultConfig().gate, 0),
    pool,
    500,
    WINDOW_BYTES,
  );
  const writer = new ByteWriter();
  for (let i = 0; i < 400; i++) writer.u8(i);
  session.gatherBody(writer.copy());
  assert.ok(session.flush() > 400);
  session.gatherBody(writer.copy());
  assert.equal(session.flush(), 0);
  assert.ok(session.overflowed);
  const idle = pool.idleBytes;
  assert.ok(idle > 0);
  session.end();
  assert.equal(pool.idleBytes, idle * 2);
});
