/**
 * A WebSocket of the `ws` package as a Connection: binary messages are frames, anything else closes it. Node only, both ends.
 *
 * A server's end writes its messages to the socket itself, head and payload in one piece, past the sender of `ws`, which makes two of
 * them and a write of several buffers. It may, because nothing is compressed or masked there, so that `ws` writes each frame of its own
 * (pong, close) at once and whole. It also reads whole messages itself (websocket-intake.ts). The handshake, every other frame that
 * comes in, and closing are left to `ws`.
 */
import type { Socket } from "node:net";
import type { RawData, WebSocket } from "ws";
import { errorText } from "../base/errors.js";
import type { PacketBuffer } from "./packet-buffer.js";
import type { Connection, ConnectionState } from "./transport.js";
import { WEBSOCKET_HEAD_BYTES_MAX, writeWebSocketHead } from "./websocket-head.js";
import { WebSocketIntake } from "./websocket-intake.js";

/** What lies under a server's end. */
export interface ServerSide {
  readonly socket: Socket;
  /** See Connection. */
  readonly isSecure: boolean;
  /** Larger messages are refused. */
  readonly maxFrameBytes: number;
}

/** `readyState` of the WebSocket interface. */
const OPEN = 1;
/** RFC 6455: what a peer is told. */
const STATUS_NORMAL = 1000;
const STATUS_UNSUPPORTED = 1003;
/** A close frame carries at most 123 bytes of reason; this many characters fit in any alphabet. */
const REASON_CHARS_MAX = 40;
const REASON_BYTES_MAX = 123;

const encoder = new TextEncoder();

export class WebSocketConnection implements Connection {
  readonly remote: string;
  readonly isSecure: boolean;
  onOpen: (() => void) | null = null;
  onFrame: ((frame: Uint8Array) => void) | null = null;
  onClose: ((reason: string) => void) | null = null;
  private readonly socket: WebSocket;
  /** What lies under it, at a server; null at a client, whose messages are masked. */
  private readonly serverSocket: Socket | null;
  private isClosed = false;
  private isCloseReported = false;
  private closeReason = "";

  /** `server`: the end that accepted; its WebSocket was opened in this very turn. */
  constructor(socket: WebSocket, remote: string, server: ServerSide | null = null) {
    this.socket = socket;
    this.remote = remote;
    this.serverSocket = server?.socket ?? null;
    this.isSecure = server?.isSecure ?? remote.startsWith("wss:");
    if (server !== null) this.readBefore(server);
    socket.binaryType = "nodebuffer";
    socket.on("open", () => this.onOpen?.());
    socket.on("message", (data, isBinary) => this.handleMessage(data, isBinary));
    socket.on("error", (error) => {
      this.closeReason ||= errorText(error);
    });
    socket.on("close", (code, reason) => this.handleClose(reason.toString() || this.closeReason || `status ${code}`));
  }

  get state(): ConnectionState {
    if (this.isClosed || this.socket.readyState >= this.socket.CLOSING) return "closed";
    return this.socket.readyState === this.socket.OPEN ? "open" : "connecting";
  }

  get bufferedBytes(): number {
    return this.serverSocket === null ? this.socket.bufferedAmount : this.serverSocket.writableLength;
  }

  send(frame: Uint8Array): void {
    if (!this.isWritable) return;
    // ws writes without copying, and masks in place as a client: the caller may reuse its bytes.
    if (this.serverSocket === null) this.socket.send(Buffer.from(frame), SEND_OPTIONS);
    else this.serverSocket.write(wholeMessage(frame));
  }

  sendPacket(packet: PacketBuffer): void {
    const { serverSocket } = this;
    if (!this.isWritable) return;
    if (serverSocket === null) {
      this.send(packet.written());
      return;
    }
    const { bytes, end } = packet;
    const start = writeWebSocketHead(bytes, packet.start, packet.length);
    packet.hold();
    serverSocket.write(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start), packet.letGo);
  }

  close(reason = ""): void {
    this.closeWith(STATUS_NORMAL, reason);
  }

  /** A socket that was destroyed may still be open to `ws` for the rest of this turn. */
  private get isWritable(): boolean {
    return !this.isClosed && this.socket.readyState === OPEN && this.serverSocket?.destroyed !== true;
  }

  private closeWith(status: number, reason: string): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.closeReason ||= reason;
    this.socket.close(status, fittingReason(reason));
    queueMicrotask(() => this.handleClose(reason));
  }

  /** Puts an intake between the socket and the listener of `ws`; when that is not the only one, `ws` reads everything. */
  private readBefore({ socket, maxFrameBytes }: ServerSide): void {
    const [listener, ...others] = socket.listeners("data");
    if (listener === undefined || others.length > 0) return;
    let isRead = true;
    const intake = new WebSocketIntake(maxFrameBytes, {
      // What follows a close frame, or what broke the protocol, is nothing any more.
      onMessage: (payload) => {
        if (this.state === "open") this.onFrame?.(payload);
      },
      passOn: (chunk) => {
        if (isRead) listener.call(socket, chunk);
      },
    });
    socket.removeListener("data", listener as (chunk: Buffer) => void);
    socket.on("data", (chunk: Buffer) => intake.push(chunk));
    const end = (): void => {
      isRead = false;
    };
    this.socket.on("error", end);
    this.socket.on("close", end);
  }

  private handleMessage(data: RawData, isBinary: boolean): void {
    if (this.isClosed) return;
    if (isBinary) this.onFrame?.(plainBytes(data as Buffer));
    else this.closeWith(STATUS_UNSUPPORTED, "text messages are not taken");
  }

  private handleClose(reason: string): void {
    this.isClosed = true;
    if (this.isCloseReported) return;
    this.isCloseReported = true;
    this.onClose?.(reason);
  }
}

/** A copy behind its head. */
function wholeMessage(payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(WEBSOCKET_HEAD_BYTES_MAX + payload.length);
  const start = writeWebSocketHead(bytes, WEBSOCKET_HEAD_BYTES_MAX, payload.length);
  bytes.set(payload, WEBSOCKET_HEAD_BYTES_MAX);
  return bytes.subarray(start);
}

const SEND_OPTIONS = { binary: true, compress: false } as const;

/** A plain Uint8Array: `slice` of a Buffer would not copy. */
function plainBytes(data: Buffer): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.length);
}

function fittingReason(reason: string): string {
  return encoder.encode(reason).length <= REASON_BYTES_MAX ? reason : reason.slice(0, REASON_CHARS_MAX);
}
