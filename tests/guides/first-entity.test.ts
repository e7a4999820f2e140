/** The test of docs/guides/your-first-entity.md, which quotes its regions. */
// #region testImports
import assert from "node:assert/strict";
import { test } from "node:test";
import { type Client, type ClientEntity, SimulatedCluster } from "../../testing/index.js";
import { type Account, type Farmer, world } from "./first-entity.js";

// #endregion

// #region login
async function logIn(cluster: SimulatedCluster, name: string): Promise<Client> {
  const client = cluster.client(name);
  await cluster.settle(client.connect(), 10_000);
  const account = client.own as ClientEntity<Account>;
  await cluster.settle(account.call.login(name), 10_000);
  await cluster.runUntil(() => client.own?.typeName === "Farmer", 10_000);
  return client;
}
// #endregion

// #region test
test("farmer: what is planted ripens, is told to its client, and is worth something", async () => {
  const cluster = new SimulatedCluster(world, { seed: 1 });
  cluster.startAll();
  await cluster.runUntil(() => cluster.isOpen, 10_000);
  const client = await logIn(cluster, "Ann");
  const farmer = client.own as ClientEntity<Farmer>;
  let ripe = "";
  farmer.handle({ onRipe: (place) => (ripe = place) });
  await cluster.settle(farmer.call.plant("north", "beet"), 1_000);
  await cluster.run(100);
  assert.equal(farmer.props.coins, 4);
  await cluster.runUntil(() => ripe !== "", 10_000);
  assert.equal(ripe, "north");
  assert.equal(await cluster.settle(farmer.call.harvest("north"), 1_000), 10);
  await assert.rejects(cluster.settle(farmer.call.harvest("north"), 1_000), { code: "RPC_ARGUMENT" });
  await cluster.run(100);
  assert.equal(farmer.props.coins, 14);
  cluster.stop();
});
// #endregion
