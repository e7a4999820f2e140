/**
 * Every error the engine raises: a stable code, how far it reaches, and a sentence. Users match `code`.
 * docs/reference/errors.md lists this table and a test holds the two together.
 */

/** How far an error reaches. `call`: the caller gets it. The others as in the docs: what is dropped, closed or stopped. */
export type ErrorRadius = "call" | "message" | "client" | "entity" | "process";

export const ERRORS = {
  BYTES_TRUNCATED: { radius: "message", text: "the bytes end before the value does" },
  BYTES_MALFORMED: { radius: "message", text: "the bytes do not hold a value of the declared shape" },
  MESSAGE_UNKNOWN: { radius: "message", text: "the message number is not listed in the protocol" },
  MESSAGE_OVERSIZED: { radius: "message", text: "the message is larger than the protocol allows" },

  CONFIG_INVALID: { radius: "process", text: "the configuration has an unknown key or a wrong value" },
  CLUSTER_DATA_IN_USE: { radius: "process", text: "another cluster uses this data folder" },
  CLUSTER_PORT_IN_USE: { radius: "process", text: "a port of this cluster is in use" },
  CLUSTER_NOT_RUNNING: { radius: "process", text: "no cluster runs from this data folder" },
  CLUSTER_STALLED: { radius: "process", text: "the cluster did not open in time" },
  PROCESS_REFUSED: { radius: "process", text: "the gamemanager refused this process" },
  PROCESS_REMOVED: { radius: "process", text: "the cluster has removed this process; it must not go on" },
  PROCESS_UNREGISTERED: { radius: "process", text: "the gamemanager could not be reached to register" },

  LINK_AUTH_FAILED: { radius: "process", text: "the peer does not hold the cluster's secret" },
  LINK_VERSION: { radius: "process", text: "the peers share no version of the link protocol" },
  LINK_STRANGER: { radius: "message", text: "the peer is not the process that was meant (incarnation differs)" },
  LINK_STALE: { radius: "process", text: "the peer's incarnation has been removed from the cluster" },
  LINK_DOWN: { radius: "message", text: "the link to the peer is down" },
  LINK_QUEUE_FULL: { radius: "message", text: "the link's queue reached its bound" },
  LINK_MALFORMED: { radius: "message", text: "the peer sent a frame that cannot be read" },

  RPC_INDEX_MISMATCH: { radius: "client", text: "the two ends disagree about an entry of the RPC index" },
  RPC_INDEX_STALE: {
    radius: "process",
    text: "rpc-index.json does not match the entity definitions; run `aeon rpc-index`",
  },
  RPC_UNKNOWN: { radius: "call", text: "the entity has no such method" },
  RPC_NOT_EXPOSED: { radius: "call", text: "the method is not exposed to this caller" },
  RPC_ARGUMENT: { radius: "call", text: "an argument is not of its declared type or out of its range" },
  RPC_TIMEOUT: { radius: "call", text: "no reply came in time" },
  RPC_ENTITY_GONE: { radius: "call", text: "the entity does not exist here" },
  RPC_NOT_VISIBLE: { radius: "call", text: "the caller does not see the entity" },
  RPC_HANDLER_THREW: { radius: "call", text: "the method threw" },
  RPC_HANDLER_ABORTED: { radius: "call", text: "the method took longer than its limit and was given up" },
  RPC_QUEUE_FULL: { radius: "call", text: "the entity's mailbox reached its bound" },
  MAILBOX_GATE_GONE: { radius: "call", text: "the gate this mailbox was fixed to is gone" },
  MAILBOX_GAME_GONE: { radius: "call", text: "the game this mailbox points to is gone" },
  PROXY_GATE_GONE: { radius: "call", text: "the proxy's gate is gone or the client came back through another" },
  PROXY_CLIENT_GONE: { radius: "call", text: "the proxy's client is not connected to its gate" },
  STUB_UNKNOWN: { radius: "call", text: "no stub has this name" },
  STUB_UNAVAILABLE: { radius: "call", text: "the stub has no live home at present" },

  ENTITY_DEFINITION: { radius: "process", text: "an entity definition contradicts itself" },
  ENTITY_TYPE_UNKNOWN: { radius: "call", text: "no entity type has this name" },
  ENTITY_CREATE_FAILED: { radius: "call", text: "the creating hook threw" },
  ENTITY_DESTROYED: { radius: "call", text: "the entity has been destroyed" },
  ENTITY_QUARANTINED: { radius: "entity", text: "the entity threw too often and no longer runs" },
  ENTITY_EXISTS: { radius: "call", text: "an entity with this id exists on this game" },
  VALUE_RANGE: { radius: "call", text: "the value is well formed and outside what its type allows" },
  PROPERTY_VALUE: { radius: "call", text: "a property was given a value that is not of its declared type" },
  PROPERTY_ATTACHED: { radius: "call", text: "the container already belongs to another property" },
  WORKER_FAILED: { radius: "process", text: "a sync worker ended by itself" },
  OP_LOG_FULL: { radius: "process", text: "the op log's consumer fell behind its bound" },
  RECORDING_INVALID: { radius: "call", text: "the file is no recording, or was damaged" },
  RECORDING_VERSION: { radius: "call", text: "the recording was written by another version of the engine" },
  SPACE_UNKNOWN: { radius: "call", text: "no such space" },
  SPACE_ELSEWHERE: { radius: "call", text: "the space is on another game; entering it needs migration" },
  SPACE_FULL: { radius: "call", text: "the space has no short id left" },
  GAME_UNAVAILABLE: { radius: "call", text: "no game is available" },

  NAV_NO_PATH: { radius: "call", text: "there is no path" },
  NAV_OFF_MESH: { radius: "call", text: "the point is not on the navigation mesh, nor near it" },
  NAV_TIMEOUT: { radius: "call", text: "the navigation query was not answered in time" },
  NAV_CANCELLED: { radius: "call", text: "the navigation query was cancelled" },
  NAV_QUEUE_FULL: { radius: "call", text: "as many navigation queries are under way as may be" },
  NAV_FAILED: { radius: "call", text: "the navigation worker ended or gave the query up" },
  NAV_MESH_UNKNOWN: { radius: "call", text: "the space has no navigation mesh" },
  NAV_MESH_STATIC: { radius: "call", text: "the navigation mesh was not built for this kind of change" },
  NAV_OBSTACLES_FULL: { radius: "call", text: "the navigation mesh holds as many obstacles as it was built for" },
  NAV_FILE_INVALID: { radius: "call", text: "the file is no navigation mesh, or was damaged" },
  NAV_LEVEL_INVALID: { radius: "call", text: "the level cannot be read" },
  NAV_BUILD_FAILED: { radius: "call", text: "no navigation mesh could be built from the level" },

  STORE_EPOCH_STALE: { radius: "call", text: "the document has a newer epoch; this copy is stale" },
  STORE_UNAVAILABLE: { radius: "call", text: "the database manager cannot be reached" },
  STORE_FAILED: { radius: "call", text: "the store could not make the write durable" },

  CLIENT_NOT_OPEN: { radius: "client", text: "the cluster is not open yet" },
  CLIENT_PROTOCOL: { radius: "client", text: "the client speaks another protocol version" },
  CLIENT_MALFORMED: { radius: "client", text: "the client sent what cannot be decoded" },
  CLIENT_OVERSIZED: { radius: "client", text: "the client sent a frame larger than allowed" },
  CLIENT_UNLISTED: { radius: "client", text: "the client sent a message that is not listed" },
  CLIENT_RATE: { radius: "client", text: "the client sent more than its limit" },
  CLIENT_REFUSALS: { radius: "client", text: "too many refused calls in a minute" },
  CLIENT_SILENT: { radius: "client", text: "nothing was heard from the client in time" },
  CLIENT_SLOW: { radius: "client", text: "the client's outgoing queue reached its bound" },
  CLIENT_ID_IN_USE: { radius: "client", text: "a connection with this client id exists" },
  CLIENT_TAKEN_OVER: { radius: "client", text: "a newer connection of the same client took over" },
  CLIENT_GAME_GONE: { radius: "client", text: "the game this client lived on is gone" },
  CLIENT_KICKED: { radius: "client", text: "the server closed this client" },
  CLIENT_MOVEMENT: { radius: "client", text: "the client moved as the rules do not allow, again and again" },
  CLIENT_CLOSED: { radius: "client", text: "the client closed the connection" },
  CLIENT_GATE_FULL: { radius: "client", text: "the gate holds as many clients as it may" },
  CLIENT_ADDRESS_FULL: { radius: "client", text: "the client's address or network has as many sessions as it may" },
  CLIENT_LOGIN_TIMEOUT: { radius: "client", text: "the client did not log in in time" },
  CLIENT_ENCRYPTION: { radius: "client", text: "the connection is not encrypted as this gate or client demands" },
  CLIENT_SHUTDOWN: { radius: "client", text: "the cluster is going down" },
  CLIENT_DISCONNECTED: { radius: "call", text: "the client is not connected" },
  LOGIN_NAME_IN_USE: { radius: "call", text: "the name is in use" },
  LOGIN_NAME_INVALID: { radius: "call", text: "the name has a wrong length or a character that is not allowed" },

  INTERNAL: { radius: "process", text: "a bug of the engine" },
} as const satisfies Record<string, { radius: ErrorRadius; text: string }>;

export type ErrorCode = keyof typeof ERRORS;

export class AeonError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  /** `detail` says what was the matter this time; it follows the code's own sentence. */
  constructor(code: ErrorCode, detail = "", options: { cause?: unknown; details?: Record<string, unknown> } = {}) {
    super(detail === "" ? `${code}: ${ERRORS[code].text}` : `${code}: ${ERRORS[code].text}: ${detail}`, {
      cause: options.cause,
    });
    this.name = "AeonError";
    this.code = code;
    this.details = options.details ?? {};
  }

  get radius(): ErrorRadius {
    return ERRORS[this.code].radius;
  }
}

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERRORS, text);
}

/** The code of any thrown value; what is not an AeonError is `fallback`. */
export function errorCodeOf(error: unknown, fallback: ErrorCode = "INTERNAL"): ErrorCode {
  return error instanceof AeonError ? error.code : fallback;
}

export function errorText(error: unknown): string {
  try {
    return String(error instanceof Error ? error.message : error);
  } catch {
    return "something that has no text";
  }
}

/** What was the matter this time, without the code and its sentence; of what is no AeonError all of its text. */
export function errorDetail(error: unknown): string {
  const text = errorText(error);
  if (!(error instanceof AeonError)) return text;
  return text.replace(`${error.code}: ${ERRORS[error.code].text}`, "").replace(/^: /, "");
}

/** For our own bugs, never for input. */
export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new AeonError("INTERNAL", what);
}
