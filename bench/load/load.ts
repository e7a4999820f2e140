/**
 * The load: many players in one process, each moving ten times a second, all at once (bunched) or spread evenly (uniform). Driven by
 * lines on standard input, so that servers, load and probes measure the same seconds:
 *
 *   node dist/bench/load/load.js --target aeon|colyseus --port P --clients N --first I --places M --phases bunched|uniform
 *   → {"event":"ready",…}    ← go    ← stop    → {"event":"summary",…}, and it ends; by itself after two minutes
 */
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { AeonPlayer } from "./aeon-player.js";
import { ColyseusPlayer } from "./colyseus-player.js";
import type { LoadPlayer } from "./load-player.js";

const MOVE_INTERVAL_MS = 100;
/** Uniform phases: so many groups, one after the other. */
const PHASE_GROUPS = 20;
const JOINS_AT_ONCE = 20;
const LIFE_MS_MAX = 120_000;

const { values } = parseArgs({
  options: {
    target: { type: "string", default: "aeon" },
    port: { type: "string", default: "7711" },
    clients: { type: "string", default: "800" },
    first: { type: "string", default: "0" },
    places: { type: "string", default: "800" },
    phases: { type: "string", default: "uniform" },
  },
});

class Load {
  private readonly players: LoadPlayer[] = [];
  private readonly groups: number;
  private group = 0;
  private nextMs = 0;
  private begun = { ms: 0, cpu: process.cpuUsage(), states: [] as number[], bytesIn: 0 };

  constructor() {
    const target = { host: "127.0.0.1", port: Number(values.port) };
    const Player = values.target === "colyseus" ? ColyseusPlayer : AeonPlayer;
    for (let i = 0; i < Number(values.clients); i++) {
      this.players.push(new Player(target, { place: Number(values.first) + i, places: Number(values.places) }));
    }
    this.groups = values.phases === "bunched" ? 1 : PHASE_GROUPS;
  }

  async join(): Promise<void> {
    const waiting = [...this.players];
    const joinNext = async (): Promise<void> => {
      for (let player = waiting.pop(); player !== undefined; player = waiting.pop()) await player.join();
    };
    await Promise.all(Array.from({ length: JOINS_AT_ONCE }, joinNext));
    this.nextMs = performance.now();
    this.step();
  }

  begin(): void {
    const states = this.players.map((player) => player.states);
    this.begun = { ms: performance.now(), cpu: process.cpuUsage(), states, bytesIn: this.bytesIn() };
  }

  summary(): object {
    const { ms, cpu, states, bytesIn } = this.begun;
    const seconds = (performance.now() - ms) / 1_000;
    const { user, system } = process.cpuUsage(cpu);
    const rates = this.players.map((player, i) => (player.states - (states[i] ?? 0)) / seconds).sort((a, b) => a - b);
    return {
      event: "summary",
      clients: this.players.length,
      cut: this.players.filter((player) => player.isCut).length,
      stateHzMin: round(rates[0] ?? 0),
      stateHzP1: round(rates[Math.floor(rates.length / 100)] ?? 0),
      stateHzMean: round(rates.reduce((sum, rate) => sum + rate, 0) / rates.length),
      bytesPerClientPerSecond: Math.round((this.bytesIn() - bytesIn) / this.players.length / seconds),
      ownCpuPercent: round((user + system) / 10_000 / seconds),
    };
  }

  leave(): void {
    for (const player of this.players) player.leave();
  }

  private bytesIn(): number {
    return this.players.reduce((sum, player) => sum + player.bytesIn, 0);
  }

  /** One group moves; late steps are made up for, so that the rate holds. */
  private step(): void {
    for (let i = this.group; i < this.players.length; i += this.groups) this.players[i]?.move();
    this.group = (this.group + 1) % this.groups;
    this.nextMs += MOVE_INTERVAL_MS / this.groups;
    setTimeout(() => this.step(), Math.max(0, this.nextMs - performance.now()));
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

function print(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

setTimeout(() => process.exit(1), LIFE_MS_MAX).unref();
const load = new Load();
createInterface({ input: process.stdin }).on("line", (line) => {
  if (line === "go") load.begin();
  if (line !== "stop") return;
  print(load.summary());
  load.leave();
  process.exit(0);
});
await load.join();
print({ event: "ready", clients: Number(values.clients) });
