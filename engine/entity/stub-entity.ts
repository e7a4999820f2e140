/**
 * StubEntity: one per name in the cluster, callable by name from anywhere; a sharded one is `static shards` of them, each serving the keys
 * that fall to it. When its game dies it is created again on another, with `restarted` true and an empty memory: entities that told it
 * something are asked again by their `onStubRestarted`.
 */
import { ServerEntity } from "./server-entity.js";

export class StubEntity extends ServerEntity {
  /** How many there are under this name; keys fall to one by their hash. */
  static readonly shards: number = 1;
  /** 0 … shards−1 */
  shard = 0;
  /** Whether it, or a predecessor, ran before in this cluster. */
  restarted = false;
}
