/**
 * A bad line in one word, as `aeon bots --net` takes it: "120ms,jitter20,loss5,cut3s". Parts in any order, each once:
 *
 *   120ms        added to the round trip          0 … 10,000
 *   jitter20     ms, each way up to so much more  0 … 5,000
 *   loss5        percent of packets, each way     0 … 90, with decimals
 *   cut3s        nothing passes for 3 s, once, 10 s after the start; cut3s/30s: every 30 s        0.1 … 600
 */
import { AeonError } from "../engine/base/errors.js";
import type { Scheduler } from "../engine/base/scheduler.js";
import type { NetConditions, NetEmulator } from "./net-emulator.js";

export interface NetPlan {
  readonly conditions: Readonly<NetConditions>;
  /** 0: none. */
  readonly cutMs: number;
  /** From one cut's beginning to the next; 0: once. */
  readonly cutEveryMs: number;
}

const DELAY_MS_MAX = 10_000;
const JITTER_MS_MAX = 5_000;
const LOSS_PERCENT_MAX = 90;
const CUT_S_MIN = 0.1;
const CUT_S_MAX = 600;
const FIRST_CUT_MS = 10_000;
const SECOND_MS = 1_000;
const PERCENT = 100;
const NUMBER = "(\\d+(?:\\.\\d+)?)";

interface Part {
  readonly pattern: RegExp;
  /** Sets what it says in `draft`. Throws CONFIG_INVALID. */
  read(draft: Draft, values: readonly number[]): void;
}

interface Draft extends NetConditions {
  cutMs: number;
  cutEveryMs: number;
}

const PARTS: readonly Part[] = [
  {
    pattern: new RegExp(`^${NUMBER}ms$`),
    read: (draft, [value = 0]) => {
      draft.delayMs = within(value, 0, DELAY_MS_MAX, "the delay in ms");
    },
  },
  {
    pattern: new RegExp(`^jitter${NUMBER}(?:ms)?$`),
    read: (draft, [value = 0]) => {
      draft.jitterMs = within(value, 0, JITTER_MS_MAX, "the jitter in ms");
    },
  },
  {
    pattern: new RegExp(`^loss${NUMBER}%?$`),
    read: (draft, [value = 0]) => {
      draft.lossShare = within(value, 0, LOSS_PERCENT_MAX, "the loss in percent") / PERCENT;
    },
  },
  {
    pattern: new RegExp(`^cut${NUMBER}s(?:/${NUMBER}s)?$`),
    read: (draft, [value = 0, every]) => {
      draft.cutMs = within(value, CUT_S_MIN, CUT_S_MAX, "the cut in s") * SECOND_MS;
      draft.cutEveryMs =
        every === undefined ? 0 : within(every, value, CUT_S_MAX, "the time between cuts in s") * SECOND_MS;
    },
  },
];

/** Throws CONFIG_INVALID with what is wrong. */
export function parseNetPlan(text: string): NetPlan {
  const draft: Draft = { delayMs: 0, jitterMs: 0, lossShare: 0, cutMs: 0, cutEveryMs: 0 };
  const seen = new Set<Part>();
  for (const word of text.split(",")) {
    const part = PARTS.find(({ pattern }) => pattern.test(word.trim()));
    if (part === undefined) {
      throw new AeonError("CONFIG_INVALID", `"${word}" is none of 120ms, jitter20, loss5, cut3s or cut3s/30s`);
    }
    if (seen.has(part)) throw new AeonError("CONFIG_INVALID", `"${word}" says again what was said before`);
    seen.add(part);
    const [, ...values] = part.pattern.exec(word.trim()) as RegExpExecArray;
    part.read(draft, values.filter((value) => value !== undefined).map(Number));
  }
  const { cutMs, cutEveryMs, ...conditions } = draft;
  return { conditions, cutMs, cutEveryMs };
}

/** Cuts the line as planned, until the function that it returns is called. */
export function runCuts(line: NetEmulator, { cutMs, cutEveryMs }: NetPlan, scheduler: Scheduler): () => void {
  if (cutMs === 0) return () => undefined;
  const cut = (): void => {
    line.cut(cutMs);
    if (cutEveryMs > 0) timer = scheduler.setTimer(cutEveryMs, cut);
  };
  let timer = scheduler.setTimer(FIRST_CUT_MS, cut);
  return () => scheduler.clearTimer(timer);
}

function within(value: number, min: number, max: number, what: string): number {
  if (value >= min && value <= max) return value;
  throw new AeonError("CONFIG_INVALID", `${what} is ${value}, not ${min} … ${max}`);
}
