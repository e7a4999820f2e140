/** A GateCore under virtual time, with hand-driven client connections and game links, for the gate's tests. */
import { ByteReader, ByteWriter } from "../../../engine/base/bytes.js";
import { makeClientId } from "../../../engine/base/ids.js";
import { silentLog } from "../../../engine/base/log.js";
import { Metrics } from "../../../engine/base/metrics.js";
import { SeededRandom } from "../../../engine/base/random.js";
import { VirtualScheduler } from "../../../engine/base/virtual-scheduler.js";
import { parseConfig } from "../../../engine/config/config.js";
import type { Link, LinkState, PeerIdentity } from "../../../engine/net/link.js";
import type { Connection, ConnectionState } from "../../../engine/net/transport.js";
import { ClientFramesWriter } from "../../../engine/protocol/client-frames.js";
import { ClientToGate, GateToClient } from "../../../engine/protocol/client-link.js";
import { GameToGate, GateToGame } from "../../../engine/protocol/game-link.js";
import { CLIENT_PROTOCOL_VERSION } from "../../../engine/protocol/limits.js";
import { encodeMessage, type Message } from "../../../engine/protocol/message.js";
import type { GamePlace } from "../../../gate/game-table.js";
import { GateCore } from "../../../gate/gate-core.js";

const MAIN_PORT = 1;
const STREAM_PORT = 100;

/** A decoded message: its name and its fields. */
export interface Seen {
  readonly name: string;
  readonly value: Record<string, unknown>;
}

export function encoded<T>(kind: Message<T>, value: T): Uint8Array {
  const writer = new ByteWriter();
  encodeMessage(writer, kind, value);
  return writer.copy();
}

/** Decodes one message of a protocol; blobs are copied, since they are views into the frame. */
export function decoded(protocol: Readonly<Record<string, object>>, frame: Uint8Array): Seen {
  const copy = frame.slice();
  const id = copy[0];
  for (const [name, kind] of Object.entries(protocol) as [string, Message<Record<string, unknown>>][]) {
    if (kind.id === id) return { name, value: kind.body.read(new ByteReader(copy, 1)) };
  }
  throw new Error(`no message ${id}`);
}

/** The gate's end of a client's connection; what the gate sends is in `seen`. */
export class FakeConnection implements Connection {
  state: ConnectionState = "open";
  readonly remote = "203.0.113.7:4000";
  bufferedBytes = 0;
  onOpen: (() => void) | null = null;
  onFrame: ((frame: Uint8Array) => void) | null = null;
  onClose: ((reason: string) => void) | null = null;
  /** As of a transport that makes a difference; undefined: of one that does not. */
  isTrusted?: boolean;
  readonly seen: Seen[] = [];

  send(frame: Uint8Array): void {
    if (this.state === "open") this.seen.push(decoded(GateToClient, frame));
  }
  close(): void {
    this.drop();
  }
  drop(): void {
    if (this.state === "closed") return;
    this.state = "closed";
    this.onClose?.("dropped");
  }
  receive(frame: Uint8Array): void {
    if (this.state === "open") this.onFrame?.(frame);
  }
  names(): string[] {
    return this.seen.map(({ name }) => name);
  }
  last(name: string): Record<string, unknown> {
    const found = this.seen.filter((seen) => seen.name === name).at(-1);
    if (found === undefined) throw new Error(`no ${name} among ${this.names().join(", ")}`);
    return found.value;
  }
  /** The code it was closed with, "" when it was not. */
  get closeCode(): string {
    return this.names().includes("serverClose") ? (this.last("serverClose").code as string) : "";
  }
  /** Bodies of all packets, as byte values. */
  bodies(): number[][] {
    const packets = this.seen.filter(({ name }) => name === "serverPacket");
    return packets.map(({ value }) => [...(value.bodies as Uint8Array)]);
  }
}

/** The gate's end of a link to a game; what the gate sends is in `seen`. */
export class FakeLink implements Link {
  closedByPeer = false;
  peer: PeerIdentity | null = null;
  state: LinkState = "connecting";
  onMessage: ((reader: ByteReader) => void) | null = null;
  onState: ((state: LinkState, reason: string) => void) | null = null;
  readonly seen: Seen[] = [];

  send<T>(kind: Message<T>, value: T): void {
    if (this.state !== "down") this.seen.push(decoded(GateToGame, encoded(kind, value)));
  }
  sendEncoded(message: Uint8Array): void {
    if (this.state !== "down") this.seen.push(decoded(GateToGame, message));
  }
  close(reason: string): void {
    this.turn("down", reason);
  }
  turn(state: LinkState, reason = ""): void {
    this.state = state;
    this.onState?.(state, reason);
  }
  /** A message from the game. */
  deliver<T>(kind: Message<T>, value: T): void {
    this.onMessage?.(new ByteReader(encoded(kind, value)));
  }
  names(): string[] {
    return this.seen.map(({ name }) => name);
  }
  last(name: string): Record<string, unknown> {
    const found = this.seen.filter((seen) => seen.name === name).at(-1);
    if (found === undefined) throw new Error(`no ${name} among ${this.names().join(", ")}`);
    return found.value;
  }
  count(name: string): number {
    return this.names().filter((seen) => seen === name).length;
  }
  /** Sends one client these bodies. */
  frames(handle: number, bindNumber: number, ...bodies: number[][]): void {
    const writer = new ClientFramesWriter();
    const indices = bodies.map((body) => writer.addBody(Uint8Array.from(body)));
    writer.addClient(handle, bindNumber, indices);
    this.deliver(GameToGate.clientFrames, { payload: writer.payload() });
  }
}

export interface HelloOptions {
  readonly clientId?: string;
  readonly connectionNumber?: number;
  readonly token?: Uint8Array;
  readonly ack?: number;
  readonly protocolVersion?: number;
  readonly compression?: "none" | "deflate";
}

/** A client: its id, its counters, and its present connection. */
export class TestClient {
  readonly rig: Rig;
  readonly clientId: string;
  connection: FakeConnection;
  connectionNumber = 0;
  token: Uint8Array = new Uint8Array(0);
  sequence = 0;

  constructor(rig: Rig, clientId: string) {
    this.rig = rig;
    this.clientId = clientId;
    this.connection = new FakeConnection();
  }

  /** Connects anew and says hello. */
  connect(options: HelloOptions = {}): FakeConnection {
    return this.connectWith(new FakeConnection(), options);
  }

  connectWith(connection: FakeConnection, options: HelloOptions = {}): FakeConnection {
    this.connection = connection;
    this.rig.core.onConnection(this.connection);
    this.connectionNumber = options.connectionNumber ?? this.connectionNumber + 1;
    this.connection.receive(
      encoded(ClientToGate.clientHello, {
        protocolVersion: options.protocolVersion ?? CLIENT_PROTOCOL_VERSION,
        clientId: options.clientId ?? this.clientId,
        connectionNumber: this.connectionNumber,
        token: options.token ?? this.token,
        ack: options.ack ?? 0,
        definitionsHash: "definitions",
        indexHash: "",
        compression: options.compression ?? "none",
      }),
    );
    if (this.connection.names()[0] === "serverWelcome") {
      this.token = this.connection.last("serverWelcome").token as Uint8Array;
    }
    return this.connection;
  }

  /** Sends messages, numbered on; `from` sends them under other numbers. */
  send(messages: number[][], options: { from?: number; ack?: number } = {}): void {
    const sequence = options.from ?? this.sequence + 1;
    this.sequence = Math.max(this.sequence, sequence + messages.length - 1);
    this.connection.receive(
      encoded(ClientToGate.clientPacket, {
        sequence,
        ack: options.ack ?? 0,
        messages: messages.map((message) => Uint8Array.from(message)),
      }),
    );
  }

  heartbeat(ack = 0, clientMs = 5): void {
    this.connection.receive(encoded(ClientToGate.clientHeartbeat, { clientMs, ack }));
  }
}

export class Rig {
  readonly scheduler = new VirtualScheduler();
  readonly random = new SeededRandom(7);
  readonly metrics = new Metrics();
  readonly core: GateCore;
  /** Main links, by incarnation. */
  readonly links = new Map<number, FakeLink>();
  /** Links of streams, by their numbers: see `addStreamingGame`. */
  readonly streams = new Map<number, FakeLink>();
  readonly linksReported: (readonly number[])[] = [];
  places: GamePlace[] = [];
  dials = 0;

  constructor(gate: Record<string, unknown> = {}) {
    this.core = new GateCore({
      config: parseConfig({ gate }),
      scheduler: this.scheduler,
      random: this.random,
      log: silentLog,
      metrics: this.metrics,
      dial: (place) => {
        this.dials++;
        const link = new FakeLink();
        if (place.linkPort === MAIN_PORT) this.links.set(place.incarnation, link);
        else this.streams.set(place.linkPort - STREAM_PORT, link);
        return link;
      },
      onLinksChanged: (games) => this.linksReported.push(games),
    });
  }

  /** A game that joins the process list, links, and takes clients. */
  addGame(incarnation: number, load = 0, accept = true): FakeLink {
    this.places = [...this.places, { incarnation, name: `game${incarnation}`, host: "h", linkPort: MAIN_PORT }];
    this.list();
    const link = this.links.get(incarnation) as FakeLink;
    link.turn("up");
    link.deliver(GameToGate.streamOffer, { streams: [] });
    link.deliver(GameToGate.acceptClients, { accept, load });
    return link;
  }

  /** A game that offers streams 1 … count; their links are in `streams` by their numbers, not up yet. */
  addStreamingGame(incarnation: number, count: number): FakeLink {
    this.places = [...this.places, { incarnation, name: `game${incarnation}`, host: "h", linkPort: MAIN_PORT }];
    this.list();
    const link = this.links.get(incarnation) as FakeLink;
    link.turn("up");
    const streams = Array.from({ length: count }, (_, i) => ({ stream: i + 1, host: "h", port: STREAM_PORT + i + 1 }));
    link.deliver(GameToGate.streamOffer, { streams });
    link.deliver(GameToGate.acceptClients, { accept: true, load: 0 });
    return link;
  }

  removeGame(incarnation: number): void {
    this.places = this.places.filter((place) => place.incarnation !== incarnation);
    this.list();
  }

  /** Hands the process list to the gate. */
  list(open = true): void {
    this.core.update(open, this.places, ["ws://other:1"]);
  }

  client(): TestClient {
    return new TestClient(this, makeClientId(this.random));
  }

  /** Lets `ms` of virtual time pass. */
  pass(ms: number): Promise<void> {
    return this.scheduler.run(this.scheduler.nowMs() + ms);
  }

  counter(name: string): number {
    return this.metrics.counter(`gate_${name}_total`).value;
  }
}

/** An open gate with one game (incarnation 1). */
export function openGate(gate: Record<string, unknown> = {}): { rig: Rig; game: FakeLink } {
  const rig = new Rig(gate);
  return { rig, game: rig.addGame(1) };
}
