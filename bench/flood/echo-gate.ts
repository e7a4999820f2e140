/**
 * A gate's UDP end that answers each frame with itself: what bench/flood.bench.ts floods. Says where it listens, and what it has counted when
 * a line comes.
 */
import { createInterface } from "node:readline";
import { silentLog } from "../../engine/base/log.js";
import { Metrics } from "../../engine/base/metrics.js";
import { systemRandom } from "../../engine/base/random.js";
import { realScheduler } from "../../engine/base/real-scheduler.js";
import { parseConfig } from "../../engine/config/config.js";
import { AddressBudget } from "../../engine/net/address-budget.js";
import { nodeSeal } from "../../engine/net/node-seal.js";
import { gateKeyPair } from "../../engine/net/seal.js";
import { createUdpListener } from "../../engine/net/udp-listener.js";

const LIFE_MS_MAX = 300_000;
const SECRET = "a secret of the flood's gate";

const config = parseConfig({}).gate;
const metrics = new Metrics();
const budget = new AddressBudget(
  { ...config, windowMs: config.rateWindowMs, limitsLoopback: false },
  realScheduler.nowMs(),
);
let closed = 0;

function say(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

const listener = await createUdpListener({
  config,
  scheduler: realScheduler,
  random: systemRandom,
  primitives: nodeSeal,
  log: silentLog,
  metrics,
  staticKey: gateKeyPair(nodeSeal, SECRET),
  secret: SECRET,
  frameBytesMax: 131_072,
  admits: (host) => budget.takeHandshake(host, realScheduler.nowMs()) === null,
}).listen({ host: "127.0.0.1", port: 0 }, (connection) => {
  connection.onFrame = (frame) => connection.send(frame);
  connection.onClose = () => {
    closed++;
  };
});
realScheduler.setTimer(LIFE_MS_MAX, () => process.exit(1));
say({ event: "ready", port: listener.address.port });
createInterface({ input: process.stdin })
  .on("line", () => say({ event: "counted", closed, ...metrics.snapshot() }))
  .on("close", () => process.exit(0));
