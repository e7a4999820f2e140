import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../../../../client/client.js";
import { Bot } from "../../../../client/node/bot.js";
import { Histogram } from "../../../../client/node/histogram.js";
import { SeeProbe } from "../../../../client/node/see-probe.js";
import { type Call, type FakeGate, reply, World } from "../fake-gate.js";
import {
  ACCOUNT_ID,
  Account,
  AVATAR_ID,
  Avatar,
  argumentsOf,
  definitionsBody,
  FakeEntity,
  spaceEnter,
} from "../fake-world.js";

interface Scene {
  readonly world: World;
  readonly gate: FakeGate;
  readonly bot: Bot;
  /** The names it asked for, and the errors it reported, in order. */
  readonly log: string[];
  /** What the server answers to a name; "" lets it in. */
  answer: (name: string) => string;
}

async function scene(): Promise<Scene> {
  const world = new World();
  const gate = await world.gate();
  const log: string[] = [];
  const client = new Client({
    transport: world.transport,
    gates: [gate.url],
    scheduler: world.process,
    random: world.random,
  });
  const bot = new Bot(client, "Bot1", {
    scheduler: world.process,
    random: world.random,
    probe: new SeeProbe(new Histogram(), () => world.scheduler.nowMs()),
    walks: true,
    cheats: false,
    onPutBack: () => undefined,
    movePauseMs: 0,
    sayPauseFactor: 1,
    otherName: () => "Another",
    onError: (code) => log.push(code),
  });
  const made: Scene = { world, gate, bot, log, answer: () => "" };
  let definitionsSent = false;
  gate.onSession = () => {
    const account = new FakeEntity(Account, ACCOUNT_ID).ownEnter();
    gate.say(...(definitionsSent ? [account] : [definitionsBody(), account]));
    definitionsSent = true;
  };
  gate.onCall = (call) => {
    if (call.method === 10) answerLogin(made, call);
  };
  bot.start();
  return made;
}

function answerLogin({ gate, log, answer }: Scene, call: Call): void {
  const name = String(argumentsOf(Account, call)[0]);
  log.push(name);
  const code = answer(name);
  if (code !== "") gate.say(reply(call.callId, code, (writer) => writer.text("")));
  else
    gate.say(
      reply(call.callId, "", () => undefined),
      new FakeEntity(Avatar, AVATAR_ID).ownEnter(),
      spaceEnter(),
    );
}

test("bot: it logs in and moves each time it is stepped", async () => {
  const { world, gate, bot, log } = await scene();
  await world.until(() => bot.loggedIn);
  await world.run(20);
  for (let i = 0; i < 10; i++) {
    bot.step(world.scheduler.nowMs());
    await world.run(100);
  }
  assert.deepEqual(log, ["Bot1"]);
  assert.equal(gate.moves.length, 10);
  assert.equal(new Set(gate.moves.map((move) => move.x)).size, 10, "each place can be told from the others");
});

test("bot: it takes another name when somebody else bears its own", async () => {
  const made = await scene();
  made.answer = (name) => (name === "Bot1" ? "LOGIN_NAME_IN_USE" : "");
  await made.world.until(() => made.bot.loggedIn);
  assert.deepEqual(made.log, ["Bot1", "Another"]);
});

test("bot: it waits for its own name after its session was lost", async () => {
  const made = await scene();
  await made.world.until(() => made.bot.loggedIn);
  let refusals = 3;
  made.answer = () => (refusals-- > 0 ? "LOGIN_NAME_IN_USE" : "");
  made.gate.resumes = false;
  made.world.network.cut("client", "gate1");
  await made.world.until(() => !made.bot.loggedIn);
  await made.world.until(() => made.bot.loggedIn);
  assert.deepEqual(made.log, ["Bot1", "Bot1", "Bot1", "Bot1", "Bot1"]);
});

test("bot: it tries again after any other refusal, and reports it", async () => {
  const made = await scene();
  let refusals = 1;
  made.answer = () => (refusals-- > 0 ? "RPC_TIMEOUT" : "");
  await made.world.until(() => made.bot.loggedIn);
  assert.deepEqual(made.log, ["Bot1", "RPC_TIMEOUT", "Bot1"]);
});

test("bot: it comes back when it was thrown out, and reports it", async () => {
  const made = await scene();
  await made.world.until(() => made.bot.loggedIn);
  made.gate.close("CLIENT_KICKED", "", false);
  await made.world.until(() => !made.bot.loggedIn);
  await made.world.until(() => made.bot.loggedIn);
  assert.deepEqual(made.log, ["Bot1", "CLIENT_KICKED", "Bot1"]);
});
