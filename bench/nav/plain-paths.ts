/** The plain package as its manual shows it: one thread, one query object, `computePath`. */
import { decodeNavFile } from "../../engine/nav/nav-file.js";
import { NavMesh } from "../../engine/nav/nav-mesh.js";
import { loadRecast } from "../../engine/nav/recast.js";
import { addToSum, hashOf, type PathRun, pointAt } from "./nav-crowd.js";
import { type PackageQuery, packageQueryOf } from "./package.js";
import type { Pairs } from "./setting.js";
import { ThreadClock } from "./thread-clock.js";

export class PlainPaths {
  private readonly mesh: NavMesh;
  private readonly query: PackageQuery;

  private constructor(mesh: NavMesh, query: PackageQuery) {
    this.mesh = mesh;
    this.query = query;
  }

  static async open(file: Uint8Array): Promise<PlainPaths> {
    const recast = await loadRecast(256, 256);
    const mesh = new NavMesh(recast, decodeNavFile(file), 2_048);
    return new PlainPaths(mesh, await packageQueryOf(mesh));
  }

  run({ places, count }: Pairs): PathRun {
    const sums = new Float64Array(count);
    let points = 0;
    const clock = new ThreadClock();
    for (let i = 0; i < count; i++) {
      const { path } = this.query.computePath(pointAt(places, i * 6), pointAt(places, i * 6 + 3));
      points += path.length;
      let sum = 0;
      for (const { x, y, z } of path) sum = addToSum(addToSum(addToSum(sum, x), y), z);
      sums[i] = sum;
    }
    const us = (clock.read(1).wallMs * 1e3) / count;
    return { us, scriptUs: us, points: points / count, hash: hashOf(sums) };
  }

  close(): void {
    this.query.destroy();
    this.mesh.close();
  }
}
