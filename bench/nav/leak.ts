/** What queries that fail leave in the WASM memory, counted block by block before and after. */

import { WasmHeap } from "../../engine/nav/live-allocations.js";
import { decodeNavFile } from "../../engine/nav/nav-file.js";
import { NavMesh } from "../../engine/nav/nav-mesh.js";
import type { OpenNavRunner } from "../../engine/nav/nav-runner.js";
import { loadRecast } from "../../engine/nav/recast.js";
import { NavCrowd } from "./nav-crowd.js";
import { packageQueryOf } from "./package.js";

const ON = { x: 5, y: 0, z: 5 };
const OFF = { x: 5_000, y: 0, z: 5_000 };
const ABOVE = { x: 5, y: 500, z: 5 };
const PER_TICK = 1_024;

/** Blocks in use after `count` failing queries of each kind's share, less those before. `open` runs them on this thread. */
export async function leftByEngine(file: Uint8Array, count: number, open: OpenNavRunner): Promise<number> {
  const recast = await loadRecast(256, 256);
  const crowd = await NavCrowd.open(file, 0, open);
  // What is made on first use is there before the count begins.
  await fail(crowd, PER_TICK);
  const heap = new WasmHeap(recast.raw);
  const before = heap.live();
  for (let done = 0; done < count; done += PER_TICK) await fail(crowd, Math.min(PER_TICK, count - done));
  const after = heap.live();
  await crowd.close();
  return after.blocks - before.blocks;
}

async function fail(crowd: NavCrowd, count: number): Promise<void> {
  const { nav } = crowd;
  const questions = [
    () => nav.findPath(OFF, ON),
    () => nav.findPath(ON, OFF),
    () => nav.findPath(ON, ABOVE),
    () => nav.raycast(OFF, ON),
    () => nav.nearestPoint(ABOVE),
    () => nav.moveAlongSurface(OFF, ON),
    () => nav.randomPoint({ centre: OFF, radius: 3 }),
  ];
  const asked: Promise<boolean>[] = [];
  for (let i = 0; i < count; i++) {
    const question = questions[i % questions.length] as () => Promise<unknown>;
    asked.push(
      question().then(
        () => true,
        () => false,
      ),
    );
  }
  crowd.tick();
  crowd.tick();
  if ((await Promise.all(asked)).some((isAnswered) => isAnswered))
    throw new Error("a query was answered that cannot be");
}

/** The same by the package: blocks per failing `computePath`. */
export async function leftByPackage(file: Uint8Array, count: number): Promise<number> {
  const recast = await loadRecast(256, 256);
  const mesh = new NavMesh(recast, decodeNavFile(file), 2_048);
  const query = await packageQueryOf(mesh);
  query.computePath(ON, OFF);
  const heap = new WasmHeap(recast.raw);
  const before = heap.live();
  for (let i = 0; i < count; i++) query.computePath(ON, OFF);
  const left = heap.live().blocks - before.blocks;
  query.destroy();
  mesh.close();
  return left / count;
}
