/** The client SDK in Node: the same, with Node's WebSocket, and bots. */
import { systemRandom } from "../../engine/base/random.js";
import { realScheduler } from "../../engine/base/real-scheduler.js";
import { Client, type ClientOptions } from "../client.js";
import type { ClientTransport } from "../session.js";
import { connectWebSocket } from "./websocket-transport.js";

export * from "../index.js";
export { type BotOptions, type BotProfile, type BotSummary, runBots } from "./bots.js";

/** Opens WebSockets as a Node program does. */
export function nodeWebSocketTransport(): ClientTransport {
  return (url) => connectWebSocket(url);
}

/** A client with this process's clock and randomness. */
export function createNodeClient(
  options: Omit<ClientOptions, "transport" | "scheduler" | "random"> & Partial<ClientOptions>,
): Client {
  return new Client({
    transport: nodeWebSocketTransport(),
    scheduler: realScheduler,
    random: systemRandom,
    ...options,
  });
}
