/** A Node program's way to gates: WebSocket and KCP, encrypted as wanted, over a bad line if one is wanted. */
import { systemRandom } from "../../engine/base/random.js";
import { nodeSeal } from "../../engine/net/node-seal.js";
import { SealKind } from "../../engine/net/seal.js";
import type { NetEmulator } from "../net-emulator.js";
import { type EncryptionMode, sealedTransport } from "../sealed-transport.js";
import type { ClientTransport } from "../session.js";
import { nodeTransport, type TransportChoice } from "./kcp-transport.js";
import { connectWebSocket } from "./websocket-transport.js";

export interface OpenTransportOptions {
  /** How gates at `ws://` are reached; "ws" unless said. */
  readonly via?: TransportChoice;
  /** "auto" unless said: `ws://` to other machines, and KCP. "off": neither. */
  readonly encryption?: EncryptionMode;
  /** The gates' key, base64url; others are not talked to. */
  readonly gateKey?: string;
  /** A bad line under every connection. */
  readonly line?: NetEmulator;
}

/** Throws CONFIG_INVALID for a key that is none. */
export function openTransport(options: OpenTransportOptions = {}): ClientTransport {
  const { via = "ws", encryption = "auto", gateKey = "", line } = options;
  const webSocket = sealedTransport(line?.transport(connectWebSocket) ?? connectWebSocket, {
    encryption,
    gateKey,
    kinds: [SealKind.aes256Gcm, SealKind.chacha20Poly1305],
    loadPrimitives: async () => nodeSeal,
    random: systemRandom,
  });
  return nodeTransport(via, {
    gateKey,
    webSocket,
    ...(encryption === "off" ? { seal: "none" } : {}),
    ...(line === undefined ? {} : { wrapSocket: (socket) => line.socket(socket) }),
  });
}
