/** Built files: the same each time, readable, and refused when damaged. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { addBox } from "../../../../bench/nav/level.js";
import { LevelBuilder } from "../../../../engine/nav/build/level.js";
import { buildNavMesh, DEFAULT_PARAMETERS } from "../../../../engine/nav/build/mesh-builder.js";
import { navPicture } from "../../../../engine/nav/build/nav-picture.js";
import { decodeNavFile, outlinePolygons } from "../../../../engine/nav/nav-file.js";
import { meshOf, recast, wallLevel } from "../nav-rig.js";

test("navmesh build: the same level and parameters give the same bytes, whatever was built before", () => {
  for (const obstaclesMax of [0, 8]) {
    const first = meshOf(wallLevel(), { obstaclesMax });
    meshOf(wallLevel(), { cellSize: 0.5 });
    assert.deepEqual(meshOf(wallLevel(), { obstaclesMax }), first);
  }
});

test("navmesh build: the outline covers the ground and spares the wall (static and dynamic)", () => {
  for (const obstaclesMax of [0, 8]) {
    const file = decodeNavFile(meshOf(wallLevel(), { obstaclesMax }));
    assert.equal(file.header.kind, obstaclesMax > 0 ? "dynamic" : "static");
    const polygons = outlinePolygons(file);
    assert.equal(polygons.length, file.header.polygonCount);
    const area = polygons.map(areaOf).reduce((sum, one) => sum + one, 0);
    // 400 of ground, less half a unit at each edge and around the wall.
    assert.ok(area > 310 && area < 345, `${area}`);
    const isInside = polygons.some((polygon) => {
      const xs = polygon.filter((_, i) => i % 2 === 0);
      const zs = polygon.filter((_, i) => i % 2 === 1);
      const [x, z] = [mean(xs), mean(zs)];
      return x > 9 && x < 10 && z < 16;
    });
    assert.equal(isInside, false);
  }
});

test("navmesh build: progress goes up to all tiles", () => {
  const seen: number[] = [];
  const parameters = { ...DEFAULT_PARAMETERS, tileCells: 32 };
  buildNavMesh(recast, { level: wallLevel(), inputHash: "", parameters, areaNames: [] }, (done, tiles) => {
    assert.equal(tiles, 9);
    seen.push(done);
  });
  assert.deepEqual(seen, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
});

test("navmesh build: a level without anything to walk on is refused", () => {
  const level = new LevelBuilder();
  addBox(level, [0, 0, 0], [0.2, 9, 9]);
  assert.throws(() => meshOf(level.finish()), { code: "NAV_BUILD_FAILED" });
  assert.throws(() => meshOf(wallLevel(), { tileCells: 252 }), { code: "NAV_BUILD_FAILED" });
});

test("nav file: each changed byte and each cut is refused or changes nothing but the header's text", () => {
  const whole = meshOf(wallLevel());
  const { body } = decodeNavFile(whole);
  for (let cut = 0; cut < whole.length; cut += 97) {
    assert.throws(() => decodeNavFile(whole.subarray(0, cut)), { code: "NAV_FILE_INVALID" });
  }
  for (let at = whole.length - body.length; at < whole.length; at += 131) {
    const changed = whole.slice();
    changed[at] = (changed[at] as number) ^ 0x10;
    assert.throws(() => decodeNavFile(changed), { code: "NAV_FILE_INVALID" }, `byte ${at}`);
  }
});

test("navmesh picture: it has a path for each polygon", () => {
  const file = decodeNavFile(meshOf(wallLevel()));
  const picture = navPicture(file, wallLevel());
  assert.equal(picture.split('class="polygon"').length - 1, file.header.polygonCount);
  assert.match(picture, /^<svg /);
  assert.ok(!picture.includes("NaN"));
});

function areaOf(polygon: readonly number[]): number {
  let twice = 0;
  const count = polygon.length / 2;
  for (let i = 0, j = count - 1; i < count; j = i++) {
    const [x, z, beforeX, beforeZ] = [polygon[i * 2], polygon[i * 2 + 1], polygon[j * 2], polygon[j * 2 + 1]];
    twice += (beforeX ?? 0) * (z ?? 0) - (x ?? 0) * (beforeZ ?? 0);
  }
  return Math.abs(twice) / 2;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
