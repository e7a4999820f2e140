/**
 * The gate process: takes clients on one side and dials every game on the other. This class is its membership of the cluster (listen,
 * register, follow the process list, say when it is linked and ready, stop in order); what passes between clients and games is
 * gate-core.ts. Handed everything by its environment; runs on one thread.
 */
import type { Incarnation } from "../engine/base/ids.js";
import { ClusterMember, type ProcessList } from "../engine/cluster/member.js";
import { openLinkHost } from "../engine/cluster/open-link-host.js";
import type { ClusterProcess, ProcessEnv } from "../engine/cluster/process-env.js";
import type { AeonConfig } from "../engine/config/config.js";
import type { Link, LinkHost } from "../engine/net/link.js";
import type { Address, Listener, Transport } from "../engine/net/transport.js";
import type { GamePlace } from "./game-table.js";
import { GateCore } from "./gate-core.js";

/** The first gate's client port is portBase + 11. */
const CLIENT_PORT_OFFSET = 10;
/** Of cluster.shutdownTimeoutMs: how long goodbyes may take to reach clients before the gate goes without. */
const FLUSH_SHARE = 0.5;

export interface GateOptions {
  /** Where clients come from: a WebSocket listener, or a simulated network. */
  readonly clients: Pick<Transport, "listen">;
  /** The boot script hook (boot step 5): runs once, when every game is linked. A throw ends the process. */
  readonly onBoot?: () => void | Promise<void>;
}

export class Gate implements ClusterProcess {
  readonly core: GateCore;
  private readonly env: ProcessEnv;
  private readonly options: GateOptions;
  private readonly host: LinkHost;
  private member: ClusterMember | null = null;
  private listener: Listener | null = null;
  private booting = false;

  constructor(env: ProcessEnv, options: GateOptions) {
    this.env = env;
    this.options = options;
    this.host = openLinkHost(env);
    this.core = new GateCore({
      config: env.config,
      scheduler: env.scheduler,
      random: env.random,
      log: env.log,
      metrics: env.metrics,
      dial: (place) => this.dialGame(place),
      onLinksChanged: (games) => this.onLinksChanged(games),
      onGameLost: (reason) => this.onGameLost(reason),
    });
  }

  /** Rejects with CLUSTER_PORT_IN_USE; resolves when the gamemanager has accepted the gate. */
  async start(): Promise<void> {
    const { config, name } = this.env;
    const wanted = { host: config.gate.host, port: clientPort(config, name) };
    this.listener = await this.options.clients.listen(wanted, (connection) => this.core.onConnection(connection));
    const clientUrl = clientUrlOf(config, this.listener.address);
    const member = new ClusterMember(
      this.env,
      this.host,
      { clientUrl },
      {
        onList: (list) => this.onList(list),
        onShutdown: () => this.shutDown(),
        report: () => ({ hosts: [], entities: 0, clients: this.core.clientCount }),
      },
    );
    this.member = member;
    this.env.log.info("gate.listening", { clientUrl });
    await member.start({ host: config.cluster.host, port: 0 });
  }

  /** Clients are admitted. */
  get isOpen(): boolean {
    return this.member?.open ?? false;
  }

  async stop(): Promise<void> {
    await this.member?.leave();
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

  /** Goodbyes first, then the listener, which ends what is left. */
  private async shutDown(): Promise<void> {
    const { scheduler, config } = this.env;
    const overdue = new Promise<void>((resolve) => {
      scheduler.setTimer(config.cluster.shutdownTimeoutMs * FLUSH_SHARE, resolve);
    });
    await Promise.race([this.core.stop(), overdue]);
    await Promise.race([this.listener?.close(), overdue]);
  }
}

/** 0, any free one, for a gate whose name has no number. */
function clientPort(config: AeonConfig, name: string): number {
  const number = /^gate(\d+)$/.exec(name)?.[1];
  return number === undefined ? 0 : config.cluster.portBase + CLIENT_PORT_OFFSET + Number(number);
}

/** Where clients reach a listener: by the configured name, by loopback when it listens everywhere, or as it listens. */
function clientUrlOf(config: AeonConfig, address: Address): string {
  const { publicHost, host } = config.gate;
  const isEverywhere = host === "0.0.0.0" || host === "::";
  const reached = publicHost !== "" ? publicHost : isEverywhere ? "127.0.0.1" : host;
  return `ws://${reached.includes(":") ? `[${reached}]` : reached}:${address.port}`;
}
