/** The links that gates hold to this game: what comes over them goes to the entity host, what leaves goes by a gate's incarnation. */
import type { ByteReader } from "../engine/base/bytes.js";
import type { Incarnation } from "../engine/base/ids.js";
import type { Log } from "../engine/base/log.js";
import type { EntityHost } from "../engine/entity/entity-host.js";
import type { Link } from "../engine/net/link.js";
import { type ClientCreditMessage, GameToGate, GateToGame } from "../engine/protocol/game-link.js";
import { bodyDispatcher, type Message } from "../engine/protocol/message.js";
import type { StreamPlace } from "./sync-driver.js";

export class GateLinks {
  private readonly log: Log;
  private readonly links = new Map<Incarnation, Link>();
  private gates: Incarnation[] = [];
  private readonly streams: () => readonly StreamPlace[];
  /** A message was handled; script that it resumes has not run yet. */
  onHandled: (() => void) | null = null;
  /** What left the gate of what it was sent for clients; only where frames leave on these links. */
  onCredit: ((gate: Incarnation, credit: ClientCreditMessage) => void) | null = null;
  /** A gate's link came up or went down. */
  onChange: (() => void) | null = null;

  /** `streams`: what a gate is told to dial. */
  constructor(log: Log, streams: () => readonly StreamPlace[]) {
    this.log = log;
    this.streams = streams;
  }

  /** Gates whose link stands or may still come back. */
  get known(): readonly Incarnation[] {
    return this.gates;
  }

  isUp(gate: Incarnation): boolean {
    return this.links.get(gate)?.state === "up";
  }

  /** A gate has dialled. */
  add(link: Link, host: EntityHost): void {
    const gate = link.peer?.incarnation ?? 0;
    this.links.get(gate)?.close("a newer link of the same gate");
    this.links.set(gate, link);
    const dispatch = this.dispatchTo(host, gate);
    link.onMessage = (reader) => {
      dispatch(reader);
      this.onHandled?.();
    };
    link.onState = (state, reason) => {
      if (state === "down") this.remove(gate, link, host, reason);
    };
    link.send(GameToGate.streamOffer, { streams: [...this.streams()] });
    this.changed();
  }

  /** False when there is no link to that gate. */
  send<T>(gate: Incarnation, kind: Message<T>, value: T): boolean {
    const link = this.links.get(gate);
    if (link === undefined) return false;
    link.send(kind, value);
    return true;
  }

  sendAll<T>(kind: Message<T>, value: T): void {
    for (const link of this.links.values()) link.send(kind, value);
  }

  /** The process list no longer has this gate. */
  drop(gate: Incarnation): void {
    this.links.get(gate)?.close("the gate has left the cluster");
  }

  private remove(gate: Incarnation, link: Link, host: EntityHost, reason: string): void {
    if (this.links.get(gate) !== link) return;
    this.links.delete(gate);
    this.log.info("gate.gone", { gate, reason });
    this.changed();
    host.handleGateGone(gate);
    this.onHandled?.();
  }

  private changed(): void {
    this.gates = [...this.links.keys()];
    this.onChange?.();
  }

  private dispatchTo(host: EntityHost, gate: Incarnation) {
    const { clients, router } = host;
    const { clientMessage } = GateToGame;
    const dispatchBody = bodyDispatcher(GateToGame, {
      clientConnected: (m) => host.handleClientConnected(gate, m),
      clientBound: (m) => host.handleClientBound(gate, m, m.entity),
      clientInterrupted: (m) => clients.handleConnection(gate, m.handle, m.bindNumber, false),
      clientResumed: (m) => clients.handleConnection(gate, m.handle, m.bindNumber, true),
      clientLost: (m) => clients.handleLost(gate, m.handle, m.bindNumber, m.code),
      clientMessage: (m) => clients.handleMessage(gate, m.handle, m.bindNumber, m.arrivedMs, m.payload),
      gateSlept: (m) => clients.handleGateSlept(gate, m.sleptMs),
      routed: (m) => router.receive(m.fromGame, gate, m.payload),
      routeFailed: (m) => router.handleRouteFailed(m.token, m.code),
      clientCredit: (m) => this.onCredit?.(gate, m),
      proxied: (m) => router.receive(m.fromGame, gate, m.payload, clients.find(gate, m.handle, m.bindNumber)),
    });
    return (reader: ByteReader) => {
      const id = reader.u8();
      // The hot one: read in place, in the order of its drawing.
      if (id === clientMessage.id && reader.remaining <= clientMessage.bytesMax)
        clients.readMessage(gate, reader.u32(), reader.u32(), reader.u32(), reader);
      else dispatchBody(id, reader);
    };
  }

  sendRoute(gate: Incarnation, targetGame: Incarnation, token: number, payload: Uint8Array): boolean {
    return this.send(gate, GameToGate.route, { targetGame, token, payload });
  }
}
