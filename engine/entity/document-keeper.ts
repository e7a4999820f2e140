/**
 * Persistent entities and their documents. Taking a document raises its epoch in the store, so that whoever held it before can no longer
 * write; every save carries the epoch it was taken with. One save at a time per entity; what changes meanwhile is saved by the next.
 * On one game a document has one holder at a time: it can be taken again when its entity has ended.
 */
import { pack, unpack } from "msgpackr";
import { AeonError } from "../base/errors.js";
import { type EntityId, makeEntityId } from "../base/ids.js";
import type { EntityDocument, EntityPorts } from "./runtime.js";
import type { ServerEntity } from "./server-entity.js";

const SCHEMA_VERSION = 1;
const TAKE_ATTEMPTS_MAX = 5;

/** What stands in a document. */
interface DocumentValue {
  readonly id: EntityId;
  readonly values: Readonly<Record<string, unknown>>;
  /** Of this taking alone: two that take the same document at the same time write different bytes, and the store refuses one. */
  readonly taking?: string;
}

export interface TakenDocument extends DocumentValue {
  readonly document: EntityDocument;
}

export class DocumentKeeper {
  private readonly ports: EntityPorts;
  /** The store refused a save because a newer copy exists. */
  private readonly onStale: (entity: ServerEntity) => void;
  /** collection/key → who has it; null while it is being taken. */
  private readonly holders = new Map<string, ServerEntity | null>();

  constructor(ports: EntityPorts, onStale: (entity: ServerEntity) => void) {
    this.ports = ports;
    this.onStale = onStale;
  }

  /**
   * Takes the document over, or begins it with the id given. Ends in `hold` or `release`. Rejects with STORE_…, and with ENTITY_EXISTS
   * while an entity of this game lives on it.
   */
  async take(collection: string, key: string, newId: EntityId): Promise<TakenDocument> {
    const place = `${collection}/${key}`;
    for (let holder = this.holders.get(place); holder !== undefined; holder = this.holders.get(place)) {
      if (holder?.$.ending == null) throw new AeonError("ENTITY_EXISTS", place);
      await holder.$.ending;
    }
    this.holders.set(place, null);
    try {
      return await this.raiseEpoch(collection, key, newId);
    } catch (error) {
      this.holders.delete(place);
      throw error;
    }
  }

  /** The entity lives on a document that was taken. */
  hold(entity: ServerEntity): void {
    const { document } = entity.$;
    if (document !== null) this.holders.set(`${document.collection}/${document.key}`, entity);
  }

  /** Nobody of this game has it any more. */
  release(document: EntityDocument | null): void {
    if (document !== null) this.holders.delete(`${document.collection}/${document.key}`);
  }

  private async raiseEpoch(collection: string, key: string, newId: EntityId): Promise<TakenDocument> {
    for (let attempt = 1; attempt <= TAKE_ATTEMPTS_MAX; attempt++) {
      const stored = await this.ports.loadDocument(collection, key);
      const value: DocumentValue =
        stored === null ? { id: newId, values: {} } : (unpack(stored.value) as DocumentValue);
      const expectedEpoch = stored?.epoch ?? 0;
      const epoch = expectedEpoch + 1;
      const taking = makeEntityId(this.ports.scheduler.wallMs(), this.ports.random);
      const bytes = pack({ ...value, taking } satisfies DocumentValue);
      const put = { collection, key, expectedEpoch, epoch, schemaVersion: SCHEMA_VERSION, value: bytes };
      const result = await this.ports.putDocument(put);
      if (result === "") return { ...value, document: { collection, key, epoch, saving: null, saveTimer: null } };
      if (result === "STORE_FAILED") throw new AeonError("STORE_FAILED", `${collection}/${key}`);
    }
    throw new AeonError("STORE_EPOCH_STALE", `${collection}/${key} is taken over again and again`);
  }

  /** Resolves when the persistent properties, as they were at the call, are durable. */
  async save(entity: ServerEntity): Promise<void> {
    const { document } = entity.$;
    if (document === null) return;
    if (document.saving !== null) await document.saving.catch(() => undefined);
    if (!entity.properties.dirtyPersistent) return document.saving ?? undefined;
    const saving = this.write(entity, document);
    document.saving = saving;
    try {
      await saving;
    } finally {
      if (document.saving === saving) document.saving = null;
    }
  }

  private async write(entity: ServerEntity, document: EntityDocument): Promise<void> {
    const { collection, key, epoch } = document;
    const value = pack({ id: entity.id, values: entity.properties.persistent() } satisfies DocumentValue);
    entity.properties.dirtyPersistent = false;
    let result: string;
    try {
      const put = { collection, key, expectedEpoch: epoch, epoch, schemaVersion: SCHEMA_VERSION, value };
      result = await this.ports.putDocument(put);
    } catch (error) {
      entity.properties.dirtyPersistent = true;
      throw error;
    }
    if (result === "") return;
    entity.properties.dirtyPersistent = result === "STORE_FAILED";
    if (result === "STORE_EPOCH_STALE") this.onStale(entity);
    throw new AeonError(result === "STORE_FAILED" ? "STORE_FAILED" : "STORE_EPOCH_STALE", `${collection}/${key}`);
  }
}
