/**
 * Datagrams in virtual time: delayed, lost, doubled and out of order by a seeded Random; sockets that change their address as behind a
 * NAT, and are cut off for a while. For tests of everything above DatagramSocket.
 */
import { AeonError } from "../base/errors.js";
import type { Random } from "../base/random.js";
import type { Scheduler } from "../base/scheduler.js";
import type { DatagramSocket } from "./datagram-socket.js";
import type { Address } from "./transport.js";

export interface DatagramWeather {
  /** One way, drawn anew for each: what differs overtakes. */
  latencyMinMs: number;
  latencyMaxMs: number;
  /** Shares, 0 … 1. */
  lost: number;
  doubled: number;
}

export class SimulatedDatagrams {
  /** May be changed at any time. */
  readonly weather: DatagramWeather;
  readonly scheduler: Scheduler;
  private readonly random: Random;
  private readonly sockets = new Map<string, SimulatedSocket>();

  constructor(scheduler: Scheduler, random: Random, weather: Partial<DatagramWeather> = {}) {
    this.scheduler = scheduler;
    this.random = random;
    this.weather = { latencyMinMs: 1, latencyMaxMs: 5, lost: 0, doubled: 0, ...weather };
  }

  /** Throws CLUSTER_PORT_IN_USE. */
  open(address: Address): SimulatedSocket {
    const socket = new SimulatedSocket(this, address);
    this.place(socket, address);
    return socket;
  }

  /** @internal */
  place(socket: SimulatedSocket, address: Address): void {
    const key = keyOf(address.host, address.port);
    if (this.sockets.has(key)) throw new AeonError("CLUSTER_PORT_IN_USE", key);
    this.sockets.set(key, socket);
  }

  /** @internal */
  remove({ host, port }: Address): void {
    this.sockets.delete(keyOf(host, port));
  }

  /** @internal */
  carry(from: Address, bytes: Uint8Array, host: string, port: number): void {
    const { lost, doubled } = this.weather;
    if (this.random.next() < lost) return;
    this.deliver(from, bytes, keyOf(host, port));
    if (this.random.next() < doubled) this.deliver(from, bytes, keyOf(host, port));
  }

  private deliver(from: Address, bytes: Uint8Array, to: string): void {
    const { latencyMinMs, latencyMaxMs } = this.weather;
    const delayMs = latencyMinMs + this.random.next() * (latencyMaxMs - latencyMinMs);
    const copy = bytes.slice();
    this.scheduler.setTimer(delayMs, () => this.sockets.get(to)?.take(copy, from));
  }
}

export class SimulatedSocket implements DatagramSocket {
  address: Address;
  readonly receiveBufferBytes = 0;
  onDatagram: ((bytes: Uint8Array, host: string, port: number) => void) | null = null;
  /** Nothing goes in or out. */
  isCut = false;
  sentCount = 0;
  sentBytes = 0;
  private readonly network: SimulatedDatagrams;
  private isClosed = false;

  constructor(network: SimulatedDatagrams, address: Address) {
    this.network = network;
    this.address = address;
  }

  send(bytes: Uint8Array, host: string, port: number): void {
    if (this.isClosed || this.isCut) return;
    this.sentCount++;
    this.sentBytes += bytes.length;
    this.network.carry(this.address, bytes, host, port);
  }

  /** From now on it is somewhere else, and what is on its way to the old place is lost. */
  move(address: Address): void {
    this.network.remove(this.address);
    this.address = address;
    this.network.place(this, address);
  }

  async close(): Promise<void> {
    if (this.isClosed) return;
    this.isClosed = true;
    this.network.remove(this.address);
  }

  /** @internal */
  take(bytes: Uint8Array, from: Address): void {
    if (!this.isClosed && !this.isCut) this.onDatagram?.(bytes, from.host, from.port);
  }
}

function keyOf(host: string, port: number): string {
  return `${host} ${port}`;
}
