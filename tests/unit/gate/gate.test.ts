import assert from "node:assert/strict";
import { test } from "node:test";
import type { ByteReader } from "../../../engine/base/bytes.js";
import { makeClientId } from "../../../engine/base/ids.js";
import { silentLog } from "../../../engine/base/log.js";
import { Metrics } from "../../../engine/base/metrics.js";
import { SeededRandom } from "../../../engine/base/random.js";
import { VirtualScheduler } from "../../../engine/base/virtual-scheduler.js";
import { parseConfig } from "../../../engine/config/config.js";
import type { Link, LinkHost, ProcessKind } from "../../../engine/net/link.js";
import { createLinkHost } from "../../../engine/net/link-host.js";
import { SimulatedNetwork, type SimulatedNode } from "../../../engine/net/simulated-network.js";
import { ClientToGate, GateToClient } from "../../../engine/protocol/client-link.js";
import { GameToGate, GateToGame } from "../../../engine/protocol/game-link.js";
import { CLIENT_PROTOCOL_VERSION } from "../../../engine/protocol/limits.js";
import { ManagerInbound, ManagerOutbound } from "../../../engine/protocol/manager-link.js";
import type { MessageValue } from "../../../engine/protocol/message.js";
import { Gate } from "../../../gate/gate.js";
import { decoded, encoded, type Seen } from "./rig.js";

const SECRET = "0123456789abcdef";
const MANAGER = 1_001;
const GAME = 1_002;
const GATE = 1_003;

type ProcessEntry = MessageValue<typeof ManagerOutbound.processList>["processes"][number];

/** A gate among a scripted gamemanager and a scripted game, on a simulated network. */
class Cluster {
  readonly scheduler = new VirtualScheduler();
  readonly random = new SeededRandom(5);
  readonly config = parseConfig({});
  readonly network = new SimulatedNetwork({ scheduler: this.scheduler, random: this.random });
  readonly toManager: Seen[] = [];
  readonly toGame: Seen[] = [];
  readonly exits: number[] = [];
  managerLink: Link | null = null;
  gameLink: Link | null = null;
  gamePort = 0;
  gate: Gate | null = null;
  bootHookRuns = 0;

  private host(kind: ProcessKind, name: string, incarnation: number): { host: LinkHost; node: SimulatedNode } {
    const node = this.network.node(name, this.scheduler.process(name));
    const host = createLinkHost({
      transport: node,
      scheduler: node.process,
      random: this.random,
      log: silentLog,
      metrics: new Metrics(),
      clusterName: this.config.cluster.name,
      secret: SECRET,
      self: { kind, name, incarnation },
      config: this.config.link,
    });
    return { host, node };
  }

  async start(): Promise<void> {
    const manager = this.host("gamemanager", "gamemanager", MANAGER).host;
    manager.onLink = (link) => {
      this.managerLink = link;
      link.onMessage = (reader) => this.handleAtManager(link, reader);
    };
    await manager.listen({ host: "127.0.0.1", port: this.config.cluster.portBase });
    const game = this.host("game", "game1", GAME).host;
    game.onLink = (link) => {
      this.gameLink = link;
      link.send(GameToGate.streamOffer, { streams: [] });
      link.onMessage = (reader) => this.toGame.push(decoded(GateToGame, reader.rest()));
    };
    this.gamePort = (await game.listen({ host: "127.0.0.1", port: 0 })).port;
    this.startGate();
  }

  private startGate(): void {
    const node = this.network.node("gate1", this.scheduler.process("gate1"));
    this.gate = new Gate(
      {
        kind: "gate",
        name: "gate1",
        pid: 7,
        config: this.config,
        secret: SECRET,
        gamemanager: { host: "127.0.0.1", port: this.config.cluster.portBase },
        scheduler: node.process,
        random: this.random,
        log: silentLog,
        metrics: new Metrics(),
        transport: node,
        usage: () => ({ cpu: 0, rssMb: 0 }),
        exit: (code) => this.exits.push(code),
      },
      { clients: node, onBoot: () => void this.bootHookRuns++ },
    );
    void this.gate.start();
  }

  private handleAtManager(link: Link, reader: ByteReader): void {
    const seen = decoded(ManagerInbound, reader.rest());
    this.toManager.push(seen);
    if (seen.name !== "processRegister") return;
    link.send(ManagerOutbound.processRegistered, { name: "gate1", incarnation: GATE });
  }

  list(open: boolean, withGame = true): void {
    const entry = (kind: "game" | "gate", name: string, incarnation: number, linkPort: number): ProcessEntry => ({
      kind,
      name,
      incarnation,
      pid: 1,
      host: "127.0.0.1",
      linkPort,
      clientUrl: kind === "gate" ? `ws://${name}` : "",
      state: "linking",
    });
    const gates = [entry("gate", "gate2", 9, 0), entry("gate", "gate1", GATE, 0)];
    const games = withGame ? [entry("game", "game1", GAME, this.gamePort)] : [];
    this.managerLink?.send(ManagerOutbound.processList, {
      version: 1,
      primary: GAME,
      open,
      processes: [...gates, ...games],
    });
  }

  names(seen: readonly Seen[]): string[] {
    return seen.map(({ name }) => name);
  }

  until(condition: () => boolean, ms = 10_000): Promise<boolean> {
    return this.scheduler.runUntil(condition, this.scheduler.nowMs() + ms);
  }

  /** A client that says hello to the gate's own port; what it gets. */
  client(name: string): Seen[] {
    const seen: Seen[] = [];
    const node = this.network.node(name, this.scheduler.process(name));
    const connection = node.connect({ host: "127.0.0.1", port: this.config.cluster.portBase + 11 });
    connection.onFrame = (frame) => seen.push(decoded(GateToClient, frame));
    connection.onOpen = () =>
      connection.send(
        encoded(ClientToGate.clientHello, {
          protocolVersion: CLIENT_PROTOCOL_VERSION,
          clientId: makeClientId(this.random),
          connectionNumber: 1,
          token: new Uint8Array(0),
          ack: 0,
          definitionsHash: "",
          indexHash: "",
          compression: "none",
        }),
      );
    return seen;
  }
}

async function openCluster(): Promise<Cluster> {
  const cluster = new Cluster();
  await cluster.start();
  await cluster.until(() => cluster.toManager.length > 0);
  cluster.list(true);
  await cluster.until(() => cluster.gameLink !== null);
  cluster.gameLink?.send(GameToGate.acceptClients, { accept: true, load: 0 });
  await cluster.scheduler.run(cluster.scheduler.nowMs() + 100);
  return cluster;
}

test("gate: registers, links to the games, runs its boot hook, reports ready (boot steps 2 to 6)", async () => {
  const cluster = new Cluster();
  await cluster.start();
  assert.ok(await cluster.until(() => cluster.toManager.length > 0));
  const register = cluster.toManager[0]?.value ?? {};
  assert.equal(register.kind, "gate");
  assert.equal(register.clientUrl, `ws://127.0.0.1:${cluster.config.cluster.portBase + 11}`);
  cluster.list(false, false);
  await cluster.scheduler.run(cluster.scheduler.nowMs() + 500);
  assert.equal(cluster.bootHookRuns, 0);
  cluster.list(false);
  assert.ok(await cluster.until(() => cluster.names(cluster.toManager).includes("processReady")));
  assert.deepEqual(cluster.toManager.find(({ name }) => name === "linksChanged")?.value, { games: [GAME] });
  cluster.list(false);
  await cluster.scheduler.run(cluster.scheduler.nowMs() + 500);
  assert.equal(cluster.bootHookRuns, 1);
  const early = cluster.client("early");
  await cluster.until(() => early.length > 0);
  assert.equal(early[0]?.value.code, "CLIENT_NOT_OPEN");
});

test("gate: an open one welcomes a client and tells the game", async () => {
  const cluster = await openCluster();
  const seen = cluster.client("client");
  assert.ok(await cluster.until(() => cluster.toGame.length > 0 && seen.length > 0));
  assert.deepEqual(cluster.names(cluster.toGame), ["clientConnected"]);
  assert.deepEqual(seen[0]?.value.gates, ["ws://gate2"]);
  assert.deepEqual(cluster.gate?.clientUrls(), ["ws://gate1", "ws://gate2"]);
});

test("gate: the clients of a killed game are closed with retry within the links' grace", async () => {
  const cluster = await openCluster();
  const seen = cluster.client("client");
  await cluster.until(() => seen.length > 0);
  cluster.network.crash("game1");
  const limitMs = cluster.config.link.closedGraceMs + cluster.config.link.peerTimeoutMs;
  assert.ok(await cluster.until(() => cluster.names(seen).includes("serverClose"), limitMs));
  assert.equal(seen.at(-1)?.value.code, "CLIENT_GAME_GONE");
  assert.equal(seen.at(-1)?.value.retry, true);
});

test("gate: an orderly shutdown tells clients and the gamemanager, then exits with 0", async () => {
  const cluster = await openCluster();
  const seen = cluster.client("client");
  await cluster.until(() => seen.length > 0);
  cluster.managerLink?.send(ManagerOutbound.shutdown, {});
  assert.ok(await cluster.until(() => cluster.exits.length > 0));
  await cluster.scheduler.run(cluster.scheduler.nowMs() + 100);
  assert.deepEqual(cluster.exits, [0]);
  assert.equal(seen.at(-1)?.value.code, "CLIENT_SHUTDOWN");
  assert.equal(cluster.toGame.at(-1)?.value.code, "CLIENT_SHUTDOWN");
  assert.equal(cluster.toManager.at(-1)?.name, "processStopped");
});
