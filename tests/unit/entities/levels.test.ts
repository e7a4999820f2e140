/** The example's levels and meshes are what its maps say. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { buildNavMesh } from "../../../engine/nav/build/mesh-builder.js";
import { readObj } from "../../../engine/nav/build/obj-reader.js";
import { decodeNavFile, outlinePolygons } from "../../../engine/nav/nav-file.js";
import { levelObj } from "../../../entities/level.js";
import { MapCollision } from "../../../entities/map-collision.js";
import { world } from "../../../entities/world.js";
import { CAVE, MEADOW } from "../../../entities/world-map.js";
import { recast } from "../nav/nav-rig.js";
import { packageRoot } from "../source-files.js";

for (const map of [MEADOW, CAVE]) {
  const mesh = readFileSync(join(packageRoot, world.navmeshes[map.name] ?? ""));
  const file = decodeNavFile(mesh);

  test(`levels: ${map.name} is written as its map is, and its mesh was built from that`, () => {
    const text = readFileSync(join(packageRoot, `dist/entities/levels/${map.name.toLowerCase()}.obj`), "utf8");
    assert.equal(text, levelObj(map));
    assert.equal(createHash("sha256").update(text).digest("hex"), file.header.inputHash);
  });

  test(`levels: a monster may stand on every corner of ${map.name}'s mesh, give or take half a cell`, () => {
    const collision = new MapCollision(map);
    const { agentRadius, cellSize } = file.header.parameters;
    const blocked = outlinePolygons(file).flatMap((polygon) => {
      const corners: string[] = [];
      for (let i = 0; i < polygon.length; i += 2) {
        const [x, z] = [polygon[i] as number, polygon[i + 1] as number];
        if (!collision.isFree(x, z, agentRadius - cellSize * 1.5)) corners.push(`${x}, ${z}`);
      }
      return corners;
    });
    assert.deepEqual(blocked, []);
  });

  test(`levels: ${map.name}'s grounds, rounds, portals and spawn are on the mesh`, () => {
    const places = [map.spawn, ...map.portals, ...map.monsterGrounds].map(({ x, z }) => [x, z]);
    for (const { patrol = [] } of map.monsterGrounds) {
      for (let i = 0; i < patrol.length; i += 2) places.push([patrol[i] as number, patrol[i + 1] as number]);
    }
    const polygons = outlinePolygons(file);
    for (const [x = 0, z = 0] of places) {
      assert.ok(
        polygons.some((polygon) => distanceTo(polygon, x, z) < 1),
        `(${x}, ${z})`,
      );
    }
  });
}

test("levels: the cave's mesh is built again byte for byte", () => {
  const { header } = decodeNavFile(readFileSync(join(packageRoot, world.navmeshes.Cave ?? "")));
  const level = readObj(levelObj(CAVE));
  const { inputHash, parameters } = header;
  const built = buildNavMesh(recast, { level, inputHash, parameters, areaNames: [] });
  assert.ok(Buffer.from(built).equals(readFileSync(join(packageRoot, world.navmeshes.Cave ?? ""))));
});

/** 0 inside of the convex polygon. */
function distanceTo(polygon: readonly number[], x: number, z: number): number {
  let [left, right] = [0, 0];
  let nearest = Number.POSITIVE_INFINITY;
  const count = polygon.length / 2;
  for (let i = 0, j = count - 1; i < count; j = i++) {
    const [ax, az] = [polygon[j * 2] as number, polygon[j * 2 + 1] as number];
    const [dx, dz] = [(polygon[i * 2] as number) - ax, (polygon[i * 2 + 1] as number) - az];
    if (dx * (z - az) - dz * (x - ax) > 0) left++;
    else right++;
    const t = Math.max(0, Math.min(1, ((x - ax) * dx + (z - az) * dz) / (dx * dx + dz * dz)));
    nearest = Math.min(nearest, Math.hypot(x - ax - t * dx, z - az - t * dz));
  }
  return left === 0 || right === 0 ? 0 : nearest;
}
