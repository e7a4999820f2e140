import assert from "node:assert/strict";
import { test } from "node:test";
import type { IntList } from "../../../engine/aoi/int-list.js";
import { Views } from "../../../engine/aoi/views.js";
import { SeededRandom } from "../../../engine/base/random.js";

function pairsOf(list: IntList): string[] {
  const pairs: string[] = [];
  for (let i = 0; i < list.length; i += 2) pairs.push(`${list.at(i)}>${list.at(i + 1)}`);
  return pairs.sort();
}

function taken(views: Views): { entered: string[]; left: string[] } {
  const taken = { entered: pairsOf(views.entered), left: pairsOf(views.left) };
  views.clearPairs();
  return taken;
}

test("views: a subject enters within the radius and leaves beyond radius plus margin", () => {
  const views = new Views({ cellSize: 10 });
  views.appear(1, 0, 0);
  views.appear(2, 11, 0);
  views.setObserver(1, 10, 2);
  assert.deepEqual(taken(views), { entered: [], left: [] });
  views.move(2, 10, 0);
  views.update();
  assert.deepEqual(taken(views), { entered: ["1>2"], left: [] });
  views.move(2, 12, 0);
  views.update();
  assert.deepEqual(taken(views), { entered: [], left: [] });
  views.move(2, 12.001, 0);
  views.update();
  assert.deepEqual(taken(views), { entered: [], left: ["1>2"] });
  views.move(2, 11, 0);
  views.update();
  assert.deepEqual(taken(views), { entered: [], left: [] });
});

test("views: nobody sees itself, and sight need not be mutual", () => {
  const views = new Views({ cellSize: 10 });
  views.appear(1, 0, 0);
  views.appear(2, 5, 0);
  views.setObserver(1, 10, 0);
  views.setObserver(2, 3, 0);
  views.update();
  assert.equal(views.sees(1, 2), true);
  assert.equal(views.sees(2, 1), false);
  assert.equal(views.sees(1, 1), false);
});

test("views: who appears near an observer is seen at once, who vanishes is gone at once", () => {
  const views = new Views({ cellSize: 10 });
  views.appear(1, 0, 0);
  views.setObserver(1, 10, 0);
  views.appear(2, 1, 1);
  assert.deepEqual(taken(views), { entered: ["1>2"], left: [] });
  views.vanish(2);
  assert.deepEqual(taken(views), { entered: [], left: ["1>2"] });
  assert.equal(views.viewers.length(2), 0);
});

test("views: an observer that ends or shrinks loses its view", () => {
  const views = new Views({ cellSize: 10 });
  views.appear(1, 0, 0);
  views.appear(2, 8, 0);
  views.setObserver(1, 10, 1);
  taken(views);
  views.setObserver(1, 4, 1);
  assert.deepEqual(taken(views), { entered: [], left: ["1>2"] });
  views.setObserver(1, 10, 1);
  views.setObserver(1, 0, 1);
  assert.deepEqual(taken(views), { entered: ["1>2"], left: ["1>2"] });
  assert.equal(views.observers.length, 0);
});

/** The rule, written down plainly. */
class Truth {
  readonly at = new Map<number, { x: number; z: number }>();
  readonly observers = new Map<number, { radius: number; margin: number; seen: Set<number> }>();

  look(index: number): void {
    const observer = this.observers.get(index);
    const here = this.at.get(index);
    if (observer === undefined || here === undefined) return;
    for (const [subject, there] of this.at) {
      if (subject === index) continue;
      const distance = Math.hypot(there.x - here.x, there.z - here.z);
      if (distance <= observer.radius) observer.seen.add(subject);
      else if (distance > observer.radius + observer.margin) observer.seen.delete(subject);
    }
  }

  lookAll(): void {
    for (const index of this.observers.keys()) this.look(index);
  }

  vanish(subject: number): void {
    this.at.delete(subject);
    this.observers.delete(subject);
    for (const observer of this.observers.values()) observer.seen.delete(subject);
  }

  /** Only newcomers near enough come into view before the next look. */
  appear(subject: number, x: number, z: number): void {
    this.at.set(subject, { x, z });
    for (const [index, observer] of this.observers) {
      const here = this.at.get(index);
      if (here !== undefined && Math.hypot(x - here.x, z - here.z) <= observer.radius) observer.seen.add(subject);
    }
  }
}

test("views: random worlds agree with comparing everything (20 seeds; walks, teleports, comings and goings)", () => {
  for (let seed = 1; seed <= 20; seed++) runRandomWorld(seed);
});

function runRandomWorld(seed: number): void {
  const random = new SeededRandom(seed);
  const views = new Views({ cellSize: 5 + random.next() * 20 });
  const truth = new Truth();
  const pairs = new Set<string>();
  const size = 100;
  const coordinate = () => Math.round(random.next() * size * 4) / 4;
  const step = () => Math.round((random.next() - 0.5) * 40) / 4;
  for (let tick = 0; tick < 80; tick++) {
    for (let change = 0; change < 12; change++) {
      const index = 1 + (random.u32() % 60);
      const here = truth.at.get(index);
      const kind = random.next();
      if (here === undefined) {
        const [x, z] = [coordinate(), coordinate()];
        views.appear(index, x, z);
        truth.appear(index, x, z);
      } else if (kind < 0.1) {
        views.vanish(index);
        truth.vanish(index);
      } else if (kind < 0.2) {
        views.removeObserver(index);
        truth.observers.delete(index);
      } else if (kind < 0.4) {
        const [radius, margin] = [5 + (random.u32() % 30), random.u32() % 8];
        views.setObserver(index, radius, margin);
        truth.observers.set(index, { radius, margin, seen: truth.observers.get(index)?.seen ?? new Set() });
        truth.look(index);
      } else {
        const isTeleport = kind > 0.9;
        here.x = isTeleport ? coordinate() : here.x + step();
        here.z = isTeleport ? coordinate() : here.z + step();
        views.move(index, here.x, here.z);
      }
    }
    views.update();
    truth.lookAll();
    applyPairs(views, pairs, `seed ${seed} tick ${tick}`);
    compare(views, truth, pairs, `seed ${seed} tick ${tick}`);
  }
}

/** Pairs are reported in sequence within each list; what both lists hold began and ended, or ended and began. */
function applyPairs(views: Views, pairs: Set<string>, where: string): void {
  const balance = new Map<string, number>();
  const { entered, left } = taken(views);
  for (const pair of entered) balance.set(pair, (balance.get(pair) ?? 0) + 1);
  for (const pair of left) balance.set(pair, (balance.get(pair) ?? 0) - 1);
  for (const [pair, change] of balance) {
    const after = (pairs.has(pair) ? 1 : 0) + change;
    assert.ok(after === 0 || after === 1, `${where}: ${pair} reported twice`);
    if (after === 1) pairs.add(pair);
    else pairs.delete(pair);
  }
}

function compare(views: Views, truth: Truth, pairs: ReadonlySet<string>, where: string): void {
  const expected = new Set<string>();
  for (const [index, observer] of truth.observers) {
    for (const subject of observer.seen) expected.add(`${index}>${subject}`);
  }
  assert.deepEqual([...pairs].sort(), [...expected].sort(), where);
  for (const subject of truth.at.keys()) {
    const { viewers } = views;
    const listed = Array.from({ length: viewers.length(subject) }, (_, i) => viewers.at(subject, i));
    const meant = [...truth.observers].filter(([, observer]) => observer.seen.has(subject)).map(([index]) => index);
    assert.deepEqual(listed.sort(), meant.sort(), where);
  }
}

/** Everybody observes and walks; compared after each update with the distance of every pair. */
function runCrowd(
  seed: number,
  count: number,
  ticks: number,
  stepOf: (index: number, random: SeededRandom) => number,
): void {
  const random = new SeededRandom(seed);
  const side = Math.sqrt(count) * 8;
  const radius = 15 + random.next() * 15;
  // None, one less than what an observer remembers beyond its edge, one more.
  const margin = (seed % 3) * random.next() * radius * 0.4;
  const views = new Views({ cellSize: radius / 3 });
  const xs = new Float32Array(count + 1);
  const zs = new Float32Array(count + 1);
  const seen = new Set<number>();
  for (let index = 1; index <= count; index++) {
    xs[index] = random.next() * side;
    zs[index] = random.next() * side;
    views.appear(index, xs[index] as number, zs[index] as number);
    views.setObserver(index, radius, margin);
  }
  compareCrowd(views, seen, xs, zs, radius, margin, `seed ${seed} at first`);
  for (let tick = 0; tick < ticks; tick++) {
    for (let index = 1; index <= count; index++) {
      const step = stepOf(index, random);
      if (step === 0) continue;
      const angle = random.next() * 7;
      xs[index] = (xs[index] as number) + Math.cos(angle) * step;
      zs[index] = (zs[index] as number) + Math.sin(angle) * step;
      views.move(index, xs[index] as number, zs[index] as number);
    }
    views.update();
    for (const pair of taken(views).left) seen.delete(numberOf(pair));
    compareCrowd(views, seen, xs, zs, radius, margin, `seed ${seed} tick ${tick}`);
  }
}

function numberOf(pair: string): number {
  const [observer, subject] = pair.split(">");
  return Number(observer) * 65_536 + Number(subject);
}

/** `seen`: the pairs in view before, of which those beyond the margin must be gone. */
function compareCrowd(
  views: Views,
  seen: Set<number>,
  xs: Float32Array,
  zs: Float32Array,
  radius: number,
  margin: number,
  where: string,
): void {
  for (let observer = 1; observer < xs.length; observer++) {
    const inView = new Set<number>();
    for (let i = 0; i < views.visible.length(observer); i++) inView.add(views.visible.at(observer, i));
    assert.equal(inView.size, views.visible.length(observer), `${where}: ${observer} sees one twice`);
    for (let subject = 1; subject < xs.length; subject++) {
      if (subject === observer) continue;
      const pair = observer * 65_536 + subject;
      const dx = (xs[subject] as number) - (xs[observer] as number);
      const dz = (zs[subject] as number) - (zs[observer] as number);
      const distance = dx * dx + dz * dz;
      if (distance <= radius * radius) seen.add(pair);
      else if (distance > (radius + margin) * (radius + margin)) seen.delete(pair);
      if (inView.has(subject) === seen.has(pair)) continue;
      assert.fail(`${where}: ${observer} and ${subject}, ${Math.sqrt(distance)} away`);
    }
  }
}

test("views: a crowd that walks agrees with comparing everything in every tick (150 movers, 120 ticks)", () => {
  for (let seed = 1; seed <= 6; seed++) runCrowd(seed, 150, 120, (_, random) => random.next() * 0.6);
});

test("views: the same where few move among many, some fast and some by leaps", () => {
  for (let seed = 11; seed <= 14; seed++) {
    runCrowd(seed, 150, 120, (index, random) => {
      if (index % 10 !== 0) return random.next() < 0.01 ? 40 : 0;
      return index % 20 === 0 ? 3 : random.next() * 0.5;
    });
  }
});

test("views: the same when a quiet crowd sets off, stops and sets off again", () => {
  let calls = 0;
  runCrowd(21, 150, 150, () => (Math.floor(calls++ / (150 * 25)) % 2 === 0 ? 0 : 0.8));
});

test("views: who is not admitted is in no view, until that changes (random rules)", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const random = new SeededRandom(seed);
    const count = 40;
    const teams = new Map<number, number>();
    const admits = (observer: number, subject: number) => teams.get(subject) === teams.get(observer);
    const views = new Views({ cellSize: 5, admits });
    const restricted = new Set<number>();
    for (let index = 1; index <= count; index++) {
      teams.set(index, random.u32() % 3);
      if (random.next() < 0.5) restricted.add(index);
      views.appear(index, random.next() * 30, random.next() * 30, restricted.has(index));
      views.setObserver(index, 12, 2, index % 4 === 0 ? 100 : 0);
    }
    for (let tick = 0; tick < 60; tick++) {
      for (let index = 1; index <= count; index++) {
        views.move(index, random.next() * 30, random.next() * 30);
        if (random.next() > 0.05) continue;
        teams.set(index, random.u32() % 3);
        if (random.next() < 0.5) restricted.add(index);
        else restricted.delete(index);
        views.reconsider(index, restricted.has(index));
      }
      views.update(tick * 50);
      for (let observer = 1; observer <= count; observer++) {
        for (let subject = 1; subject <= count; subject++) {
          if (subject === observer) continue;
          const dx = (views.grid.xs[subject] as number) - (views.grid.xs[observer] as number);
          const dz = (views.grid.zs[subject] as number) - (views.grid.zs[observer] as number);
          const distance = Math.hypot(dx, dz);
          const isAdmitted = !restricted.has(subject) || admits(observer, subject);
          const sees = views.sees(observer, subject);
          const isWrong = sees ? !isAdmitted || distance > 14 : isAdmitted && distance <= 12;
          if (isWrong) assert.fail(`seed ${seed} tick ${tick}: ${observer} and ${subject}, ${distance} away`);
        }
      }
    }
  }
});

test("views: a limit is kept, full, and everybody near is seen within 5 s (200 in range, 20 in view)", () => {
  const random = new SeededRandom(5);
  const views = new Views({ cellSize: 10 });
  const count = 200;
  const seenMs = new Float64Array(count + 2);
  views.appear(1, 0, 0);
  for (let index = 2; index <= count + 1; index++)
    views.appear(index, random.next() * 20 - 10, random.next() * 20 - 10);
  views.setObserver(1, 40, 4, 20);
  let nearestMissing = 0;
  for (let nowMs = 0; nowMs <= 30_000; nowMs += 50) {
    for (let index = 2; index <= count + 1; index++) {
      const x = views.grid.xs[index] as number;
      const z = views.grid.zs[index] as number;
      views.move(index, x + (random.next() - 0.5) * 0.4, z + (random.next() - 0.5) * 0.4);
    }
    views.update(nowMs);
    const { entered, left } = taken(views);
    const both = entered.filter((pair) => left.includes(pair));
    assert.deepEqual(both, [], "nobody enters and leaves in one update");
    assert.equal(views.visible.length(1), 20);
    for (let i = 0; i < 20; i++) seenMs[views.visible.at(1, i)] = nowMs;
    for (let index = 2; index <= count + 1; index++) {
      if (nowMs - (seenMs[index] as number) > 5_000) assert.fail(`${index} was not seen for 5 s at ${nowMs}`);
    }
    if (!views.sees(1, nearest(views, count))) nearestMissing += 1;
  }
  assert.ok(nearestMissing < 30, `the nearest was out of view in ${nearestMissing} of 600 updates`);
});

function nearest(views: Views, count: number): number {
  let [best, bestDistance] = [0, Number.POSITIVE_INFINITY];
  for (let index = 2; index <= count + 1; index++) {
    const distance = Math.hypot(views.grid.xs[index] as number, views.grid.zs[index] as number);
    if (distance < bestDistance) [best, bestDistance] = [index, distance];
  }
  return best;
}

test("views: limits in random worlds: no more than the limit, only who is in range, none twice, none left over", () => {
  for (let seed = 1; seed <= 15; seed++) {
    const random = new SeededRandom(seed);
    const views = new Views({ cellSize: 8 });
    const limits = new Map<number, number>();
    const there = new Set<number>();
    const pairs = new Set<string>();
    const coordinate = () => random.next() * 60;
    for (let tick = 0; tick < 100; tick++) {
      for (let change = 0; change < 15; change++) {
        const index = 1 + (random.u32() % 50);
        const kind = random.next();
        if (!there.has(index)) {
          views.appear(index, coordinate(), coordinate());
          there.add(index);
        } else if (kind < 0.1) {
          views.vanish(index);
          there.delete(index);
          limits.delete(index);
        } else if (kind < 0.3) {
          const limit = random.u32() % 6;
          views.setObserver(index, 20, 3, limit);
          limits.set(index, limit);
        } else views.move(index, coordinate(), coordinate());
        applyPairs(views, pairs, `seed ${seed} tick ${tick}`);
      }
      views.update(tick * 50);
      applyPairs(views, pairs, `seed ${seed} tick ${tick}`);
      for (const [observer, limit] of limits) checkLimited(views, there, observer, limit, `seed ${seed} tick ${tick}`);
      const total = [...limits.keys()].reduce((sum, observer) => sum + views.visible.length(observer), 0);
      assert.equal(pairs.size, total);
    }
  }
});

function checkLimited(views: Views, there: Set<number>, observer: number, limit: number, where: string): void {
  const distanceTo = (subject: number) =>
    Math.hypot(
      (views.grid.xs[subject] as number) - (views.grid.xs[observer] as number),
      (views.grid.zs[subject] as number) - (views.grid.zs[observer] as number),
    );
  const seen = Array.from({ length: views.visible.length(observer) }, (_, i) => views.visible.at(observer, i));
  assert.equal(new Set(seen).size, seen.length, where);
  for (const subject of seen) assert.ok(there.has(subject) && distanceTo(subject) <= 23, where);
  const near = [...there].filter((subject) => subject !== observer && distanceTo(subject) <= 20).length;
  if (limit > 0) assert.ok(seen.length <= limit, where);
  assert.ok(seen.length >= Math.min(near, limit === 0 ? near : limit), `${where}: ${seen.length} of ${near} are seen`);
}
