/** What authors ask of a mesh, and what they are told. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { addBox } from "../../../bench/nav/level.js";
import { AeonError } from "../../../engine/base/errors.js";
import { LevelBuilder } from "../../../engine/nav/build/level.js";
import { MoveVerdict } from "../../../engine/nav/nav-batch.js";
import { wayCheckOf } from "../../../engine/nav/way-check.js";
import { islandLevel, makeRig, meshOf, wallLevel } from "./nav-rig.js";

const wall = meshOf(wallLevel());
const WEST = { x: 4, y: 0, z: 4 };
const EAST = { x: 15, y: 0, z: 4 };

const codeOf = (code: string) => (error: unknown) => error instanceof AeonError && error.code === code;

test("nav: a path leads around a wall and crosses it nowhere", async () => {
  const { nav, ask } = makeRig(wall);
  const path = await ask(nav.findPath(WEST, EAST));
  assert.equal(path.status, "complete");
  assert.equal(path.version, 0);
  const { points } = path;
  assert.equal(points.length, path.length);
  assert.ok(points.length >= 4, `${points.length} corners`);
  assert.ok(Math.hypot((points[0]?.x ?? 0) - WEST.x, (points[0]?.z ?? 0) - WEST.z) < 0.01);
  assert.ok(Math.hypot((points.at(-1)?.x ?? 0) - EAST.x, (points.at(-1)?.z ?? 0) - EAST.z) < 0.01);
  for (let i = 1; i < points.length; i++) {
    const [a, b] = [path.point(i - 1), path.point(i)];
    for (let t = 0; t <= 1; t += 0.05) {
      const [x, z] = [a.x + (b.x - a.x) * t, a.z + (b.z - a.z) * t];
      assert.ok(!(x > 9 && x < 10 && z < 16), `(${x}, ${z}) is in the wall`);
    }
  }
  assert.throws(() => path.point(99), codeOf("VALUE_RANGE"));
});

test("nav: a goal that cannot be reached gives a partial path to where it is nearest (two islands)", async () => {
  const { nav, ask } = makeRig(meshOf(islandLevel()));
  const path = await ask(nav.findPath({ x: 2, y: 0, z: 10 }, { x: 18, y: 0, z: 10 }));
  assert.equal(path.status, "partial");
  const end = path.points.at(-1);
  assert.ok(end !== undefined && end.x > 6.5 && end.x < 8, JSON.stringify(end));
});

test("nav: no start and no goal near the mesh are told apart by code", async () => {
  const { nav, ask } = makeRig(wall);
  await assert.rejects(ask(nav.findPath({ x: 90, y: 0, z: 4 }, EAST)), codeOf("NAV_OFF_MESH"));
  await assert.rejects(ask(nav.findPath(WEST, { x: 90, y: 0, z: 4 })), codeOf("NAV_NO_PATH"));
  await assert.rejects(ask(nav.nearestPoint({ x: 4, y: 50, z: 4 })), codeOf("NAV_OFF_MESH"));
});

test("nav: a liar's numbers are refused before they are sent", async () => {
  const { nav, service } = makeRig(wall);
  for (const x of [Number.NaN, Number.POSITIVE_INFINITY, 1e9]) {
    await assert.rejects(nav.findPath({ x, y: 0, z: 0 }, EAST), codeOf("VALUE_RANGE"));
  }
  await assert.rejects(nav.randomPoint({ centre: WEST, radius: -1 }), codeOf("VALUE_RANGE"));
  await assert.rejects(nav.nearestPoint(WEST, { reach: { horizontal: 1e6, vertical: 1 } }), codeOf("VALUE_RANGE"));
  assert.equal(service.outstandingCount, 0);
});

test("nav: a ray ends at the wall with its normal, and reaches its goal where there is none", async () => {
  const { nav, ask } = makeRig(wall);
  const hit = await ask(nav.raycast(WEST, EAST));
  assert.equal(hit.hit, true);
  assert.ok(Math.abs(hit.point.x - 8.5) < 0.5, `${hit.point.x}`);
  assert.ok(hit.normal.x < -0.9);
  const free = await ask(nav.raycast(WEST, { x: 4, y: 0, z: 15 }));
  assert.deepEqual([free.hit, free.share], [false, 1]);
});

test("nav: who walks into a wall slides along it", async () => {
  const { nav, ask } = makeRig(wall);
  const end = await ask(nav.moveAlongSurface({ x: 8, y: 0, z: 4 }, { x: 9.5, y: 0, z: 6 }));
  assert.ok(end.x < 9 && end.z > 5, JSON.stringify(end));
});

test("nav: the nearest point of a place within the wall lies beside it", async () => {
  const { nav, ask } = makeRig(wall);
  const point = await ask(nav.nearestPoint({ x: 9.2, y: 0, z: 4 }));
  assert.ok(point.x < 9 || point.x > 10, `${point.x}`);
});

test("nav: random points lie on the mesh, within their circle, and are the same for the same seed", async () => {
  const around = { centre: WEST, radius: 3 };
  const points = async () => {
    const { nav, ask } = makeRig(wall);
    const asked = Array.from({ length: 40 }, () => nav.randomPoint(around));
    return ask(Promise.all([...asked, nav.randomPoint()]));
  };
  const [first, second] = [await points(), await points()];
  assert.deepEqual(first, second);
  assert.ok(new Set(first.map(({ x }) => x)).size > 30);
  for (const { x, z } of first.slice(0, 40)) assert.ok(Math.hypot(x - 4, z - 4) <= 3.01, `(${x}, ${z})`);
});

test("nav: a filter goes around ground that it avoids or that is dear, and refuses ground that is not there", async () => {
  const level = new LevelBuilder();
  addBox(level, [0, -1, 0], [20, 0, 8]);
  addBox(level, [0, -1, 8], [16, 0, 12], "mud");
  addBox(level, [16, -1, 8], [20, 0, 12]);
  addBox(level, [0, -1, 12], [20, 0, 20]);
  const { nav, ask } = makeRig(meshOf(level.finish(), {}, ["mud"]));
  assert.deepEqual(nav.areas, ["ground", "mud"]);
  const [from, to] = [
    { x: 4, y: 0, z: 4 },
    { x: 4, y: 0, z: 16 },
  ];
  const east = async (options: object) =>
    Math.max(...(await ask(nav.findPath(from, to, options))).points.map(({ x }) => x));
  assert.ok((await east({})) < 6);
  assert.ok((await east({ filter: { costs: { mud: 1.5 } } })) < 6);
  assert.ok((await east({ filter: { costs: { mud: 20 } } })) > 15);
  assert.ok((await east({ filter: { avoid: ["mud"] } })) > 15);
  await assert.rejects(nav.findPath(from, to, { filter: { avoid: ["lava"] } }), codeOf("VALUE_RANGE"));
  await assert.rejects(nav.findPath(from, to, { filter: { costs: { mud: 0.5 } } }), codeOf("VALUE_RANGE"));
});

test("nav: many moves are judged at once (through the wall, off the mesh, round its corner, legal)", async () => {
  const { nav, ask } = makeRig(wall);
  const moves = Float32Array.of(
    ...[8, 0, 4, 11, 0, 4],
    ...[4, 0, 4, 4, 0, -9],
    ...[8.4, 0, 15.8, 9.5, 0, 16.9],
    ...[4, 0, 4, 5, 0, 5],
    ...[50, 0, 4, 5, 0, 5],
  );
  const { verdicts, points } = await ask(nav.checkMoves(moves, 5));
  assert.deepEqual(
    [...verdicts],
    [MoveVerdict.throughWall, MoveVerdict.toOffMesh | MoveVerdict.throughWall, 0, 0, MoveVerdict.fromOffMesh],
  );
  assert.ok((points[0] ?? 0) < 9, "put back before the wall");
  const check = wayCheckOf(nav);
  assert.deepEqual([...(await ask(check.check(moves, 5)))], [2, 2, 0, 0, 0]);
  const { shares } = await ask(nav.raycastMany(moves, 5));
  assert.ok((shares[0] ?? 1) < 0.5 && shares[3] === 1 && Number.isNaN(shares[4]));
});

test("nav: a temporary obstacle blocks the way from the next version on, and is gone again with its end", async () => {
  const { nav, ask } = makeRig(meshOf(wallLevel(), { obstaclesMax: 2 }));
  const before = await ask(nav.findPath(WEST, EAST));
  assert.deepEqual([before.status, before.version], ["complete", 0]);
  const gate = nav.addObstacle({ kind: "box", x: 9.5, y: 0, z: 18, halfX: 1, halfY: 2, halfZ: 2.5, yaw: 0 });
  const closed = await ask(nav.findPath(WEST, EAST));
  assert.deepEqual([closed.status, closed.version], ["partial", 1]);
  nav.addObstacle({ kind: "cylinder", x: 3, y: 0, z: 3, radius: 1, height: 2 });
  assert.throws(
    () => nav.addObstacle({ kind: "cylinder", x: 3, y: 0, z: 9, radius: 9, height: 2 }),
    codeOf("VALUE_RANGE"),
  );
  assert.throws(
    () => nav.addObstacle({ kind: "cylinder", x: 3, y: 0, z: 9, radius: 1, height: 2 }),
    codeOf("NAV_OBSTACLES_FULL"),
  );
  assert.equal(nav.removeObstacle(gate), true);
  assert.equal(nav.removeObstacle(gate), false);
  const open = await ask(nav.findPath(WEST, EAST));
  assert.deepEqual([open.status, open.version], ["complete", 3]);
  assert.equal(nav.version, 3);
});

test("nav: spaces of one file do not see each other's obstacles", async () => {
  const rig = makeRig(meshOf(wallLevel(), { obstaclesMax: 1 }));
  const { SpaceNav } = await import("../../../engine/nav/space-nav.js");
  const other = new SpaceNav(rig.service, rig.service.openMesh("level"));
  rig.nav.addObstacle({ kind: "box", x: 9.5, y: 0, z: 18, halfX: 1, halfY: 2, halfZ: 2.5, yaw: 0 });
  const [blocked, free] = await rig.ask(Promise.all([rig.nav.findPath(WEST, EAST), other.findPath(WEST, EAST)]));
  assert.deepEqual([blocked.status, free.status], ["partial", "complete"]);
});

test("nav: a static mesh takes no obstacle, but tiles of a level like it", async () => {
  const gap = new LevelBuilder();
  addBox(gap, [0, -1, 0], [20, 0, 20]);
  const rig = makeRig(wall);
  const { nav, service, ask } = rig;
  assert.throws(
    () => nav.addObstacle({ kind: "cylinder", x: 3, y: 0, z: 3, radius: 1, height: 2 }),
    codeOf("NAV_MESH_STATIC"),
  );
  // The same bounds: a pillar as high as the wall, in a corner.
  addBox(gap, [19, 0, 19], [20, 3, 20]);
  service.addFile("breached", meshOf(gap.finish()));
  const length = async () => (await ask(nav.findPath(WEST, EAST))).length;
  assert.ok((await length()) > 2);
  nav.useTile("breached", 0, 0);
  assert.equal(await length(), 2);
  assert.throws(() => nav.useTile("nowhere", 0, 0), codeOf("NAV_MESH_UNKNOWN"));
});
