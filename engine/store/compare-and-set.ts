/** The one rule of every store: whether a put may be made, given what is there. */
import type { DocumentPut, PutResult, StoredDocument } from "./store.js";

/** "write": make it; "same": it has been made already; otherwise why not. */
export type PutVerdict = "write" | "same" | Exclude<PutResult, "">;

export function judgePut(current: StoredDocument | null, put: DocumentPut): PutVerdict {
  if (put.epoch < 1 || put.epoch < put.expectedEpoch) return "STORE_FAILED";
  if (current !== null && isSame(current, put)) return "same";
  return (current?.epoch ?? 0) === put.expectedEpoch ? "write" : "STORE_EPOCH_STALE";
}

function isSame(current: StoredDocument, put: DocumentPut): boolean {
  if (current.epoch !== put.epoch || current.schemaVersion !== put.schemaVersion) return false;
  if (current.value.length !== put.value.length) return false;
  for (let i = 0; i < put.value.length; i++) if (current.value[i] !== put.value[i]) return false;
  return true;
}
