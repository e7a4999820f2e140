/**
 * Writes the traces of tests/traces anew: hand-picked players of this generator, as a game would have recorded them. Run by hand, when the
 * format changes: `node dist/tests/simulation/movement/pick-traces.js tests/traces`. Traces from production are put beside them by `aeon trace export`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defaultConfig } from "../../../engine/config/config.js";
import type { TraceStretch } from "../../../engine/movement/tracer.js";
import { writeTrace } from "../../../engine/recording/trace-file.js";
import { recordedVerdict } from "../../../engine/recording/trace-replay.js";
import { cheating, honest, honestStalled } from "./cells.js";
import { burst, climb, fastClock, fly, lagSwitch, speedUp, teleport } from "./cheats.js";
import type { PlayOptions } from "./play.js";

type Extra = Partial<PlayOptions>;

const PICKED: Readonly<Record<string, readonly [about: string, play: (extra: Extra) => unknown]>> = {
  "honest-jitter": ["a fair line, jitter near 150 ms", (extra) => honest(165, extra)],
  "honest-rough": ["a bad line that loses packets, jitter above 300 ms", (extra) => honest(129, extra)],
  "honest-exceptions": [
    "mounts, dashes, knock-backs and teleports on a good line",
    (extra) => honest(91, { ...extra, exceptionsPerS: 0.3 }),
  ],
  "honest-stalled": ["the page stood still for more than the allowance", (extra) => honestStalled(39, extra)],
  "speed-1.05": ["5 % too fast", (extra) => cheating(speedUp(1.05), 3, "good", extra)],
  "speed-1.2-jitter": ["20 % too fast on a fair line", (extra) => cheating(speedUp(1.2), 5, "fair", extra)],
  "clock-1.3": ["the client's clock runs 1.3 times as fast", (extra) => cheating(fastClock(1.3), 2, "good", extra)],
  "bursts-1.5": [
    "one second in four half as fast again",
    (extra) => cheating(burst(1.5, 1_000, 3_000), 4, "good", extra),
  ],
  "teleport-20": ["20 units at once", (extra) => cheating(teleport(20, 7_000), 6, "good", extra)],
  "fly-climb": ["straight up a wall", (extra) => cheating(climb(6), 7, "good", extra)],
  fly: ["up, without anything to stand on", (extra) => cheating(fly(4), 8, "fair", extra)],
  "lag-switch": [
    "holds everything back for 3 s, again and again",
    (extra) => cheating(lagSwitch(3_000, 6_000), 9, "good", extra),
  ],
};

const folder = process.argv[2] ?? "tests/traces";
const today = defaultConfig().movement;
const whole = { ...today, traceBeforeMs: 3_600_000, traceAfterMs: 3_600_000 };

mkdirSync(folder, { recursive: true });
for (const [name, [about, play]] of Object.entries(PICKED)) {
  const stretches: TraceStretch[] = [];
  play({ seconds: 30, thresholds: whole, traces: { isAsked: true, take: (stretch) => stretches.push(stretch) } });
  const [stretch] = stretches;
  if (stretch === undefined) throw new Error(`${name} left no trace`);
  const expected = recordedVerdict(stretch.rows, stretch.count);
  const bytes = writeTrace({ ...stretch, thresholds: today }, { game: "", wallMs: 0, tickMs: 50 }, expected, about);
  writeFileSync(join(folder, `${name}.trace`), bytes);
  console.log(`${name}: ${expected.grade} ${expected.verdicts.join(", ")}, ${bytes.length} bytes`);
}
