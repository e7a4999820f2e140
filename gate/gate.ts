/**
 * The gate process: takes clients on one side and dials every game on the other. This class is its membership of the cluster (listen,
 * register, follow the process list, say when it is linked and ready, stop in order); what passes between clients and games is
 * gate-core.ts. Handed everything by its environment; runs on one thread.
 */
import { bytesToBase64Url, type Incarnation } from "../engine/base/ids.js";
import { ClusterMember, type ProcessList } from "../engine/cluster/member.js";
import { openLinkHost } from "../engine/cluster/open-link-host.js";
import type { ClusterProcess, ProcessEnv } from "../engine/cluster/process-env.js";
import type { AeonConfig } from "../engine/config/config.js";
import type { GateSealOptions } from "../engine/net/gate-seal.js";
import type { Link, LinkHost } from "../engine/net/link.js";
import type { Address, Connection, Listener, Transport } from "../engine/net/transport.js";
import type { GateOffer } from "../engine/protocol/datagram.js";
import type { GamePlace } from "./game-table.js";
import { GateChoice } from "./gate-choice.js";
import { GateCore } from "./gate-core.js";

/** The first gate's client port is portBase + 11. */
const CLIENT_PORT_OFFSET = 10;
/** Of cluster.shutdownTimeoutMs: how long goodbyes may take to reach clients before the gate goes without. */
const FLUSH_SHARE = 0.5;

export interface GateOptions {
  /** Where clients come from: a WebSocket listener, or a simulated network. */
  readonly clients: Pick<Transport, "listen">;
  /** Likewise over UDP, on the same number; absent: not at all. */
  readonly datagrams?: Pick<Transport, "listen">;
  /** See GateCoreOptions. */
  readonly seal?: GateSealOptions;
  /** The boot script hook (boot step 5): runs once, when every game is linked. A throw ends the process. */
  readonly onBoot?: () => void | Promise<void>;
}

export class Gate implements ClusterProcess {
  readonly core: GateCore;
  private readonly env: ProcessEnv;
  private readonly options: GateOptions;
  private readonly host: LinkHost;
  private readonly choice: GateChoice;
  private member: ClusterMember | null = null;
  private readonly listeners: Listener[] = [];
  private booting = false;

  constructor(env: ProcessEnv, options: GateOptions) {
    this.env = env;
    this.options = options;
    this.host = openLinkHost(env);
    this.choice = new GateChoice({
      strategy: env.config.gate.queryStrategy,
      random: env.random,
      clientsMax: env.config.gate.clientsMax,
      gates: () => (this.isOpen ? (this.member?.gates() ?? []) : []),
    });
    this.core = new GateCore({
      config: env.config,
      scheduler: env.scheduler,
      random: env.random,
      log: env.log,
      metrics: env.metrics,
      ...(options.seal === undefined ? {} : { seal: options.seal }),
      dial: (place) => this.dialGame(place),
      onLinksChanged: (games) => this.onLinksChanged(games),
      onGameLost: (reason) => this.onGameLost(reason),
    });
  }

  /** Rejects with CLUSTER_PORT_IN_USE; resolves when the gamemanager has accepted the gate. */
  async start(): Promise<void> {
    const { config, name } = this.env;
    const clientUrl = await this.listen(clientPort(config, name));
    const member = new ClusterMember(
      this.env,
      this.host,
      { clientUrl },
      {
        onList: (list) => this.onList(list),
        onShutdown: () => this.shutDown(),
        onGateLoads: (loads) => this.choice.update(loads),
        report: () => ({ hosts: [], entities: 0, clients: this.core.clientCount }),
      },
    );
    this.member = member;
    const key = this.options.seal?.staticKey.publicKey;
    this.env.log.info("gate.listening", {
      clientUrl,
      ...(key === undefined ? {} : { gateKey: bytesToBase64Url(key) }),
    });
    await member.start({ host: config.cluster.host, port: 0 });
  }

  /** On both transports; returns where clients reach it. */
  private async listen(port: number): Promise<string> {
    const { config, name } = this.env;
    const { clients, datagrams } = this.options;
    const onConnection = (connection: Connection) => this.core.onConnection(connection);
    const listener = await clients.listen({ host: config.gate.host, port }, onConnection);
    this.listeners.push(listener);
    const clientUrl = clientUrlOf(config, name, listener.address);
    if (datagrams === undefined) {
      this.core.ownAddresses = [clientUrl];
      return clientUrl;
    }
    this.listeners.push(await datagrams.listen(listener.address, onConnection));
    this.core.ownAddresses = [clientUrl, `kcp://${reachedAt(config, listener.address)}`];
    return clientUrl;
  }

  /** Clients are admitted. */
  get isOpen(): boolean {
    return this.member?.open ?? false;
  }

  async stop(): Promise<void> {
    await this.member?.leave();
  }

  /** What a client is told that asks for a gate. */
  offers(): GateOffer[] {
    return this.choice.offers();
  }

  /** Where clients reach the gates of the cluster, this one first. */
  clientUrls(): string[] {
    const gates = this.member?.gates() ?? [];
    const own = gates.filter((gate) => gate.incarnation === this.member?.incarnation);
    return [...own, ...gates.filter((gate) => !own.includes(gate))].map((gate) => gate.clientUrl);
  }

  private dialGame(place: GamePlace): Link {
    const address = { host: place.host, port: place.linkPort };
    return this.host.dial(address, { kind: "game", incarnation: place.incarnation });
  }

  private onList(list: ProcessList): void {
    const { member } = this;
    if (member === null) return;
    const others = member.gates().filter((gate) => gate.incarnation !== member.incarnation);
    this.core.update(
      list.open,
      member.games(),
      others.map((gate) => gate.clientUrl),
    );
    this.bootWhenLinked();
  }

  private onLinksChanged(games: readonly Incarnation[]): void {
    this.member?.linksChanged(games);
    this.bootWhenLinked();
  }

  /** A game that refuses this gate as stale has it from the gamemanager. */
  private onGameLost(reason: string): void {
    if (reason.startsWith("LINK_STALE")) this.member?.handleStale(reason);
  }

  /** Boot steps 5 and 6. */
  private bootWhenLinked(): void {
    if (this.booting || !this.core.games.allLinked) return;
    this.booting = true;
    const { onBoot } = this.options;
    Promise.resolve()
      .then(() => onBoot?.())
      .then(
        () => this.member?.ready(),
        (error: unknown) => this.env.exit(1, error instanceof Error ? error : new Error(String(error))),
      );
  }

  /** Goodbyes first, then the listeners, which end what is left. */
  private async shutDown(): Promise<void> {
    const { scheduler, config } = this.env;
    const overdue = new Promise<void>((resolve) => {
      scheduler.setTimer(config.cluster.shutdownTimeoutMs * FLUSH_SHARE, resolve);
    });
    await Promise.race([this.core.stop(), overdue]);
    await Promise.race([Promise.all(this.listeners.map((listener) => listener.close())), overdue]);
  }
}

/** 0, any free one, for a gate whose name has no number. */
function clientPort(config: AeonConfig, name: string): number {
  const number = gateNumber(name);
  return number === undefined ? 0 : config.cluster.portBase + CLIENT_PORT_OFFSET + Number(number);
}

function gateNumber(name: string): string | undefined {
  return /^gate(\d+)$/.exec(name)?.[1];
}

/** Where clients reach a listener: by the proxy, by the configured name, by loopback when it listens everywhere, or as it listens. */
function clientUrlOf(config: AeonConfig, name: string, address: Address): string {
  const { publicUrl, tlsCertFile } = config.gate;
  if (publicUrl !== "") return publicUrl.replace("{gate}", gateNumber(name) ?? name).replace(/\/$/, "");
  return `${tlsCertFile === "" ? "ws" : "wss"}://${reachedAt(config, address)}`;
}

/** Without a proxy: "host:port". */
function reachedAt(config: AeonConfig, address: Address): string {
  const { publicHost, host } = config.gate;
  const isEverywhere = host === "0.0.0.0" || host === "::";
  const reached = publicHost !== "" ? publicHost : isEverywhere ? "127.0.0.1" : host;
  return `${reached.includes(":") ? `[${reached}]` : reached}:${address.port}`;
}
