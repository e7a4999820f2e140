/**
 * What links and client connections stand on: reliable, ordered, framed byte streams that may be cut at any moment.
 * Real: tcp-transport.ts (between processes), websocket-transport.ts (clients), client/…; simulated: simulated-network.ts.
 */
import type { PacketBuffer } from "./packet-buffer.js";

export interface Address {
  readonly host: string;
  /** 0 when listening: any free one. */
  readonly port: number;
}

export type ConnectionState = "connecting" | "open" | "closed";

export interface Connection {
  readonly state: ConnectionState;
  /** The other end, for logs and limits: "127.0.0.1:51234". */
  readonly remote: string;
  /** Nobody on the way can read or change what passes, and it has come from where it says. Absent: no. */
  readonly isSecure?: boolean;
  /** Bytes accepted by `send` and not yet handed to the system. */
  readonly bufferedBytes: number;
  onOpen: (() => void) | null;
  /** One whole frame; the bytes belong to the receiver until the call returns. */
  onFrame: ((frame: Uint8Array) => void) | null;
  /** Called once, also when connecting failed; `reason` is for logs. */
  onClose: ((reason: string) => void) | null;
  /** Largest frame taken, settable at any time: a larger one closes the connection before it is buffered. Absent: the transport's own. */
  frameBytesMax?: number;
  /** Settable: who is there has logged in, and may cost its transport more. Absent: that makes no difference there. */
  isTrusted?: boolean;
  /** Sends one frame. The bytes may be reused when the call returns. Ignored unless open. */
  send(frame: Uint8Array): void;
  /**
   * The same for a packet, without a copy: holds it until the system has its bytes, and may write to the PACKET_HEADROOM_BYTES before
   * it. Absent where a transport has to copy anyway.
   */
  sendPacket?(packet: PacketBuffer): void;
  /** Largest frame that `sendLoose` takes. */
  readonly looseBytesMax?: number;
  /**
   * Sends one frame that may be lost, may arrive before or after what `send` sends, and never arrives after a loose one that was sent
   * later. It comes out at the peer's `onFrame` like any other. Absent where the transport keeps everything in order: use `send`.
   */
  sendLoose?(frame: Uint8Array): void;
  /** Closes after what was sent; `reason` reaches the peer where the transport can carry it. */
  close(reason?: string): void;
}

export interface Listener {
  readonly address: Address;
  close(): Promise<void>;
}

export interface Transport {
  /** Rejects with CLUSTER_PORT_IN_USE when the port is taken. */
  listen(address: Address, onConnection: (connection: Connection) => void): Promise<Listener>;
  connect(address: Address): Connection;
}
