/** Probes of our own cluster: clients of the SDK, as a player's are.   node dist/bench/load/aeon-probes.js --port P --places M */
import { parseArgs } from "node:util";
import { Client, type ClientEntity } from "../../client/index.js";
import { connectWebSocket } from "../../client/node/websocket-transport.js";
import { systemRandom } from "../../engine/base/random.js";
import { realScheduler } from "../../engine/base/real-scheduler.js";
import { Ring } from "../sync/ring.js";
import { PROBE_COUNT, type Probe, ProbeRun } from "./probe-run.js";

const { values } = parseArgs({ options: { port: { type: "string" }, places: { type: "string" } } });
const places = Number(values.places);
const ring = new Ring(places);
const run = new ProbeRun();
const indexById = new Map<string, number>();

class SdkProbe implements Probe {
  readonly x: number;
  readonly z: number;
  private readonly index: number;
  private readonly client: Client;

  constructor(index: number) {
    this.index = index;
    this.x = ring.x(index);
    this.z = ring.z(index);
    this.client = new Client({
      transport: connectWebSocket,
      gates: [`ws://127.0.0.1:${values.port}`],
      scheduler: realScheduler,
      random: systemRandom,
    });
    this.client.onMoved((entity: ClientEntity) => {
      const seen = indexById.get(entity.id);
      if (seen !== undefined) run.observe(seen, entity.position.x);
    });
  }

  async join(): Promise<void> {
    const { client } = this;
    await client.connect();
    const given = new Promise<void>((resolve) => {
      client.on("own", (entity) => {
        if (entity.typeName !== "Walker") return;
        indexById.set(entity.id, this.index);
        resolve();
      });
    });
    await client.own?.call.login?.(`${this.index}/${places}`);
    await given;
  }

  move(x: number, z: number): void {
    this.client.move({ x, y: 0, z, yaw: 0 });
  }

  leave(): void {
    this.client.close();
  }
}

await run.run(Array.from({ length: PROBE_COUNT }, (_, index) => new SdkProbe(index)));
