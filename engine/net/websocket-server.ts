/**
 * Where a gate takes clients: WebSocket connections and plain HTTP on one port, or both under TLS. Binary messages only, no compression,
 * size checked by the WebSocket layer before a message is gathered (close status 1009). A page of another origin is refused with 403
 * unless listed; programs send no Origin and may connect. Whoever is over its budget is refused with 429 before the upgrade is answered.
 * What headers say of the client's address is believed of trusted proxies only. HTTP requests are answered by the handler that was passed
 * in. Node only.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { AeonError, errorText } from "../base/errors.js";
import type { Log } from "../base/log.js";
import { realScheduler } from "../base/real-scheduler.js";
import { forwardedHost, plainHost } from "./network-address.js";
import { listenError } from "./tcp-transport.js";
import type { Address, Connection, Listener, Transport } from "./transport.js";
import { WebSocketConnection } from "./websocket-connection.js";

const STATUS_GOING_AWAY = 1001;
const CLOSE_LINGER_MS = 1_000;
/** What X-Forwarded-Proto says of a client that came by TLS. */
const SECURE_SCHEMES: ReadonlySet<string> = new Set(["https", "wss"]);

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
  /** Ports on which this very host, by whatever name it was reached, serves pages that may connect, too; absent: none. */
  readonly pagePorts?: () => readonly number[];
  readonly maxFrameBytes: number;
  readonly log: Log;
  /** Certificate chain and private key, PEM; absent: no TLS. */
  readonly tls?: { readonly cert: Uint8Array; readonly key: Uint8Array };
  /** Addresses of reverse proxies. */
  readonly trustedProxies?: readonly string[];
  /** Whether a client at this address may connect now; absent: all may. */
  readonly admits?: (host: string) => boolean;
}

/** Who is at the other end of a request, proxies seen through. */
interface Peer {
  readonly host: string;
  /** 0: behind a proxy. */
  readonly port: number;
  /** TLS all the way, as far as trusted proxies say. */
  readonly isSecure: boolean;
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
  const answerRequest = (request: IncomingMessage, response: ServerResponse) => void answer(options, request, response);
  const server =
    options.tls === undefined ? createServer(answerRequest) : tlsServer(options.tls, answerRequest, address);
  const proxies = (options.trustedProxies ?? []).map(plainHost);
  server.on("upgrade", (request, socket, head) => {
    const peer = peerOf(request, options.tls !== undefined, proxies);
    socket.on("error", () => socket.destroy());
    if (!isOriginAllowed(request, options)) {
      options.log.warn("websocket refused", { origin: request.headers.origin, remote: peer.host });
      refuseUpgrade(socket, "403 Forbidden");
    } else if (options.admits?.(peer.host) === false) {
      refuseUpgrade(socket, "429 Too Many Requests");
    } else {
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        onConnection(wrap(webSocket, request, peer, options.maxFrameBytes));
      });
    }
  });
  return startServer(server, sockets, address);
}

/** Throws CONFIG_INVALID when certificate and key are no such. */
function tlsServer(
  { cert, key }: NonNullable<WebSocketListenerOptions["tls"]>,
  answerRequest: (request: IncomingMessage, response: ServerResponse) => void,
  address: Address,
): Server {
  try {
    return createTlsServer({ cert: Buffer.from(cert), key: Buffer.from(key), minVersion: "TLSv1.2" }, answerRequest);
  } catch (cause) {
    const detail = `the certificate and key for port ${address.port} do not fit: ${errorText(cause)}`;
    throw new AeonError("CONFIG_INVALID", detail, { cause });
  }
}

function peerOf({ socket, headers }: IncomingMessage, isTls: boolean, proxies: readonly string[]): Peer {
  const direct = plainHost(socket.remoteAddress ?? "");
  const host = forwardedHost(direct, headers["x-forwarded-for"], proxies);
  if (!proxies.includes(direct)) return { host, port: socket.remotePort ?? 0, isSecure: isTls };
  const schemes = String(headers["x-forwarded-proto"] ?? "").split(",");
  return { host, port: 0, isSecure: schemes.every((scheme) => SECURE_SCHEMES.has(scheme.trim().toLowerCase())) };
}

function wrap(
  webSocket: WebSocket,
  { socket }: IncomingMessage,
  peer: Peer,
  maxFrameBytes: number,
): WebSocketConnection {
  const { host, port, isSecure } = peer;
  const remote = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  return new WebSocketConnection(webSocket, remote, { socket, isSecure, maxFrameBytes });
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

function isOriginAllowed(request: IncomingMessage, options: WebSocketListenerOptions): boolean {
  const { origin, host } = request.headers;
  const { allowedOrigins: allowed, pagePorts } = options;
  if (origin === undefined || allowed.includes("*") || allowed.includes(origin)) return true;
  const here = `http://${host}`;
  if (!URL.canParse(origin) || !URL.canParse(here)) return false;
  const page = new URL(origin);
  if (page.host === host) return true;
  return page.hostname === new URL(here).hostname && (pagePorts?.() ?? []).includes(Number(page.port));
}

function refuseUpgrade(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
