/**
 * Where a gate takes clients: WebSocket connections and plain HTTP on one port. Binary messages only, no compression, size checked by
 * the WebSocket layer before a message is gathered (close status 1009). A page of another origin is refused with 403 unless listed;
 * programs send no Origin and may connect. HTTP requests are answered by the handler that was passed in. Node only.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { AeonError, errorText } from "../base/errors.js";
import type { Log } from "../base/log.js";
import { realScheduler } from "../base/real-scheduler.js";
import { listenError } from "./tcp-transport.js";
import type { Address, Connection, Listener, Transport } from "./transport.js";
import { WebSocketConnection } from "./websocket-connection.js";

const STATUS_GOING_AWAY = 1001;
const CLOSE_LINGER_MS = 1_000;

export interface HttpRequest {
  readonly method: string;
  /** Decoded by nobody: as it stands in the request, query included. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

export interface HttpResponse {
  readonly status: number;
  /** Content-Type. */
  readonly type: string;
  readonly body: Uint8Array | string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type HttpHandler = (request: HttpRequest) => HttpResponse | Promise<HttpResponse>;

export interface WebSocketListenerOptions {
  readonly httpHandler: HttpHandler;
  /** Besides pages from this very address; "*" takes every page. */
  readonly allowedOrigins: readonly string[];
  readonly maxFrameBytes: number;
  readonly log: Log;
}

/** A Transport that only listens. Its listener's `close` ends the connections that are still open. */
export function createWebSocketListener(options: WebSocketListenerOptions): Transport {
  return {
    listen: (address, onConnection) => listen(options, address, onConnection),
    connect: () => {
      throw new AeonError("INTERNAL", "this transport only listens");
    },
  };
}

function listen(
  options: WebSocketListenerOptions,
  address: Address,
  onConnection: (connection: Connection) => void,
): Promise<Listener> {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: options.maxFrameBytes,
    perMessageDeflate: false,
    clientTracking: true,
  });
  const server = createServer((request, response) => void answer(options, request, response));
  server.on("upgrade", (request, socket, head) => {
    if (!isOriginAllowed(request, options.allowedOrigins)) {
      refuseUpgrade(socket, options.log, request);
      return;
    }
    socket.on("error", () => socket.destroy());
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      onConnection(wrap(webSocket, request, options.maxFrameBytes));
    });
  });
  return startServer(server, sockets, address);
}

function wrap(webSocket: WebSocket, { socket }: IncomingMessage, maxFrameBytes: number): WebSocketConnection {
  return new WebSocketConnection(webSocket, `${socket.remoteAddress}:${socket.remotePort}`, { socket, maxFrameBytes });
}

function startServer(server: Server, sockets: WebSocketServer, address: Address): Promise<Listener> {
  return new Promise((resolve, reject) => {
    server.once("error", (error) => reject(listenError(address, error)));
    server.listen(address.port, address.host, () => {
      const { port } = server.address() as AddressInfo;
      resolve({ address: { host: address.host, port }, close: () => closeServer(server, sockets) });
    });
  });
}

/** What was sent gets CLOSE_LINGER_MS to leave; what hangs then is destroyed. */
function closeServer(server: Server, sockets: WebSocketServer): Promise<void> {
  return new Promise((resolve) => {
    if (!server.listening) {
      resolve();
      return;
    }
    const timer = realScheduler.setTimer(CLOSE_LINGER_MS, () => {
      for (const webSocket of sockets.clients) webSocket.terminate();
      server.closeAllConnections();
    });
    server.close(() => {
      realScheduler.clearTimer(timer);
      resolve();
    });
    server.closeIdleConnections();
    for (const webSocket of sockets.clients) webSocket.close(STATUS_GOING_AWAY);
  });
}

async function answer(
  options: WebSocketListenerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { method = "GET", url: path = "/", headers } = request;
  try {
    const { status, type, body, headers: extra = {} } = await options.httpHandler({ method, path, headers });
    response.writeHead(status, { "content-type": type, "content-length": Buffer.byteLength(body), ...extra });
    response.end(method === "HEAD" ? undefined : body);
  } catch (error) {
    options.log.error("http request failed", { path, error: errorText(error) });
    if (!response.headersSent) response.writeHead(500, { "content-type": "text/plain" });
    response.end("internal error\n");
  }
}

function isOriginAllowed(request: IncomingMessage, allowed: readonly string[]): boolean {
  const { origin, host } = request.headers;
  if (origin === undefined || allowed.includes("*") || allowed.includes(origin)) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

function refuseUpgrade(socket: Duplex, log: Log, request: IncomingMessage): void {
  log.warn("websocket refused", { origin: request.headers.origin, remote: request.socket.remoteAddress });
  socket.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
}
