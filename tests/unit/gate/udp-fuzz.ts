/**
 * A seeded attack on a live gate in virtual time: mutated datagrams of strangers (with honest clients' addresses too), mutated payloads
 * of clients that hold keys, and mutated frames, while honest clients of both transports play.
 */
import assert from "node:assert/strict";
import { makeClientId } from "../../../engine/base/ids.js";
import { SeededRandom } from "../../../engine/base/random.js";
import type { KcpPipe } from "../../../engine/net/kcp-pipe.js";
import { SealKind } from "../../../engine/net/seal.js";
import type { SimulatedSocket } from "../../../engine/net/simulated-datagrams.js";
import { SimulatedNetwork } from "../../../engine/net/simulated-network.js";
import type { Address, Connection } from "../../../engine/net/transport.js";
import { ClientToGate } from "../../../engine/protocol/client-link.js";
import { CLIENT_PROTOCOL_VERSION } from "../../../engine/protocol/limits.js";
import { GATE_ADDRESS, type RigClient, UdpRig } from "../net/udp-rig.js";
import { encoded, FakeConnection, type FakeLink, Rig } from "./rig.js";
import { checkTalk, Speaker, Talker } from "./talkers.js";

const HONEST_CLIENTS = 4;
const LIARS = 4;
const PER_TURN = 25;
const TURN_MS = 5;
const TURNS_PER_TALK = 40;
const CORPUS_SIZE = 400;
const OPENINGS_MAX = 64;
const CALM_MS = 20_000;
const EDGES = [0, 1, 0x7f, 0x80, 0xff];
const WS_URL = `ws://${GATE_ADDRESS.host}:${GATE_ADDRESS.port}`;
const KCP_URL = `kcp://${GATE_ADDRESS.host}:${GATE_ADDRESS.port}`;

export interface FuzzResult {
  readonly datagrams: number;
  readonly payloads: number;
  readonly frames: number;
  /** Of the gate at the end. */
  readonly counters: Readonly<Record<string, number>>;
}

export class FuzzWorld {
  private readonly rig = new Rig({ handshakesPerSecondMax: 1_000_000, limitLoopback: false });
  private readonly random: SeededRandom;
  private readonly seed: number;
  private readonly udp: UdpRig;
  private readonly network: SimulatedNetwork;
  private readonly corpus: Uint8Array[] = [];
  /** What the gate has sent. */
  private readonly answers: Uint8Array[] = [];
  private readonly sockets: SimulatedSocket[] = [];
  private readonly frames: Uint8Array[] = [];
  private readonly addresses: Address[] = [];
  private readonly talkers: Talker[] = [];
  private readonly liars: (RigClient | null)[] = new Array<RigClient | null>(LIARS).fill(null);
  private frameLiar = new FakeConnection();
  private readonly counts = { datagrams: 0, payloads: 0, frames: 0 };

  constructor(seed: number) {
    this.seed = seed;
    this.random = new SeededRandom(seed);
    const { scheduler } = this.rig;
    this.network = new SimulatedNetwork({ scheduler, random: this.random });
    this.udp = new UdpRig({
      seed,
      scheduler,
      gate: { openingsMax: OPENINGS_MAX, strangersPerSecondMax: 100_000 },
      budget: {
        handshakesPerSecondMax: 1_000_000,
        handshakesPerAddressMax: 1_000_000,
        handshakesPerPrefixMax: 1_000_000,
      },
      onConnection: (connection) => this.rig.core.onConnection(connection),
    });
    this.frames = exampleFrames(this.random);
  }

  async run(count: number): Promise<FuzzResult> {
    const link = this.rig.addGame(1);
    const node = this.network.node("gate", this.rig.scheduler.process("gate"));
    await node.listen(GATE_ADDRESS, (connection) => this.rig.core.onConnection(connection));
    for (let i = 0; i < HONEST_CLIENTS; i++) this.talkers.push(this.honest(i));
    const speaker = new Speaker(link);
    await this.rig.pass(500);
    forgetOthers(link);
    this.listenIn(this.udp.gateSocket, this.answers);
    for (let done = 0, turn = 0; done < count; done += PER_TURN, turn++) {
      if (turn % TURNS_PER_TALK === 0) this.talk(speaker);
      for (let i = 0; i < PER_TURN; i++) this.attack();
      await this.rig.pass(TURN_MS);
      this.checkBounds();
    }
    await this.checkAfter(link, speaker);
    return { ...this.counts, counters: this.rig.metrics.snapshot() };
  }

  /** Over WebSocket and UDP by turns; what UDP clients send is what gets mutated. */
  private honest(index: number): Talker {
    const name = `client${index}`;
    const node = this.network.node(name, this.rig.scheduler.process(name));
    const isUdp = index % 2 === 0;
    const transport = (url: string): Connection => {
      if (!isUdp) return node.connectUrl(url);
      const { connection, socket } = this.udp.client({ sealKind: SealKind.chacha20Poly1305 });
      this.listenIn(socket, this.corpus);
      this.addresses.push(socket.address);
      this.sockets.push(socket);
      return connection;
    };
    const gates = [isUdp ? KCP_URL : WS_URL];
    return new Talker({ transport, gates, scheduler: node.process, random: this.random });
  }

  private listenIn(socket: SimulatedSocket, corpus: Uint8Array[]): void {
    const send = socket.send.bind(socket);
    socket.send = (bytes, host, port) => {
      if (corpus.length < CORPUS_SIZE) corpus.push(bytes.slice());
      else corpus[this.random.u32() % CORPUS_SIZE] = bytes.slice();
      send(bytes, host, port);
    };
  }

  private talk(speaker: Speaker): void {
    speaker.speak();
    for (const talker of this.talkers) talker.say();
    this.udp.accepted.length = 0;
  }

  private attack(): void {
    const dice = this.random.next();
    if (dice < 0.1) this.attackClient();
    else if (dice < 0.6) this.attackWithDatagram();
    else if (dice < 0.8) this.attackWithPayload();
    else this.attackWithFrame();
  }

  private attackWithDatagram(): void {
    this.counts.datagrams++;
    const bytes = mutated(this.random, this.corpus);
    const isSpoofed = this.random.next() < 0.3;
    const address = isSpoofed
      ? (this.addresses[this.random.u32() % this.addresses.length] as Address)
      : { host: `203.0.113.${this.random.u32() % 256}`, port: 1 + (this.random.u32() % 60_000) };
    this.udp.gateSocket.take(bytes, address);
  }

  /** Somebody who writes the gate's address as his own. */
  private attackClient(): void {
    this.counts.datagrams++;
    const socket = this.sockets[this.random.u32() % this.sockets.length];
    if (this.answers.length > 0) socket?.take(mutated(this.random, this.answers), GATE_ADDRESS);
  }

  /** A client that holds keys and seals rubbish. */
  private attackWithPayload(): void {
    const at = this.random.u32() % LIARS;
    const liar = this.liars[at];
    if (liar === null || liar === undefined || liar.connection.state === "closed") {
      this.liars[at] = this.newLiar();
      return;
    }
    const pipe = (liar.connection as unknown as { pipe: KcpPipe | null }).pipe;
    if (pipe === null || pipe.state !== "open") return;
    this.counts.payloads++;
    const payload = mutated(this.random, this.corpus).subarray(0, 1_150);
    if (payload.length === 0) return;
    if (this.random.next() < 0.7) payload[0] = this.random.u32() % 3;
    const { bytes, nextOffset } = pipe.host.begin();
    bytes.set(payload, nextOffset);
    pipe.host.commit(pipe.peer, payload.length);
    pipe.host.driver.sendOutgoing();
  }

  private newLiar(): RigClient {
    const liar = this.udp.client();
    this.listenIn(liar.socket, this.corpus);
    liar.connection.onOpen = () => liar.connection.send(this.frames[0] as Uint8Array);
    return liar;
  }

  private attackWithFrame(): void {
    this.counts.frames++;
    if (this.frameLiar.state === "closed") {
      this.frameLiar = new FakeConnection();
      this.rig.core.onConnection(this.frameLiar);
      if (this.random.next() < 0.7) this.frameLiar.receive(helloOf(this.random));
    }
    this.frameLiar.receive(mutated(this.random, this.frames));
  }

  private checkBounds(): void {
    const { udp_openings: openings = 0, udp_sessions: sessions = 0 } = this.udp.metrics.snapshot();
    assert.ok(openings <= OPENINGS_MAX, `${openings} openings`);
    assert.ok(sessions <= HONEST_CLIENTS + 40 * LIARS, `${sessions} sessions`);
  }

  private async checkAfter(link: FakeLink, speaker: Speaker): Promise<void> {
    speaker.speak();
    await this.rig.pass(CALM_MS);
    assert.deepEqual(this.udp.errors, []);
    assert.equal(this.rig.counter("handler_throws"), 0);
    for (const talker of this.talkers) assert.equal(talker.session.stats.cuts, 0, "an honest client was cut");
    checkTalk(this.seed, this.talkers, link, speaker);
  }
}

/** The fake link keeps what the clients of now say, for the check, and not what liars will. */
function forgetOthers(link: FakeLink): void {
  const honest = new Set(link.seen.map(({ value }) => value.handle));
  const push = link.seen.push.bind(link.seen);
  link.seen.push = (...items) => push(...items.filter(({ value }) => honest.has(value.handle)));
}

/** One of `corpus`, changed: bits flipped, cut, lengthened, joined with another, or nothing but noise. */
export function mutated(random: SeededRandom, corpus: readonly Uint8Array[]): Uint8Array {
  const pick = () => corpus[random.u32() % corpus.length] as Uint8Array;
  const dice = random.next();
  if (dice < 0.1) return random.bytes(random.u32() % 1_400);
  let bytes: Uint8Array = pick().slice();
  if (dice < 0.25) bytes = bytes.subarray(0, random.u32() % (bytes.length + 1));
  else if (dice < 0.4) bytes = joined(bytes, random.bytes(random.u32() % 300));
  else if (dice < 0.55) bytes = joined(bytes.subarray(0, random.u32() % (bytes.length + 1)), pick());
  const flips = bytes.length === 0 ? 0 : random.u32() % 8;
  for (let i = 0; i < flips; i++) {
    // Heads are short, and most of what can go wrong.
    const at = random.u32() % (random.next() < 0.7 ? Math.min(40, bytes.length) : bytes.length);
    bytes[at] = random.next() < 0.3 ? (EDGES[random.u32() % EDGES.length] as number) : random.u32() & 0xff;
  }
  return bytes;
}

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(one.length + other.length);
  bytes.set(one);
  bytes.set(other, one.length);
  return bytes;
}

function helloOf(random: SeededRandom): Uint8Array {
  return encoded(ClientToGate.clientHello, {
    protocolVersion: CLIENT_PROTOCOL_VERSION,
    clientId: makeClientId(random),
    connectionNumber: 1,
    token: new Uint8Array(0),
    ack: 0,
    definitionsHash: "",
    indexHash: "",
    compression: "none",
  });
}

function exampleFrames(random: SeededRandom): Uint8Array[] {
  const message = (count: number) => Uint8Array.of(1, ...random.bytes(count));
  return [
    helloOf(random),
    encoded(ClientToGate.clientPacket, { sequence: 1, ack: 0, messages: [message(3)] }),
    encoded(ClientToGate.clientPacket, { sequence: 2, ack: 1, messages: [message(30), message(300)] }),
    encoded(ClientToGate.clientHeartbeat, { clientMs: 5, ack: 0 }),
    encoded(ClientToGate.clientBye, {}),
  ];
}
