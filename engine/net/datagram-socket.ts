/** One UDP socket, as datagram-port.ts uses it. Real: dgram-socket.ts. Simulated: simulated-datagrams.ts. */
import type { Address } from "./transport.js";

export interface DatagramSocket {
  readonly address: Address;
  /** Of the system, as it says. */
  readonly receiveBufferBytes: number;
  /** The bytes are the receiver's to keep. `host`: an IP address; of an IPv4 peer without IPv6's prefix. */
  onDatagram: ((bytes: Uint8Array, host: string, port: number) => void) | null;
  /** Takes the bytes over. What cannot be sent is lost. */
  send(bytes: Uint8Array, host: string, port: number): void;
  close(): Promise<void>;
}
