/** A gate as a client sees it, on the simulated network: real streams and packets, and the test decides what it says. */
import { ByteReader, ByteWriter } from "../../../engine/base/bytes.js";
import { SeededRandom } from "../../../engine/base/random.js";
import { VirtualScheduler } from "../../../engine/base/virtual-scheduler.js";
import { ReliableStream } from "../../../engine/net/reliable-stream.js";
import { SimulatedNetwork } from "../../../engine/net/simulated-network.js";
import type { Connection } from "../../../engine/net/transport.js";
import { ClientToGate, DownstreamBody, GateToClient, UpstreamBody } from "../../../engine/protocol/client-link.js";
import { dispatcher, encodeMessage, type Message, type MessageValue } from "../../../engine/protocol/message.js";

export type Hello = MessageValue<typeof ClientToGate.clientHello>;
export type Call = MessageValue<typeof UpstreamBody.entityCall>;
export type Move = MessageValue<typeof UpstreamBody.entityMove>;
export type Check = MessageValue<typeof UpstreamBody.viewCheck>;

export const HEARTBEAT_MS = 1_000;

export class World {
  readonly scheduler = new VirtualScheduler();
  readonly network: SimulatedNetwork;
  readonly process = this.scheduler.process("client");
  readonly random: SeededRandom;
  readonly transport: (url: string) => Connection;
  private gateCount = 0;

  constructor(seed = 1, latencyMaxMs = 2) {
    this.random = new SeededRandom(seed);
    this.network = new SimulatedNetwork({ scheduler: this.scheduler, random: this.random, latencyMaxMs });
    const node = this.network.node("client", this.process);
    this.transport = (url) => node.connectUrl(url);
  }

  async gate(): Promise<FakeGate> {
    const name = `gate${++this.gateCount}`;
    const node = this.network.node(name, this.scheduler.process(name));
    const gate = new FakeGate(name, `ws://127.0.0.1:${7710 + this.gateCount}`, this.scheduler);
    await node.listen({ host: "127.0.0.1", port: 7710 + this.gateCount }, (connection) =>
      gate.onConnection(connection),
    );
    return gate;
  }

  run(forMs: number): Promise<void> {
    return this.scheduler.run(this.scheduler.nowMs() + forMs);
  }

  async until(condition: () => boolean, withinMs = 20_000): Promise<void> {
    if (!(await this.scheduler.runUntil(condition, this.scheduler.nowMs() + withinMs)))
      throw new Error(`not so after ${withinMs} ms: ${condition}`);
  }
}

export class FakeGate {
  readonly name: string;
  readonly url: string;
  /** What it tells clients of in its welcome. */
  otherGates: string[] = [];
  /** Where else it says that it is. */
  ownAddresses: string[] = [];
  /** Whether a token that is known resumes. */
  resumes = true;
  answersHello = true;
  answersHeartbeats = true;
  /** Messages of packets are taken, once each; set to false to lose them with the connection. */
  takesPackets = true;
  readonly hellos: Hello[] = [];
  /** What reached the game, once each and in order. */
  readonly calls: Call[] = [];
  readonly moves: Move[] = [];
  readonly checks: Check[] = [];
  /** Messages that came a second time. */
  duplicates = 0;
  heartbeats = 0;
  byes = 0;
  sessions = 0;
  connection: Connection | null = null;
  /** Called after each welcome of a new session. */
  onSession: (() => void) | null = null;
  onCall: ((call: Call) => void) | null = null;
  stream = newStream();
  private token = "";
  private readonly scheduler: VirtualScheduler;

  constructor(name: string, url: string, scheduler: VirtualScheduler) {
    this.name = name;
    this.url = url;
    this.scheduler = scheduler;
  }

  onConnection(connection: Connection): void {
    const dispatch = dispatcher(ClientToGate, {
      clientHello: (hello) => this.handleHello(hello, connection),
      clientPacket: (packet) => this.handlePacket(packet),
      clientHeartbeat: (beat) => this.handleHeartbeat(beat),
      clientBye: () => {
        this.byes++;
      },
    });
    connection.onFrame = (frame) => dispatch(new ByteReader(frame));
    connection.onClose = () => {
      if (this.connection === connection) this.connection = null;
    };
  }

  /** One packet with these bodies. */
  say(...bodies: Uint8Array[]): void {
    const writer = new ByteWriter();
    const value = { sequence: this.stream.sent + 1, ack: this.stream.received, bodies: join(bodies) };
    encodeMessage(writer, GateToClient.serverPacket, value);
    const packet = writer.copy();
    this.stream.push(packet);
    this.raw(packet);
  }

  close(code: string, reason: string, retry: boolean): void {
    this.send(GateToClient.serverClose, { code, reason, retry });
    this.connection?.close(code);
  }

  raw(packet: Uint8Array): void {
    this.connection?.send(packet);
  }

  private handleHello(hello: Hello, connection: Connection): void {
    this.hellos.push(hello);
    this.connection = connection;
    if (!this.answersHello) return;
    const resumed = this.resumes && this.token !== "" && String(hello.token) === this.token;
    if (!resumed) {
      this.sessions++;
      this.stream = newStream();
      this.token = String(new Uint8Array([this.sessions, 7, 7, 7]));
    }
    this.send(GateToClient.serverWelcome, {
      token: new Uint8Array(this.token.split(",").map(Number)),
      resumed,
      ack: this.stream.received,
      heartbeatIntervalMs: HEARTBEAT_MS,
      serverMs: this.scheduler.wallMs(),
      gates: this.otherGates,
      ownAddresses: this.ownAddresses,
    });
    if (resumed) for (const packet of this.stream.since(hello.ack) ?? []) this.raw(packet);
    else this.onSession?.();
  }

  private handlePacket(packet: MessageValue<typeof ClientToGate.clientPacket>): void {
    if (!this.takesPackets) return;
    this.stream.ack(packet.ack);
    packet.messages.forEach((message, i) => {
      const arrival = this.stream.accept(packet.sequence + i);
      if (arrival === "gap") throw new Error(`message ${packet.sequence + i} came too early`);
      if (arrival === "duplicate") this.duplicates++;
      else dispatchUp(this, message);
    });
  }

  private handleHeartbeat(beat: MessageValue<typeof ClientToGate.clientHeartbeat>): void {
    this.heartbeats++;
    this.stream.ack(beat.ack);
    if (!this.answersHeartbeats) return;
    const { clientMs } = beat;
    this.send(GateToClient.serverHeartbeat, { clientMs, serverMs: this.scheduler.wallMs(), ack: this.stream.received });
  }

  private send<T>(kind: Message<T>, value: T): void {
    const writer = new ByteWriter();
    encodeMessage(writer, kind, value);
    this.raw(writer.copy());
  }
}

/** `u8 id | uvar length | body` */
export function body<T>(kind: Message<T>, value: T): Uint8Array {
  const inner = new ByteWriter();
  kind.body.write(inner, value);
  const writer = new ByteWriter();
  writer.u8(kind.id);
  writer.blob(inner.written());
  return writer.copy();
}

export function reply(callId: number, code: string, write: (writer: ByteWriter) => void): Uint8Array {
  const writer = new ByteWriter();
  write(writer);
  return body(DownstreamBody.callReply, { callId, code, payload: writer.copy() });
}

function dispatchUp(gate: FakeGate, message: Uint8Array): void {
  const dispatch = dispatcher(UpstreamBody, {
    entityCall: (call) => {
      const kept = { ...call, arguments: call.arguments.slice() };
      gate.calls.push(kept);
      gate.onCall?.(kept);
    },
    entityMove: (move) => {
      gate.moves.push(move);
    },
    viewCheck: (check) => {
      gate.checks.push(check);
    },
  });
  dispatch(new ByteReader(message));
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const writer = new ByteWriter();
  for (const part of parts) writer.raw(part);
  return writer.copy();
}

function newStream(): ReliableStream {
  return new ReliableStream({ queueBytesMax: 1_000_000, whenFull: "refuse" });
}
