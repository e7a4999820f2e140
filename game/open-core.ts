/** A sync core as the configuration wants it; the same for every driver. */
import type { Log } from "../engine/base/log.js";
import type { Metrics } from "../engine/base/metrics.js";
import type { AeonConfig } from "../engine/config/config.js";
import type { DefinitionTable } from "../engine/property/definition.js";
import { SyncCore, type SyncOutput } from "./sync/sync-core.js";

/** Side of an AOI cell, of the usual view radius. */
const CELL_SHARE = 1 / 3;

export function openCore(
  config: AeonConfig["game"],
  definitions: DefinitionTable,
  out: SyncOutput,
  metrics: Metrics,
  log: Log,
): SyncCore {
  return new SyncCore({
    definitions,
    out,
    metrics,
    log,
    tickMs: config.tickMs,
    cellSize: config.viewRadius * CELL_SHARE,
    viewShape: config.viewShape,
    rates: { halfRateFrom: config.viewHalfRateFrom, quarterRateFrom: config.viewQuarterRateFrom },
    viewCheckIntervalMs: config.viewCheckIntervalMs,
    clientWindowBytes: config.clientWindowBytes,
    clientBytesPerSecond: config.clientBytesPerSecond,
    encodesEachFlush: config.flush === "change",
  });
}
