/**
 * Frames of a link between two processes. One frame of the transport (u32 length, then these bytes) is `u8 id | body`:
 *
 *   dialler ──linkHello──────► acceptor     versions, nonce
 *   dialler ◄──linkChallenge── acceptor     version, nonce
 *   dialler ──linkProof──────► acceptor     who it is, which link, HMAC        (or linkRefuse back, and the end)
 *   dialler ◄──linkWelcome──── acceptor     who it is, what it has, HMAC
 *   both    ◄──linkBatch, linkHeartbeat, linkBye──►
 *
 * HMAC-SHA256, keyed by the cluster's secret and name, covers a label of the direction and every byte of the handshake before it, so
 * that no version can be talked down and no proof be used again or sent back. Names go out only with a proof, never to a peer that
 * just connected. Until it proved itself a peer may send HANDSHAKE_FRAME_BYTES_MAX per frame, and nothing out of this order.
 *
 * Batches are numbered from 1 per link and direction; numbers go on when another connection takes the link over. `ack`: every batch up
 * to this number arrived. Ids are never used again; retired ids: none.
 */
import { LINK_MESSAGE_BYTES_MAX, NAME_BYTES_MAX, REASON_BYTES_MAX } from "./limits.js";
import { blob, bool, f64, incarnation, message, oneOf, record, rest, text, u16, u32 } from "./message.js";

const KIB = 1024;

/** "AEON", read as a little-endian u32: what a stray connection hardly sends. */
export const LINK_MAGIC = 0x4e4f4541;
export const NONCE_BYTES = 16;
export const LINK_ID_BYTES = 16;
export const MAC_BYTES = 32;
/** Largest frame until both ends have proved themselves. */
export const HANDSHAKE_FRAME_BYTES_MAX = KIB;
/** A batch is closed when it has grown to this; only a single larger message makes a larger frame. */
export const BATCH_BYTES = 256 * KIB;
/** `u8 id | f64 sequence | f64 ack` */
export const BATCH_HEAD_BYTES = 17;
/** Where `ack` stands in the frame; it is written anew when a batch is sent again. */
export const BATCH_ACK_OFFSET = 9;
/** `u32 length` before each message of a batch. */
export const BATCH_MESSAGE_HEAD_BYTES = 4;
export const LINK_FRAME_BYTES_MAX = LINK_MESSAGE_BYTES_MAX + BATCH_BYTES + KIB;

/** Names of process kinds by their number on the wire; append only. */
const processKind = oneOf("gamemanager", "dbmanager", "game", "gate", "cli");
const identity = record({ kind: processKind, name: text(NAME_BYTES_MAX), incarnation });

export const LinkFrame = {
  linkHello: message(1, "First frame of a connection, from the dialler.", 64, {
    magic: u32,
    versionMin: u16,
    versionMax: u16,
    nonce: blob(NONCE_BYTES),
  }),
  linkChallenge: message(2, "The highest version that both know.", 64, { version: u16, nonce: blob(NONCE_BYTES) }),
  linkProof: message(
    3,
    "The dialler proves that it holds the secret. `claim` is a proofClaim.",
    HANDSHAKE_FRAME_BYTES_MAX,
    {
      mac: blob(MAC_BYTES),
      claim: rest,
    },
  ),
  linkWelcome: message(4, "So does the acceptor. `claim` is a welcomeClaim.", HANDSHAKE_FRAME_BYTES_MAX, {
    mac: blob(MAC_BYTES),
    claim: rest,
  }),
  linkRefuse: message(
    5,
    "The acceptor takes no link from this dialler; the connection ends.",
    HANDSHAKE_FRAME_BYTES_MAX,
    {
      code: text(NAME_BYTES_MAX),
      reason: text(REASON_BYTES_MAX),
    },
  ),
  linkBatch: message(6, "Messages, each `u32 length | u8 id | body`.", LINK_FRAME_BYTES_MAX, {
    sequence: f64,
    ack: f64,
    messages: rest,
  }),
  linkHeartbeat: message(7, "Sent when nothing else was for heartbeatIntervalMs, or when much is unconfirmed.", 16, {
    ack: f64,
  }),
  linkBye: message(8, "The link ends here, after everything before it.", KIB, { reason: text(REASON_BYTES_MAX) }),
} as const;

/** Read only after its HMAC was found right. */
export const proofClaim = record({
  self: identity,
  expectedKind: processKind,
  /** 0: any. */
  expectedIncarnation: incarnation,
  /** Names the link for its whole life; made by the dialler. */
  linkId: blob(LINK_ID_BYTES),
  /** Grows with each connection of this link: an older one never replaces a newer. */
  attempt: u32,
  /** The dialler has been welcomed before: an acceptor that does not know the link must refuse. */
  isResume: bool,
  /** The last batch that the dialler has. */
  received: f64,
});

export const welcomeClaim = record({
  self: identity,
  /** The last batch that the acceptor has. */
  received: f64,
});
