/** How far the checks let a client go before they say something. From the configuration's section `movement`; a trace carries its own. */
import type { AeonConfig } from "../config/config.js";

export type MovementThresholds = AeonConfig["movement"];
