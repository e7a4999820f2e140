import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { test } from "node:test";
import { clusterPorts, isPortFree, requirePortsFree } from "../../../cli/ports.js";
import { parseConfig } from "../../../engine/config/config.js";

test("ports: the gamemanager takes the first, gate n the one ten above and n", () => {
  const config = parseConfig({ cluster: { portBase: 9000, gates: 2 }, gate: { host: "0.0.0.0" } });
  assert.deepEqual(clusterPorts(config), [
    { host: "127.0.0.1", port: 9000 },
    { host: "0.0.0.0", port: 9011 },
    { host: "0.0.0.0", port: 9012 },
  ]);
});

test("ports: one that is taken is named", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const address = { host: "127.0.0.1", port };
  await assert.rejects(requirePortsFree([address]), { code: "CLUSTER_PORT_IN_USE", message: new RegExp(`:${port}`) });
  server.close();
  await once(server, "close");
  assert.ok(await isPortFree(address));
});
