/**
 * The link between a game and the dbmanager. The game dials.
 *
 *   game ──GameToDatabase──► dbmanager ──DatabaseToGame──► game
 *
 * Every request has a number and gets one reply. A repeated put with the same epochs and value is answered as the first was.
 * A message on a link is `u8 id | body`. Ids are never used again; retired ids: none.
 */
import { DOCUMENT_BYTES_MAX, NAME_BYTES_MAX, REASON_BYTES_MAX } from "./limits.js";
import { blob, bool, list, message, record, text, u16, u32, uvar } from "./message.js";

const KIB = 1024;
export const KEY_BYTES_MAX = 256;
const key = text(KEY_BYTES_MAX);

export const documentPut = record({
  collection: text(NAME_BYTES_MAX),
  key,
  /** The epoch the document must have; 0: it must not exist. */
  expectedEpoch: uvar,
  /** The epoch it gets; ≥ expectedEpoch, ≥ 1. */
  epoch: uvar,
  schemaVersion: u16,
  value: blob(DOCUMENT_BYTES_MAX),
});

export const GameToDatabase = {
  documentLoad: message(1, "Asks for a document.", KIB, { requestId: u32, collection: text(NAME_BYTES_MAX), key }),
  documentsPut: message(
    2,
    "Writes documents; each is atomic, and answered when it is durable.",
    DOCUMENT_BYTES_MAX + 16 * KIB,
    {
      requestId: u32,
      puts: list(documentPut, 1_024),
    },
  ),
} as const;

export const DatabaseToGame = {
  documentLoaded: message(1, "Answers documentLoad.", DOCUMENT_BYTES_MAX + KIB, {
    requestId: u32,
    found: bool,
    epoch: uvar,
    schemaVersion: u16,
    value: blob(DOCUMENT_BYTES_MAX),
  }),
  documentsPutDone: message(2, 'Answers documentsPut: a code per document, "" for done, in order.', 64 * KIB, {
    requestId: u32,
    codes: list(text(NAME_BYTES_MAX), 1_024),
  }),
  requestFailed: message(3, "The request could not be carried out.", KIB, {
    requestId: u32,
    code: text(NAME_BYTES_MAX),
    reason: text(REASON_BYTES_MAX),
  }),
} as const;
