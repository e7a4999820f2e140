/** The client SDK's door. Runs in browsers; `aeon-engine/client/node` adds what needs Node. */
import { systemRandom } from "../engine/base/random.js";
import { realScheduler } from "../engine/base/real-scheduler.js";
import { SealKind } from "../engine/net/seal.js";
import { Client, type ClientOptions } from "./client.js";
import { askOverHttp, fetchJson, gateQuery, type QueryGates } from "./gate-query.js";
import { inflateBounded } from "./inflate.js";
import { type EncryptionMode, sealedTransport } from "./sealed-transport.js";
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
export type { QueryGates } from "./gate-query.js";
export { type NetConditions, NetEmulator, type NetEmulatorOptions } from "./net-emulator.js";
export type { Position } from "./position-history.js";
export type { ClientRpcIndex } from "./rpc-index.js";
export type { EncryptionMode } from "./sealed-transport.js";
export type { ClientState, ClientTransport } from "./session.js";
export type * from "./types.js";

/** What createClient takes: `gates`, and whatever is to differ from a client's defaults. */
export type CreateClientOptions = Pick<ClientOptions, "gates"> & Partial<Omit<ClientOptions, "query">> & ConnectOptions;

export interface ConnectOptions {
  /** "auto" unless said: `ws://` to other machines is encrypted by the SDK; `wss` is by itself. With a `transport` of one's own: "off". */
  readonly encryption?: EncryptionMode;
  /** The gates' public key as a gate logs it, base64url: others are not talked to. Without it, `ws://` is safe from listeners only. */
  readonly gateKey?: string;
  /** Whether the gates are asked which one to take; true unless only one is named. Or how. */
  readonly query?: boolean | QueryGates;
}

/** Opens WebSockets as a page does. */
export function browserWebSocketTransport(): ClientTransport {
  const connect: ClientTransport = (url) => connectWebSocket(url);
  connect.dials = (url) => /^wss?:/.test(url);
  return connect;
}

/** A client with the page's own clock, randomness and WebSocket. Throws CONFIG_INVALID for a `gateKey` that is none. */
export function createClient({ encryption, gateKey, query, transport, ...options }: CreateClientOptions): Client {
  const webSocket = sealedTransport(transport ?? browserWebSocketTransport(), {
    encryption: encryption ?? (transport === undefined ? "auto" : "off"),
    gateKey: gateKey ?? "",
    kinds: [SealKind.chacha20Poly1305],
    loadPrimitives: async () => (await import("./noble-seal.js")).nobleSeal,
    random: systemRandom,
  });
  return new Client({
    transport: webSocket,
    scheduler: realScheduler,
    random: systemRandom,
    inflate: inflateBounded,
    ...queryOption(query ?? options.gates.length > 1, askByHttp),
    ...options,
  });
}

const askByHttp = gateQuery({ "ws:": askOverHttp(fetchJson), "wss:": askOverHttp(fetchJson) });

/** @internal */
export function queryOption(query: boolean | QueryGates, usual: QueryGates): Pick<ClientOptions, "query"> {
  if (query === false) return {};
  return { query: query === true ? usual : query };
}
