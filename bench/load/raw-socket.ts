/**
 * A WebSocket client that costs next to nothing: it finds the messages in the bytes and looks at the first byte of each, no more, unless
 * it is told to hand them over whole. Binary messages only, as servers here send them: whole, not compressed.
 */
import { randomBytes } from "node:crypto";
import { createConnection, type Socket } from "node:net";

const OPCODE_BINARY = 0x82;
const OPCODE_CLOSE = 0x88;
const OPCODE_PING = 0x89;
const OPCODE_PONG = 0x8a;
const MASKED = 0x80;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const HEADER_BYTES_MAX = 10;
const MASK_BYTES = 4;
const EMPTY = Buffer.alloc(0);

export class RawSocket {
  bytesIn = 0;
  bytesOut = 0;
  isClosed = false;
  /** A message: its first byte, and where `keepsMessages` all of it (valid during the call). */
  onMessage: (firstByte: number, message: Buffer | null) => void = () => undefined;
  onClose: () => void = () => undefined;
  keepsMessages = true;
  private readonly socket: Socket;
  private rest: Buffer = EMPTY;
  /** Of the message that is being read: bytes to come, what kind, its first byte (−1: not here yet), what was kept of it. */
  private missing = 0;
  private opcode = 0;
  private firstByte = -1;
  private kept: Buffer[] = [];

  private constructor(socket: Socket) {
    this.socket = socket;
  }

  /** Resolves when the server has switched to WebSocket. */
  static connect(host: string, port: number, path: string): Promise<RawSocket> {
    return new Promise((resolve, reject) => {
      const socket = createConnection({ host, port, noDelay: true });
      const raw = new RawSocket(socket);
      let head = EMPTY;
      socket.once("error", reject);
      socket.once("connect", () => socket.write(upgradeRequest(host, port, path)));
      const onHead = (chunk: Buffer): void => {
        head = Buffer.concat([head, chunk]);
        const end = head.indexOf("\r\n\r\n");
        if (end < 0) return;
        socket.off("data", onHead);
        if (!head.toString("latin1", 0, end).startsWith("HTTP/1.1 101")) {
          socket.destroy();
          reject(new Error(head.toString("latin1", 0, end)));
          return;
        }
        raw.listen();
        resolve(raw);
        const early = head.subarray(end + 4);
        if (early.length > 0) queueMicrotask(() => raw.onData(early));
      };
      socket.on("data", onHead);
    });
  }

  /** The mask is zero: the bytes go out as they are. */
  send(message: Uint8Array): void {
    this.write(OPCODE_BINARY, message);
  }

  close(): void {
    this.isClosed = true;
    this.socket.destroy();
  }

  private listen(): void {
    this.socket.on("data", (chunk) => this.onData(chunk));
    this.socket.on("error", () => undefined);
    this.socket.on("close", () => {
      if (!this.isClosed) this.onClose();
      this.isClosed = true;
    });
  }

  private onData(data: Buffer): void {
    this.bytesIn += data.length;
    const chunk = this.rest.length === 0 ? data : Buffer.concat([this.rest, data]);
    this.rest = EMPTY;
    let at = 0;
    while (at < chunk.length) {
      if (this.missing > 0) at = this.takePayload(chunk, at);
      else {
        const next = this.takeHeader(chunk, at);
        if (next === at) {
          this.rest = Buffer.from(chunk.subarray(at));
          return;
        }
        at = next;
        if (this.missing === 0) this.endMessage();
      }
    }
  }

  /** Where the payload begins; `at` when the header is not all here. */
  private takeHeader(chunk: Buffer, at: number): number {
    const here = chunk.length - at;
    if (here < 2) return at;
    const short = (chunk[at + 1] as number) & 0x7f;
    const bytes = short === LENGTH_64 ? HEADER_BYTES_MAX : short === LENGTH_16 ? 4 : 2;
    if (here < bytes) return at;
    this.opcode = chunk[at] as number;
    this.firstByte = -1;
    this.missing = short;
    if (short === LENGTH_16) this.missing = chunk.readUInt16BE(at + 2);
    else if (short === LENGTH_64) this.missing = chunk.readUInt32BE(at + 6);
    return at + bytes;
  }

  private takePayload(chunk: Buffer, at: number): number {
    const end = Math.min(chunk.length, at + this.missing);
    if (this.firstByte < 0) this.firstByte = chunk[at] as number;
    if (this.keepsMessages || this.opcode !== OPCODE_BINARY) this.kept.push(chunk.subarray(at, end));
    this.missing -= end - at;
    if (this.missing === 0) this.endMessage();
    return end;
  }

  private endMessage(): void {
    const { opcode, kept } = this;
    this.kept = [];
    const message = kept.length === 1 ? (kept[0] as Buffer) : Buffer.concat(kept);
    if (opcode === OPCODE_BINARY) this.onMessage(this.firstByte, this.keepsMessages ? message : null);
    else if (opcode === OPCODE_PING) this.write(OPCODE_PONG, message);
    else if (opcode === OPCODE_CLOSE) this.socket.end();
  }

  private write(opcode: number, payload: Uint8Array): void {
    const long = payload.length >= LENGTH_16;
    const header = long ? 4 : 2;
    const frame = Buffer.allocUnsafe(header + MASK_BYTES + payload.length);
    frame[0] = opcode;
    frame[1] = MASKED | (long ? LENGTH_16 : payload.length);
    if (long) frame.writeUInt16BE(payload.length, 2);
    frame.fill(0, header, header + MASK_BYTES);
    frame.set(payload, header + MASK_BYTES);
    this.bytesOut += frame.length;
    this.socket.write(frame);
  }
}

function upgradeRequest(host: string, port: number, path: string): string {
  const key = randomBytes(16).toString("base64");
  return [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}:${port}`,
    "Upgrade: websocket",
    "Connection: Upgrade",
    `Sec-WebSocket-Key: ${key}`,
    "Sec-WebSocket-Version: 13",
    "",
    "",
  ].join("\r\n");
}
