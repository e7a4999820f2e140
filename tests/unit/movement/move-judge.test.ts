/** What follows from a verdict: corrections, placements, modes, exceptions, flags and kicks. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseConfig } from "../../../engine/config/config.js";
import { MoveJudge } from "../../../engine/movement/move-judge.js";
import { limitsOf } from "../../../engine/movement/rules.js";
import { verdictNames } from "../../../engine/movement/verdict.js";

const RULES = { foot: { speedMax: 5 }, horse: { speedMax: 15 } };
const STEP = 0.5;

class Client {
  readonly judge: MoveJudge;
  ms = 1_000;
  x = 0;
  number = 0;
  placement = 1;

  constructor(movement: Record<string, number> = {}) {
    this.judge = new MoveJudge(parseConfig({ movement }).movement, limitsOf(RULES), 0);
    this.judge.place(1, 0, 0, 0, this.ms);
  }

  move(units: number, gapMs = 100): string {
    this.ms += gapMs;
    this.x += units;
    this.number++;
    return this.judge.move(this.ms, this.number, this.placement, this.x, 0, 0);
  }

  moves(count: number, units: number, gapMs = 100): Set<string> {
    const grades = new Set<string>();
    for (let i = 0; i < count; i++) grades.add(this.move(units, gapMs));
    return grades;
  }

  /** As the server and then the client do after a correction. */
  putBack(): void {
    const { x } = this.judge.mover;
    this.placement++;
    this.judge.putBack(this.placement, x, 0, 0);
    this.x = x;
  }

  get why(): string {
    return verdictNames(this.judge.bits).join("+");
  }
}

const only = (...grades: string[]) => new Set(grades);

test("move judge: moves made before the client knew of a placement are ignored, and cost it nothing", () => {
  const client = new Client();
  client.moves(20, STEP);
  client.judge.place(9, 100, 0, 0, client.ms);
  assert.deepEqual(client.moves(10, STEP), only("ignore"));
  client.placement = 9;
  client.x = 100;
  assert.deepEqual(client.moves(10, STEP), only("accept"));
});

test("move judge: a move that comes twice or out of order is ignored", () => {
  const client = new Client();
  assert.equal(client.move(STEP), "accept");
  assert.equal(client.judge.move(client.ms, client.number, 1, client.x, 0, 0), "ignore");
  assert.equal(client.judge.move(client.ms, client.number - 1, 1, 0, 0, 0), "ignore");
});

test("move judge: a teleport is a flag at once; evidence that follows within the pause is not another one", () => {
  const client = new Client();
  client.moves(30, STEP);
  assert.equal(client.move(40), "flag");
  client.putBack();
  assert.equal(client.move(40, 300), "correct");
  assert.equal(client.judge.flagCount, 1);
});

test("move judge: flags within the window end with a kick, at `flagsToKick`", () => {
  const client = new Client({ flagsToKick: 3 });
  const grades: string[] = [];
  for (let i = 0; i < 3; i++) {
    client.moves(20, STEP);
    grades.push(client.move(40));
    client.putBack();
  }
  assert.deepEqual(grades, ["flag", "flag", "kick"]);
  const patient = new Client({ flagsToKick: 0 });
  for (let i = 0; i < 30; i++) {
    patient.moves(20, STEP);
    assert.equal(patient.move(40), "flag");
    patient.putBack();
  }
});

test("move judge: two stalls beyond the allowance are put back, a third within the window is a lag switch", () => {
  const stall = (client: Client) => {
    client.moves(20, STEP);
    const grade = client.move(STEP * 40, 4_000);
    client.putBack();
    return `${grade} ${client.why}`;
  };
  const client = new Client();
  assert.deepEqual(
    [stall(client), stall(client), stall(client)],
    ["correct stall", "correct stall", "flag stall+lagSwitch"],
  );
  const rarely = new Client();
  for (let i = 0; i < 5; i++) {
    rarely.moves(400, STEP);
    assert.equal(stall(rarely), "correct stall");
  }
});

test("move judge: a slower mode is not held against one who hears of it late; afterwards it is", () => {
  const client = new Client();
  client.judge.setMode(1, client.ms);
  assert.deepEqual(client.moves(50, STEP * 3), only("accept"));
  client.judge.setMode(0, client.ms);
  assert.deepEqual(client.moves(9, STEP * 3), only("accept"));
  assert.ok(client.moves(10, STEP * 3).has("flag"));
});

test("move judge: a knock-back of 6 units is legal whenever it is made within its time", () => {
  for (const lateMs of [0, 400, 800]) {
    const client = new Client();
    client.moves(20, STEP);
    client.judge.allowWay(6, 0, 300, client.ms);
    client.moves(lateMs / 100, STEP);
    assert.deepEqual(client.moves(4, STEP + 1.4), only("accept"), `${lateMs} ms late`);
  }
});

test("move judge: what a gate held up while it slept is accepted, also 5 s of it; and is not a stall", () => {
  const client = new Client();
  client.moves(20, STEP);
  client.ms += 5_000;
  client.judge.forgive(5_000);
  assert.deepEqual(client.moves(50, STEP, 0), only("accept"));
  assert.deepEqual(client.moves(100, STEP), only("accept"));
  assert.equal(client.judge.correctCount, 0);
});

test("move judge: a gate whose clock stood still with it makes nobody a cheat", () => {
  const client = new Client();
  client.moves(20, STEP);
  client.judge.forgive(8_000);
  assert.equal(client.move(STEP * 80, 100), "accept");
});

test("move judge: a new client begins new windows, by whatever clock its gate has", () => {
  const client = new Client();
  client.moves(20, STEP);
  assert.equal(client.move(40), "flag");
  client.judge.handleNewClient();
  client.ms = 50;
  client.number = 0;
  client.placement = 7;
  client.x = 0;
  client.judge.place(7, 0, 0, 0, client.ms);
  assert.deepEqual(client.moves(30, STEP), only("accept"));
  assert.equal(client.move(40), "flag");
});

test("move judge: restored from a snapshot that went through JSON it goes on exactly as the first", () => {
  const client = new Client();
  client.moves(40, STEP * 1.02);
  const twin = new MoveJudge(client.judge.thresholds, limitsOf(RULES), 0);
  twin.restore(JSON.parse(JSON.stringify(client.judge.snapshot())));
  for (let i = 0; i < 100; i++) {
    const grade = client.move(STEP * (i % 7 === 0 ? 1.9 : 1.01), 100 + ((i * 37) % 50));
    assert.equal(twin.move(client.ms, client.number, client.placement, client.x, 0, 0), grade);
  }
  assert.deepEqual(twin.snapshot(), client.judge.snapshot());
});
