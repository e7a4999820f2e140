/**
 * Client and gate. One transport message (a WebSocket message) is one packet:
 *
 *   client ──► gate    u8 id | body           of ClientToGate
 *   client ◄── gate    u8 id | body           of GateToClient
 *
 * `clientPacket` and `serverPacket` carry the numbered streams: sequence numbers grow by one per message in each direction and survive
 * a reconnect, so that a call runs at most once and a frame arrives once (the other side says with `ack` what it has).
 * Ids are never used again; retired ids: none.
 */
import {
  ADDRESS_BYTES_MAX,
  CLIENT_CALL_BYTES_MAX,
  CLIENT_FRAME_BYTES_MAX,
  HASH_BYTES_MAX,
  LINK_MESSAGE_BYTES_MAX,
  NAME_BYTES_MAX,
  REASON_BYTES_MAX,
} from "./limits.js";
import {
  blob,
  bool,
  clientId,
  f32,
  f64,
  i16,
  list,
  message,
  oneOf,
  record,
  rest,
  text,
  u8,
  u16,
  u32,
  uvar,
} from "./message.js";

const KIB = 1024;
/** Parts of one viewCheck; with more than that different, all is asked for. */
export const VIEW_CHECK_PARTS_MAX = 2_048;

/** Of packets to a client. */
const compressionField = oneOf("none", "deflate");

const transformRecord = record({ target: uvar, x: f32, y: f32, z: f32, yaw: f32 });

export const ClientToGate = {
  clientHello: message(1, "First packet of every connection.", KIB, {
    protocolVersion: u16,
    clientId,
    /** Grows by one with each connection of this client; a resume needs a higher one than the last. */
    connectionNumber: u32,
    /** 16 bytes from serverWelcome to resume a session; empty for a new one. */
    token: blob(64),
    /** The last server sequence number that arrived. */
    ack: uvar,
    definitionsHash: text(HASH_BYTES_MAX),
    /** Hash of the RPC index the client was built with; "" when it has none. */
    indexHash: text(HASH_BYTES_MAX),
    /** The best that the client can read packets in. */
    compression: compressionField,
  }),
  clientPacket: message(2, "Messages for the game, each `u8 id | body` of UpstreamBody.", CLIENT_FRAME_BYTES_MAX, {
    /** Number of the first message. */
    sequence: uvar,
    ack: uvar,
    messages: list(blob(CLIENT_CALL_BYTES_MAX), 256),
  }),
  clientHeartbeat: message(3, "Every heartbeatIntervalMs.", 64, {
    /** The client's clock, echoed. */
    clientMs: f64,
    ack: uvar,
  }),
  clientBye: message(4, "The client leaves on purpose; its session ends at once.", 0, {}),
} as const;

export const GateToClient = {
  serverWelcome: message(1, "Answers clientHello.", KIB, {
    token: blob(64),
    /** False: a new session; what the client held of an earlier one is void and its unanswered calls are lost. */
    resumed: bool,
    /** The last client sequence number that arrived. */
    ack: uvar,
    heartbeatIntervalMs: u32,
    /** The gate's wall clock, ms since 1970. */
    serverMs: f64,
    /** The other gates, for when this one is gone. */
    gates: list(text(ADDRESS_BYTES_MAX), 64),
    /** Where else this gate is reached, by whichever transport: a session resumes there too. */
    ownAddresses: list(text(ADDRESS_BYTES_MAX), 8),
  }),
  serverPacket: message(2, "Bodies of DownstreamBody, one after the other.", LINK_MESSAGE_BYTES_MAX, {
    /** Number of this packet: one per packet, however many bodies it holds. The first is 1. */
    sequence: uvar,
    /** The last client message that had arrived when the packet was made; a packet that is sent again keeps its old one. */
    ack: uvar,
    bodies: rest,
  }),
  serverHeartbeat: message(3, "Answers clientHeartbeat.", 64, { clientMs: f64, serverMs: f64, ack: uvar }),
  serverClose: message(4, "The gate closes the connection; `retry`: coming back later may work.", KIB, {
    code: text(NAME_BYTES_MAX),
    reason: text(REASON_BYTES_MAX),
    retry: bool,
  }),
  serverLoose: message(
    5,
    "Bodies that may be lost: `shortTransforms`, `transforms` and a `tick` before them. Never arrives after a later one.",
    LINK_MESSAGE_BYTES_MAX,
    {
      /** Number of the serverPacket that was sent last before it: without that one it cannot be applied yet. */
      after: uvar,
      bodies: rest,
    },
  ),
  serverDeflated: message(
    6,
    "One serverPacket, its number included, as raw deflate. Inflate no further than it says.",
    LINK_MESSAGE_BYTES_MAX,
    {
      /** How long the packet is. */
      inflatedBytes: u32,
      deflated: rest,
    },
  ),
} as const;

/** Client → game, opaque to the gate. */
export const UpstreamBody = {
  entityCall: message(
    1,
    "Calls an exposed method. The caller is the session, never an argument.",
    CLIENT_CALL_BYTES_MAX,
    {
      /** 0: the client's own entity; else the short id of an entity in view (exposedToView). */
      target: uvar,
      /** The generation of that short id; 0 with target 0. */
      generation: u8,
      method: u16,
      /** 0: no reply wanted; else the client's number for the reply. */
      callId: u32,
      arguments: rest,
    },
  ),
  viewCheck: message(
    3,
    "Asks whether the copy of an entity is right: for its hash, for those of its nodes, or for parts of it again.",
    16 * KIB,
    {
      /** As in entityCall. */
      target: uvar,
      generation: u8,
      stage: oneOf("hash", "nodes", "repair"),
      /** repair: what is different, and the wire number of the last op that came for it. */
      parts: list(record({ part: uvar, op: u8 }), VIEW_CHECK_PARTS_MAX),
    },
  ),
  entityMove: message(2, "Where the client's own entity is now. It names no entity.", 64, {
    moveNumber: u32,
    /** Of the last moveCorrect that the client has seen. Moves made before it was seen are ignored. */
    placement: u16,
    x: f32,
    y: f32,
    z: f32,
    yaw: f32,
  }),
} as const;

/**
 * Game → client, opaque to the gate, self-delimiting: `u8 id | uvar length | body`.
 * `target` is a short id of the space the client is in, or 0 for the client's own entity.
 */
export const DownstreamBody = {
  definitions: message(
    1,
    "The entity definitions, as JSON; first thing a client gets unless it has them.",
    1024 * KIB,
    {
      hash: text(HASH_BYTES_MAX),
      json: blob(1024 * KIB),
    },
  ),
  ownEnter: message(
    2,
    "The client's own entity: its state with everything its own client may see. Replaces any earlier one.",
    LINK_MESSAGE_BYTES_MAX,
    {
      type: u16,
      entity: text(NAME_BYTES_MAX),
      state: rest,
    },
  ),
  spaceEnter: message(3, "The client's entity is in this space now; its view is empty. Space 0: in none.", KIB, {
    /** Number of the space on its game; 0 none. */
    space: u32,
    spaceType: u16,
    spaceEntity: text(NAME_BYTES_MAX),
    /** The short id that others see the client's own entity under. */
    ownShortId: uvar,
    tickMs: u16,
    x: f32,
    y: f32,
    z: f32,
    yaw: f32,
  }),
  viewEnter: message(4, "An entity comes into view, with its public state.", LINK_MESSAGE_BYTES_MAX, {
    target: uvar,
    generation: u8,
    type: u16,
    entity: text(NAME_BYTES_MAX),
    x: f32,
    y: f32,
    z: f32,
    yaw: f32,
    state: rest,
  }),
  viewLeave: message(5, "An entity leaves the view.", 16, { target: uvar }),
  propertyOps: message(6, "Changes of an entity's properties, as wire ops.", LINK_MESSAGE_BYTES_MAX, {
    target: uvar,
    ops: rest,
  }),
  nearChanges: message(
    13,
    "New numbers among the first seven properties of entities: `uvar target | u8 mask | values` each, as in wire-ops.",
    LINK_MESSAGE_BYTES_MAX,
    { records: rest },
  ),
  transforms: message(7, "New positions, exactly: of what shortTransforms cannot say.", LINK_MESSAGE_BYTES_MAX, {
    records: list(transformRecord, 65_535),
  }),
  clientCall: message(8, "Calls a method of the client's side of an entity.", 256 * KIB, {
    target: uvar,
    method: u16,
    arguments: rest,
  }),
  callReply: message(
    9,
    'The result of an entityCall: code "" and the value, or an error code and its sentence.',
    256 * KIB,
    {
      callId: u32,
      code: text(NAME_BYTES_MAX),
      payload: rest,
    },
  ),
  tick: message(10, "Stands before what a tick sent: its number and the server's time.", 32, {
    tick: u32,
    serverMs: f64,
  }),
  shortTransforms: message(
    12,
    "New positions near the client's own entity; records as in short-transforms.ts, the level ones first.",
    LINK_MESSAGE_BYTES_MAX,
    {
      /** The cell that the coordinates are told by. */
      cellX: i16,
      cellY: i16,
      cellZ: i16,
      levelCount: u16,
      records: rest,
    },
  ),
  viewHashes: message(
    14,
    "Hashes of what the client should have of these entities, as of here.",
    LINK_MESSAGE_BYTES_MAX,
    {
      records: list(record({ target: uvar, hash: f64 }), 65_536),
    },
  ),
  nodeHashes: message(
    15,
    "Answers a viewCheck: hashes of an entity's nodes, as in shadow-repair.",
    LINK_MESSAGE_BYTES_MAX,
    {
      target: uvar,
      hashes: rest,
    },
  ),
  repairOps: message(16, "Answers a viewCheck: wire ops that write parts of an entity again.", LINK_MESSAGE_BYTES_MAX, {
    target: uvar,
    ops: rest,
  }),
  moveCorrect: message(
    11,
    "The server put the client's own entity here. Moves count only once they name this placement.",
    64,
    {
      /** The last that was accepted; 0: none. Later ones are void. */
      moveNumber: u32,
      /** Another one each time, also when it enters a space. */
      placement: u16,
      /** `placed`: by script or into a space; `corrected`: a move was refused. */
      cause: oneOf("placed", "corrected"),
      x: f32,
      y: f32,
      z: f32,
      yaw: f32,
    },
  ),
} as const;

/**
 * How a body gets to its client. `ordered`: once, behind what was said before it. `latest`: what stands there when there is room; a client
 * that is behind is not sent each change, but the difference (game/sync/client-credit.ts). `loose`: so, and it may be lost on the way, where
 * the connection can lose; what was lost is made up for (game/sync/transform-gather.ts).
 */
export type Delivery = "ordered" | "latest" | "loose";

export const DOWNSTREAM_DELIVERY = {
  definitions: "ordered",
  ownEnter: "ordered",
  spaceEnter: "ordered",
  // Put off for a client that is behind, and told with what stands there then.
  viewEnter: "latest",
  viewLeave: "ordered",
  propertyOps: "latest",
  nearChanges: "latest",
  transforms: "loose",
  shortTransforms: "loose",
  // Loose in front of nothing but loose bodies.
  tick: "loose",
  clientCall: "ordered",
  callReply: "ordered",
  viewHashes: "ordered",
  nodeHashes: "ordered",
  repairOps: "ordered",
  moveCorrect: "ordered",
} as const satisfies Record<keyof typeof DownstreamBody, Delivery>;

/** Numbers of the bodies that may come loosely. */
export const LOOSE_BODY_IDS: ReadonlySet<number> = new Set(
  Object.entries(DownstreamBody)
    .filter(([name]) => DOWNSTREAM_DELIVERY[name as keyof typeof DownstreamBody] === "loose")
    .map(([, kind]) => kind.id),
);
