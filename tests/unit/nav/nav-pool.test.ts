/** Real workers: they answer as the script thread does, catch up with changes, and are replaced when one ends. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { realScheduler } from "../../../engine/base/real-scheduler.js";
import { openNavPool } from "../../../engine/nav/nav-pool.js";
import { makeRig, meshOf, type NavRig, wallLevel } from "./nav-rig.js";

const [A, B] = [
  { x: 4, y: 0, z: 4 },
  { x: 15, y: 0, z: 4 },
];

function poolRig(t: TestContext, file: Uint8Array, workers: number): NavRig {
  const rig = makeRig(file, { workers }, openNavPool);
  t.after(() => rig.service.close());
  return rig;
}

test("nav pool: two workers give the answers that the script thread gives", async (t) => {
  const file = meshOf(wallLevel());
  const [pool, inline] = [poolRig(t, file, 2), makeRig(file)];
  const questions = ({ nav }: NavRig) =>
    Promise.all([
      ...Array.from({ length: 60 }, (_, i) => nav.findPath({ x: 1 + i / 8, y: 0, z: 2 + i / 5 }, B)),
      nav.raycast(A, B),
      nav.moveAlongSurface(A, B),
      nav.randomPoint({ centre: A, radius: 3 }),
      nav.checkMoves(Float32Array.of(...[8, 0, 4, 11, 0, 4]), 1),
    ]);
  for (let round = 0; round < 3; round++) {
    const fromPool = questions(pool);
    pool.tick();
    assert.deepEqual(await fromPool, await inline.ask(questions(inline)));
  }
});

test("nav pool: every answer is about the version that stood when its tick ended, or a later one (obstacles come and go)", async (t) => {
  const { nav, tick } = poolRig(t, meshOf(wallLevel(), { obstaclesMax: 4 }), 2);
  const asked: Promise<[number, string]>[] = [];
  const isClosed = [false];
  let gate = 0;
  for (let round = 0; round < 40; round++) {
    if (round % 3 === 0) {
      if (gate === 0) {
        gate = nav.addObstacle({ kind: "box", x: 9.5, y: 0, z: 18, halfX: 1, halfY: 2, halfZ: 2.5, yaw: 0 });
      } else {
        nav.removeObstacle(gate);
        gate = 0;
      }
    }
    const { version } = nav;
    isClosed[version] = gate !== 0;
    for (let i = 0; i < 20; i++) {
      asked.push(
        nav.findPath(A, B, { timeoutMs: 60_000 }).then((path) => {
          assert.ok(path.version >= version);
          return [path.version, path.status];
        }),
      );
    }
    tick();
    if (round % 5 === 0) await asked.at(-1);
  }
  for (const [version, status] of await Promise.all(asked)) {
    assert.equal(status, isClosed[version] === true ? "partial" : "complete", `version ${version}`);
  }
});

test("nav pool: a mesh that was given up for others is opened again when it is asked for", async (t) => {
  const file = meshOf(wallLevel());
  const rig = makeRig(file, { workers: 1, meshesMax: 2 }, openNavPool);
  t.after(() => rig.service.close());
  const { SpaceNav } = await import("../../../engine/nav/space-nav.js");
  const navs = [0, 1, 2, 3].map((i) => {
    rig.service.addFile(`copy ${i}`, file);
    return new SpaceNav(rig.service, rig.service.openMesh(`copy ${i}`));
  });
  for (let round = 0; round < 12; round++) {
    const asked = (navs[round % navs.length] as (typeof navs)[number]).findPath(A, B);
    rig.tick();
    assert.equal((await asked).status, "complete");
  }
});

test("nav pool: a batch that takes too long ends with its worker, and the next is answered by another", async (t) => {
  let nowMs = 0;
  const config = { workers: 1, timeoutMs: 60_000, batchTimeoutMs: 100 };
  const rig = makeRig(meshOf(wallLevel()), config, openNavPool, () => nowMs);
  t.after(() => rig.service.close());
  const warm = rig.nav.findPath(A, B);
  rig.tick();
  await warm;
  const asked = Array.from({ length: 512 }, () => rig.nav.findPath(A, B));
  rig.tick();
  // The worker is at it, and by this clock has been for too long.
  nowMs += 200;
  rig.tick();
  for (const one of await Promise.allSettled(asked)) {
    assert.equal(one.status === "rejected" ? (one.reason as { code?: string }).code : "", "NAV_FAILED");
  }
  const after = rig.nav.findPath(A, B);
  rig.tick();
  assert.equal((await after).status, "complete");
});

test("nav pool: a mesh that cannot be opened fails its batch and nobody else's", async (t) => {
  const file = meshOf(wallLevel());
  const rig = makeRig(file, { workers: 1, timeoutMs: 60_000 }, openNavPool);
  t.after(() => rig.service.close());
  const first = rig.nav.findPath(A, B);
  rig.tick();
  await first;
  const broken = meshOf(wallLevel());
  rig.service.addFile("broken", broken);
  const { SpaceNav } = await import("../../../engine/nav/space-nav.js");
  const mesh = rig.service.openMesh("broken");
  new Uint8Array(mesh.share().file).fill(0);
  const refused = new SpaceNav(rig.service, mesh).findPath(A, B);
  rig.tick();
  await assert.rejects(refused, { code: "NAV_FAILED" });
  const after = rig.nav.findPath(A, B);
  rig.tick();
  assert.equal((await after).status, "complete");
});

test("nav pool: closing ends workers that are at work", async () => {
  const { nav, tick, service } = makeRig(meshOf(wallLevel()), { workers: 1 }, openNavPool);
  const asked = nav.findPath(A, B);
  tick();
  const startMs = realScheduler.nowMs();
  await service.close();
  await assert.rejects(asked, { code: "NAV_FAILED" });
  assert.ok(realScheduler.nowMs() - startMs < 10_000);
});
