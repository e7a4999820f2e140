/** The whole cluster in one process, under virtual time: nothing to start, nothing to wait for, and the same every time. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Client, type ClientEntity, SimulatedCluster } from "aeon-engine/testing";
import type { Account } from "../src/account.js";
import type { Avatar } from "../src/avatar.js";
import { world } from "../src/world.js";

async function logIn(cluster: SimulatedCluster, name: string): Promise<Client> {
  const client = cluster.client(name);
  await cluster.settle(client.connect(), 10_000);
  await cluster.settle((client.own as ClientEntity<Account>).call.login(name), 10_000);
  assert.ok(await cluster.runUntil(() => client.own?.typeName === "Avatar", 10_000), `${name} has an avatar`);
  return client;
}

test("avatar: what one says is heard by those who are near, and greetings are counted", async () => {
  const cluster = new SimulatedCluster(world, { seed: 1 });
  cluster.startAll();
  assert.ok(await cluster.runUntil(() => cluster.isOpen, 10_000), "the cluster opens");
  const ann = await logIn(cluster, "Ann");
  const bob = await logIn(cluster, "Bob");
  const heard: string[] = [];
  bob.on("call", (entity, _method, args) => heard.push(`${entity.get("name")}: ${args[1]}`));

  const avatar = ann.own as ClientEntity<Avatar>;
  avatar.send.say("Hello there");
  avatar.send.say("nice pond");
  await cluster.run(500);

  assert.deepEqual(heard, ["Ann: Hello there", "Ann: nice pond"]);
  assert.equal(avatar.props.greetings, 1);
  cluster.stop();
});
