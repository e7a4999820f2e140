/**
 * Where documents live. One conformance suite (tests/unit/store/conformance.ts) runs against every implementation.
 * A document belongs to a collection (an entity type) and has a key, an epoch and the version of its schema. Whoever takes a document
 * over puts it with a higher epoch; from then on an older holder's put is refused, so that a stale copy never overwrites a newer one.
 */
export interface StoredDocument {
  readonly epoch: number;
  readonly schemaVersion: number;
  readonly value: Uint8Array;
}

export interface DocumentPut {
  readonly collection: string;
  readonly key: string;
  /** The epoch the document must have now; 0: it must not exist. */
  readonly expectedEpoch: number;
  /** The epoch it gets; ≥ `expectedEpoch` and ≥ 1. */
  readonly epoch: number;
  readonly schemaVersion: number;
  readonly value: Uint8Array;
}

/** A put that was made, or why not. A put of the very same document (epoch, version and value) is made again without complaint. */
export type PutResult = "" | "STORE_EPOCH_STALE" | "STORE_FAILED";

export interface Store {
  load(collection: string, key: string): Promise<StoredDocument | null>;
  /** Resolves when every put that was made is durable: it survives a crash of the process and of the machine. */
  putMany(puts: readonly DocumentPut[]): Promise<PutResult[]>;
  close(): Promise<void>;
}
