/** The tests that docs/guides/testing.md shows, as they stand there but for where they import from. */
// #region imports
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Account } from "../../entities/account.js";
import type { Avatar } from "../../entities/avatar.js";
import { world } from "../../entities/world.js";
import { type Client, type ClientEntity, SimulatedCluster } from "../../testing/index.js";

// #endregion

// #region cluster
async function openCluster(seed: number): Promise<SimulatedCluster> {
  const cluster = new SimulatedCluster(world, { seed });
  cluster.startAll();
  assert.ok(await cluster.runUntil(() => cluster.isOpen, 10_000), "the cluster opens");
  return cluster;
}

async function logIn(cluster: SimulatedCluster, name: string): Promise<Client> {
  const client = cluster.client(name);
  await cluster.settle(client.connect(), 10_000);
  const account = client.own as ClientEntity<Account>;
  await cluster.settle(account.call.login(name), 10_000);
  await cluster.runUntil(() => client.own?.typeName === "Avatar", 10_000);
  return client;
}

/** The client's own entity with the types of the server's class. */
function avatarOf(client: Client): ClientEntity<Avatar> {
  return client.own as ClientEntity<Avatar>;
}
// #endregion

// #region first
test("avatar: what one says is heard by those who are near", async () => {
  const cluster = await openCluster(1);
  const ann = await logIn(cluster, "Ann");
  const bob = await logIn(cluster, "Bob");
  const heard: unknown[] = [];
  bob.on("call", (entity, method, args) => heard.push([entity.get("name"), method, args[1]]));

  avatarOf(ann).send.say("good morning");
  await cluster.run(500);

  assert.deepEqual(heard, [["Ann", "onSay", "good morning"]]);
  cluster.stop();
});
// #endregion

// #region inside
test("avatar: a bite shows on the client", async () => {
  const cluster = await openCluster(1);
  const ann = await logIn(cluster, "Ann");
  const id = ann.own?.id ?? "";
  const avatar = cluster.games().flatMap((game) => game.entities.entity(id) ?? [])[0];
  assert.ok(avatar !== undefined, "it lives on one of the games");

  avatar.properties.set("hp", 40);
  await cluster.run(200);

  assert.equal(ann.own?.get("hp"), avatar.properties.get("hp"));
  cluster.stop();
});
// #endregion

// #region powercut
test("avatar: a purchase that was answered survives a power cut", async () => {
  for (let seed = 1; seed <= 5; seed++) {
    const cluster = await openCluster(seed);
    const ann = await logIn(cluster, "Ann");
    const goldLeft = await cluster.settle(avatarOf(ann).call.buy("potion"), 10_000);

    cluster.killAll();
    assert.ok(await cluster.runUntil(() => cluster.isOpen, 30_000), "everything is started again");
    const annAgain = await logIn(cluster, "ann");

    assert.equal(avatarOf(annAgain).props.gold, goldLeft, `seed ${seed}`);
    cluster.stop();
  }
});
// #endregion
