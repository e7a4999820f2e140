/**
 * Links between processes over TCP: `u32 length | frame`. The frames that one callback of the event loop sends leave in one write
 * (cork, uncork before the next callback). Delay-free (TCP_NODELAY); heartbeats are the link's work, not the socket's. Node only.
 */
import { type AddressInfo, createConnection, createServer, type Socket } from "node:net";
import { AeonError, errorText } from "../base/errors.js";
import { LINK_FRAME_BYTES_MAX } from "../protocol/link-frame.js";
import { FRAME_HEAD_BYTES, FrameAssembler } from "./frame-assembler.js";
import type { Address, Connection, ConnectionState, Listener, Transport } from "./transport.js";

/** A closed connection whose peer does not take what was sent is destroyed after this silence. */
const LINGER_MS = 5_000;

export function createTcpTransport(): Transport {
  return { listen, connect };
}

function connect(address: Address): Connection {
  const socket = createConnection({ host: address.host, port: address.port, noDelay: true });
  return new TcpConnection(socket, "connecting", `${address.host}:${address.port}`);
}

function listen(address: Address, onConnection: (connection: Connection) => void): Promise<Listener> {
  return new Promise((resolve, reject) => {
    const server = createServer({ noDelay: true }, (socket) => {
      onConnection(new TcpConnection(socket, "open", `${socket.remoteAddress}:${socket.remotePort}`));
    });
    server.once("error", (error) => reject(listenError(address, error)));
    server.listen(address.port, address.host, () => {
      const { port } = server.address() as AddressInfo;
      resolve({ address: { host: address.host, port }, close: async () => void server.close() });
    });
  });
}

/** What went wrong with taking a port, as an error of ours; shared by all listeners. */
export function listenError(address: Address, error: Error & { code?: string }): AeonError {
  const where = `${address.host}:${address.port}`;
  if (error.code === "EADDRINUSE") return new AeonError("CLUSTER_PORT_IN_USE", where, { cause: error });
  return new AeonError("CONFIG_INVALID", `cannot listen at ${where}: ${errorText(error)}`, { cause: error });
}

class TcpConnection implements Connection {
  state: ConnectionState;
  readonly remote: string;
  frameBytesMax = LINK_FRAME_BYTES_MAX;
  onOpen: (() => void) | null = null;
  onFrame: ((frame: Uint8Array) => void) | null = null;
  onClose: ((reason: string) => void) | null = null;
  private readonly socket: Socket;
  private readonly assembler = new FrameAssembler();
  private isCorked = false;
  private isCloseReported = false;
  private closeReason = "closed by the peer";

  constructor(socket: Socket, state: ConnectionState, remote: string) {
    this.socket = socket;
    this.state = state;
    this.remote = remote;
    socket.on("connect", () => this.handleConnect());
    socket.on("data", (chunk) => this.handleData(chunk));
    socket.on("error", (error) => {
      this.closeReason = errorText(error);
    });
    socket.on("close", () => this.handleClose());
  }

  get bufferedBytes(): number {
    return this.socket.writableLength;
  }

  send(frame: Uint8Array): void {
    if (this.state !== "open") return;
    this.cork();
    const bytes = Buffer.allocUnsafe(FRAME_HEAD_BYTES + frame.length);
    bytes.writeUInt32LE(frame.length, 0);
    bytes.set(frame, FRAME_HEAD_BYTES);
    this.socket.write(bytes);
  }

  close(reason = "closed here"): void {
    if (this.state === "closed") return;
    const wasOpen = this.state === "open";
    this.state = "closed";
    this.closeReason = reason;
    if (wasOpen) this.endSocket();
    else this.socket.destroy();
    queueMicrotask(() => this.handleClose());
  }

  private endSocket(): void {
    this.socket.end();
    this.socket.setTimeout(LINGER_MS, () => this.socket.destroy());
  }

  private cork(): void {
    if (this.isCorked) return;
    this.isCorked = true;
    this.socket.cork();
    process.nextTick(() => {
      this.isCorked = false;
      this.socket.uncork();
    });
  }

  private handleConnect(): void {
    if (this.state !== "connecting") return;
    this.state = "open";
    this.onOpen?.();
  }

  private handleData(chunk: Buffer): void {
    if (this.state !== "open") return;
    // A plain Uint8Array: `slice` of a Buffer would not copy.
    const isReadable = this.assembler.push(
      new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length),
      () => this.frameBytesMax,
      (frame) => {
        this.onFrame?.(frame);
        return this.state === "open";
      },
    );
    if (isReadable) return;
    this.close(`a frame is larger than ${this.frameBytesMax} bytes`);
    this.socket.destroy();
  }

  private handleClose(): void {
    this.state = "closed";
    if (this.isCloseReported) return;
    this.isCloseReported = true;
    this.onClose?.(this.closeReason);
  }
}
