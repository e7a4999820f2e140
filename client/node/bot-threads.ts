/**
 * More bots than one core carries: threads with a share each, which log in together, begin to measure when all are in, and are summed up as
 * if they were one. How long it takes to see a move is measured between bots of one thread.
 */
import { AeonError, type ErrorCode, isErrorCode } from "../../engine/base/errors.js";
import { Thread } from "../../engine/worker/thread.js";
import { type BotPlan, runBotPlan } from "./bot-plan.js";
import { type BotOptions, type BotProgress, type BotPutBack, type BotSummary, LOGINS_PER_SECOND } from "./bots.js";
import { Histogram } from "./histogram.js";

export const BOTS_PER_THREAD = 1_000;

export type ToBots = "measure" | "stop";
export type FromBots =
  | { readonly kind: "line"; readonly line: BotProgress | BotPutBack }
  | { readonly kind: "in" }
  | { readonly kind: "failed"; readonly code: string; readonly text: string }
  | ({ readonly kind: "measured" } & BotShare);

/** What a thread has measured. */
export interface BotShare {
  readonly summary: BotSummary;
  /** Of histograms. */
  readonly rtt: Uint32Array;
  readonly see: Uint32Array;
}

type Hooks = Pick<BotOptions, "onLine" | "signal">;
type BotThread = Thread<ToBots, FromBots>;

/** On this thread, or on as many as it takes. Rejects as `runBots` does, and with INTERNAL when a thread dies. */
export async function runBotThreads(plan: BotPlan, hooks: Hooks): Promise<BotSummary> {
  const plans = sharesOf(plan, BOTS_PER_THREAD);
  if (plans.length === 1) return runBotPlan(plan, hooks);
  const summary = sumUp(await new BotCrew(plans, hooks).run());
  hooks.onLine?.(summary);
  return summary;
}

/** Equal shares of the bots, of no more than `perThread` each. */
export function sharesOf(plan: BotPlan, perThread: number): BotPlan[] {
  const threads = Math.ceil(plan.count / perThread);
  return Array.from({ length: threads }, (_, i) => {
    const from = Math.floor((plan.count * i) / threads);
    const count = Math.floor((plan.count * (i + 1)) / threads) - from;
    return {
      ...plan,
      count,
      crowd: plan.crowd ?? plan.count,
      firstNumber: (plan.firstNumber ?? 1) + from,
      loginsPerSecond: (plan.loginsPerSecond ?? LOGINS_PER_SECOND) / threads,
      ...(plan.seed === undefined ? {} : { seed: plan.seed + i }),
    };
  });
}

export function sumUp(shares: readonly BotShare[]): BotSummary {
  const [rtt, see] = [new Histogram(), new Histogram()];
  for (const share of shares) {
    rtt.addBins(share.rtt);
    see.addBins(share.see);
  }
  const total = (of: (summary: BotSummary) => number): number =>
    shares.reduce((sum, each) => sum + of(each.summary), 0);
  const count = total((each) => each.count);
  return {
    event: "summary",
    count,
    loggedIn: total((each) => each.loggedIn),
    errors: total((each) => each.errors),
    disconnects: total((each) => each.disconnects),
    putBack: total((each) => each.putBack),
    rttMsP50: rtt.percentile(0.5),
    rttMsP99: rtt.percentile(0.99),
    seeMsP50: see.percentile(0.5),
    seeMsP99: see.percentile(0.99),
    bytesPerClientPerSecond: Math.round(total((each) => each.bytesPerClientPerSecond * each.count) / count),
  };
}

/** One line of what all threads have said last. */
export function sumUpProgress(lines: readonly BotProgress[]): BotProgress {
  const total = (of: (line: BotProgress) => number): number => lines.reduce((sum, each) => sum + of(each), 0);
  const errorCodes: Record<string, number> = {};
  for (const line of lines) {
    for (const [code, times] of Object.entries(line.errorCodes)) errorCodes[code] = (errorCodes[code] ?? 0) + times;
  }
  return {
    event: "progress",
    second: Math.max(...lines.map(({ second }) => second)),
    loggedIn: total((each) => each.loggedIn),
    errors: total((each) => each.errors),
    disconnects: total((each) => each.disconnects),
    seeMsP99: Math.max(...lines.map(({ seeMsP99 }) => seeMsP99)),
    errorCodes,
  };
}

class BotCrew {
  private readonly hooks: Hooks;
  private readonly threads: readonly BotThread[];
  private readonly progress: (BotProgress | undefined)[] = [];
  private readonly shares: BotShare[] = [];
  private inCount = 0;

  constructor(plans: readonly BotPlan[], hooks: Hooks) {
    this.hooks = hooks;
    const program = new URL("./bot-thread.js", import.meta.url);
    this.threads = plans.map((plan) => new Thread<ToBots, FromBots>(program, plan));
  }

  run(): Promise<BotShare[]> {
    const { signal } = this.hooks;
    const stop = (): void => this.tell("stop");
    if (signal?.aborted === true) stop();
    signal?.addEventListener("abort", stop, { once: true });
    return new Promise<BotShare[]>((resolve, reject) => {
      for (const [index, thread] of this.threads.entries()) {
        thread.onMessage = (message) => {
          if (message.kind === "failed") reject(new AeonError(codeOf(message.code), message.text));
          else this.handle(index, thread, message);
          if (this.shares.length === this.threads.length) resolve(this.shares);
        };
        thread.onEnd = (error) => {
          if (error !== null) reject(error);
        };
      }
    }).finally(() => {
      signal?.removeEventListener("abort", stop);
      stop();
    });
  }

  private handle(index: number, thread: BotThread, message: Exclude<FromBots, { kind: "failed" }>): void {
    if (message.kind === "line") this.handleLine(index, message.line);
    else if (message.kind === "in") {
      this.inCount++;
      if (this.inCount === this.threads.length) this.tell("measure");
    } else {
      thread.expectEnd();
      this.shares.push(message);
    }
  }

  /** The first thread's second is everybody's. */
  private handleLine(index: number, line: BotProgress | BotPutBack): void {
    if (line.event === "put-back") {
      this.hooks.onLine?.(line);
      return;
    }
    this.progress[index] = line;
    if (index === 0) this.hooks.onLine?.(sumUpProgress(this.progress.filter((each) => each !== undefined)));
  }

  private tell(message: ToBots): void {
    for (const thread of this.threads) thread.post(message);
  }
}

function codeOf(code: string): ErrorCode {
  return isErrorCode(code) ? code : "INTERNAL";
}
