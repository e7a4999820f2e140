/** A gate with `gate.udp: "reference"` on a real socket, and a client that has KCP's C code and nothing else. */
import assert from "node:assert/strict";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { makeClientId } from "../../../engine/base/ids.js";
import { silentLog } from "../../../engine/base/log.js";
import { Metrics } from "../../../engine/base/metrics.js";
import { systemRandom } from "../../../engine/base/random.js";
import { realScheduler } from "../../../engine/base/real-scheduler.js";
import { parseConfig } from "../../../engine/config/config.js";
import { FrameAssembler } from "../../../engine/net/frame-assembler.js";
import { nodeSeal } from "../../../engine/net/node-seal.js";
import { gateKeyPair } from "../../../engine/net/seal.js";
import { createUdpListener } from "../../../engine/net/udp-listener.js";
import { ClientToGate, GateToClient } from "../../../engine/protocol/client-link.js";
import { GameToGate } from "../../../engine/protocol/game-link.js";
import { CLIENT_PROTOCOL_VERSION } from "../../../engine/protocol/limits.js";
import { GateCore } from "../../../gate/gate-core.js";
import { loadNodeKcp, makeNative, type NativeKcp, type NodeKcp } from "../../../native/kcp-ts/testing/node-kcp.js";
import { patternBytes } from "../net/udp-rig.js";
import { decoded, encoded, FakeLink, type Seen } from "./rig.js";

const Native = loadNodeKcp();
const skip = typeof Native === "string" ? Native : false;
const CONV = 77;
const FAST = { nodelay: 1, intervalMs: 10, fastResend: 2, congestionControl: false } as const;
const FRAME_BYTES_MAX = 131_072;
const UPDATE_MS = 10;
const PATIENCE_MS = 5_000;

/** A gate with one game, whose link is in the test's hands. */
async function openGate(t: TestContext): Promise<{ port: number; game: FakeLink }> {
  const config = parseConfig({ gate: { udp: "reference", compression: "none" } });
  const game = new FakeLink();
  const env = { scheduler: realScheduler, random: systemRandom, log: silentLog, metrics: new Metrics() };
  const core = new GateCore({ ...env, config, dial: () => game, onLinksChanged: () => undefined });
  core.update(true, [{ incarnation: 1, name: "game1", host: "h", linkPort: 1 }], []);
  game.turn("up");
  game.deliver(GameToGate.streamOffer, { streams: [] });
  game.deliver(GameToGate.acceptClients, { accept: true, load: 0 });
  const secret = "the secret of the tests";
  const listener = await createUdpListener({
    ...env,
    config: config.gate,
    primitives: nodeSeal,
    staticKey: gateKeyPair(nodeSeal, secret),
    secret,
    frameBytesMax: FRAME_BYTES_MAX,
    admits: (host) => core.admitsHandshake(host),
  }).listen({ host: "127.0.0.1", port: 0 }, (connection) => core.onConnection(connection));
  t.after(async () => {
    await core.stop();
    await listener.close();
  });
  return { port: listener.address.port, game };
}

/** KCP's C code over a socket of the system, `u32 length | frame` inside. */
class ReferenceClient {
  readonly seen: Seen[] = [];
  private readonly kcp: NativeKcp;
  private readonly socket = createSocket("udp4");
  private readonly assembler = new FrameAssembler();
  private isClosed = false;

  constructor(t: TestContext, Kcp: NodeKcp, port: number, stream: boolean) {
    this.kcp = makeNative(Kcp, CONV, { ...FAST, stream }, (bytes) => this.socket.send(bytes, port, "127.0.0.1"));
    this.socket.on("message", (bytes) => {
      this.kcp.input(bytes);
      this.read();
    });
    t.after(() => this.close());
  }

  async begin(): Promise<void> {
    this.socket.bind(0, "127.0.0.1");
    await once(this.socket, "listening");
    this.update();
  }

  send(frame: Uint8Array): void {
    const bytes = Buffer.alloc(4 + frame.length);
    bytes.writeUInt32LE(frame.length);
    bytes.set(frame, 4);
    assert.ok(this.kcp.send(bytes) >= 0);
  }

  private read(): void {
    for (let chunk = this.kcp.recv(); chunk !== undefined; chunk = this.kcp.recv()) {
      const onFrame = (frame: Uint8Array) => this.seen.push(decoded(GateToClient, frame)) > 0;
      assert.ok(
        this.assembler.push(chunk, () => FRAME_BYTES_MAX, onFrame),
        "frames, one after the other",
      );
    }
  }

  private update(): void {
    if (this.isClosed) return;
    // Its clock is a 32-bit number.
    this.kcp.update(Math.floor(realScheduler.nowMs()) % 2 ** 31);
    realScheduler.setTimer(UPDATE_MS, () => this.update());
  }

  private close(): void {
    this.isClosed = true;
    this.socket.close();
    this.kcp.release();
  }
}

/** Looks each turn of the client's updates. */
async function until<T>(what: string, look: () => T | undefined): Promise<T> {
  const endMs = realScheduler.nowMs() + PATIENCE_MS;
  for (;;) {
    const found = look();
    if (found !== undefined) return found;
    assert.ok(realScheduler.nowMs() < endMs, `waited in vain for ${what}`);
    await new Promise<void>((resolve) => realScheduler.setTimer(UPDATE_MS, resolve));
  }
}

for (const stream of [true, false]) {
  test(`udp reference: KCP's C code says hello, is welcomed, and messages pass both ways (${stream ? "stream" : "message"} mode)`, {
    skip,
  }, async (t) => {
    const { port, game } = await openGate(t);
    const client = new ReferenceClient(t, Native as NodeKcp, port, stream);
    await client.begin();
    client.send(
      encoded(ClientToGate.clientHello, {
        protocolVersion: CLIENT_PROTOCOL_VERSION,
        clientId: makeClientId(systemRandom),
        connectionNumber: 1,
        token: new Uint8Array(0),
        ack: 0,
        definitionsHash: "",
        indexHash: "",
        compression: "none",
      }),
    );
    const named = (list: readonly Seen[], wanted: string) => list.find(({ name }) => name === wanted)?.value;
    const welcome = await until("a welcome", () => named(client.seen, "serverWelcome"));
    assert.equal((welcome.token as Uint8Array).length, 16);
    const connected = await until("the game to know", () => named(game.seen, "clientConnected"));
    const message = patternBytes(3, 6_000);
    client.send(encoded(ClientToGate.clientPacket, { sequence: 1, ack: 0, messages: [message] }));
    const arrived = await until("the message", () => named(game.seen, "clientMessage"));
    assert.deepEqual(Uint8Array.from(arrived.payload as Uint8Array), message);
    const body = [...patternBytes(4, 50_000)];
    game.frames(connected.handle as number, 1, body);
    const packet = await until("the packet", () => named(client.seen, "serverPacket"));
    assert.deepEqual([...(packet.bodies as Uint8Array)], body);
  });
}
