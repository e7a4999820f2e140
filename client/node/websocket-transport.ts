/** A client's way to a gate from Node. */
import { WebSocket } from "ws";
import type { Connection } from "../../engine/net/transport.js";
import { WebSocketConnection } from "../../engine/net/websocket-connection.js";

/** The largest message a gate may send. */
const FRAME_BYTES_MAX = 32 * 1024 * 1024;

/** `url`: "ws://host:port" or wss. What fails is reported by onClose; only what is no such URL throws. */
export function connectWebSocket(url: string): Connection {
  const socket = new WebSocket(url, { perMessageDeflate: false, maxPayload: FRAME_BYTES_MAX });
  return new WebSocketConnection(socket, url);
}
