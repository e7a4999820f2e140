/** What an avatar has is there again after the cluster was ended, in order or not. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { ClientEntity } from "../../client/index.js";
import { createNodeClient } from "../../client/node/index.js";
import type { Account } from "../../entities/account.js";
import type { Avatar } from "../../entities/avatar.js";
import { SHOP_ITEMS } from "../../entities/world-map.js";
import { noSignals, TestCluster, until } from "./cluster.js";

const START_GOLD = 20;
const [{ item, price }] = SHOP_ITEMS;

async function connected(t: TestContext, cluster: TestCluster) {
  const client = createNodeClient({ gates: [`ws://127.0.0.1:${cluster.portBase + 11}`] });
  t.after(() => client.close());
  await client.connect();
  return client;
}

async function loggedIn(t: TestContext, cluster: TestCluster, name: string) {
  const client = await connected(t, cluster);
  await (client.own as ClientEntity<Account>).call.login(name);
  await until("the client has its avatar", () => client.own?.typeName === "Avatar");
  return { client, avatar: client.own as unknown as ClientEntity<Avatar> };
}

async function goldOf(t: TestContext, cluster: TestCluster, name: string): Promise<unknown> {
  const { avatar } = await loggedIn(t, cluster, name);
  return avatar.get("gold");
}

test("persistence: what was bought is paid for after down and up", async (t) => {
  const cluster = new TestCluster(t);
  await cluster.up();
  const { client, avatar } = await loggedIn(t, cluster, "Anna");
  assert.equal(await avatar.call.buy(item), START_GOLD - price);
  client.close();
  assert.equal((await cluster.aeon("down")).status, 0);
  await cluster.up();
  assert.equal(await goldOf(t, cluster, "Anna"), START_GOLD - price);
});

test("persistence: what was saved on request survives a kill -9 of everything at once", {
  skip: noSignals,
}, async (t) => {
  const cluster = new TestCluster(t);
  await cluster.up();
  const { client, avatar } = await loggedIn(t, cluster, "Bert");
  assert.equal(await avatar.call.buy(item), START_GOLD - price);
  await cluster.killAll();
  client.close();
  await cluster.up();
  assert.equal(await goldOf(t, cluster, "Bert"), START_GOLD - price);
});

test("persistence: a name in use is refused with a code, and free again when its client has left", async (t) => {
  const cluster = new TestCluster(t);
  await cluster.up();
  const { client } = await loggedIn(t, cluster, "Cora");
  const second = await connected(t, cluster);
  const login = () => (second.own as ClientEntity<Account>).call.login("cora");
  await assert.rejects(login(), { code: "LOGIN_NAME_IN_USE" });
  client.close();
  await until("the name is free", async () => {
    if (second.own?.typeName === "Account") await login().catch(() => undefined);
    return second.own?.typeName === "Avatar";
  });
});
