/** Which ports a cluster takes, and whether they are free. Looked at before anything is started, so that the answer is one line. */
import { createServer } from "node:net";
import { AeonError } from "../engine/base/errors.js";
import type { AeonConfig } from "../engine/config/config.js";
import type { Address } from "../engine/net/transport.js";

/** Gate n takes clients on `portBase + GATE_PORT_OFFSET + n`. */
export const GATE_PORT_OFFSET = 10;

export function clusterPorts(config: AeonConfig): Address[] {
  const { host, portBase, gates } = config.cluster;
  const gatePorts = Array.from({ length: gates }, (_, i) => portBase + GATE_PORT_OFFSET + i + 1);
  return [{ host, port: portBase }, ...gatePorts.map((port) => ({ host: config.gate.host, port }))];
}

export function isPortFree({ host, port }: Address): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Throws CLUSTER_PORT_IN_USE naming the first port that is taken. */
export async function requirePortsFree(ports: readonly Address[]): Promise<void> {
  for (const address of ports) {
    if (!(await isPortFree(address))) {
      throw new AeonError("CLUSTER_PORT_IN_USE", `${address.host}:${address.port}; choose others with --port-base`);
    }
  }
}
