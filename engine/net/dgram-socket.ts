/**
 * A UDP socket of the system's. Node only. Addresses are IP addresses already, so that no lookup stands between a datagram and the
 * system, as it otherwise does in node:dgram, a tick and a closure each.
 */
import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { lookup as systemLookup } from "node:dns";
import { isIP } from "node:net";
import type { DatagramSocket } from "./datagram-socket.js";
import { listenError } from "./tcp-transport.js";
import type { Address } from "./transport.js";

const MAPPED_PREFIX = "::ffff:";

type LookupDone = (error: NodeJS.ErrnoException | null, address: string, family: number) => void;

function lookup(host: string, options: object, done: LookupDone): void {
  const family = isIP(host);
  if (family !== 0) done(null, host, family);
  else systemLookup(host, { ...options, all: false }, done);
}

/** Rejects with CLUSTER_PORT_IN_USE. `receiveBufferBytes`: what the system is asked for; 0: its own choice. */
export function openDgramSocket(address: Address, receiveBufferBytes: number): Promise<DatagramSocket> {
  const isIpv6 = address.host.includes(":");
  const socket = createSocket({
    type: isIpv6 ? "udp6" : "udp4",
    lookup: lookup as unknown as typeof systemLookup,
    ...(receiveBufferBytes > 0 ? { recvBufferSize: receiveBufferBytes } : {}),
  });
  return new Promise((resolve, reject) => {
    socket.once("error", (error) => {
      socket.close();
      reject(listenError(address, error));
    });
    socket.bind({ port: address.port, address: address.host, exclusive: true }, () => {
      socket.removeAllListeners("error");
      resolve(new DgramSocket(socket, address.host, isIpv6));
    });
  });
}

class DgramSocket implements DatagramSocket {
  readonly address: Address;
  readonly receiveBufferBytes: number;
  onDatagram: ((bytes: Uint8Array, host: string, port: number) => void) | null = null;
  private readonly socket: Socket;
  private readonly isIpv6: boolean;
  private isClosed = false;

  constructor(socket: Socket, host: string, isIpv6: boolean) {
    this.socket = socket;
    this.isIpv6 = isIpv6;
    this.address = { host, port: socket.address().port };
    this.receiveBufferBytes = socket.getRecvBufferSize();
    socket.on("message", (bytes, from) => this.handleMessage(bytes, from));
    // An address that cannot be reached, a full queue: a datagram is lost, as on any other way.
    socket.on("error", () => undefined);
  }

  send(bytes: Uint8Array, host: string, port: number): void {
    if (this.isClosed || port === 0) return;
    const isMapped = this.isIpv6 && !host.includes(":");
    this.socket.send(bytes, port, isMapped ? MAPPED_PREFIX + host : host);
  }

  close(): Promise<void> {
    if (this.isClosed) return Promise.resolve();
    this.isClosed = true;
    return new Promise((resolve) => this.socket.close(() => resolve()));
  }

  private handleMessage(bytes: Uint8Array, { address, port }: RemoteInfo): void {
    const host = this.isIpv6 && address.startsWith(MAPPED_PREFIX) ? address.slice(MAPPED_PREFIX.length) : address;
    this.onDatagram?.(bytes, host, port);
  }
}
