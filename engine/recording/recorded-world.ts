/**
 * What a recording shows at one moment: a Shadow of every entity, which space each is in, and where. A sink for a playback; on the
 * thread of who shows it. Positions move from tick to tick; who draws between two ticks asks `placeAt`.
 */
import type { EntityId } from "../base/ids.js";
import type { DefinitionTable, TypeDefinition } from "../property/definition.js";
import type { ClientAudience, OpSink, ViewRule } from "../property/op-sink.js";
import { Shadow } from "../property/shadow.js";

/** Units; radians from +x towards +z. */
export interface Place {
  x: number;
  y: number;
  z: number;
  yaw: number;
}

export class RecordedEntity {
  readonly slot: number;
  readonly id: EntityId;
  readonly type: TypeDefinition;
  /** Number of its space; null: in none. */
  space: number | null = null;
  hasClient = false;
  /** Where it is, where it was a tick ago, and when it came. */
  readonly place: Place = { x: 0, y: 0, z: 0, yaw: 0 };
  readonly earlier: Place = { x: 0, y: 0, z: 0, yaw: 0 };
  movedMs = 0;

  constructor(slot: number, id: EntityId, type: TypeDefinition) {
    this.slot = slot;
    this.id = id;
    this.type = type;
  }

  /** On its way of the last tick. A jump is not drawn as a way. */
  placeAt(ms: number, tickMs: number, out: Place): Place {
    const share = Math.max(0, Math.min(1, (ms - this.movedMs) / tickMs));
    const { place, earlier } = this;
    out.x = earlier.x + (place.x - earlier.x) * share;
    out.y = earlier.y + (place.y - earlier.y) * share;
    out.z = earlier.z + (place.z - earlier.z) * share;
    out.yaw = place.yaw;
    return out;
  }
}

export interface RecordedSpace {
  readonly number: number;
  readonly id: EntityId;
  readonly type: TypeDefinition;
}

export type RecordedCall = (entity: RecordedEntity, audience: ClientAudience, method: number, args: Uint8Array) => void;

export class RecordedWorld extends Shadow implements OpSink {
  /** By slot. */
  readonly entities = new Map<number, RecordedEntity>();
  readonly spaces = new Map<number, RecordedSpace>();
  /** Of the record that is being applied; set by the playback's onRecord. */
  nowMs = 0;
  /** Entities and spaces that ever were. */
  entityTotal = 0;
  spaceTotal = 0;
  /** What was said to the clients of an entity; the arguments are encoded. */
  onCall: RecordedCall | null = null;
  private readonly types: DefinitionTable;

  constructor(definitions: DefinitionTable) {
    super(definitions);
    this.types = definitions;
  }

  override entityCreate(slot: number, type: number, id: EntityId): void {
    super.entityCreate(slot, type, id);
    this.entities.set(slot, new RecordedEntity(slot, id, this.typeOf(slot)));
    this.entityTotal++;
  }

  override entityDestroy(slot: number): void {
    super.entityDestroy(slot);
    this.entities.delete(slot);
  }

  spaceCreate(space: number, _entity: number, type: number, id: EntityId): void {
    const definition = this.types.byId(type);
    if (definition === undefined) return;
    this.spaces.set(space, { number: space, id, type: definition });
    this.spaceTotal++;
  }

  spaceDestroy(space: number): void {
    this.spaces.delete(space);
    for (const entity of this.entities.values()) if (entity.space === space) entity.space = null;
  }

  spaceEnter(
    slot: number,
    space: number,
    _shortId: number,
    _generation: number,
    x: number,
    y: number,
    z: number,
    yaw: number,
  ): void {
    const entity = this.entities.get(slot);
    if (entity === undefined) return;
    entity.space = space;
    Object.assign(entity.place, { x, y, z, yaw });
    Object.assign(entity.earlier, entity.place);
    entity.movedMs = this.nowMs;
  }

  spaceLeave(slot: number): void {
    const entity = this.entities.get(slot);
    if (entity !== undefined) entity.space = null;
  }

  transforms(_tick: number, _serverMs: number, count: number, slots: Int32Array, positions: Float32Array): void {
    for (let i = 0; i < count; i++) {
      const entity = this.entities.get(slots[i] as number);
      if (entity !== undefined) this.move(entity, positions, i * 4);
    }
  }

  clientAttach(slot: number): void {
    this.setClient(slot, true);
  }
  clientContinue(slot: number): void {
    this.setClient(slot, true);
  }
  clientDetach(slot: number): void {
    this.setClient(slot, false);
  }
  clientGive(slot: number): void {
    this.setClient(slot, false);
  }
  clientSwitch(slot: number): void {
    this.setClient(slot, false);
  }
  clientKick(): void {}
  clientReply(): void {}
  moveCorrect(): void {}
  viewRadius(): void {}
  viewLimit(): void {}
  viewRule(_slot: number, _rule: ViewRule): void {}
  viewEvents(): void {}
  viewCheck(): void {}

  clientCall(slot: number, audience: ClientAudience, method: number, args: Uint8Array): void {
    const entity = this.entities.get(slot);
    if (entity !== undefined) this.onCall?.(entity, audience, method, args);
  }

  /** Nobody is sent differences from here: they are forgotten as they come. */
  flush(): void {
    for (const slot of this.takeChanged()) if (this.has(slot)) this.clearChanges(slot);
    this.sweep();
  }

  private move(entity: RecordedEntity, positions: Float32Array, at: number): void {
    const { place } = entity;
    Object.assign(entity.earlier, place);
    place.x = positions[at] as number;
    place.y = positions[at + 1] as number;
    place.z = positions[at + 2] as number;
    place.yaw = positions[at + 3] as number;
    entity.movedMs = this.nowMs;
  }

  private setClient(slot: number, hasClient: boolean): void {
    const entity = this.entities.get(slot);
    if (entity !== undefined) entity.hasClient = hasClient;
  }
}
