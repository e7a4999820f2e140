/** The link host of a process, from its environment. */

import type { LinkHost } from "../net/link.js";
import { createLinkHost } from "../net/link-host.js";
import type { ProcessEnv } from "./process-env.js";

export function openLinkHost(env: ProcessEnv): LinkHost {
  const { kind, name, config, secret, transport, scheduler, random, log, metrics } = env;
  return createLinkHost({
    transport,
    scheduler,
    random,
    log,
    metrics,
    clusterName: config.cluster.name,
    secret,
    self: { kind, name, incarnation: 0 },
    config: config.link,
  });
}
