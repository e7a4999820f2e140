/** Bots as plain data, so that a thread can be told: `aeon bots` makes it of its options. Runs them with Node's transports and clock. */
import { systemRandom } from "../../engine/base/random.js";
import { realScheduler } from "../../engine/base/real-scheduler.js";
import { askOverHttp, fetchJson, gateQuery } from "../gate-query.js";
import { NetEmulator } from "../net-emulator.js";
import { type NetPlan, runCuts } from "../net-plan.js";
import { type BotOptions, type BotSummary, runBots } from "./bots.js";
import type { TransportChoice } from "./kcp-transport.js";
import { openTransport } from "./node-transport.js";
import { askOverUdp } from "./udp-query.js";

/** See BotOptions. */
export interface BotPlan {
  readonly gates: readonly string[];
  readonly count: number;
  readonly seconds: number;
  readonly profile?: string;
  readonly seed?: number;
  readonly movesPerSecond?: number;
  readonly loginsPerSecond?: number;
  readonly crowd?: number;
  readonly firstNumber?: number;
  /** How gates at `ws://` are reached. */
  readonly via: TransportChoice;
  /** A bad line for all of a thread's bots: each frame has its own fate, a cut is everybody's. */
  readonly net?: NetPlan;
  /** Each bot asks which gate to take. */
  readonly asksGates?: boolean;
}

/** Asks gates which one to take: over HTTP, and over UDP those that are named by `kcp://`. */
export const queryGatesFromNode = gateQuery({
  "ws:": askOverHttp(fetchJson),
  "wss:": askOverHttp(fetchJson),
  "kcp:": askOverUdp,
});

/** Rejects as `runBots` does. */
export async function runBotPlan(
  plan: BotPlan,
  hooks: Pick<BotOptions, "onLine" | "signal" | "othersAreIn" | "onMeasured">,
): Promise<BotSummary> {
  const { via, net, asksGates, ...how } = plan;
  const line =
    net === undefined
      ? null
      : new NetEmulator({ conditions: { ...net.conditions }, scheduler: realScheduler, random: systemRandom });
  const stopCuts = net === undefined || line === null ? null : runCuts(line, net, realScheduler);
  try {
    return await runBots({
      ...how,
      ...hooks,
      transport: openTransport({ via, ...(line === null ? {} : { line }) }),
      ...(asksGates === true ? { query: queryGatesFromNode } : {}),
    });
  } finally {
    stopCuts?.();
  }
}
