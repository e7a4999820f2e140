/** The client SDK's door. Runs in browsers; `aeon-engine/client/node` adds what needs Node. */
import { systemRandom } from "../engine/base/random.js";
import { realScheduler } from "../engine/base/real-scheduler.js";
import { Client, type ClientOptions } from "./client.js";
import type { ClientTransport } from "./session.js";
import { connectWebSocket } from "./websocket-transport.js";

export { AeonError, ERRORS, type ErrorCode, isErrorCode } from "../engine/base/errors.js";
export type { ClientId, EntityId } from "../engine/base/ids.js";
export type { Log } from "../engine/base/log.js";
export type { AreaPropNotify } from "../engine/property/shadow.js";
export { Client, type ClientOptions, type ClientStats } from "./client.js";
export { type ChangeHandler, ClientEntity } from "./client-entity.js";
export type { ClientEvents, ClientSpace } from "./client-events.js";
export { DefinitionCache } from "./definition-cache.js";
export type { Position } from "./position-history.js";
export type { ClientRpcIndex } from "./rpc-index.js";
export type { ClientState, ClientTransport } from "./session.js";
export type * from "./types.js";

/** Opens WebSockets as a page does. */
export function browserWebSocketTransport(): ClientTransport {
  return (url) => connectWebSocket(url);
}

/** A client with the page's own clock, randomness and WebSocket. */
export function createClient(
  options: Omit<ClientOptions, "transport" | "scheduler" | "random"> & Partial<ClientOptions>,
): Client {
  return new Client({
    transport: browserWebSocketTransport(),
    scheduler: realScheduler,
    random: systemRandom,
    ...options,
  });
}
