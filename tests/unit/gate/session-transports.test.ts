/**
 * The session layer over both transports at once: clients that change from WebSocket to KCP and back, whose datagrams are lost, doubled,
 * late and out of order, whose address changes under them, and whose lines are cut, noticed or not.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SeededRandom } from "../../../engine/base/random.js";
import { SealKind } from "../../../engine/net/seal.js";
import { SimulatedNetwork } from "../../../engine/net/simulated-network.js";
import type { Connection } from "../../../engine/net/transport.js";
import { GATE_ADDRESS, type RigClient, UdpRig } from "../net/udp-rig.js";
import { Rig } from "./rig.js";
import { checkTalk, Speaker, Talker } from "./talkers.js";

const SEEDS = Number(process.env.AEON_SEEDS ?? 12);
const CLIENTS = 6;
const BAD_MS = 25_000;
const CALM_MS = 45_000;
const STEP_MS = 200;
const WS_URL = `ws://${GATE_ADDRESS.host}:${GATE_ADDRESS.port}`;
const KCP_URL = `kcp://${GATE_ADDRESS.host}:${GATE_ADDRESS.port}`;

interface Tally {
  resumed: number;
  switched: number;
  moved: number;
}

class MixedWorld {
  readonly rig = new Rig({ resumeWindowMs: 4_000, clientTimeoutMs: 2_000, heartbeatIntervalMs: 500 });
  readonly random: SeededRandom;
  readonly network: SimulatedNetwork;
  readonly udp: UdpRig;
  switched = 0;
  private readonly lines: (RigClient | null)[] = new Array<RigClient | null>(CLIENTS).fill(null);

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    const { scheduler } = this.rig;
    this.network = new SimulatedNetwork({ scheduler, random: this.random, latencyMinMs: 1, latencyMaxMs: 60 });
    this.udp = new UdpRig({
      seed,
      scheduler,
      weather: { latencyMinMs: 2, latencyMaxMs: 80, doubled: 0.05 },
      onConnection: (connection) => this.rig.core.onConnection(connection),
    });
    this.rig.core.ownAddresses = [WS_URL, KCP_URL];
  }

  async listen(): Promise<void> {
    const node = this.network.node("gate", this.rig.scheduler.process("gate"));
    await node.listen(GATE_ADDRESS, (connection) => this.rig.core.onConnection(connection));
  }

  /** Each time it dials it takes the one or the other. */
  talker(index: number): Talker {
    const node = this.network.node(`client${index}`, this.rig.scheduler.process(`client${index}`));
    let lastScheme = "";
    const transport = (url: string): Connection => {
      const isUdp = this.random.next() < 0.5;
      const scheme = isUdp ? "kcp" : "ws";
      if (lastScheme !== "" && lastScheme !== scheme) this.switched++;
      lastScheme = scheme;
      if (!isUdp) return node.connectUrl(url.replace("kcp:", "ws:"));
      const seals = Object.values(SealKind);
      const line = this.udp.client({ sealKind: seals[index % seals.length] as SealKind, host: `198.51.100.${index}` });
      this.lines[index] = line;
      return line.connection;
    };
    return new Talker({ transport, gates: [WS_URL, KCP_URL], scheduler: node.process, random: this.random });
  }

  /** Something happens to one client's UDP line, and the weather changes. */
  disturb(): void {
    const { random, udp } = this;
    udp.network.weather.lost = random.next() < 0.3 ? 0.3 * random.next() : 0;
    const line = this.lines[Math.floor(random.next() * CLIENTS)];
    if (line === null || line === undefined || line.connection.state !== "open") return;
    const dice = random.next();
    if (dice < 0.3)
      line.socket.move({ host: `203.0.113.${1 + Math.floor(random.next() * 250)}`, port: random.u32() % 60_000 });
    else if (dice < 0.5) this.cutFor(line, random.next() * 4_000);
    else if (dice < 0.6) line.connection.close("a cut that is noticed");
  }

  calm(): void {
    this.udp.network.weather.lost = 0;
  }

  private cutFor(line: RigClient, ms: number): void {
    line.socket.isCut = true;
    this.rig.scheduler.setTimer(ms, () => {
      line.socket.isCut = false;
    });
  }
}

async function runSeed(seed: number): Promise<Tally> {
  const world = new MixedWorld(seed);
  const { rig, network } = world;
  const link = rig.addGame(1);
  await world.listen();
  const talkers = Array.from({ length: CLIENTS }, (_, i) => world.talker(i));
  const speaker = new Speaker(link);
  network.flap({ meanIntervalMs: 700, untilMs: BAD_MS });
  for (let nowMs = 0; nowMs < BAD_MS + CALM_MS; nowMs += STEP_MS) {
    speaker.speak();
    if (nowMs < BAD_MS) {
      for (const talker of talkers) talker.say();
      world.disturb();
    } else world.calm();
    await rig.scheduler.run(nowMs + STEP_MS);
  }
  checkTalk(seed, talkers, link, speaker);
  assert.deepEqual(world.udp.errors, [], `seed ${seed}`);
  return { resumed: rig.counter("sessions_resumed"), switched: world.switched, moved: world.udp.counter("moved") };
}

test(`session: over WebSocket and KCP by turns, on bad lines, calls run at most once, packets arrive once and in order (${SEEDS} seeds)`, async () => {
  const tally: Tally = { resumed: 0, switched: 0, moved: 0 };
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { resumed, switched, moved } = await runSeed(seed);
    tally.resumed += resumed;
    tally.switched += switched;
    tally.moved += moved;
  }
  assert.ok(tally.resumed > SEEDS * CLIENTS, `only ${tally.resumed} resumed`);
  assert.ok(tally.switched > SEEDS * CLIENTS, `only ${tally.switched} switched`);
  assert.ok(tally.moved > SEEDS * 2, `only ${tally.moved} moved`);
});
