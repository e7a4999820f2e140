import assert from "node:assert/strict";
import { test } from "node:test";
import type { IntList } from "../../../engine/aoi/int-list.js";
import { observerOf, subjectOf } from "../../../engine/aoi/pair-news.js";
import { Views } from "../../../engine/aoi/views.js";
import { SeededRandom } from "../../../engine/base/random.js";
import type { ViewShape } from "../../../engine/base/view-shape.js";

function pairsOf(list: IntList): string[] {
  const pairs: string[] = [];
  for (let i = 0; i < list.length; i++) pairs.push(`${observerOf(list.at(i))}>${subjectOf(list.at(i))}`);
  return pairs.sort();
}

function viewersOf(views: Views, subject: number): number[] {
  const viewers: number[] = [];
  views.forEachViewer(subject, (observer) => viewers.push(observer));
  assert.ok(viewers.length <= views.viewersAtMost(subject));
  return viewers;
}

function visibleTo(views: Views, observer: number): number[] {
  return Array.from({ length: views.visible.length(observer) }, (_, i) => views.visible.at(observer, i));
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
  assert.equal(viewersOf(views, 2).length, 0);
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

/** How far apart two are by the shape of views, the smaller the nearer. */
function apart(shape: ViewShape, dx: number, dz: number): number {
  return shape === "box" ? Math.max(Math.abs(dx), Math.abs(dz)) : Math.hypot(dx, dz);
}

/** The rule, written down plainly. */
class Truth {
  readonly shape: ViewShape;
  readonly at = new Map<number, { x: number; z: number }>();
  readonly observers = new Map<number, { radius: number; margin: number; seen: Set<number> }>();

  constructor(shape: ViewShape) {
    this.shape = shape;
  }

  observe(index: number, radius: number, margin: number): void {
    this.observers.set(index, { radius, margin, seen: this.observers.get(index)?.seen ?? new Set() });
    this.look(index);
    for (const other of this.observers.keys()) this.agree(index, other);
  }

  /** Two that see equally far see each other or neither the other. */
  private agree(index: number, other: number): void {
    const [one, two] = [this.observers.get(index), this.observers.get(other)];
    const [here, there] = [this.at.get(index), this.at.get(other)];
    if (one === undefined || two === undefined || here === undefined || there === undefined || one === two) return;
    if (one.radius !== two.radius || one.margin !== two.margin) return;
    const isOut = apart(this.shape, there.x - here.x, there.z - here.z) > one.radius + one.margin;
    if (isOut) {
      one.seen.delete(other);
      two.seen.delete(index);
    } else if (one.seen.has(other) || two.seen.has(index)) {
      one.seen.add(other);
      two.seen.add(index);
    }
  }

  look(index: number): void {
    const observer = this.observers.get(index);
    const here = this.at.get(index);
    if (observer === undefined || here === undefined) return;
    for (const [subject, there] of this.at) {
      if (subject === index) continue;
      const distance = apart(this.shape, there.x - here.x, there.z - here.z);
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
      if (here === undefined) continue;
      if (apart(this.shape, x - here.x, z - here.z) <= observer.radius) observer.seen.add(subject);
    }
  }
}

for (const shape of ["circle", "box"] as const) {
  test(`views: random worlds agree with comparing everything (${shape}; walks, teleports, comings and goings, radii)`, () => {
    for (let seed = 1; seed <= 24; seed++) runRandomWorld(seed, shape);
  });
}

/** Of every three worlds, in one all see equally far, in one some do, in one hardly any two. */
function runRandomWorld(seed: number, shape: ViewShape): void {
  const random = new SeededRandom(seed);
  const views = new Views({ cellSize: 5 + random.next() * 20, shape });
  const truth = new Truth(shape);
  const radiusCount = [1, 3, 30][seed % 3] as number;
  const marginCount = seed % 3 === 0 ? 1 : 8;
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
        const radius = radiusCount === 1 ? 20 : 5 + (random.u32() % radiusCount);
        const margin = marginCount === 1 ? seed % 5 : random.u32() % (radiusCount === 3 ? 2 : marginCount);
        views.setObserver(index, radius, margin);
        truth.observe(index, radius, margin);
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
  const surplus = [...pairs].filter((pair) => !expected.has(pair));
  const missing = [...expected].filter((pair) => !pairs.has(pair));
  assert.deepEqual({ surplus, missing }, { surplus: [], missing: [] }, where);
  for (const subject of truth.at.keys()) {
    const listed = viewersOf(views, subject);
    assert.equal(views.isSeen(subject), listed.length > 0, where);
    const meant = [...truth.observers].filter(([, observer]) => observer.seen.has(subject)).map(([index]) => index);
    assert.deepEqual(listed.sort(), meant.sort(), where);
  }
}

/** Everybody observes and walks; compared after each update with the distance of every pair. */
function runCrowd(
  shape: ViewShape,
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
  const views = new Views({ cellSize: radius / 3, shape });
  const xs = new Float32Array(count + 1);
  const zs = new Float32Array(count + 1);
  const seen = new Set<number>();
  for (let index = 1; index <= count; index++) {
    xs[index] = random.next() * side;
    zs[index] = random.next() * side;
    views.appear(index, xs[index] as number, zs[index] as number);
    views.setObserver(index, radius, margin);
  }
  compareCrowd(shape, views, seen, xs, zs, radius, margin, `seed ${seed} at first`);
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
    compareCrowd(shape, views, seen, xs, zs, radius, margin, `seed ${seed} tick ${tick}`);
  }
}

function numberOf(pair: string): number {
  const [observer, subject] = pair.split(">");
  return Number(observer) * 65_536 + Number(subject);
}

/** `seen`: the pairs in view before, of which those beyond the margin must be gone. */
function compareCrowd(
  shape: ViewShape,
  views: Views,
  seen: Set<number>,
  xs: Float32Array,
  zs: Float32Array,
  radius: number,
  margin: number,
  where: string,
): void {
  for (let observer = 1; observer < xs.length; observer++) {
    const visible = visibleTo(views, observer);
    const inView = new Set(visible);
    assert.equal(inView.size, visible.length, `${where}: ${observer} sees one twice`);
    for (let subject = 1; subject < xs.length; subject++) {
      if (subject === observer) continue;
      const pair = observer * 65_536 + subject;
      const dx = (xs[subject] as number) - (xs[observer] as number);
      const dz = (zs[subject] as number) - (zs[observer] as number);
      const distance = apart(shape, dx, dz);
      if (distance <= radius) seen.add(pair);
      else if (distance > radius + margin) seen.delete(pair);
      if (inView.has(subject) === seen.has(pair)) continue;
      assert.fail(`${where}: ${observer} and ${subject}, ${distance} away`);
    }
  }
}

test("views: a crowd that walks agrees with comparing everything in every tick (150 movers, 120 ticks)", () => {
  for (let seed = 1; seed <= 6; seed++)
    runCrowd(seed % 2 === 0 ? "box" : "circle", seed, 150, 120, (_, random) => random.next() * 0.6);
});

test("views: the same where few move among many, some fast and some by leaps", () => {
  for (let seed = 11; seed <= 14; seed++) {
    runCrowd(seed % 2 === 0 ? "box" : "circle", seed, 150, 120, (index, random) => {
      if (index % 10 !== 0) return random.next() < 0.01 ? 40 : 0;
      return index % 20 === 0 ? 3 : random.next() * 0.5;
    });
  }
});

test("views: the same when a quiet crowd sets off, stops and sets off again", () => {
  let calls = 0;
  runCrowd("circle", 21, 150, 150, () => (Math.floor(calls++ / (150 * 25)) % 2 === 0 ? 0 : 0.8));
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
          const dx = views.grid.xOf(subject) - views.grid.xOf(observer);
          const dz = views.grid.zOf(subject) - views.grid.zOf(observer);
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
      const x = views.grid.xOf(index);
      const z = views.grid.zOf(index);
      views.move(index, x + (random.next() - 0.5) * 0.4, z + (random.next() - 0.5) * 0.4);
    }
    views.update(nowMs);
    const { entered, left } = taken(views);
    const both = entered.filter((pair) => left.includes(pair));
    assert.deepEqual(both, [], "nobody enters and leaves in one update");
    const visible = visibleTo(views, 1);
    assert.equal(visible.length, 20);
    for (const subject of visible) seenMs[subject] = nowMs;
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
    const distance = Math.hypot(views.grid.xOf(index), views.grid.zOf(index));
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
    Math.hypot(views.grid.xOf(subject) - views.grid.xOf(observer), views.grid.zOf(subject) - views.grid.zOf(observer));
  const seen = visibleTo(views, observer);
  assert.equal(new Set(seen).size, seen.length, where);
  for (const subject of seen) assert.ok(there.has(subject) && distanceTo(subject) <= 23, where);
  const near = [...there].filter((subject) => subject !== observer && distanceTo(subject) <= 20).length;
  if (limit > 0) assert.ok(seen.length <= limit, where);
  assert.ok(seen.length >= Math.min(near, limit === 0 ? near : limit), `${where}: ${seen.length} of ${near} are seen`);
}

/** Radii, limits, rules, places and who is there at all, changing without end; also in between updates. */
class Turmoil {
  readonly views: Views;
  readonly random: SeededRandom;
  readonly shape: ViewShape;
  readonly there = new Set<number>();
  readonly sight = new Map<number, { radius: number; margin: number; limit: number }>();
  readonly restricted = new Set<number>();
  readonly teams = new Map<number, number>();

  constructor(seed: number, shape: ViewShape) {
    this.random = new SeededRandom(seed);
    this.shape = shape;
    this.views = new Views({ cellSize: 6, shape, admits: (observer, subject) => this.admits(observer, subject) });
  }

  admits(observer: number, subject: number): boolean {
    return !this.restricted.has(subject) || this.teams.get(observer) === this.teams.get(subject);
  }

  change(): void {
    const { views, random, there } = this;
    const index = 1 + (random.u32() % 40);
    const kind = random.next();
    if (!there.has(index)) this.appear(index);
    else if (kind < 0.05) this.vanish(index);
    else if (kind < 0.1) this.setRule(index);
    else if (kind < 0.15) this.removeObserver(index);
    else if (kind < 0.3) this.observe(index);
    else if (kind < 0.32) views.move(index, this.place(), this.place());
    else this.walk(index);
  }

  /** Some look about as they did, before the others notice who moved. */
  lookAgain(): void {
    for (const [index, { radius, margin, limit }] of this.sight) {
      if (this.random.next() < 0.04) this.views.setObserver(index, radius, margin, limit);
    }
  }

  /** Everybody takes a short step. */
  walkAll(): void {
    for (const index of this.there) this.walk(index);
  }

  private walk(index: number): void {
    const { grid } = this.views;
    this.views.move(
      index,
      grid.xOf(index) + this.random.next() * 0.6 - 0.3,
      grid.zOf(index) + this.random.next() * 0.6 - 0.3,
    );
  }

  check(pairs: ReadonlySet<string>, where: string): void {
    const seen = new Set<string>();
    for (const observer of this.there) {
      const visible = visibleTo(this.views, observer);
      for (const subject of visible) seen.add(`${observer}>${subject}`);
      for (const subject of visible) assert.ok(viewersOf(this.views, subject).includes(observer), where);
      const limit = this.sight.get(observer)?.limit ?? 0;
      if (limit > 0) assert.ok(visible.length <= limit, where);
      else this.checkView(observer, new Set(visible), where);
    }
    assert.deepEqual([...seen].sort(), [...pairs].sort(), where);
  }

  private checkView(observer: number, visible: ReadonlySet<number>, where: string): void {
    const { grid } = this.views;
    const { radius, margin } = this.sight.get(observer) ?? { radius: -1, margin: 0 };
    for (const subject of this.there) {
      if (subject === observer) continue;
      const distance = apart(
        this.shape,
        grid.xOf(subject) - grid.xOf(observer),
        grid.zOf(subject) - grid.zOf(observer),
      );
      const isAdmitted = this.admits(observer, subject);
      const isWrong = visible.has(subject)
        ? !isAdmitted || distance > radius + margin
        : isAdmitted && distance <= radius;
      if (isWrong)
        assert.fail(`${where}: ${observer} and ${subject}, ${distance} away, radius ${radius} and ${margin}`);
    }
  }

  private appear(index: number): void {
    this.teams.set(index, this.random.u32() % 3);
    if (this.random.next() < 0.1) this.restricted.add(index);
    this.there.add(index);
    this.views.appear(index, this.place(), this.place(), this.restricted.has(index));
  }

  private vanish(index: number): void {
    this.views.vanish(index);
    this.there.delete(index);
    this.sight.delete(index);
    this.restricted.delete(index);
  }

  private setRule(index: number): void {
    this.teams.set(index, this.random.u32() % 3);
    if (this.random.next() < 0.3) this.restricted.add(index);
    else this.restricted.delete(index);
    this.views.reconsider(index, this.restricted.has(index));
  }

  private observe(index: number): void {
    const radius = this.random.next() < 0.7 ? 12 : 4 + (this.random.u32() % 3) * 8;
    const sight = { radius, margin: 2, limit: this.random.next() < 0.15 ? 4 : 0 };
    this.sight.set(index, sight);
    this.views.setObserver(index, sight.radius, sight.margin, sight.limit);
  }

  private removeObserver(index: number): void {
    this.sight.delete(index);
    this.views.removeObserver(index);
  }

  private place(): number {
    return this.random.next() * 60;
  }
}

test("views: who looks again begins and ends pairs that the other watches, and that one goes on from there", () => {
  for (const [watcher, looker] of [
    [1, 2],
    [2, 1],
  ] as const) {
    const views = new Views({ cellSize: 5 });
    for (let index = 1; index <= 40; index++) views.appear(index, index * 100, 0);
    for (let index = 1; index <= 40; index++) views.setObserver(index, 12, 2);
    views.move(watcher, 0, 0);
    let tick = 0;
    const stand = (x: number, looks: boolean) => {
      tick += 1;
      // Others move too, so that these two are looked at by what was remembered of them.
      for (let index = 3; index <= 40; index++) views.move(index, index * 100 + (tick % 2) * 0.3, 0);
      views.move(looker, x, 0);
      if (looks) views.setObserver(looker, 12, 2);
      views.update();
      return taken(views);
    };
    const both = ["1>2", "2>1"];
    for (let i = 0; i < 12; i++) stand(12.2, false);
    assert.deepEqual(stand(11.9, true), { entered: both, left: [] });
    for (const x of [12.2, 12.5, 12.8, 13.1, 13.4, 13.7]) assert.deepEqual(stand(x, false), { entered: [], left: [] });
    assert.deepEqual(stand(14.01, true), { entered: [], left: both });
    for (const x of [13.7, 13.4, 13.1, 12.8, 12.5, 12.2]) assert.deepEqual(stand(x, false), { entered: [], left: [] });
    assert.deepEqual(stand(11.9, false), { entered: both, left: [] });
  }
});

test("views: whoever was watched by one whose radius changes, or who looks no more, is watched by the other at once", () => {
  for (const [stayer, changer] of [
    [1, 2],
    [2, 1],
  ] as const) {
    for (const radius of [8, 0]) {
      const views = new Views({ cellSize: 5 });
      for (let index = 1; index <= 40; index++) views.appear(index, index * 100, 0);
      for (let index = 1; index <= 40; index++) views.setObserver(index, 12, 2);
      views.move(stayer, 0, 0);
      const stand = (x: number, step: number) => {
        for (let index = 3; index <= 40; index++) views.move(index, index * 100 + step, 0);
        views.move(changer, x, 0);
        views.update();
        return taken(views);
      };
      stand(11.9, 0);
      for (let i = 0; i < 12; i++) stand(13.8, (i % 2) * 0.3);
      views.setObserver(changer, radius, 2);
      taken(views);
      assert.deepEqual(stand(14.01, 0.3), { entered: [], left: [`${stayer}>${changer}`] });
    }
  }
});

for (const shape of ["circle", "box"] as const) {
  test(`views: radii, limits and rules that change at any time (${shape}; what is told is what is seen, and it is right)`, () => {
    for (let seed = 1; seed <= 30; seed++) {
      const turmoil = new Turmoil(seed, shape);
      const pairs = new Set<string>();
      for (let tick = 0; tick < 100; tick++) {
        turmoil.walkAll();
        turmoil.lookAgain();
        for (let i = 0; i < (tick < 10 ? 20 : tick % 6); i++) {
          turmoil.change();
          applyPairs(turmoil.views, pairs, `seed ${seed} tick ${tick} change ${i}`);
        }
        turmoil.views.update(tick * 50);
        applyPairs(turmoil.views, pairs, `seed ${seed} tick ${tick}`);
        turmoil.check(pairs, `seed ${seed} tick ${tick}`);
      }
    }
  });
}
