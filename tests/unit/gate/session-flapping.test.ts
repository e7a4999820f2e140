import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../../../engine/base/random.js";
import { SimulatedNetwork } from "../../../engine/net/simulated-network.js";
import { Rig } from "./rig.js";
import { checkTalk, Speaker, Talker } from "./talkers.js";

const SEEDS = 25;
const CLIENTS = 8;
const FLAPPING_MS = 30_000;
const CALM_MS = 40_000;
const GATE = { host: "127.0.0.1", port: 7711 };

async function runSeed(seed: number): Promise<{ resumed: number }> {
  const rig = new Rig({ resumeWindowMs: 2_000 });
  const link = rig.addGame(1);
  const random = new SeededRandom(seed);
  const network = new SimulatedNetwork({ scheduler: rig.scheduler, random, latencyMinMs: 1, latencyMaxMs: 60 });
  const gateNode = network.node("gate", rig.scheduler.process("gate"));
  await gateNode.listen(GATE, (connection) => rig.core.onConnection(connection));
  const talkers = Array.from({ length: CLIENTS }, (_, i) => {
    const node = network.node(`client${i}`, rig.scheduler.process(`client${i}`));
    const gates = [`ws://${GATE.host}:${GATE.port}`];
    return new Talker({ transport: (url) => node.connectUrl(url), gates, scheduler: node.process, random });
  });
  const speaker = new Speaker(link);
  network.flap({ meanIntervalMs: 80, untilMs: FLAPPING_MS });
  for (let nowMs = 0; nowMs < FLAPPING_MS + CALM_MS; nowMs += 200) {
    speaker.speak();
    if (nowMs < FLAPPING_MS) for (const talker of talkers) talker.say();
    await rig.scheduler.run(nowMs + 200);
  }
  checkTalk(seed, talkers, link, speaker);
  return { resumed: rig.counter("sessions_resumed") };
}

test(`session: over flapping connections calls run at most once, packets arrive once and in order (${SEEDS} seeds)`, async () => {
  let resumed = 0;
  for (let seed = 1; seed <= SEEDS; seed++) resumed += (await runSeed(seed)).resumed;
  assert.ok(resumed > SEEDS * CLIENTS, `only ${resumed} resumed`);
});
