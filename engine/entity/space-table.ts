/**
 * The spaces of this game, what is in each, under which short id, and where: the script thread's own arrays, from which `queryRange` and
 * `inView` answer in the same turn.
 */
import { Grid } from "../aoi/grid.js";
import { AeonError, type ErrorCode } from "../base/errors.js";
import { squaredDistance, type ViewShape } from "../base/view-shape.js";
import type { WorldOpSink } from "../property/op-sink.js";
import type { AreaEntity } from "./area-entity.js";
import type { Position } from "./runtime.js";
import { ShortIds } from "./short-ids.js";
import type { Space } from "./space.js";
import { TransformTable } from "./transform-table.js";
import { admits } from "./view-state.js";

const CELL_UNITS = 16;
const FOUND_MIN = 256;
/** In units; what lies outside is in no space. */
export const COORDINATE_MAX = 1_000_000;

/** What the table keeps about a space. */
interface Room {
  /** By slot. */
  readonly grid: Grid;
  readonly ids: ShortIds;
  /** By short id. */
  readonly holders: (AreaEntity | undefined)[];
}

export class SpaceTable {
  private readonly ops: WorldOpSink;
  private readonly bySlot: (slot: number) => AreaEntity | undefined;
  private readonly viewShape: ViewShape;
  private readonly transforms = new TransformTable();
  private readonly rooms = new Map<Space, Room>();
  private found = new Int32Array(FOUND_MIN);
  private nextNumber = 1;

  /** `viewShape`: of the views in spaces whose type does not say. */
  constructor(ops: WorldOpSink, bySlot: (slot: number) => AreaEntity | undefined, viewShape: ViewShape) {
    this.ops = ops;
    this.viewShape = viewShape;
    this.bySlot = bySlot;
  }

  open(space: Space): void {
    space.spaceNumber = this.nextNumber++;
    this.rooms.set(space, { grid: new Grid(CELL_UNITS), ids: new ShortIds(), holders: [] });
    this.ops.spaceCreate(space.spaceNumber, space.$.slot, space.$.definition.id, space.id);
  }

  /** What is still in it is in no space afterwards; the caller runs their hooks. */
  close(space: Space): AreaEntity[] {
    const members = [...space.members];
    for (const member of members) this.leave(member);
    this.rooms.delete(space);
    this.ops.spaceDestroy(space.spaceNumber);
    return members;
  }

  /** Throws what `enter` would: SPACE_UNKNOWN, SPACE_FULL, PROPERTY_VALUE. */
  checkEntry(entity: AreaEntity, space: Space, position: Position): void {
    const room = this.roomOf(space);
    if (entity.$.space !== space && !room.ids.hasFree) throw new AeonError("SPACE_FULL", space.spaceName);
    checkCoordinates(position.x, position.y, position.z, position.yaw);
  }

  /** The entity must be in no space. Throws SPACE_UNKNOWN, SPACE_FULL, PROPERTY_VALUE. */
  enter(entity: AreaEntity, space: Space, position: Position): void {
    const { x, y, z, yaw } = position;
    checkCoordinates(x, y, z, yaw);
    const { grid, ids, holders } = this.roomOf(space);
    const { slot } = entity.$;
    const shortId = ids.take();
    if (shortId === 0) throw new AeonError("SPACE_FULL", space.spaceName);
    this.transforms.set(slot, x, y, z, yaw);
    grid.insert(slot, x, z);
    holders[shortId] = entity;
    space.members.add(entity);
    entity.$.space = space;
    entity.$.shortId = shortId;
    this.ops.spaceEnter(slot, space.spaceNumber, shortId, ids.generationOf(shortId), x, y, z, yaw);
  }

  leave(entity: AreaEntity): void {
    const { space, slot, shortId } = entity.$;
    if (space === null) return;
    const room = this.roomOf(space);
    room.grid.remove(slot);
    room.ids.free(shortId);
    room.holders[shortId] = undefined;
    this.transforms.forget(slot);
    space.members.delete(entity);
    entity.$.space = null;
    entity.$.shortId = 0;
    this.ops.spaceLeave(slot);
  }

  move(entity: AreaEntity, x: number, y: number, z: number, yaw: number): void {
    const { space, slot } = entity.$;
    if (space === null) throw new AeonError("SPACE_UNKNOWN", "the entity is in no space");
    checkCoordinates(x, y, z, yaw);
    this.transforms.move(slot, x, y, z, yaw);
    this.rooms.get(space)?.grid.move(slot, x, z);
  }

  positionOf(entity: AreaEntity): Position {
    return entity.$.space === null ? NOWHERE : this.transforms.position(entity.$.slot);
  }

  /**
   * Whom the viewer's client means by a short id, as far as script knows it: in its space, the present holder, within its sight and
   * margin, and admitted by the view rules. Else why not.
   */
  inView(viewer: AreaEntity, shortId: number, generation: number): AreaEntity | ErrorCode {
    const { space, view } = viewer.$;
    const room = space === null ? undefined : this.rooms.get(space);
    const subject = room?.holders[shortId];
    if (room === undefined || subject === undefined || subject === viewer) return "RPC_NOT_VISIBLE";
    if (room.ids.generationOf(shortId) !== generation) return "RPC_NOT_VISIBLE";
    if (!admits(subject.$.view.rule, viewer.id, view.rule)) return "RPC_NOT_VISIBLE";
    const { grid } = room;
    const isBox = ((space as Space).$.definition.viewShape ?? this.viewShape) === "box";
    const dx = grid.xOf(viewer.$.slot) - grid.xOf(subject.$.slot);
    const dz = grid.zOf(viewer.$.slot) - grid.zOf(subject.$.slot);
    const reach = view.radius === 0 ? -1 : view.radius + view.margin;
    return reach >= 0 && squaredDistance(isBox, dx, dz) <= reach * reach ? subject : "RPC_NOT_VISIBLE";
  }

  queryRange(space: Space, x: number, z: number, radius: number): AreaEntity[] {
    const grid = this.rooms.get(space)?.grid;
    if (grid === undefined) return [];
    let count = grid.queryRange(x, z, radius, this.found);
    if (count > this.found.length) {
      this.found = new Int32Array(count * 2);
      count = grid.queryRange(x, z, radius, this.found);
    }
    const entities: AreaEntity[] = [];
    for (let i = 0; i < count; i++) {
      const entity = this.bySlot(this.found[i] as number);
      if (entity !== undefined) entities.push(entity);
    }
    return entities;
  }

  /** One op with everything that moved since the last tick. */
  writeTransforms(tick: number, serverMs: number): void {
    this.transforms.write(this.ops, tick, serverMs);
  }

  private roomOf(space: Space): Room {
    const room = this.rooms.get(space);
    if (room === undefined) throw new AeonError("SPACE_UNKNOWN", space.spaceName);
    return room;
  }
}

const NOWHERE: Position = { x: 0, y: 0, z: 0, yaw: 0 };

function checkCoordinates(x: number, y: number, z: number, yaw: number): void {
  const isGood =
    Math.abs(x) <= COORDINATE_MAX &&
    Math.abs(y) <= COORDINATE_MAX &&
    Math.abs(z) <= COORDINATE_MAX &&
    Math.abs(yaw) <= COORDINATE_MAX;
  if (!isGood) {
    throw new AeonError("PROPERTY_VALUE", `${x}, ${y}, ${z}, ${yaw} is not within ±${COORDINATE_MAX}`);
  }
}
