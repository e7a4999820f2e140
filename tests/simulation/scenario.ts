import type { SimulatedCluster } from "../../testing/index.js";

/** One run by a seed; rejects with what did not hold. `watch` is handed the cluster before anything happens in it. */
export type Scenario = (seed: number, watch?: (cluster: SimulatedCluster) => void) => Promise<void>;
