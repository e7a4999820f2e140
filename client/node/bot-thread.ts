/** What runs in a thread of bot-threads.ts: its share of the bots. */
import { errorCodeOf, errorText } from "../../engine/base/errors.js";
import { threadSelf } from "../../engine/worker/thread.js";
import { type BotPlan, runBotPlan } from "./bot-plan.js";
import type { FromBots, ToBots } from "./bot-threads.js";

const self = threadSelf<ToBots, FromBots>();
const stop = new AbortController();
let measure: () => void = () => undefined;
const mayMeasure = new Promise<void>((resolve) => (measure = resolve));
const bins: { rtt: Uint32Array; see: Uint32Array } = { rtt: new Uint32Array(0), see: new Uint32Array(0) };

self.onMessage((message) => (message === "measure" ? measure() : stop.abort()));
try {
  const summary = await runBotPlan(self.data as BotPlan, {
    onLine: (line) => {
      if (line.event !== "summary") self.post({ kind: "line", line });
    },
    signal: stop.signal,
    othersAreIn: () => {
      self.post({ kind: "in" });
      return mayMeasure;
    },
    onMeasured: (rtt, see) => {
      bins.rtt = rtt.toBins();
      bins.see = see.toBins();
    },
  });
  self.post({ kind: "measured", summary, ...bins });
} catch (error) {
  self.post({ kind: "failed", code: errorCodeOf(error), text: errorText(error) });
}
self.close();
