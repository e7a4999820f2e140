/** Changes arrive at every thread in order and exactly once, whether it saw all of them or comes late. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ChangeLog, type ChangeTarget, replayChanges, type SharedChanges } from "../../../engine/nav/mesh-changes.js";

/** What stands, as a thread has it after its replays; as NavMesh it begins again with a new generation. */
class Standing implements ChangeTarget {
  readonly obstacles = new Map<number, string>();
  readonly tiles = new Map<string, number>();
  private generation = 0;
  private replayed = 0;

  catchUp(changes: SharedChanges): void {
    if (changes.generation !== this.generation) {
      this.obstacles.clear();
      this.tiles.clear();
      this.replayed = 0;
    }
    this.generation = changes.generation;
    replayChanges(changes, this.replayed, this);
    this.replayed = changes.count;
  }
  addCylinder(id: number, ...numbers: number[]): void {
    assert.equal(this.obstacles.has(id), false);
    this.obstacles.set(id, `cylinder ${numbers.join()}`);
  }
  addBox(id: number, ...numbers: number[]): void {
    assert.equal(this.obstacles.has(id), false);
    this.obstacles.set(id, `box ${numbers.join()}`);
  }
  removeObstacle(id: number): void {
    assert.equal(this.obstacles.delete(id), true);
  }
  setTile(x: number, y: number, data: Uint8Array): void {
    this.tiles.set(`${x},${y}`, data[0] ?? -1);
  }
  removeTile(x: number, y: number): void {
    this.tiles.delete(`${x},${y}`);
  }
}

const change = fc.oneof(
  fc.record({ do: fc.constant("add" as const), x: fc.integer({ min: 0, max: 99 }), isBox: fc.boolean() }),
  fc.record({ do: fc.constant("remove" as const), pick: fc.nat() }),
  fc.record({ do: fc.constant("tile" as const), x: fc.nat(3), y: fc.nat(3), data: fc.nat(255) }),
  fc.record({ do: fc.constant("clear" as const), x: fc.nat(3), y: fc.nat(3) }),
  fc.record({ do: fc.constant("look" as const) }),
);

test("mesh changes: who looks often and who looks once see the same (random changes, the log written anew)", () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 1_500, minLength: 300 }), (changes) => {
      const log = new ChangeLog(20);
      const [often, model] = [new Standing(), new Standing()];
      const ids: number[] = [];
      for (const one of changes) {
        if (one.do === "add" && ids.length < 20) {
          const { x } = one;
          ids.push(
            log.addObstacle(
              one.isBox
                ? { kind: "box", x, y: 1, z: 2, halfX: 3, halfY: 4, halfZ: 5, yaw: 6 }
                : { kind: "cylinder", x, y: 1, z: 2, radius: 3, height: 4 },
            ),
          );
          const id = ids.at(-1) as number;
          if (one.isBox) model.addBox(id, x, 1, 2, 3, 4, 5, 6);
          else model.addCylinder(id, x, 1, 2, 3, 4);
        } else if (one.do === "remove" && ids.length > 0) {
          const [id] = ids.splice(one.pick % ids.length, 1) as [number];
          assert.equal(log.removeObstacle(id), true);
          model.removeObstacle(id);
        } else if (one.do === "tile") {
          log.setTile(one.x, one.y, Uint8Array.of(one.data));
          model.setTile(one.x, one.y, Uint8Array.of(one.data));
        } else if (one.do === "clear") {
          log.setTile(one.x, one.y, null);
          model.removeTile(one.x, one.y);
        } else if (one.do === "look") often.catchUp(log.share());
      }
      const once = new Standing();
      for (const standing of [often, once]) {
        standing.catchUp(log.share());
        assert.deepEqual(new Map([...standing.obstacles].sort()), new Map([...model.obstacles].sort()));
        assert.deepEqual(new Map([...standing.tiles].sort()), new Map([...model.tiles].sort()));
      }
    }),
    { numRuns: 30, seed: 11 },
  );
});

test("mesh changes: a log of comings and goings stays short, and its version only grows", () => {
  const log = new ChangeLog(4);
  let version = 0;
  for (let i = 0; i < 5_000; i++) {
    log.removeObstacle(log.addObstacle({ kind: "cylinder", x: i, y: 0, z: 0, radius: 1, height: 1 }));
    const shared = log.share();
    assert.ok(shared.version > version);
    version = shared.version;
    assert.ok(shared.count <= 300, `${shared.count} records`);
  }
  assert.equal(version, 10_000);
});

test("mesh changes: what was shared does not change under its reader", () => {
  const log = new ChangeLog(100);
  log.addObstacle({ kind: "cylinder", x: 1, y: 0, z: 0, radius: 1, height: 1 });
  const shared = log.share();
  const bytes = Buffer.from(new Uint8Array(shared.log).slice(0, 48)).toString("hex");
  for (let i = 0; i < 50; i++) log.addObstacle({ kind: "cylinder", x: i, y: 0, z: 0, radius: 1, height: 1 });
  assert.equal(Buffer.from(new Uint8Array(shared.log).slice(0, 48)).toString("hex"), bytes);
  assert.equal(shared.count, 1);
});
