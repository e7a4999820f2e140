/**
 * The command line's link to a running gamemanager: the boot steps as they happen, status, the order to stop.
 * It registers as nothing; the gamemanager takes it by the cluster's secret alone.
 */
import { AeonError } from "../engine/base/errors.js";
import { silentLog } from "../engine/base/log.js";
import { Metrics } from "../engine/base/metrics.js";
import { systemRandom } from "../engine/base/random.js";
import { realScheduler } from "../engine/base/real-scheduler.js";
import type { TimerHandle } from "../engine/base/scheduler.js";
import type { AeonConfig } from "../engine/config/config.js";
import type { Link, LinkHost } from "../engine/net/link.js";
import { createLinkHost } from "../engine/net/link-host.js";
import { createTcpTransport } from "../engine/net/tcp-transport.js";
import { ManagerInbound, ManagerOutbound } from "../engine/protocol/manager-link.js";
import { type Dispatch, dispatcher, type MessageValue } from "../engine/protocol/message.js";

export type BootStep = MessageValue<typeof ManagerOutbound.bootStep>;
export type BootStalled = MessageValue<typeof ManagerOutbound.bootStalled>;
export type ProcessGone = MessageValue<typeof ManagerOutbound.processGone>;
export type StatusReply = MessageValue<typeof ManagerOutbound.statusReply>;
export type ProcessStatus = StatusReply["processes"][number];

export interface ManagerHooks {
  onStep?(step: BootStep): void;
  onStalled?(stalled: BootStalled): void;
  onGone?(gone: ProcessGone): void;
}

const STATUS_TIMEOUT_MS = 5_000;
/** Shorter than between processes: somebody watches. */
const REDIAL_MS = 10;

export class ManagerClient {
  private readonly host: LinkHost;
  private readonly config: AeonConfig;
  private readonly hooks: ManagerHooks;
  private readonly handle: Dispatch;
  private readonly replies = new Map<number, (reply: StatusReply) => void>();
  private link: Link | null = null;
  private nextRequestId = 1;
  private isClosed = false;
  private onUp: (() => void) | null = null;
  private onRefused: ((reason: string) => void) | null = null;

  constructor(config: AeonConfig, secret: string, hooks: ManagerHooks = {}) {
    this.config = config;
    this.hooks = hooks;
    this.host = createLinkHost({
      transport: createTcpTransport(),
      scheduler: realScheduler,
      random: systemRandom,
      log: silentLog,
      metrics: new Metrics(),
      clusterName: config.cluster.name,
      secret,
      self: { kind: "cli", name: `cli-${process.pid}`, incarnation: 0 },
      config: { ...config.link, redialMs: REDIAL_MS },
    });
    this.handle = this.makeDispatcher();
  }

  get isUp(): boolean {
    return this.link?.state === "up";
  }

  /** Resolves when the gamemanager has answered; it dials until then. Rejects with CLUSTER_NOT_RUNNING after `timeoutMs`. */
  connect(timeoutMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const { host, portBase } = this.config.cluster;
      const settle = (run: () => void) => {
        realScheduler.clearTimer(timer);
        this.onUp = this.onRefused = null;
        run();
      };
      const timer: TimerHandle = realScheduler.setTimer(timeoutMs, () =>
        settle(() => reject(new AeonError("CLUSTER_NOT_RUNNING", `no gamemanager answers at ${host}:${portBase}`))),
      );
      this.onUp = () => settle(resolve);
      this.onRefused = (reason) => settle(() => reject(new AeonError("CLUSTER_NOT_RUNNING", reason)));
      this.dial();
    });
  }

  /** Sends the boot steps so far and all later events to the hooks, also after the gamemanager has been started again. */
  watch(): void {
    this.dial();
    this.onUp = () => this.link?.send(ManagerInbound.bootWatch, {});
    if (this.isUp) this.onUp();
  }

  status(): Promise<StatusReply> {
    const requestId = this.nextRequestId++;
    return new Promise((resolve, reject) => {
      const timer = realScheduler.setTimer(STATUS_TIMEOUT_MS, () => {
        this.replies.delete(requestId);
        reject(new AeonError("CLUSTER_NOT_RUNNING", "the gamemanager does not answer"));
      });
      this.replies.set(requestId, (reply) => {
        realScheduler.clearTimer(timer);
        resolve(reply);
      });
      this.link?.send(ManagerInbound.statusRequest, { requestId });
    });
  }

  requestShutdown(): void {
    this.link?.send(ManagerInbound.shutdownRequest, {});
  }

  async close(): Promise<void> {
    this.isClosed = true;
    await this.host.close("the command has ended");
  }

  private dial(): void {
    if (this.link !== null || this.isClosed) return;
    const { host, portBase } = this.config.cluster;
    const link = this.host.dial({ host, port: portBase }, { kind: "gamemanager", incarnation: 0 });
    this.link = link;
    link.onMessage = (reader) => this.handle(reader);
    link.onState = (state, reason) => {
      if (state === "up") this.onUp?.();
      if (state !== "down") return;
      this.link = null;
      if (this.onRefused !== null) this.onRefused(reason);
      else realScheduler.setTimer(REDIAL_MS, () => this.dial());
    };
  }

  private makeDispatcher(): Dispatch {
    const ignore = () => undefined;
    return dispatcher(ManagerOutbound, {
      bootStep: (step) => this.hooks.onStep?.(step),
      bootStalled: (stalled) => this.hooks.onStalled?.(stalled),
      processGone: (gone) => this.hooks.onGone?.(gone),
      statusReply: (reply) => {
        this.replies.get(reply.requestId)?.(reply);
        this.replies.delete(reply.requestId);
      },
      processRegistered: ignore,
      processRefused: ignore,
      processList: ignore,
      stubsCreate: ignore,
      stubTable: ignore,
      shutdown: ignore,
      gateLoads: ignore,
    });
  }
}

/** Runs `use` with a link to the cluster of this configuration, and closes it. */
export async function withManager<T>(
  config: AeonConfig,
  secret: string,
  timeoutMs: number,
  use: (manager: ManagerClient) => Promise<T>,
): Promise<T> {
  const manager = new ManagerClient(config, secret);
  try {
    await manager.connect(timeoutMs);
    return await use(manager);
  } finally {
    await manager.close();
  }
}
