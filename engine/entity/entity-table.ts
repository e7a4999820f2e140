/** The entities of one game, by id and by slot. A slot is free for another entity as soon as its own is gone from the op log. */
import type { EntityId } from "../base/ids.js";
import type { ServerEntity } from "./server-entity.js";

export class EntityTable {
  private readonly byId = new Map<EntityId, ServerEntity>();
  private readonly slots: (ServerEntity | undefined)[] = [];
  private readonly freeSlots: number[] = [];

  get count(): number {
    return this.byId.size;
  }
  get(id: EntityId): ServerEntity | undefined {
    return this.byId.get(id);
  }
  at(slot: number): ServerEntity | undefined {
    return this.slots[slot];
  }
  all(): IterableIterator<ServerEntity> {
    return this.byId.values();
  }

  takeSlot(): number {
    const slot = this.freeSlots.pop() ?? this.slots.length;
    if (slot === this.slots.length) this.slots.push(undefined);
    return slot;
  }
  /** For a slot that was taken and got no entity. */
  returnSlot(slot: number): void {
    this.freeSlots.push(slot);
  }

  add(entity: ServerEntity): void {
    this.byId.set(entity.id, entity);
    this.slots[entity.$.slot] = entity;
  }

  /** The slot is free; the id stays taken until `forget`, since a save may be under way. */
  vacate(entity: ServerEntity): void {
    this.slots[entity.$.slot] = undefined;
    this.freeSlots.push(entity.$.slot);
  }
  forget(entity: ServerEntity): void {
    if (this.byId.get(entity.id) === entity) this.byId.delete(entity.id);
  }
}
