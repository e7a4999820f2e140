/**
 * A client that reads nothing for 5 s and then goes on, among 300 walkers and 1,230 changes that come once each: `aeon bench stall`. How
 * many of them it never has, what waited for it, and whether another client notices. Real processes, real sockets.
 */
import { WebSocket } from "ws";
import { Client, type ClientEntity } from "../client/index.js";
import { systemRandom } from "../engine/base/random.js";
import { realScheduler } from "../engine/base/real-scheduler.js";
import type { Connection } from "../engine/net/transport.js";
import { WebSocketConnection } from "../engine/net/websocket-connection.js";
import type { BenchRun } from "./harness.js";
import { pause } from "./load/files.js";
import { residentMb } from "./load/processes.js";
import { freePortBase, startAeon } from "./load/servers.js";
import { STATUES, WALKERS } from "./world/stall-world.js";

const CHANGES = 1_230;
const STALL_MS = 5_000;
const SMALL = { changes: 123, stallMs: 1_000 };
const TICK_MS = 50;
const TIMEOUT_MS = 20_000;
const POLL_MS = 20;

export interface StallPlan {
  readonly changes: number;
  readonly stallMs: number;
  /** Of the game; 0: frames and credit go over the main link. */
  readonly workers?: number;
}

export interface StallResult {
  /** Changes that the client never had. */
  readonly missing: number;
  /** What had waited for it: bytes that came before it had all of them. */
  readonly waitedBytes: number;
  /** From when it read again until it had all. */
  readonly recoveredMs: number;
  /** The other client's longest time without a position, before the stall and during it. */
  readonly gapBeforeMs: number;
  readonly gapMs: number;
  /** Growth of all server processes during the stall. */
  readonly serverMb: number;
}

export async function bench(run: BenchRun): Promise<void> {
  if (process.platform !== "linux") throw new Error("the stall bench reads memory from /proc: Linux only");
  const plan = run.isSmall ? SMALL : { changes: CHANGES, stallMs: STALL_MS };
  const result = await runStall(plan);
  const name = `reads nothing for ${plan.stallMs / 1_000} s`;
  run.report(`${name}: of ${plan.changes} changes never seen`, "count", result.missing, 0);
  run.report(`${name}: bytes that waited`, "bytes", result.waitedBytes);
  run.report(`${name}: has all again after`, "ms", result.recoveredMs);
  run.report(`${name}: another's longest gap before`, "ms", result.gapBeforeMs);
  run.report(`${name}: another's longest gap meanwhile`, "ms", result.gapMs);
  run.report(`${name}: servers grow by`, "mb", result.serverMb);
}

export async function runStall(plan: StallPlan): Promise<StallResult> {
  const config = { game: { workers: plan.workers ?? 1 } };
  const server = await startAeon(await freePortBase(), { world: "stall-world", config });
  const onlookers: Onlooker[] = [];
  try {
    for (let i = 0; i < 2; i++) onlookers.push(await Onlooker.join(server.port));
    const [slow, other] = onlookers as [Onlooker, Onlooker];
    await pause(plan.stallMs);
    const gapBeforeMs = other.takeGap();
    const mbBefore = residentMb(server.pids);
    slow.stopReading();
    other.change(plan.changes, Math.ceil(plan.changes / (plan.stallMs / TICK_MS)));
    await pause(plan.stallMs);
    await until("the other client has all", () => other.marks === plan.changes);
    const gapMs = other.takeGap();
    const serverMb = residentMb(server.pids) - mbBefore;
    const bytesBefore = slow.client.stats.bytesIn;
    const resumedMs = performance.now();
    slow.goOn();
    await until("the slow client has all", () => slow.marks === plan.changes).catch(() => undefined);
    const recoveredMs = performance.now() - resumedMs;
    const waitedBytes = slow.client.stats.bytesIn - bytesBefore;
    return { missing: plan.changes - slow.marks, waitedBytes, recoveredMs, gapBeforeMs, gapMs, serverMb };
  } finally {
    for (const { client } of onlookers) client.close();
    await server.stop();
  }
}

class Onlooker {
  readonly client: Client;
  private socket: WebSocket | null = null;
  private movedMs = performance.now();
  private gapMs = 0;

  private constructor(port: number) {
    this.client = new Client({
      transport: (url) => this.connect(url),
      gates: [`ws://127.0.0.1:${port}`],
      scheduler: realScheduler,
      random: systemRandom,
    });
    this.client.onMoved(() => this.noteMoved());
  }

  /** Resolves when it sees everybody. */
  static async join(port: number): Promise<Onlooker> {
    const onlooker = new Onlooker(port);
    const { client } = onlooker;
    await client.connect();
    await client.own?.call.login?.();
    await until("it sees everybody", () => client.entities.size >= STATUES + WALKERS);
    return onlooker;
  }

  /** Marks that it has seen. */
  get marks(): number {
    let count = 0;
    for (const entity of this.client.entities.values()) count += marksOf(entity);
    return count;
  }

  change(count: number, perTick: number): void {
    this.client.own?.send.change?.(count, perTick);
  }

  stopReading(): void {
    this.socket?.pause();
  }

  goOn(): void {
    this.socket?.resume();
  }

  /** The longest time without a position since the last call. */
  takeGap(): number {
    const { gapMs } = this;
    this.gapMs = 0;
    this.movedMs = performance.now();
    return gapMs;
  }

  private connect(url: string): Connection {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    this.socket = socket;
    return new WebSocketConnection(socket, url);
  }

  private noteMoved(): void {
    const nowMs = performance.now();
    this.gapMs = Math.max(this.gapMs, nowMs - this.movedMs);
    this.movedMs = nowMs;
  }
}

function marksOf(entity: ClientEntity): number {
  return entity.typeName === "Statue" ? Object.keys((entity.get("marks") as object | undefined) ?? {}).length : 0;
}

async function until(what: string, holds: () => boolean): Promise<void> {
  const endMs = performance.now() + TIMEOUT_MS;
  while (!holds()) {
    if (performance.now() > endMs) throw new Error(`in vain: ${what}`);
    await pause(POLL_MS);
  }
}
