/** The client SDK in Node: the same, with Node's WebSocket and UDP, and bots. */
import { systemRandom } from "../../engine/base/random.js";
import { realScheduler } from "../../engine/base/real-scheduler.js";
import { Client, type ClientOptions } from "../client.js";
import { type ConnectOptions, queryOption } from "../index.js";
import type { ClientTransport } from "../session.js";
import { queryGatesFromNode } from "./bot-plan.js";
import { inflateWithZlib } from "./inflate.js";
import type { TransportChoice } from "./kcp-transport.js";
import { openTransport } from "./node-transport.js";
import { connectWebSocket } from "./websocket-transport.js";

export * from "../index.js";
export { type BotPlan, queryGatesFromNode } from "./bot-plan.js";
export { runBotThreads } from "./bot-threads.js";
export { type BotOptions, type BotProfile, type BotSummary, runBots } from "./bots.js";
export { type OpenTransportOptions, openTransport } from "./node-transport.js";

/** What createNodeClient takes: `gates`, and whatever is to differ from a client's defaults. */
export type CreateNodeClientOptions = Pick<ClientOptions, "gates"> &
  Partial<Omit<ClientOptions, "query">> &
  ConnectOptions & {
    /** How gates at `ws://` are reached: "ws" unless said, "kcp" (UDP), or "auto": UDP, and WebSocket where that does not come through. */
    readonly via?: TransportChoice;
  };

/** Opens WebSockets as a Node program does. */
export function nodeWebSocketTransport(): ClientTransport {
  return (url) => connectWebSocket(url);
}

/** A client with this process's clock and randomness. Throws CONFIG_INVALID for a `gateKey` that is none. */
export function createNodeClient({ via, encryption, gateKey, query, ...options }: CreateNodeClientOptions): Client {
  const how = {
    ...(via === undefined ? {} : { via }),
    ...(encryption === undefined ? {} : { encryption }),
    ...(gateKey === undefined ? {} : { gateKey }),
  };
  return new Client({
    transport: options.transport ?? openTransport(how),
    scheduler: realScheduler,
    random: systemRandom,
    inflate: inflateWithZlib,
    ...queryOption(query ?? options.gates.length > 1, queryGatesFromNode),
    ...options,
  });
}
