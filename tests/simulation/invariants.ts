/** What must hold in every scenario, asked of the whole simulated cluster at once. Each returns what is wrong, a line each. */
import { isDeepStrictEqual } from "node:util";
import type { ClientEntity } from "../../client/client-entity.js";
import type { EntityHost } from "../../engine/entity/entity-host.js";
import type { ServerEntity } from "../../engine/entity/server-entity.js";
import { Space } from "../../engine/entity/space.js";
import { OWN_SCOPES, VIEW_SCOPES } from "../../engine/property/op-sink.js";
import type { SimulatedCluster } from "../../testing/index.js";
import type { Player } from "./player.js";

/** Stubs of the example world, by name and shard. */
const STUBS = ["SpaceManager#0", "NameRegistry#0", "NameRegistry#1", "RankBoard#0"];
const SPACES = ["meadow", "cave"];
const STUB_CHECK_MS = 50;
/** Calls and bytes that may be under way at any moment of a quiet cluster. */
const CALLS_MAX = 40;
const QUEUE_BYTES_MAX = 1_048_576;

/** The games that run and act: a stopped process does neither. */
function actingGames(cluster: SimulatedCluster): { readonly name: string; readonly entities: EntityHost }[] {
  return cluster.runningNames
    .filter((name) => /^game\d+$/.test(name) && !cluster.isPaused(name))
    .map((name) => ({ name, entities: cluster.game(name).entities }));
}

function stubHomes(cluster: SimulatedCluster): Map<string, string[]> {
  const homes = new Map<string, string[]>();
  for (const game of actingGames(cluster)) {
    for (const { name, shard } of game.entities.stubKeeper.list(0)) {
      const key = `${name}#${shard}`;
      homes.set(key, [...(homes.get(key) ?? []), game.name]);
    }
  }
  return homes;
}

/** The stubs of the example world that do not exist exactly once. */
export function stubProblems(cluster: SimulatedCluster): string[] {
  const homes = stubHomes(cluster);
  return STUBS.filter((key) => homes.get(key)?.length !== 1).map(
    (key) => `${key} exists ${homes.get(key)?.length ?? 0} times`,
  );
}

/** From now on, at every moment: no stub exists twice among those that run and act. */
export function watchStubs(cluster: SimulatedCluster): void {
  cluster.every(STUB_CHECK_MS, () => {
    for (const [key, games] of stubHomes(cluster)) {
      if (games.length > 1) throw new Error(`${key} exists on ${games.join(" and ")} at the same time`);
    }
  });
}

/** The cluster does not admit players everywhere. */
export function openProblems(cluster: SimulatedCluster): string[] {
  return cluster.isOpen ? [] : [`not open; running: ${cluster.runningNames.join(", ")}`];
}

/** Each space of the world is there once, and the space manager knows it. */
export function spaceProblems(cluster: SimulatedCluster): string[] {
  const spaces = allEntities(cluster).filter((entity): entity is Space => entity instanceof Space && !entity.destroyed);
  return SPACES.flatMap((name) => {
    const found = spaces.filter((space) => space.spaceName === name);
    return found.length === 1 ? [] : [`space ${name} exists ${found.length} times`];
  });
}

/** Every player is in the world once, nobody else is, and no account is left over. */
export function presenceProblems(cluster: SimulatedCluster, players: readonly Player[]): string[] {
  const problems = players.filter(({ isIn }) => !isIn).map(({ name, lastCode }) => `${name} is not in: ${lastCode}`);
  const living = allEntities(cluster).filter(({ destroyed }) => !destroyed);
  const names = living.filter(({ typeName }) => typeName === "Avatar").map(({ properties }) => properties.get("name"));
  for (const { name } of players) {
    const count = names.filter((other) => other === name).length;
    if (count !== 1) problems.push(`${name} has ${count} avatars`);
  }
  if (names.length !== players.length) problems.push(`${names.length} avatars for ${players.length} players`);
  const accounts = living.filter(({ typeName }) => typeName === "Account").length;
  if (accounts > 0) problems.push(`${accounts} accounts are left over`);
  return problems;
}

/** What a client holds of an entity is what the entity's script holds, of everything that it may see. */
export function mirrorProblems(
  cluster: SimulatedCluster,
  players: readonly Pick<Player, "name" | "client">[],
): string[] {
  const entities = new Map(allEntities(cluster).map((entity) => [entity.id, entity]));
  return players.flatMap((player) =>
    [...player.client.entities.values()].flatMap((mirrored) => {
      const what = `${player.name} sees ${mirrored.typeName} ${mirrored.id}`;
      const entity = entities.get(mirrored.id);
      return entity === undefined ? [`${what}, which is gone`] : differences(what, mirrored, entity);
    }),
  );
}

function differences(what: string, mirrored: ClientEntity, entity: ServerEntity): string[] {
  const held = entity.properties.plain(mirrored.isOwn ? OWN_SCOPES : VIEW_SCOPES);
  const seen = mirrored.plain();
  return Object.keys({ ...held, ...seen })
    .filter((name) => held[name] !== seen[name] && !isDeepStrictEqual(held[name], seen[name]))
    .map((name) => `${what} with ${name} ${JSON.stringify(seen[name])} for ${JSON.stringify(held[name])}`);
}

/** Entities whose mailbox still holds what they were asked before. */
export function mailboxProblems(cluster: SimulatedCluster): string[] {
  return allEntities(cluster)
    .filter(({ $, destroyed }) => !destroyed && $.inbox.length > 0)
    .map(({ typeName, id, $ }) => `${typeName} ${id} has ${$.inbox.length} calls in its mailbox`);
}

/** Nothing is left of what went on: calls, queues and tables are as small as a quiet cluster's. */
export function leftoverProblems(cluster: SimulatedCluster, players: readonly Player[]): string[] {
  const problems: string[] = [];
  const bound = (what: string, value: number, max: number) => {
    if (!(value <= max)) problems.push(`${what}: ${value}, at most ${max}`);
  };
  for (const { name, entities } of actingGames(cluster))
    bound(`calls of ${name}`, entities.router.calls.size, CALLS_MAX);
  const streams = cluster.config.cluster.games * cluster.config.game.workers;
  for (const name of cluster.runningNames) {
    const metrics = cluster.metrics(name);
    bound(`link queues of ${name}`, metrics.link_queue_bytes ?? 0, QUEUE_BYTES_MAX);
    bound(`links of ${name}`, metrics.link_count ?? 0, cluster.processNames.length - 1 + streams);
    bound(`handshakes of ${name}`, metrics.gate_handshakes ?? 0, 0);
    bound(`copies that went wrong at clients of ${name}`, metrics.sync_divergences_total ?? 0, 0);
    bound(`store queue of ${name}`, metrics.store_queue_bytes ?? 0, QUEUE_BYTES_MAX);
  }
  bound("clients of all gates", sumOf(cluster, "gate_clients"), players.length);
  bound("clients of all games", sumOf(cluster, "sync_clients"), players.length);
  for (const { name, callsBegun, callsSettled } of players)
    bound(`open calls of ${name}`, callsBegun - callsSettled, 0);
  return problems;
}

function sumOf(cluster: SimulatedCluster, metric: string): number {
  return cluster.runningNames.reduce((sum, name) => sum + (cluster.metrics(name)[metric] ?? 0), 0);
}

function allEntities(cluster: SimulatedCluster): ServerEntity[] {
  return actingGames(cluster).flatMap(({ entities }) => [...entities.all()]);
}
