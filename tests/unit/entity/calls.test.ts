import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { ByteReader, ByteWriter } from "../../../engine/base/bytes.js";
import { AeonError, errorCodeOf } from "../../../engine/base/errors.js";
import type { ServerEntity } from "../../../engine/entity/server-entity.js";
import { DownstreamBody } from "../../../engine/protocol/client-link.js";
import { EntityMessage } from "../../../engine/protocol/entity-message.js";
import { encodeMessage } from "../../../engine/protocol/message.js";
import { type Actor, cast, type Hero, note, notes, play, rehearse } from "./cast.js";
import { CLIENT, GATE, OTHER_GATE, TestCluster, type TestGame } from "./rig.js";

beforeEach(rehearse);

function actorOn(game: TestGame): Actor {
  return game.host.spawn("Actor", {}) as Actor;
}

/** `other` as seen from `from`. */
function remote(from: ServerEntity, other: ServerEntity) {
  return from.remote<Actor>("Actor", other.mailbox);
}

async function codeOf(call: Promise<unknown>): Promise<string> {
  return await call.then(
    (value) => `no error but ${JSON.stringify(value)}`,
    (error) => errorCodeOf(error),
  );
}

/** A pair of actors: on one game, or on two. */
function pair(isSame: boolean) {
  const cluster = new TestCluster(cast);
  const here = cluster.game(1);
  const there = isSame ? here : cluster.game(2);
  const [a, b] = [actorOn(here), actorOn(there)];
  return { cluster, here, there, a, b, toB: remote(a, b) };
}

for (const isSame of [true, false]) {
  const where = isSame ? "same game" : "another game";

  test(`call: resolves with what the method returns (${where})`, async () => {
    const { cluster, toB } = pair(isSame);
    play.act = (self, what, data) => ({ me: self.typeName, what, data });
    const answer = toB.call.act("ask", [1, "two"]);
    await cluster.run();
    assert.deepEqual(await answer, { me: "Actor", what: "ask", data: [1, "two"] });
  });

  test(`call: what the method throws comes back, an AeonError with its code, anything else as RPC_HANDLER_THREW (${where})`, async () => {
    const { cluster, toB } = pair(isSame);
    play.act = (_, what) => {
      throw what === "coded" ? new AeonError("LOGIN_NAME_IN_USE", "bob") : new TypeError("oops");
    };
    const [coded, plain] = [toB.call.act("coded", null), toB.call.act("plain", null)];
    await cluster.run();
    assert.equal(await codeOf(coded), "LOGIN_NAME_IN_USE");
    await assert.rejects(coded, /bob/);
    assert.equal(await codeOf(plain), "RPC_HANDLER_THREW");
  });

  test(`call: a result that is not of its declared type is the method's fault, and is logged there (${where})`, async () => {
    const { cluster, there, toB } = pair(isSame);
    play.level = () => 11;
    const call = toB.call.level();
    await cluster.run();
    assert.equal(await codeOf(call), "RPC_HANDLER_THREW");
    assert.match(there.log.join("\n"), /returned what it must not.*level/);
  });

  test(`call: to an entity that is not there (${where})`, async () => {
    const { cluster, a, b, toB } = pair(isSame);
    await b.destroy();
    const call = toB.call.act("x", null);
    await cluster.run();
    assert.ok(["RPC_ENTITY_GONE", "ENTITY_DESTROYED"].includes(await codeOf(call)));
    assert.equal(a.destroyed, false);
  });

  test(`call: messages of one sender arrive in the order in which they were sent, calls and sends mixed (${where})`, async () => {
    const { cluster, toB } = pair(isSame);
    const order: string[] = [];
    play.act = (_, what) => order.push(what);
    play.quick = (_, what) => order.push(what);
    toB.send.act("1", null);
    toB.call.act("2", null);
    toB.send.quick("3");
    toB.within(50).call.act("4", null);
    await cluster.run();
    assert.deepEqual(order, ["1", "2", "3", "4"]);
  });

  test(`call: no answer in time rejects with RPC_TIMEOUT, a late one is dropped (${where})`, async () => {
    const { cluster, here, toB } = pair(isSame);
    let finish: (value: unknown) => void = () => undefined;
    play.act = () => new Promise((resolve) => (finish = resolve));
    const call = toB.within(100).call.act("slow", null);
    await cluster.run(90);
    assert.equal(here.host.router.calls.size, 1);
    await cluster.run(30);
    assert.equal(await codeOf(call), "RPC_TIMEOUT");
    finish("late");
    await cluster.run();
    assert.equal(here.host.router.calls.size, 0);
  });

  test(`call: an argument of the wrong type is refused before anything is sent (${where})`, async () => {
    const { cluster, toB } = pair(isSame);
    play.act = () => note("ran");
    assert.equal(await codeOf(toB.call.act(5 as never, null)), "RPC_ARGUMENT");
    assert.throws(() => toB.send.act("a" as never, undefined as never), { code: "RPC_ARGUMENT" });
    assert.throws(() => (toB.send.act as unknown as () => void)(), { code: "RPC_ARGUMENT" });
    await cluster.run();
    assert.deepEqual(notes, []);
  });

  test(`call: a full mailbox refuses (${where})`, async () => {
    const cluster = new TestCluster(cast, { mailboxMax: 2 });
    const here = cluster.game(1);
    const b = actorOn(isSame ? here : cluster.game(2));
    const toB = remote(actorOn(here), b);
    play.act = () => new Promise(() => undefined);
    const calls = [1, 2, 3, 4].map((n) => toB.call.act(String(n), null));
    await cluster.run();
    assert.equal(await codeOf(calls[3] as Promise<unknown>), "RPC_QUEUE_FULL");
    assert.equal(b.$.inbox.length, 2);
  });
}

test("call: the method's own time-out counts, then the one that `within` sets", async () => {
  const { cluster, toB } = pair(false);
  play.brief = () => new Promise(() => undefined);
  const start = cluster.scheduler.nowMs();
  const endOf = (call: Promise<unknown>) => call.catch(() => Math.round(cluster.scheduler.nowMs() - start));
  const ends = [endOf(toB.call.brief("")), endOf(toB.within(40).call.brief(""))];
  await cluster.run(1_000);
  assert.deepEqual(await Promise.all(ends), [300, 40]);
});

test("call: two entities that wait for each other get an error and not silence", async () => {
  const { cluster, a, b, toB } = pair(false);
  play.act = (self, what) => {
    if (what === "begin") return toB.within(200).call.act("middle", null);
    return what === "middle" ? remote(b, a).within(100).call.act("end", null) : self.id;
  };
  const call = remote(b, a).call.act("begin", null);
  await cluster.run(150);
  assert.equal(await codeOf(call), "RPC_TIMEOUT");
});

test("call: one that nobody awaits may fail without ending the process (rejected, timed out, game unknown)", async () => {
  const { cluster, a, b, toB } = pair(false);
  const unhandled: unknown[] = [];
  const listener = (reason: unknown) => unhandled.push(reason);
  process.on("unhandledRejection", listener);
  play.act = () => {
    throw new Error("nobody hears it");
  };
  toB.call.act("x", null);
  toB.within(10).call.act("y", null);
  a.remote<Actor>("Actor", { ...b.mailbox, game: 99 }).call.act("z", null);
  a.remote<Actor>("Actor", { entity: "", game: 2, gate: 0 }).call.act("nobody", null);
  a.proxyOf<Hero>("Hero", { clientId: "", gate: GATE }).call.heal(1);
  a.spawnOn(99, "Actor");
  a.spawnOn(2, "Nothing");
  a.stub<never>("Desk", "k");
  await cluster.run(6_000);
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", listener);
  assert.deepEqual(unhandled, []);
});

test("mailbox: its gate is gone, and the call says so; `send` is counted", async () => {
  const { cluster, here, a, b } = pair(false);
  cluster.gates.add(OTHER_GATE);
  const toB = a.remote<Actor>("Actor", { ...b.mailbox, gate: OTHER_GATE });
  cluster.gates.delete(OTHER_GATE);
  assert.equal(await codeOf(toB.call.act("x", null)), "MAILBOX_GATE_GONE");
  toB.send.act("x", null);
  await cluster.run();
  assert.equal(here.metrics.snapshot().entity_messages_undelivered_total, 1);
});

test("mailbox: its game is gone, and the call says so at once", async () => {
  const { cluster, here, toB } = pair(false);
  cluster.games.delete(2);
  const call = toB.call.act("x", null);
  await cluster.run(5);
  assert.equal(await codeOf(call), "MAILBOX_GAME_GONE");
  assert.equal(here.host.router.calls.size, 0);
});

test("mailbox: a game that leaves fails the calls that wait for it, and no others", async () => {
  const { cluster, here, a, toB } = pair(false);
  const other = actorOn(cluster.game(3));
  play.act = () => new Promise(() => undefined);
  const [gone, there] = [toB.call.act("x", null), remote(a, other).within(500).call.act("y", null)];
  await cluster.run(5);
  here.host.handleGameGone(2);
  assert.equal(await codeOf(gone), "MAILBOX_GAME_GONE");
  assert.equal(here.host.router.calls.size, 1);
  await cluster.run(600);
  assert.equal(await codeOf(there), "RPC_TIMEOUT");
});

test("mailbox: all that goes to one game goes through one gate while that stands", async () => {
  const cluster = new TestCluster(cast);
  cluster.gates.add(OTHER_GATE);
  const { router } = cluster.game(1).host;
  const first = router.gateTo(2);
  for (let i = 0; i < 20; i++) assert.equal(router.gateTo(2), first);
  cluster.gates.delete(first);
  const second = router.gateTo(2);
  assert.notEqual(second, first);
  cluster.gates.clear();
  assert.equal(router.gateTo(2), 0);
});

test("mailbox: the answer comes by the gate that the call went by, whichever the other game would choose", async () => {
  const { cluster, there, a, b } = pair(false);
  cluster.gates.add(OTHER_GATE);
  play.act = () => null;
  for (const gate of [GATE, OTHER_GATE]) {
    await Promise.all([a.remote<Actor>("Actor", { ...b.mailbox, gate }).call.act("x", null), cluster.run()]);
    assert.equal(there.routedBy.at(-1), gate);
  }
});

test("proxy: reaches the entity that the client is bound to, and its client", async () => {
  const { cluster, here, there, a } = pair(false);
  const hero = there.host.spawn("Hero", {}) as Hero;
  const arriving = { handle: 7, bindNumber: 1, clientId: CLIENT, definitionsHash: "" };
  there.host.handleClientBound(GATE, arriving, hero.id);
  cluster.bindings.set(CLIENT, { game: there, handle: 7, bindNumber: 1 });
  const proxy = hero.proxy;
  assert.deepEqual(proxy, { clientId: CLIENT, gate: GATE });
  const toHero = a.proxyOf<Hero>("Hero", proxy as NonNullable<typeof proxy>);
  const call = toHero.call.heal(5);
  toHero.client.onSay("hi");
  await cluster.run();
  assert.equal(await call, 105);
  const [[clientId, , body]] = here.saidToGate("toClient") as [[string, number, Uint8Array]];
  assert.equal(clientId, CLIENT);
  assert.equal(body[0], DownstreamBody.clientCall.id);
});

test("proxy: no client, no entity, no gate: each has its code", async () => {
  const { cluster, there, a } = pair(false);
  const toHero = a.proxyOf<Hero>("Hero", { clientId: CLIENT, gate: GATE });
  const noClient = toHero.call.heal(1);
  await cluster.run();
  cluster.bindings.set(CLIENT, { game: there, handle: 9, bindNumber: 1 });
  const noEntity = toHero.call.heal(1);
  await cluster.run();
  cluster.gates.clear();
  const noGate = toHero.call.heal(1);
  assert.throws(() => toHero.client.onSay("hi"), { code: "PROXY_GATE_GONE" });
  assert.deepEqual(await Promise.all([noClient, noEntity, noGate].map(codeOf)), [
    "PROXY_CLIENT_GONE",
    "RPC_ENTITY_GONE",
    "PROXY_GATE_GONE",
  ]);
  assert.equal(await codeOf(a.proxyOf<Hero>("Hero", { clientId: "", gate: GATE }).call.heal(1)), "PROXY_CLIENT_GONE");
});

test("spawnOn: creates there and answers with a mailbox that works; with a code when it does not work", async () => {
  const { cluster, there, a } = pair(false);
  play.create = (_, name) => {
    if (name === "bad") throw new Error("no");
  };
  play.act = () => "here";
  const good = a.spawnOn(2, "Actor", { values: { name: "good" } });
  const bad = a.spawnOn(2, "Actor", { values: { name: "bad" } });
  const wrong = a.spawnOn(2, "Actor", { values: { gold: "much" } });
  const unknown = a.spawnOn(2, "Dragon");
  const nowhere = a.spawnOn(2, "Stone", { space: "AAAAAAAAAAAAAAAA" });
  const noArea = a.spawnOn(1, "Actor", { space: a.id });
  await cluster.run();
  const mailbox = await good;
  assert.equal(mailbox.game, 2);
  const call = a.remote<Actor>("Actor", mailbox).call.act("x", null);
  await cluster.run();
  assert.equal(await call, "here");
  assert.deepEqual(await Promise.all([bad, wrong, unknown, nowhere, noArea].map(codeOf)), [
    "ENTITY_CREATE_FAILED",
    "PROPERTY_VALUE",
    "ENTITY_TYPE_UNKNOWN",
    "SPACE_UNKNOWN",
    "SPACE_UNKNOWN",
  ]);
  assert.equal(there.host.entityCount, 2);
});

test("receive: what another game wrote badly is dropped and counted; it costs no link", () => {
  const { there } = pair(false);
  for (const bytes of [[], [99], [1, 2, 3], [2, 1, 0, 0, 0, 200]]) {
    there.host.router.receive(1, GATE, Uint8Array.from(bytes));
  }
  assert.equal(there.metrics.snapshot().entity_messages_malformed_total, 4);
});

test("receive: a method number of another type, and arguments that do not fit, are answered with a code", async () => {
  const { cluster, here, there, a, b } = pair(false);
  const heal = cluster.registry.definitions.byName("Hero")?.methods.find(({ name }) => name === "heal")?.id ?? 0;
  const level = cluster.registry.definitions.byName("Actor")?.methods.find(({ name }) => name === "level")?.id ?? 0;
  const ask = (method: number, args: number[]) => {
    const { callId, reply } = here.host.router.calls.open("test", { game: 2, gate: 0 }, 100, () => null);
    const writer = new ByteWriter();
    const call = { entity: b.id, method, callId, arguments: Uint8Array.from(args) };
    encodeMessage(writer, EntityMessage.entityCall, call);
    there.host.router.receive(1, GATE, writer.copy());
    return reply;
  };
  const [wrongType, tooMuch] = [ask(heal, [0, 0]), ask(level, [1])];
  await cluster.run();
  assert.deepEqual([await codeOf(wrongType), await codeOf(tooMuch)], ["RPC_UNKNOWN", "RPC_ARGUMENT"]);
  assert.equal(a.destroyed, false);
});

test("remote: a wrong method name is a TypeError at the call", () => {
  const { toB } = pair(false);
  assert.throws(() => (toB.call as unknown as { nothing(): void }).nothing(), TypeError);
});

test("callers: every name that a method may have works, those of the engine's own parts too", async () => {
  const { callerClassOf } = await import("../../../engine/entity/callers.js");
  const names = ["deliver", "then", "toString", "hasOwnProperty", "constructor"];
  const method = (name: string, id: number) => ({
    id,
    name,
    args: [],
    returns: null,
    access: "client",
    reentrant: false,
  });
  const type = { id: 1, name: "T", kind: "server", properties: [], methods: names.map(method) } as const;
  const got: string[] = [];
  const caller = new (callerClassOf(type as never, "client"))((called) => got.push(called.name));
  for (const name of names) (caller as Record<string, () => void>)[name]?.();
  assert.deepEqual(got, names);
});

test("reply: a code that no longer exists is RPC_HANDLER_THREW, a value that cannot be read BYTES_MALFORMED", async () => {
  const { here } = pair(false);
  const { calls } = here.host.router;
  const way = { game: 2, gate: 0 };
  const unknown = calls.open("a", way, 100, () => null);
  calls.settle(unknown.callId, "NO_SUCH_CODE", new ByteReader(Uint8Array.of(1, 0x78)));
  const broken = calls.open("b", way, 100, (reader) => reader.u32());
  calls.settle(broken.callId, "", new ByteReader(Uint8Array.of(1)));
  assert.deepEqual([await codeOf(unknown.reply), await codeOf(broken.reply)], ["RPC_HANDLER_THREW", "BYTES_MALFORMED"]);
});
