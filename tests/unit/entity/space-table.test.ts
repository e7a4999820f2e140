import assert from "node:assert/strict";
import { test } from "node:test";
import type { ViewShape } from "../../../engine/base/view-shape.js";
import type { AreaEntity } from "../../../engine/entity/area-entity.js";
import type { Space } from "../../../engine/entity/space.js";
import { SpaceTable } from "../../../engine/entity/space-table.js";
import { newEntityView } from "../../../engine/entity/view-state.js";
import type { WorldOpSink } from "../../../engine/property/op-sink.js";

interface Op {
  readonly name: string;
  readonly args: readonly unknown[];
}

/** As much of a space and of entities as the table looks at. */
class Room {
  readonly ops: Op[] = [];
  readonly entities: AreaEntity[] = [];
  readonly space;
  readonly table: SpaceTable;

  /** `viewShape`: what the type of the space says. */
  constructor(viewShape?: ViewShape) {
    const definition = { id: 1, viewShape };
    this.space = { spaceNumber: 0, spaceName: "room", members: new Set(), $: { slot: 0, definition } };
    const record =
      (name: string) =>
      (...args: unknown[]) =>
        this.ops.push({ name, args });
    const sink = new Proxy({}, { get: (_, name: string) => record(name) });
    this.table = new SpaceTable(sink as WorldOpSink, (slot) => this.entities[slot], "circle");
    this.table.open(this.asSpace);
  }

  get asSpace(): Space {
    return this.space as unknown as Space;
  }

  /** In the space; its client sees 10 units far and 2 more. */
  add(slot: number, x: number, z: number): AreaEntity {
    const view = { ...newEntityView(), radius: 10, margin: 2 };
    const entity = { id: `entity${slot}`, $: { slot, space: null, shortId: 0, view } } as unknown as AreaEntity;
    this.entities[slot] = entity;
    this.table.enter(entity, this.asSpace, { x, y: 0, z, yaw: 0 });
    return entity;
  }

  lastEnter(): { shortId: number; generation: number } {
    const op = this.ops.filter(({ name }) => name === "spaceEnter").at(-1);
    return { shortId: op?.args[2] as number, generation: op?.args[3] as number };
  }
}

test("space table: a short id means its present holder, within sight and margin", () => {
  const room = new Room();
  const viewer = room.add(1, 0, 0);
  const near = room.add(2, 12, 0);
  const { shortId, generation } = room.lastEnter();
  assert.equal(near.$.shortId, shortId);
  assert.equal(room.table.inView(viewer, shortId, generation), near);
  assert.equal(room.table.inView(viewer, shortId, generation + 1), "RPC_NOT_VISIBLE");
  assert.equal(room.table.inView(viewer, 60_000, generation), "RPC_NOT_VISIBLE");
  assert.equal(room.table.inView(viewer, viewer.$.shortId, 0), "RPC_NOT_VISIBLE", "itself");
  room.table.move(near, 12.01, 0, 0, 0);
  assert.equal(room.table.inView(viewer, shortId, generation), "RPC_NOT_VISIBLE");
});

test("space table: in a space of boxes sight and margin reach into the corners", () => {
  for (const [shape, isSeen] of [
    ["box", true],
    [undefined, false],
  ] as const) {
    const room = new Room(shape);
    const viewer = room.add(1, 0, 0);
    const corner = room.add(2, 12, -12);
    const { shortId, generation } = room.lastEnter();
    assert.equal(room.table.inView(viewer, shortId, generation) === corner, isSeen);
  }
});

test("space table: the holder of an earlier generation is not meant", () => {
  const room = new Room();
  const viewer = room.add(1, 0, 0);
  const first = room.add(2, 1, 0);
  const { shortId, generation } = room.lastEnter();
  room.table.leave(first);
  assert.equal(room.table.inView(viewer, shortId, generation), "RPC_NOT_VISIBLE");
  for (let slot = 3; slot < 200; slot++) room.table.leave(room.add(slot, 1, 0));
  const again = room.add(200, 1, 0);
  assert.notEqual(room.table.inView(viewer, shortId, generation), again);
  assert.equal(room.table.inView(viewer, again.$.shortId, room.lastEnter().generation), again);
});

test("space table: view rules hold for calls too (hidden, teams, one entity)", () => {
  const room = new Room();
  const viewer = room.add(1, 0, 0);
  const subject = room.add(2, 1, 0);
  const { shortId, generation } = room.lastEnter();
  const isSeen = () => room.table.inView(viewer, shortId, generation) === subject;
  const open = subject.$.view.rule;
  subject.$.view.rule = { ...open, hidden: true };
  assert.equal(isSeen(), false);
  subject.$.view.rule = { ...open, seenByTeams: 0b110 };
  assert.equal(isSeen(), false);
  viewer.$.view.rule = { ...open, teams: 0b010 };
  assert.equal(isSeen(), true);
  subject.$.view.rule = { ...open, seenByTeams: 0b110, seenBy: "entity3" };
  assert.equal(isSeen(), false, "each part must admit");
  subject.$.view.rule = { ...open, seenByTeams: 0b110, seenBy: viewer.id };
  assert.equal(isSeen(), true);
});

test("space table: 65,535 fit, then SPACE_FULL before anything is changed", () => {
  const room = new Room();
  for (let slot = 1; slot <= 65_535; slot++) room.add(slot, slot, 0);
  const opsBefore = room.ops.length;
  const late = { id: "late", $: { slot: 70_000, space: null, shortId: 0 } } as unknown as AreaEntity;
  const here = { x: 0, y: 0, z: 0, yaw: 0 };
  assert.throws(() => room.table.checkEntry(late, room.asSpace, here), { code: "SPACE_FULL" });
  assert.throws(() => room.table.enter(late, room.asSpace, here), { code: "SPACE_FULL" });
  assert.equal(room.ops.length, opsBefore);
  const inside = room.entities[5] as AreaEntity;
  room.table.checkEntry(inside, room.asSpace, here);
  room.table.leave(inside);
  room.table.enter(late, room.asSpace, here);
});
