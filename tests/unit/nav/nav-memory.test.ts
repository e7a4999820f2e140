/** Nothing that is asked, opened or built leaves a block in the WASM memory; and the count would notice. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { leftByEngine, leftByPackage } from "../../../bench/nav/leak.js";
import { WasmHeap } from "../../../engine/nav/live-allocations.js";
import { ChangeLog } from "../../../engine/nav/mesh-changes.js";
import { decodeNavFile, type NavTileEntry } from "../../../engine/nav/nav-file.js";
import { NavMesh } from "../../../engine/nav/nav-mesh.js";
import { islandLevel, makeRig, meshOf, openInline, recast, wallLevel } from "./nav-rig.js";

const heap = new WasmHeap(recast.raw);

test("nav memory: the count sees each block that is taken and given back", () => {
  const before = heap.live();
  const pointers = [1, 100, 50_000].map((bytes) => recast.raw._malloc(bytes));
  const taken = heap.live();
  assert.equal(taken.blocks - before.blocks, 3);
  assert.ok(taken.bytes - before.bytes >= 50_101);
  for (const pointer of pointers) recast.raw._free(pointer);
  assert.deepEqual(heap.live(), before);
});

test("nav memory: 7,000 failing queries leave nothing, and the package's computePath leaves blocks", async () => {
  const file = meshOf(wallLevel());
  assert.equal(await leftByEngine(file, 7_000, openInline), 0);
  assert.ok((await leftByPackage(file, 500)) >= 1);
});

test("nav memory: queries that succeed leave nothing either", async () => {
  const { nav, ask } = makeRig(meshOf(wallLevel()));
  const round = () => {
    const [a, b] = [
      { x: 4, y: 0, z: 4 },
      { x: 15, y: 0, z: 4 },
    ];
    return ask(
      Promise.all([
        nav.findPath(a, b),
        nav.raycast(a, b),
        nav.moveAlongSurface(a, b),
        nav.randomPoint({ centre: a, radius: 2 }),
        nav.randomPoint(),
        nav.nearestPoint(b),
      ]),
    );
  };
  await round();
  const before = heap.live();
  for (let i = 0; i < 300; i++) await round();
  assert.deepEqual(heap.live(), before);
});

test("nav memory: a service that is closed gives back all that it took", async () => {
  const file = meshOf(wallLevel());
  const run = async () => {
    const { nav, ask, service } = makeRig(file);
    await ask(nav.findPath({ x: 4, y: 0, z: 4 }, { x: 15, y: 0, z: 4 }, { filter: { costs: { ground: 2 } } }));
    await service.close();
  };
  await run();
  const before = heap.live();
  for (let i = 0; i < 5; i++) await run();
  assert.deepEqual(heap.live(), before);
});

test("nav memory: a static mesh that is closed leaves nothing, nor does one that is refused half way", () => {
  const file = decodeNavFile(meshOf(islandLevel(), { tileCells: 32 }));
  new NavMesh(recast, file, 64).close();
  const before = heap.live();
  for (let i = 0; i < 5; i++) new NavMesh(recast, file, 64).close();
  const [first] = file.header.tiles as [NavTileEntry];
  const twice = { ...file, header: { ...file.header, tiles: [...file.header.tiles, first] } };
  assert.throws(() => new NavMesh(recast, twice, 64), { code: "NAV_FILE_INVALID" });
  assert.deepEqual(heap.live(), before);
});

test("nav memory: obstacles come and go without a trace; opening a dynamic mesh costs one block of Detour's own", () => {
  const file = decodeNavFile(meshOf(wallLevel(), { obstaclesMax: 16 }));
  new NavMesh(recast, file, 64).close();
  const before = heap.live();
  const mesh = new NavMesh(recast, file, 64);
  const log = new ChangeLog(16);
  const open = heap.live();
  for (let round = 0; round < 20; round++) {
    const ids = [2, 5, 14].map((x) => log.addObstacle({ kind: "cylinder", x, y: 0, z: 9, radius: 1, height: 2 }));
    ids.push(log.addObstacle({ kind: "box", x: 9.5, y: 0, z: 18, halfX: 1, halfY: 1, halfZ: 2, yaw: 0.5 }));
    mesh.catchUp(log.share());
    for (const id of ids) log.removeObstacle(id);
    mesh.catchUp(log.share());
  }
  assert.ok(heap.live().blocks <= open.blocks + 1, `${heap.live().blocks - open.blocks} blocks more`);
  mesh.close();
  assert.ok(heap.live().blocks - before.blocks <= 1);
});

test("nav memory: building leaves nothing (static), one block (dynamic)", () => {
  meshOf(wallLevel());
  const before = heap.live();
  meshOf(wallLevel());
  assert.deepEqual(heap.live(), before);
  meshOf(wallLevel(), { obstaclesMax: 4 });
  const dynamic = heap.live();
  meshOf(wallLevel(), { obstaclesMax: 4 });
  assert.ok(heap.live().blocks - dynamic.blocks <= 1);
});
