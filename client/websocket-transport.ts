/** A client's way to a gate from a browser, over the browser's own WebSocket. Imports nothing of Node. */
import type { Connection, ConnectionState } from "../engine/net/transport.js";

const STATUS_NORMAL = 1000;
/** A close frame carries at most 123 bytes of reason; this many characters fit in any alphabet. */
const REASON_CHARS_MAX = 40;

/** `url`: "ws://host:port" or wss. Never throws: what fails is reported by onClose. */
export function connectWebSocket(url: string): Connection {
  return new BrowserConnection(url);
}

class BrowserConnection implements Connection {
  readonly remote: string;
  onOpen: (() => void) | null = null;
  onFrame: ((frame: Uint8Array) => void) | null = null;
  onClose: ((reason: string) => void) | null = null;
  private socket: WebSocket | null = null;
  private isClosed = false;
  private isCloseReported = false;

  constructor(url: string) {
    this.remote = url;
    try {
      this.socket = this.open(url);
    } catch (error) {
      queueMicrotask(() => this.handleClose(String(error)));
    }
  }

  get state(): ConnectionState {
    if (this.isClosed || this.socket === null || this.socket.readyState >= WebSocket.CLOSING) return "closed";
    return this.socket.readyState === WebSocket.OPEN ? "open" : "connecting";
  }

  get bufferedBytes(): number {
    return this.socket?.bufferedAmount ?? 0;
  }

  send(frame: Uint8Array): void {
    if (this.state === "open") this.socket?.send(frame as Uint8Array<ArrayBuffer>);
  }

  close(reason = ""): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.socket?.close(STATUS_NORMAL, reason.slice(0, REASON_CHARS_MAX));
    queueMicrotask(() => this.handleClose(reason));
  }

  private open(url: string): WebSocket {
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.onOpen?.();
    socket.onmessage = (event: MessageEvent<unknown>) => this.handleMessage(event.data);
    socket.onerror = () => undefined; // It says nothing; the close that follows does.
    socket.onclose = (event) => this.handleClose(event.reason || `status ${event.code}`);
    return socket;
  }

  private handleMessage(data: unknown): void {
    if (this.isClosed) return;
    if (data instanceof ArrayBuffer) this.onFrame?.(new Uint8Array(data));
    else this.close("text messages are not taken");
  }

  private handleClose(reason: string): void {
    this.isClosed = true;
    if (this.isCloseReported) return;
    this.isCloseReported = true;
    this.onClose?.(reason);
  }
}
