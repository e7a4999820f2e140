import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteReader, ByteWriter } from "../../../engine/base/bytes.js";
import { errorCodeOf } from "../../../engine/base/errors.js";
import { TimerWheel } from "../../../engine/base/timer-wheel.js";
import { VirtualScheduler } from "../../../engine/base/virtual-scheduler.js";
import type { ProcessEntry } from "../../../engine/cluster/member.js";
import type { Link, LinkHost, LinkState } from "../../../engine/net/link.js";
import { DatabaseToGame, GameToDatabase } from "../../../engine/protocol/database-link.js";
import { encodeMessage, type Message } from "../../../engine/protocol/message.js";
import { DatabaseClient } from "../../../game/database-client.js";

const TIMEOUT_MS = 1_000;

/** What the client has sent over one link, and what a dbmanager would answer. */
class FakeLink {
  readonly sent: { name: string; value: Record<string, unknown> }[] = [];
  state: LinkState = "connecting";
  onMessage: Link["onMessage"] = null;
  onState: Link["onState"] = null;

  send<T>(kind: Message<T>, value: T): void {
    if (this.state === "down") return;
    const name = (Object.keys(GameToDatabase) as (keyof typeof GameToDatabase)[]).find(
      (each) => (GameToDatabase[each] as unknown) === kind,
    );
    this.sent.push({ name: name ?? "", value: value as Record<string, unknown> });
  }

  get requestIds(): number[] {
    return this.sent.map(({ value }) => value.requestId as number);
  }

  answer<T>(kind: Message<T>, value: T): void {
    const writer = new ByteWriter();
    encodeMessage(writer, kind, value);
    this.onMessage?.(new ByteReader(writer.copy()));
  }

  go(state: LinkState): void {
    this.state = state;
    this.onState?.(state, "");
  }

  close(): void {
    this.go("down");
  }
}

function setUp() {
  const scheduler = new VirtualScheduler();
  const links: FakeLink[] = [];
  const host = {
    dial: () => {
      links.push(new FakeLink());
      return links.at(-1);
    },
  } as unknown as LinkHost;
  const client = new DatabaseClient(host, new TimerWheel(scheduler), TIMEOUT_MS);
  const run = (ms: number) => scheduler.run(scheduler.nowMs() + ms);
  return { client, links, run };
}

const manager = (incarnation: number) => ({ incarnation, host: "h", linkPort: 1 }) as ProcessEntry;
const found = (requestId: number) => ({
  requestId,
  found: true,
  epoch: 3,
  schemaVersion: 1,
  value: Uint8Array.of(1, 2),
});
const put = (value = Uint8Array.of(1), key = "k") => ({
  collection: "A",
  key,
  expectedEpoch: 1,
  epoch: 1,
  schemaVersion: 1,
  value,
});

test("database client: each answer goes to its request, in any order", async () => {
  const { client, links } = setUp();
  client.use(manager(7));
  const [link] = links as [FakeLink];
  const [load, missing, wrote] = [client.load("A", "k"), client.load("A", "none"), client.put(put())];
  await null;
  const [first, second, third] = link.requestIds as [number, number, number];
  link.answer(DatabaseToGame.documentsPutDone, { requestId: third, codes: ["STORE_EPOCH_STALE"] });
  link.answer(DatabaseToGame.documentLoaded, { ...found(second), found: false, value: new Uint8Array(0) });
  link.answer(DatabaseToGame.documentLoaded, found(first));
  assert.deepEqual(await load, { epoch: 3, schemaVersion: 1, value: Uint8Array.of(1, 2) });
  assert.deepEqual([await missing, await wrote], [null, "STORE_EPOCH_STALE"]);
});

test("database client: a request that failed rejects with its code, an unknown one with STORE_FAILED", async () => {
  const { client, links } = setUp();
  client.use(manager(7));
  const loads = [client.load("A", "k"), client.load("A", "k")].map((load) => load.catch(errorCodeOf));
  await null;
  const [link] = links as [FakeLink];
  const [first, second] = link.requestIds as [number, number];
  link.answer(DatabaseToGame.requestFailed, { requestId: first, code: "STORE_UNAVAILABLE", reason: "r" });
  link.answer(DatabaseToGame.requestFailed, { requestId: second, code: "NEW_CODE", reason: "r" });
  assert.deepEqual(await Promise.all(loads), ["STORE_UNAVAILABLE", "STORE_FAILED"]);
});

test("database client: what is under way goes to the successor of a dead dbmanager, once each", async () => {
  const { client, links, run } = setUp();
  const early = client.load("A", "early");
  client.use(manager(7));
  client.use(manager(7));
  const late = client.load("A", "late");
  await null;
  assert.equal(links.length, 1);
  assert.equal(links[0]?.sent.length, 2);
  client.use(undefined);
  client.use(manager(8));
  await run(2);
  assert.equal(links.length, 2);
  const successor = links[1] as FakeLink;
  assert.deepEqual(
    successor.sent.map(({ value }) => value.key),
    ["early", "late"],
  );
  for (const requestId of successor.requestIds) successor.answer(DatabaseToGame.documentLoaded, found(requestId));
  assert.deepEqual([(await early)?.epoch, (await late)?.epoch], [3, 3]);
  await run(TIMEOUT_MS * 2);
  assert.equal(links.length, 2);
});

test("database client: a link that goes down while its dbmanager is still listed is dialled again", async () => {
  const { client, links, run } = setUp();
  let ups = 0;
  client.onUp = () => ups++;
  client.use(manager(7));
  links[0]?.go("up");
  assert.ok(client.isUp);
  links[0]?.go("interrupted");
  assert.ok(client.isUp);
  const load = client.load("A", "k");
  await null;
  links[0]?.go("down");
  assert.ok(!client.isUp);
  await run(600);
  links[1]?.go("up");
  links[1]?.answer(DatabaseToGame.documentLoaded, found(links[1]?.requestIds[0] ?? 0));
  assert.equal((await load)?.epoch, 3);
  assert.equal(ups, 2);
});

test("database client: no answer in time is STORE_UNAVAILABLE, and a late one finds nobody", async () => {
  const { client, links, run } = setUp();
  client.use(manager(7));
  const load = client.load("A", "k").catch(errorCodeOf);
  await run(TIMEOUT_MS + 10);
  assert.equal(await load, "STORE_UNAVAILABLE");
  links[0]?.answer(DatabaseToGame.documentLoaded, found(links[0].requestIds[0] ?? 0));
});

test("database client: what the protocol has no room for is refused and never sent: it would take the link down", async () => {
  const { client, links } = setUp();
  client.use(manager(7));
  const codes = [
    client.load("A", "x".repeat(257)),
    client.load("A", "ä".repeat(129)),
    client.load("A".repeat(65), "k"),
    client.put(put(new Uint8Array(8 * 1024 * 1024 + 1))),
    client.put(put(Uint8Array.of(1), "x".repeat(300))),
  ].map((request) => (request as Promise<unknown>).catch(errorCodeOf));
  assert.deepEqual(await Promise.all(codes), Array(5).fill("STORE_FAILED"));
  assert.deepEqual(links[0]?.sent, []);
});
