/**
 * What a client does when the server's hash of an entity is not its own: it asks for the hashes of the nodes, names what differs, and has
 * just that sent again; then the server says the hash once more. Part of the mirror, which compares and applies.
 */
import type { ViewCheck } from "../engine/property/op-sink.js";
import type { Divergence } from "../engine/property/shadow.js";
import { VIEW_CHECK_PARTS_MAX } from "../engine/protocol/client-link.js";
import type { ClientEntity } from "./client-entity.js";

/** From the second on, the whole entity is asked for; then it is left to the next check. */
const ATTEMPTS_MAX = 3;
/** The plain values of the root, and everything else. */
const WHOLE = [
  { part: 0, op: 0 },
  { part: 1, op: 0 },
] as const;

export interface ViewCheckerDoor {
  /** False: it cannot be sent now. */
  ask(check: ViewCheck): boolean;
  report(entity: ClientEntity, divergence: Divergence): void;
}

export class ViewChecker {
  private readonly door: ViewCheckerDoor;
  /** How often an entity has been asked about since its hash was last right. */
  private readonly attempts = new WeakMap<ClientEntity, number>();

  constructor(door: ViewCheckerDoor) {
    this.door = door;
  }

  /** Has the server say the entity's hash. */
  check({ target, generation }: ClientEntity): boolean {
    return this.door.ask({ target, generation, stage: "hash", parts: [] });
  }

  /** The server said the hash of an entity. */
  compared(entity: ClientEntity, isSame: boolean): void {
    const attempts = (this.attempts.get(entity) ?? 0) + 1;
    if (isSame || attempts > ATTEMPTS_MAX) {
      this.attempts.delete(entity);
      return;
    }
    this.attempts.set(entity, attempts);
    const { target, generation } = entity;
    this.door.ask({ target, generation, stage: "nodes", parts: [] });
  }

  /** The server said the hashes of its nodes; `found` is where they differ. */
  located(entity: ClientEntity, found: readonly Divergence[]): void {
    for (const divergence of found) this.door.report(entity, divergence);
    if (found.length === 0 || entity.gone) return;
    const isWhole = (this.attempts.get(entity) ?? 0) > 1 || found.length > VIEW_CHECK_PARTS_MAX;
    const parts = isWhole ? WHOLE : found.map(({ part, opNumber }) => ({ part, op: opNumber }));
    const { target, generation } = entity;
    this.door.ask({ target, generation, stage: "repair", parts });
  }
}
