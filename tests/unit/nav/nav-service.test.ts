/** Queries end exactly once, whatever happens: answers, deadlines, signals, workers that fail, the game's end. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { AeonError } from "../../../engine/base/errors.js";
import { HeldRunner, makeRig, meshOf, wallLevel } from "./nav-rig.js";

const file = meshOf(wallLevel());
const [A, B] = [
  { x: 4, y: 0, z: 4 },
  { x: 15, y: 0, z: 4 },
];

function codes(promises: readonly Promise<unknown>[]): Promise<string[]> {
  return Promise.all(
    promises.map((promise) =>
      promise.then(
        () => "answered",
        (error: unknown) => (error instanceof AeonError ? error.code : String(error)),
      ),
    ),
  );
}

test("nav service: nothing is sent before the end of the tick, and all of it then (in one batch)", () => {
  const held = new HeldRunner();
  const { nav, service, tick } = makeRig(file, {}, held.open);
  for (let i = 0; i < 10; i++) void nav.findPath(A, B);
  assert.equal(held.tasks.length, 0);
  tick();
  assert.equal(held.tasks.length, 1);
  assert.equal(held.tasks[0]?.task.count, 10);
  assert.equal(service.outstandingCount, 10);
  tick();
  assert.equal(held.tasks.length, 1);
});

test("nav service: a query without an answer ends by its deadline, and a late answer changes nothing", async () => {
  const held = new HeldRunner();
  const { nav, service, scheduler, tick, metrics } = makeRig(file, { timeoutMs: 100 }, held.open);
  const [short, long, waiting] = [nav.findPath(A, B, { timeoutMs: 40 }), nav.findPath(A, B), nav.findPath(A, B)];
  tick();
  await scheduler.run(50);
  tick();
  assert.deepEqual(await codes([short]), ["NAV_TIMEOUT"]);
  await scheduler.run(110);
  tick();
  assert.deepEqual(await codes([long, waiting]), ["NAV_TIMEOUT", "NAV_TIMEOUT"]);
  assert.equal(metrics.snapshot().nav_timeouts_total, 3);
  // Its memory is held until the worker gives it back.
  assert.equal(service.outstandingCount, 3);
  held.tasks[0]?.done(null);
  held.tasks[0]?.done(null);
  assert.equal(service.outstandingCount, 0);
});

test("nav service: a signal ends its query at once, before and after it was sent", async () => {
  const { nav, tick } = makeRig(file);
  const [early, late, done, never] = [0, 1, 2, 3].map(() => new AbortController()) as [
    AbortController,
    AbortController,
    AbortController,
    AbortController,
  ];
  never.abort("not wanted");
  const asked = [early, late, done, never].map(({ signal }) => nav.findPath(A, B, { signal }));
  early.abort();
  tick();
  late.abort();
  tick();
  done.abort();
  assert.deepEqual(await codes(asked), ["NAV_CANCELLED", "NAV_CANCELLED", "answered", "NAV_CANCELLED"]);
});

test("nav service: more queries than may be under way are refused and counted", async () => {
  const held = new HeldRunner();
  const { nav, tick, metrics, service } = makeRig(file, { queueMax: 64, batchQueries: 16 }, held.open);
  const asked = Array.from({ length: 70 }, () => nav.findPath(A, B));
  tick();
  assert.equal(service.outstandingCount, 64);
  assert.equal(metrics.snapshot().nav_queries_refused_total, 6);
  assert.deepEqual(new Set(await codes(asked.slice(64))), new Set(["NAV_QUEUE_FULL"]));
  const groups = nav.checkMoves(new Float32Array(12), 2);
  assert.deepEqual([...(await groups).verdicts], [255, 255]);
  for (const { done } of held.tasks) done(null);
  void nav.findPath(A, B);
  assert.equal(service.outstandingCount, 1);
});

test("nav service: a batch whose worker failed fails with it, and the next is answered", async () => {
  const held = new HeldRunner();
  const { nav, tick, metrics } = makeRig(file, {}, held.open);
  const asked = [nav.findPath(A, B), nav.nearestPoint(A)];
  tick();
  held.tasks[0]?.done(new AeonError("NAV_FAILED", "the worker ended"));
  assert.deepEqual(await codes(asked), ["NAV_FAILED", "NAV_FAILED"]);
  assert.equal(metrics.snapshot().nav_batches_failed_total, 1);
  void nav.findPath(A, B);
  tick();
  // Not into memory that the worker may still write to.
  assert.notEqual(held.tasks[1]?.task.slot, held.tasks[0]?.task.slot);
});

test("nav service: a batch that takes too long is given up with its worker (hung worker)", async () => {
  const held = new HeldRunner();
  const { nav, tick, scheduler } = makeRig(file, { batchTimeoutMs: 500, timeoutMs: 60_000 }, held.open);
  const asked = nav.findPath(A, B);
  tick();
  await scheduler.run(400);
  tick();
  assert.equal(held.givenUp, 0);
  await scheduler.run(600);
  tick();
  assert.equal(held.givenUp, 1);
  assert.deepEqual(await codes([asked]), ["Error: given up"]);
});

test("nav service: the game's end ends every query, and takes no more", async () => {
  const held = new HeldRunner();
  const { nav, tick, service } = makeRig(file, {}, held.open);
  const sent = nav.findPath(A, B);
  tick();
  const waiting = nav.findPath(A, B);
  await service.close();
  held.tasks[0]?.done(null);
  assert.deepEqual(await codes([sent, waiting, nav.findPath(A, B)]), ["NAV_FAILED", "NAV_FAILED", "NAV_FAILED"]);
});

test("nav service: queries of several meshes travel in one batch", async () => {
  const { nav, service, ask } = makeRig(file);
  service.addFile("other", file);
  const { SpaceNav } = await import("../../../engine/nav/space-nav.js");
  const other = new SpaceNav(service, service.openMesh("other"));
  const paths = await ask(Promise.all([nav.findPath(A, B), other.findPath(B, A), nav.findPath(B, A)]));
  assert.deepEqual(paths[1]?.coordinates, paths[2]?.coordinates);
  assert.notDeepEqual(paths[0]?.coordinates, paths[1]?.coordinates);
});

test("nav service: inline answers come with the next tick, the same each time", async () => {
  const { nav, tick } = makeRig(file);
  let isAnswered = false;
  const asked = nav.findPath(A, B).then(() => {
    isAnswered = true;
  });
  tick();
  await Promise.resolve();
  assert.equal(isAnswered, false);
  tick();
  await asked;
});
