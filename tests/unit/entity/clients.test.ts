import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { ByteReader, ByteWriter } from "../../../engine/base/bytes.js";
import type { EntityWithClient } from "../../../engine/entity/client-registry.js";
import type { ServerEntity } from "../../../engine/entity/server-entity.js";
import type { Space } from "../../../engine/index.js";
import { UpstreamBody } from "../../../engine/protocol/client-link.js";
import { encodeMessage } from "../../../engine/protocol/message.js";
import { cast, type Hero, note, notes, play, rehearse } from "./cast.js";
import { CLIENT, GATE, type Op, OTHER_GATE, TestCluster, type TestGame } from "./rig.js";

beforeEach(rehearse);

const ALMOST_A_MINUTE_MS = 50_000;

/** A client at a gate, as its messages reach a game. */
class TestClient {
  readonly game: TestGame;
  readonly handle: number;
  bindNumber = 1;
  stampMs = 0;
  private callId = 0;

  constructor(game: TestGame, handle = 1) {
    this.game = game;
    this.handle = handle;
  }

  get arriving() {
    return { handle: this.handle, bindNumber: this.bindNumber, clientId: CLIENT, definitionsHash: "h" };
  }

  connect(): EntityWithClient {
    this.game.host.handleClientConnected(GATE, this.arriving);
    return this.game.host.clients.find(GATE, this.handle, this.bindNumber) as EntityWithClient;
  }

  bindTo(entity: ServerEntity): void {
    this.game.host.handleClientBound(GATE, this.arriving, entity.id);
  }

  /** Calls by name; returns the number of the call. */
  call(type: string, name: string, args: readonly number[] = [], target = 0, generation = 0): number {
    const method = this.game.host.definitionOf(type).methods.find((each) => each.name === name)?.id ?? 0;
    return this.callNumber(method, args, target, generation);
  }

  callNumber(method: number, args: readonly number[] = [], target = 0, generation = 0): number {
    const callId = ++this.callId;
    const writer = new ByteWriter();
    const message = { target, generation, method, callId, arguments: Uint8Array.from(args) };
    encodeMessage(writer, UpstreamBody.entityCall, message);
    this.say(writer.copy());
    return callId;
  }

  move(moveNumber: number, x: number, z: number): void {
    const writer = new ByteWriter();
    encodeMessage(writer, UpstreamBody.entityMove, { moveNumber, placement: this.placement, x, y: 0, z, yaw: 0 });
    this.say(writer.copy());
  }

  /** Of the last moveCorrect. */
  get placement(): number {
    return (this.game.ops.named("moveCorrect").at(-1)?.[3] as number | undefined) ?? 0;
  }

  /** What it was told because a move was refused. */
  get corrections(): unknown[][] {
    return this.game.ops
      .named("moveCorrect")
      .map((op) => op.slice(1))
      .filter(([, , , cause]) => cause === "corrected");
  }

  say(payload: Uint8Array): void {
    this.game.host.clients.handleMessage(GATE, this.handle, this.bindNumber, this.stampMs, payload);
  }

  /** [code, first bytes of what came with it] per answered call. */
  replies(): Map<number, readonly [code: string, payload: Uint8Array]> {
    const ops = this.game.ops.named("clientReply") as [string, number, number, string, Uint8Array][];
    return new Map(ops.map(([, , callId, code, payload]) => [callId, [code, payload]]));
  }

  codeOf(callId: number): string | undefined {
    return this.replies().get(callId)?.[0];
  }

  textOf(callId: number): string {
    return new ByteReader(this.replies().get(callId)?.[1] ?? new Uint8Array(0)).text();
  }

  get kicks(): unknown[][] {
    return this.game.saidToGate("kick");
  }

  get refusals(): number {
    return this.game.saidToGate("refuse").length;
  }
}

const words = (text: string) => [text.length, ...new TextEncoder().encode(text)];

function setUp(options: ConstructorParameters<typeof TestCluster>[1] = {}) {
  const cluster = new TestCluster(cast, options);
  const game = cluster.game(1);
  const client = new TestClient(game);
  const hero = game.host.spawn("Hero", {}) as Hero;
  client.bindTo(hero);
  return { cluster, game, host: game.host, client, hero };
}

test("connect: a new client gets an account entity, which may be called before login", async () => {
  const { cluster, game } = setUp();
  const client = new TestClient(game, 5);
  const account = client.connect();
  assert.equal(account.typeName, "Account");
  const [attach] = game.ops.named("clientAttach").slice(-1) as [Op];
  assert.deepEqual(attach.slice(1), [account.$.slot, GATE, 5, 1, "h"]);
  const call = client.call("Account", "login", words("ann"));
  await cluster.run();
  assert.deepEqual([client.codeOf(call), client.textOf(call)], ["", "welcome ann"]);
});

test("connect: a client whose account could not be made is closed, and nothing of it stays", () => {
  const { game, host } = setUp();
  play.accountCreate = () => {
    throw new Error("no");
  };
  const count = host.clients.count;
  game.ops.clear();
  assert.equal(new TestClient(game, 6).connect(), undefined);
  assert.deepEqual(game.saidToGate("kick"), [[6, 1, "ENTITY_CREATE_FAILED", ""]]);
  assert.equal(host.clients.count, count);
  assert.deepEqual(game.ops.named("clientAttach"), []);
});

test("bind: to an entity that is gone, in quarantine or has no client closes the client", async () => {
  const { cluster, game, host } = setUp({ quarantineThrows: 1 });
  const gone = host.spawn("Hero", {});
  await gone.destroy();
  const sick = host.spawn("Hero", {}) as Hero;
  play.attached = () => {
    throw new Error("oops");
  };
  new TestClient(game, 8).bindTo(sick);
  for (const entity of [gone, sick, host.spawn("Actor", {})]) new TestClient(game, 9).bindTo(entity);
  await cluster.run();
  assert.deepEqual(
    game.saidToGate("kick").map(([handle, , code]) => [handle, code]),
    Array(3).fill([9, "RPC_ENTITY_GONE"]),
  );
});

test("access: exposed is for the own client, and the caller is the session's entity", async () => {
  const { cluster, client } = setUp();
  const call = client.call("Hero", "say", words("hi"));
  await cluster.run();
  assert.deepEqual([client.codeOf(call), client.textOf(call)], ["", "I: hi"]);
  assert.equal(client.refusals, 0);
});

/** Two heroes that stand together in a room; `client` is the first one's. */
function together() {
  const set = setUp();
  const room = set.host.spawn("Room", { values: { spaceName: "den" } }) as Space;
  const other = set.host.spawn("Hero", {}) as Hero;
  set.hero.enterSpace(room, { x: 0, y: 0, z: 0, yaw: 0 });
  other.enterSpace(room, { x: 5, y: 0, z: 0, yaw: 0 });
  const [enter] = set.game.ops.named("spaceEnter").filter(([, slot]) => slot === other.$.slot) as [Op];
  const [shortId, generation] = [enter[3] as number, enter[4] as number];
  return { ...set, room, other, shortId, generation };
}

test("access: exposedToView is for clients that see the entity; it learns who calls", async () => {
  const { cluster, client, hero, shortId, generation } = together();
  const call = client.call("Hero", "wave", [], shortId, generation);
  await cluster.run();
  assert.equal(client.codeOf(call), "");
  const { readEntityId } = await import("../../../engine/base/ids.js");
  assert.equal(readEntityId(new ByteReader(client.replies().get(call)?.[1] as Uint8Array)), hero.id);
});

test("access: what is exposed to the own client only, to servers, to strangers or is a client's method is refused", async () => {
  const { cluster, client, shortId, generation } = together();
  const calls = [
    client.call("Hero", "say", words("hi"), shortId, generation),
    client.call("Hero", "heal", [1, 0]),
    client.call("Hero", "peek"),
    client.call("Hero", "onSay", words("x")),
    client.call("Account", "login", words("x")),
  ];
  await cluster.run();
  const codes = [...Array(4).fill("RPC_NOT_EXPOSED"), "RPC_UNKNOWN"];
  assert.deepEqual(
    calls.map((call) => client.codeOf(call)),
    codes,
  );
  assert.equal(client.refusals, 5);
  assert.deepEqual(client.kicks, []);
  assert.deepEqual(notes.includes("peeked"), false);
});

test("access: an account's exposed methods are its own client's, too", async () => {
  const { cluster, game } = setUp();
  const client = new TestClient(game, 5);
  client.connect();
  client.call("Account", "settings");
  await cluster.run();
  assert.ok(notes.includes("settings"));
});

test("visibility: a short id that is out of sight, of an earlier holder, or nobody's is refused", async () => {
  const { cluster, client, other, shortId, generation, room } = together();
  const stale = client.call("Hero", "wave", [], shortId, (generation + 1) % 256);
  const nobody = client.call("Hero", "wave", [], shortId + 40, 0);
  other.enterSpace(room, { x: 5_000, y: 0, z: 0, yaw: 0 });
  const far = client.call("Hero", "wave", [], other.$.shortId, generation);
  await other.destroy();
  const gone = client.call("Hero", "wave", [], shortId, generation);
  await cluster.run();
  assert.deepEqual(
    [stale, nobody, far, gone].map((call) => client.codeOf(call)),
    Array(4).fill("RPC_NOT_VISIBLE"),
  );
  assert.equal(client.refusals, 4);
});

for (const [what, payload, code] of [
  ["a message that ends too early", [1, 0], "CLIENT_MALFORMED"],
  ["nothing at all", [], "CLIENT_MALFORMED"],
  ["a message number that is not listed", [77, 0], "CLIENT_UNLISTED"],
  ["a message that is too large", [2, ...Array(65).fill(0)], "CLIENT_OVERSIZED"],
] as const) {
  test(`undecodable: ${what} closes that client and nothing else (${code})`, () => {
    const { game, client, host } = setUp();
    const neighbour = new TestClient(game, 2);
    neighbour.bindTo(host.spawn("Hero", {}));
    client.say(Uint8Array.from(payload));
    assert.deepEqual(client.kicks, [[1, 1, code, ""]]);
    neighbour.call("Hero", "say", words("hi"));
    assert.equal(neighbour.kicks.length, 1);
  });
}

test("undecodable: arguments that are no value of their type, or that go on behind the last, close the client", () => {
  for (const args of [
    [5, 0x61],
    [2, 0xff, 0xfe],
    [1, 0x61, 0],
  ]) {
    const { client } = setUp();
    client.call("Hero", "say", args);
    assert.deepEqual(client.kicks, [[1, 1, "CLIENT_MALFORMED", ""]], String(args));
    assert.equal(client.refusals, 0);
  }
});

test("unlisted: a method number that no type has closes the client", () => {
  const { client } = setUp();
  client.callNumber(9_998);
  assert.deepEqual(client.kicks, [[1, 1, "CLIENT_UNLISTED", ""]]);
});

test("out of range: a well-formed argument outside of what its type allows is refused with RPC_ARGUMENT", async () => {
  const { cluster, client } = setUp();
  play.count = () => note("ran");
  play.say = () => note("ran");
  const calls = [
    client.call("Hero", "count", [11, 0]),
    client.call("Hero", "count", [0, 0]),
    client.call("Hero", "say", words("sixsix")),
  ];
  await cluster.run();
  assert.deepEqual(
    calls.map((call) => client.codeOf(call)),
    Array(3).fill("RPC_ARGUMENT"),
  );
  assert.equal(client.refusals, 3);
  assert.deepEqual([client.kicks, notes.includes("ran")], [[], false]);
});

test("reply: a throw of the game's own is told by its code alone; an AeonError with its sentence", async () => {
  const { cluster, client } = setUp();
  play.say = () => {
    throw new TypeError("secret of the server");
  };
  play.count = () => "no number";
  const [threw, wrong] = [client.call("Hero", "say", words("a")), client.call("Hero", "count", [1, 0])];
  await cluster.run();
  assert.deepEqual([client.codeOf(threw), client.codeOf(wrong)], ["RPC_HANDLER_THREW", "RPC_HANDLER_THREW"]);
  assert.doesNotMatch(client.textOf(threw), /secret/);
  assert.match(client.textOf(wrong), /count returned/);
});

test("reply: none for a call that wants none, and none to a client that came later", async () => {
  const { cluster, game, hero, client } = setUp();
  let finish: (value: string) => void = () => undefined;
  play.count = () => new Promise((resolve) => (finish = resolve as never));
  client.call("Hero", "count", [1, 0]);
  const later = new TestClient(game, 2);
  later.bindTo(hero);
  finish("5");
  await cluster.run();
  assert.deepEqual(game.ops.named("clientReply"), []);
  assert.deepEqual(
    game.ops.named("clientKick").map(([, , code]) => code),
    ["CLIENT_TAKEN_OVER"],
  );
});

test("caller: is the client's entity for its own handler only, also when another runs inside it", async () => {
  const { cluster, client, hero } = setUp();
  play.say = () => hero.remote<Hero>("Hero", hero.mailbox).send.mend();
  const call = client.call("Hero", "say", words("hi"));
  await cluster.run();
  assert.deepEqual([client.textOf(call), notes.at(-1), hero.caller], ["I: hi", "mend ", ""]);
});

test("giveClientTo: the reply of the handler that gives goes out before the client does", async () => {
  const { cluster, game, hero, client, host } = setUp();
  const target = host.spawn("Hero", {}) as Hero;
  play.say = () => hero.giveClientTo(target);
  client.call("Hero", "say", words("bye"));
  await cluster.run();
  assert.deepEqual(
    game.ops.named("clientReply", "clientGive").map(([name]) => name),
    ["clientReply", "clientGive"],
  );
  assert.deepEqual(game.ops.named("clientGive")[0]?.slice(1), [hero.$.slot, 1, target.id]);
  assert.deepEqual([hero.proxy, host.clients.count], [null, 0]);
  client.bindNumber = 2;
  client.bindTo(target);
  assert.deepEqual([target.clientConnected, host.clients.count], [true, 1]);
  client.call("Hero", "say", words("hi"));
  client.bindNumber = 1;
  client.call("Hero", "say", words("old"));
  await cluster.run();
  assert.equal(game.ops.named("clientReply").length, 2);
});

test("giveClientTo: what a client sent meanwhile still comes first, and a second giving finds no client", async () => {
  const { cluster, game, hero, host } = setUp();
  const [one, two] = [host.spawn("Hero", {}), host.spawn("Hero", {})];
  hero.giveClientTo(one);
  hero.giveClientTo(two.mailbox);
  await cluster.run();
  assert.deepEqual(game.ops.named("clientGive").length, 1);
});

test("connection: cut, back, gone: the hooks say so, and by default the entity ends with its client", async () => {
  const { cluster, host, hero, game } = setUp();
  const { clients } = host;
  clients.handleConnection(GATE, 1, 1, false);
  assert.equal(hero.clientConnected, false);
  clients.handleConnection(GATE, 1, 1, true);
  assert.equal(hero.clientConnected, true);
  clients.handleLost(GATE, 1, 99, "CLIENT_SILENT");
  clients.handleLost(GATE, 1, 1, "CLIENT_SILENT");
  await cluster.run();
  assert.deepEqual(notes, ["attached", "interrupted", "resumed", "lost CLIENT_SILENT"]);
  assert.deepEqual([hero.destroyed, clients.count, host.entityCount], [true, 0, 0]);
  assert.equal(game.ops.named("clientDetach").length, 1);
});

test("connection: a gate that goes takes its clients along, and only those", async () => {
  const { cluster, game, host, hero } = setUp();
  const other = host.spawn("Hero", {}) as Hero;
  host.handleClientBound(OTHER_GATE, new TestClient(game, 1).arriving, other.id);
  host.clients.handleGateGone(GATE);
  await cluster.run();
  assert.deepEqual([hero.destroyed, other.destroyed, host.clients.count], [true, false, 1]);
});

test("connection: a client that is lost ends an entity in quarantine, which could not do so itself", async () => {
  const { cluster, host, hero, client } = setUp({ quarantineThrows: 1 });
  play.say = () => {
    throw new Error("oops");
  };
  client.call("Hero", "say", words("a"));
  await cluster.run();
  assert.equal(hero.$.life, "quarantined");
  host.clients.handleLost(GATE, 1, 1, "CLIENT_SILENT");
  await cluster.run();
  assert.deepEqual([hero.destroyed, host.entityCount], [true, 0]);
});

test("connection: a lost client is heard of although the mailbox is full", async () => {
  const { cluster, host, hero, client } = setUp({ mailboxMax: 1, handlerTimeoutMs: 6_000 });
  play.count = () => new Promise(() => undefined);
  for (let i = 0; i < 3; i++) client.call("Hero", "count", [1, 0]);
  host.clients.handleLost(GATE, 1, 1, "CLIENT_SILENT");
  await cluster.run(ALMOST_A_MINUTE_MS);
  assert.ok(hero.destroyed);
});

test("kickClient: after what was said before; the entity goes on", () => {
  const { game, hero, host } = setUp();
  game.ops.clear();
  hero.client.onSay("bye");
  hero.kickClient("out");
  hero.kickClient("again");
  assert.deepEqual(
    game.ops.ops.map(([name, , what]) => [name, what]),
    [
      ["clientCall", "own"],
      ["clientKick", "CLIENT_KICKED"],
    ],
  );
  assert.deepEqual([host.clients.count, hero.destroyed], [0, false]);
});

test("client calls: to the own client, to all, to the others; without a client the first is counted and dropped", () => {
  const { game, hero, host } = setUp();
  game.ops.clear();
  hero.client.onSay("a");
  hero.allClients.onSay("b");
  hero.otherClients.onSay("c");
  const lonely = host.spawn("Hero", {}) as Hero;
  lonely.client.onSay("d");
  lonely.allClients.onSay("e");
  assert.deepEqual(
    game.ops.named("clientCall").map(([, slot, audience, , args]) => [slot, audience, [...(args as Uint8Array)]]),
    [
      [hero.$.slot, "own", words("a")],
      [hero.$.slot, "all", words("b")],
      [hero.$.slot, "others", words("c")],
      [lonely.$.slot, "all", words("e")],
    ],
  );
  assert.equal(game.metrics.snapshot().client_calls_to_nobody_total, 1);
  assert.throws(() => hero.client.onSay(5 as never), { code: "RPC_ARGUMENT" });
});

test("move: goes where the client says, also while a handler awaits; a refused one is corrected", async () => {
  const { cluster, client, hero } = together();
  play.count = () => new Promise(() => undefined);
  client.call("Hero", "count", [1, 0]);
  client.move(1, 3, 4);
  assert.deepEqual([hero.position.x, hero.position.z], [3, 4]);
  play.move = () => false;
  client.move(2, 9, 9);
  await cluster.run();
  assert.deepEqual([hero.position.x, client.refusals], [3, 0]);
  assert.deepEqual(client.corrections, [[hero.$.slot, 1, client.placement, "corrected", 3, 0, 4, 0]]);
});

test("move: without a space nothing happens; outside of every space it is refused and corrected", () => {
  const { client, hero, room } = together();
  client.move(1, 2e6, 0);
  assert.deepEqual([hero.position.x, client.refusals, client.kicks], [0, 1, []]);
  assert.equal(client.corrections.length, 1);
  hero.leaveSpace();
  client.move(2, 1, 1);
  assert.equal(hero.space, null);
  assert.notEqual(room, null);
  assert.equal(client.corrections.length, 1);
});

test("move: a coordinate that is no number closes the client", () => {
  const { client } = together();
  client.move(1, Number.NaN, 0);
  assert.deepEqual(client.kicks, [[1, 1, "CLIENT_MALFORMED", ""]]);
});

test("move: an onMove that throws is contained, and the client is corrected", async () => {
  const { cluster, game, client, hero } = together();
  play.move = () => {
    throw new Error("oops");
  };
  client.move(1, 3, 3);
  await cluster.run();
  assert.equal(game.metrics.snapshot().entity_throws_total, 1);
  assert.deepEqual([hero.position.x, client.corrections.length], [0, 1]);
});
