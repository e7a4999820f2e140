/**
 * The embedded store: one lmdb environment in a folder, owned by the dbmanager. With `overlappingSync: false` a commit is on the disk
 * before it is confirmed; lmdb's default confirms earlier and can leave a broken file when the machine dies.
 * Puts of one turn share a write transaction, in which the epoch is compared and set.
 */
import { type Database, open } from "lmdb";
import { AeonError, errorText } from "../base/errors.js";
import { judgePut } from "./compare-and-set.js";
import { decodeDocument, encodeDocument } from "./document-codec.js";
import type { DocumentPut, PutResult, Store, StoredDocument } from "./store.js";

const MIB = 2 ** 20;

type DocumentKey = [collection: string, key: string];

export class LmdbStore implements Store {
  private readonly database: Database<Uint8Array, DocumentKey>;

  /** Throws STORE_FAILED when the folder cannot be used. */
  constructor(options: { path: string; mapSizeMb: number }) {
    try {
      this.database = open<Uint8Array, DocumentKey>({
        path: options.path,
        // A folder name with a dot must not be taken for a file.
        noSubdir: false,
        encoding: "binary",
        overlappingSync: false,
        mapSize: options.mapSizeMb * MIB,
      });
    } catch (cause) {
      throw new AeonError("STORE_FAILED", `${options.path}: ${errorText(cause)}`, { cause });
    }
  }

  async load(collection: string, key: string): Promise<StoredDocument | null> {
    return this.read([collection, key]);
  }

  /** A transaction that fails (a full disk) fails each of its puts; none of them was made. */
  async putMany(puts: readonly DocumentPut[]): Promise<PutResult[]> {
    try {
      const results = await this.database.transaction(() => puts.map((put) => this.put(put)));
      await this.database.flushed;
      return results;
    } catch {
      return puts.map(() => "STORE_FAILED" as const);
    }
  }

  async close(): Promise<void> {
    await this.database.close();
  }

  /** Inside a write transaction only. */
  private put(put: DocumentPut): PutResult {
    const id: DocumentKey = [put.collection, put.key];
    const verdict = judgePut(this.read(id), put);
    if (verdict === "write") this.database.putSync(id, encodeDocument(put));
    return verdict === "write" || verdict === "same" ? "" : verdict;
  }

  private read(id: DocumentKey): StoredDocument | null {
    const bytes = this.database.getBinaryFast(id);
    return bytes === undefined ? null : decodeDocument(bytes);
  }
}
