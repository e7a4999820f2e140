/** What authors test their worlds with: a cluster under virtual time. */
export type { Client } from "../client/client.js";
export type { ClientEntity } from "../client/client-entity.js";
export {
  SimulatedCluster,
  type SimulatedClusterOptions,
  type SimulatedEvent,
  type SimulatedExit,
} from "./simulated-cluster.js";
