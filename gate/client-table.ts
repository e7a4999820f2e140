/**
 * R1's two tables: client id → session (which holds the connection) and, through the session, client id → game. Links speak of a
 * client by its handle, which is never used again while the gate lives.
 */
import { assert } from "../engine/base/errors.js";
import type { ClientId } from "../engine/base/ids.js";
import type { ClientSession } from "./client-session.js";

export class ClientTable {
  private readonly byId = new Map<ClientId, ClientSession>();
  private readonly sessionOfHandle = new Map<number, ClientSession>();
  private lastHandle = 0;

  get size(): number {
    return this.byId.size;
  }

  nextHandle(): number {
    return ++this.lastHandle;
  }

  add(session: ClientSession): void {
    assert(!this.byId.has(session.clientId), "a client id stands in the table once");
    this.byId.set(session.clientId, session);
    this.sessionOfHandle.set(session.handle, session);
  }

  remove(session: ClientSession): void {
    this.byId.delete(session.clientId);
    this.sessionOfHandle.delete(session.handle);
  }

  byClientId(id: ClientId): ClientSession | undefined {
    return this.byId.get(id);
  }

  byHandle(handle: number): ClientSession | undefined {
    return this.sessionOfHandle.get(handle);
  }

  /** May be changed while it is walked. */
  all(): IterableIterator<ClientSession> {
    return this.byId.values();
  }
}
