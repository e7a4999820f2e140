/** A client's way to a gate over UDP from Node, and the choice between the ways there are. */
import { lookup } from "node:dns/promises";
import { AeonError, errorText } from "../../engine/base/errors.js";
import { base64UrlToBytes } from "../../engine/base/ids.js";
import { silentLog } from "../../engine/base/log.js";
import { Metrics } from "../../engine/base/metrics.js";
import { systemRandom } from "../../engine/base/random.js";
import { realScheduler } from "../../engine/base/real-scheduler.js";
import type { DatagramSocket } from "../../engine/net/datagram-socket.js";
import { openDgramSocket } from "../../engine/net/dgram-socket.js";
import { nodeSeal } from "../../engine/net/node-seal.js";
import { PipeDriver } from "../../engine/net/pipe-driver.js";
import { type PipeTuning, TRUSTING_TUNING } from "../../engine/net/pipe-tuning.js";
import { KEY_BYTES, SealKind } from "../../engine/net/seal.js";
import type { Connection } from "../../engine/net/transport.js";
import type { ClientTransport } from "../session.js";
import { UdpConnection } from "./udp-connection.js";
import { connectWebSocket } from "./websocket-transport.js";

/** Datagrams as a gate's by default; each end cuts its own. */
const CLIENT_TUNING: PipeTuning = { ...TRUSTING_TUNING, frameBytesMax: 32 * 1024 * 1024 };

const SEALS: Readonly<Record<string, SealKind>> = {
  aes: SealKind.aes256Gcm,
  chacha: SealKind.chacha20Poly1305,
  none: SealKind.none,
};

export interface KcpOptions {
  /** The gates' public key, KEY_BYTES in base64url, as a gate logs it; a gate with another one is not talked to. */
  readonly gateKey?: string;
  /** What the connection is sealed with; "none" only where the gates' `encryption` allows it. Default "aes", the cheapest for a gate. */
  readonly seal?: "aes" | "chacha" | "none";
  /** Of this client's end. */
  readonly tuning?: Partial<PipeTuning>;
  /** What to put between a connection and its socket, such as a NetEmulator's `socket`. */
  readonly wrapSocket?: (socket: DatagramSocket) => DatagramSocket;
}

export interface NodeTransportOptions extends KcpOptions {
  /** For `ws` and `wss`; Node's own WebSocket unless said. */
  readonly webSocket?: ClientTransport;
}

export interface KcpTarget {
  readonly host: string;
  readonly port: number;
  readonly gateKey: string;
  readonly seal: string;
}

/** One for all clients of the process. */
let sharedDriver: PipeDriver | null = null;
const metrics = new Metrics();

function driver(): PipeDriver {
  sharedDriver ??= new PipeDriver(realScheduler, silentLog);
  return sharedDriver;
}

/** What all KCP clients of this process have counted. */
export function kcpMetrics(): Record<string, number> {
  return metrics.snapshot();
}

/** `url`: "kcp://host:port", with `?key=` and `?seal=` as in KcpOptions. Throws CONFIG_INVALID when it is no such URL. */
export function parseKcpUrl(url: string): KcpTarget {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  const port = Number(parsed?.port ?? "");
  if (parsed === null || parsed.protocol !== "kcp:" || parsed.hostname === "" || !(port > 0))
    throw new AeonError("CONFIG_INVALID", `"${url}" is not kcp://host:port`);
  const host = parsed.hostname.replace(/^\[|\]$/g, "");
  const { searchParams } = parsed;
  return { host, port, gateKey: searchParams.get("key") ?? "", seal: searchParams.get("seal") ?? "" };
}

/** What fails is reported by onClose; only a wrong URL or key throws. `onSettled` hears once whether the gate answered. */
export function connectKcp(
  url: string,
  options: KcpOptions = {},
  onSettled: (isOpen: boolean) => void = () => undefined,
): Connection {
  const target = parseKcpUrl(url);
  const connection = new UdpConnection({
    remote: url,
    driver: driver(),
    random: systemRandom,
    primitives: nodeSeal,
    metrics,
    tuning: { ...CLIENT_TUNING, ...options.tuning },
    sealKind: sealOf(target.seal || (options.seal ?? "aes")),
    pinnedKey: pinnedKeyOf(target.gateKey || (options.gateKey ?? "")),
    onSettled,
  });
  begin(connection, target, options.wrapSocket).catch((error: unknown) => connection.end(errorText(error)));
  return connection;
}

async function begin(
  connection: UdpConnection,
  { host, port }: KcpTarget,
  wrapSocket: KcpOptions["wrapSocket"],
): Promise<void> {
  const { address, family } = await lookup(host);
  const socket = await openDgramSocket({ host: family === 6 ? "::" : "0.0.0.0", port: 0 }, 0);
  connection.begin(wrapSocket?.(socket) ?? socket, { host: address, port });
}

function sealOf(name: string): SealKind {
  const kind = SEALS[name];
  if (kind === undefined)
    throw new AeonError("CONFIG_INVALID", `no seal "${name}"; there are ${Object.keys(SEALS).join(", ")}`);
  return kind;
}

function pinnedKeyOf(text: string): Uint8Array | null {
  if (text === "") return null;
  const key = base64UrlToBytes(text);
  if (key.length !== KEY_BYTES) throw new AeonError("CONFIG_INVALID", "a gate's key has 32 bytes");
  return key;
}

/** Where a gate that listens at `ws://host:port` takes UDP: the same port. Null for `wss`, behind which there may be a proxy. */
export function kcpUrlOf(url: string): string | null {
  if (url.startsWith("kcp:")) return url;
  return url.startsWith("ws:") ? `kcp:${url.slice("ws:".length)}` : null;
}

/** How a client reaches a gate that is named by either URL. */
export type TransportChoice = "ws" | "kcp" | "auto";

/**
 * `ws`: each URL by its scheme. `kcp`: `ws://` gates over UDP too. `auto`: likewise, and over WebSocket where UDP does not come through;
 * a session goes on from one to the other.
 */
export function nodeTransport(choice: TransportChoice, options: NodeTransportOptions = {}): ClientTransport {
  const webSocket: ClientTransport = options.webSocket ?? connectWebSocket;
  /** Dials over UDP that came to nothing, by URL. */
  const failures = new Map<string, number>();
  const connect: ClientTransport = (url) => {
    const kcpUrl = choice === "ws" && !url.startsWith("kcp:") ? null : kcpUrlOf(url);
    const failed = failures.get(url) ?? 0;
    const usesUdp = kcpUrl !== null && (choice !== "auto" || url.startsWith("kcp:") || failed % 2 === 0);
    if (!usesUdp) {
      // The next time UDP has its chance again.
      if (failed > 0) failures.set(url, failed + 1);
      return webSocket(url);
    }
    return connectKcp(kcpUrl, options, (isOpen) => failures.set(url, isOpen ? 0 : failed + 1));
  };
  connect.noteEncryptionDemanded = (url) => webSocket.noteEncryptionDemanded?.(url) ?? false;
  return connect;
}
