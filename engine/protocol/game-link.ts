/**
 * The links between a gate and a game. The gate dials: first the main link, which ends at the script thread, then the streams that the
 * game offers there, one per sync worker. The gate counts the game as linked when all of them are up; when one goes down, all do.
 *
 *   gate ──GateToGame──► game (script thread) ──GameToGate──► gate
 *   gate ◄──StreamToGate── game (sync worker n) ◄──GateToStream── gate
 *
 * All that is for clients leaves on a stream; with no sync worker, on the main link. A client's stream may change while it stays on the
 * game (streamSwitch): what comes early under its next `bindNumber` waits at the gate.
 *
 * `handle` is the gate's number for a client (never reused while the gate lives); `bindNumber` grows by one each time the client
 * is pointed at a game, so that what an earlier game still sends is told apart and dropped. Bodies and calls are opaque to the gate.
 * A message on a link is `u8 id | body`. Ids are never used again; retired ids: none.
 */
import {
  ADDRESS_BYTES_MAX,
  CLIENT_CALL_BYTES_MAX,
  HASH_BYTES_MAX,
  LINK_MESSAGE_BYTES_MAX,
  NAME_BYTES_MAX,
  REASON_BYTES_MAX,
  STREAMS_MAX,
} from "./limits.js";
import {
  bool,
  clientId,
  entityId,
  incarnation,
  list,
  type MessageValue,
  message,
  record,
  rest,
  text,
  u8,
  u16,
  u32,
  uvar,
} from "./message.js";

const KIB = 1024;
/** Clients of one clientCredit. */
export const CREDIT_CLIENTS_MAX = 65_536;

export const GateToGame = {
  clientConnected: message(1, "A new client was assigned to this game; the game makes its account entity.", KIB, {
    handle: u32,
    clientId,
    bindNumber: u32,
    address: text(ADDRESS_BYTES_MAX),
    /** Hash of the definitions the client already has; "" for none. */
    definitionsHash: text(HASH_BYTES_MAX),
  }),
  clientBound: message(
    2,
    "The client now belongs to this game and this entity; what it sends from here on comes here.",
    KIB,
    {
      handle: u32,
      clientId,
      bindNumber: u32,
      entity: entityId,
      definitionsHash: text(HASH_BYTES_MAX),
    },
  ),
  clientInterrupted: message(3, "The connection is cut; the client may come back within the resume window.", 64, {
    handle: u32,
    bindNumber: u32,
  }),
  clientResumed: message(4, "The client came back; nothing was lost.", 64, { handle: u32, bindNumber: u32 }),
  clientLost: message(5, "The client is gone for good.", KIB, {
    handle: u32,
    bindNumber: u32,
    code: text(NAME_BYTES_MAX),
  }),
  clientMessage: message(
    6,
    "What the client sent: `u8 id | body` of client-link's UpstreamBody.",
    CLIENT_CALL_BYTES_MAX + KIB,
    {
      handle: u32,
      bindNumber: u32,
      /** The gate's monotonic arrival time in ms, modulo 2^32. */
      arrivedMs: u32,
      payload: rest,
    },
  ),
  routed: message(7, "A message from another game: `u8 id | body` of entity-message.", LINK_MESSAGE_BYTES_MAX, {
    fromGame: incarnation,
    payload: rest,
  }),
  routeFailed: message(8, "A routed message could not be delivered.", KIB, {
    token: u32,
    targetGame: incarnation,
    code: text(NAME_BYTES_MAX),
  }),
  gateSlept: message(
    11,
    "The gate did not run for so long; what its clients did meanwhile comes now, stamped late.",
    64,
    {
      sleptMs: u32,
    },
  ),
  clientCredit: message(
    10,
    "On the stream that serves these clients: how much of what it sent them has left the gate. Only of those for whom it is worth it.",
    LINK_MESSAGE_BYTES_MAX,
    {
      clients: list(
        record({
          handle: u32,
          bindNumber: u32,
          /** Of bodies under this number, all together. */
          confirmedBytes: uvar,
          /** Loose bodies may be lost on their way to this client. */
          isLossy: bool,
        }),
        CREDIT_CLIENTS_MAX,
      ),
    },
  ),
  proxied: message(
    9,
    "A message from another game for the entity that this client is bound to.",
    LINK_MESSAGE_BYTES_MAX,
    {
      fromGame: incarnation,
      handle: u32,
      bindNumber: u32,
      payload: rest,
    },
  ),
} as const;

export const GameToGate = {
  /**
   * Bodies for clients, each body once: hand-written (`encodeClientFrames`), since it is the hot one.
   * `uvar bodyCount | (uvar length | bytes)* | uvar looseCount | uvar step* | uvar clientCount | (u32 handle | u32 bindNumber | uvar count | uvar bodyIndex*)*`
   */
  clientFrames: message(1, "Bodies, and for each client the list of those it gets, in order.", LINK_MESSAGE_BYTES_MAX, {
    payload: rest,
  }),
  clientBind: message(
    2,
    "Points the client at another entity, which may live on another game; answered there by clientBound.",
    KIB,
    {
      handle: u32,
      /** The number the client has now; the new one is one higher. */
      bindNumber: u32,
      targetGame: incarnation,
      entity: entityId,
    },
  ),
  clientKick: message(3, "Closes the client.", KIB, {
    handle: u32,
    bindNumber: u32,
    code: text(NAME_BYTES_MAX),
    reason: text(REASON_BYTES_MAX),
  }),
  route: message(4, "A message for another game.", LINK_MESSAGE_BYTES_MAX, {
    targetGame: incarnation,
    /** Comes back in routeFailed; 0 when nobody waits. */
    token: u32,
    payload: rest,
  }),
  routeToClientEntity: message(
    5,
    "A proxy's call to the server entity: to the game this client is bound to.",
    LINK_MESSAGE_BYTES_MAX,
    {
      clientId,
      token: u32,
      payload: rest,
    },
  ),
  routeToClient: message(
    6,
    "A proxy's call to the client itself: one body of client-link's DownstreamBody.",
    LINK_MESSAGE_BYTES_MAX,
    {
      clientId,
      token: u32,
      payload: rest,
    },
  ),
  clientRefused: message(7, "Counts a refused call against the client's limit.", 64, { handle: u32, bindNumber: u32 }),
  acceptClients: message(8, "Whether new clients may be assigned to this game, and how loaded it is (0 … 255).", 16, {
    accept: bool,
    load: u8,
  }),
  streamOffer: message(
    9,
    "First on the main link: every stream that the gate must dial before it counts the game as linked.",
    4 * KIB,
    {
      streams: list(record({ stream: u8, host: text(ADDRESS_BYTES_MAX), port: u16 }), STREAMS_MAX),
    },
  ),
  streamSwitch: message(
    10,
    "The client goes on under the next bind number, which `toStream` sends; last of what this stream has for it.",
    64,
    {
      handle: u32,
      /** The number the client has now; the new one is one higher. */
      bindNumber: u32,
      toStream: u8,
    },
  ),
} as const;

export type ClientCreditMessage = MessageValue<typeof GateToGame.clientCredit>;

/** What a gate sends on a stream. */
export const GateToStream = { clientCredit: GateToGame.clientCredit } as const;

/** What may come on a stream: messages for clients, and nothing else. */
export const StreamToGate = {
  clientFrames: GameToGate.clientFrames,
  clientBind: GameToGate.clientBind,
  clientKick: GameToGate.clientKick,
  streamSwitch: GameToGate.streamSwitch,
} as const;
