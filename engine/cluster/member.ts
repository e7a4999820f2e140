/**
 * A process's membership in its cluster: what gate, game and dbmanager share. It dials the gamemanager, registers, holds the process
 * list, reports load, obeys an orderly shutdown and ends the process when the cluster does not want it or has given it up.
 *
 * The gamemanager may go and come back: everything goes on meanwhile, and a new gamemanager is told what this process is and hosts.
 * A link counts from its `processRegister` on; what changes before that is in the registration itself.
 * Owned by the process's class; runs on its script thread.
 */
import { AeonError, type ErrorCode, errorText, isErrorCode } from "../base/errors.js";
import type { Incarnation } from "../base/ids.js";
import type { TimerHandle } from "../base/scheduler.js";
import type { Link, LinkHost, LinkState } from "../net/link.js";
import type { Address } from "../net/transport.js";
import { REASON_BYTES_MAX } from "../protocol/limits.js";
import { ManagerInbound, ManagerOutbound } from "../protocol/manager-link.js";
import { type Dispatch, dispatcher, type Message, type MessageValue } from "../protocol/message.js";
import type { ProcessEnv } from "./process-env.js";
import {
  type ProcessEntry,
  type ProcessList,
  ProcessTable,
  type StubDeclaration,
  type StubEntry,
  type StubTableMessage,
} from "./process-table.js";

export type { ProcessEntry, ProcessList, StubDeclaration, StubEntry, StubTableMessage } from "./process-table.js";

/** What the process says of itself when it registers. */
export interface MemberDetails {
  /** Gates: where clients connect, such as "ws://127.0.0.1:7711". */
  readonly clientUrl?: string;
  /** Games: the stubs that the entity definitions declare. */
  readonly stubs?: readonly StubDeclaration[];
  /** Games: the hash of the RPC index; must be the same on all games. */
  readonly indexHash?: string;
}

export type GateLoad = MessageValue<typeof ManagerOutbound.gateLoads>["gates"][number];

export interface MemberReport {
  /** Stubs this process hosts; `entity` "" for one that it was told to create and has not yet. */
  readonly hosts: readonly StubEntry[];
  readonly entities: number;
  readonly clients: number;
}

export interface MemberHooks {
  /** A new process list holds; the member's getters already show it. */
  onList(list: ProcessList): void;
  /**
   * This process is the primary: have each stub created on the game named. The same stub may come again with the same assignment:
   * the game that has it answers `stubCreated` again, the game that is creating it does nothing.
   */
  onStubsCreate?(stubs: readonly StubEntry[]): void;
  /** Where every created stub lives, in full. A host that finds its own stub elsewhere with a higher assignment drops its copy. */
  onStubTable?(table: StubTableMessage): void;
  /** Gates: how many clients each gate of the cluster had lately, after each load report of this one. */
  onGateLoads?(loads: readonly GateLoad[]): void;
  /** Finish what must be finished (close clients, save); the process ends when the promise settles. */
  onShutdown(): Promise<void>;
  /** Asked for each load report and each registration. */
  report(): MemberReport;
}

/** Reasons of a link that no later attempt would change. */
const FATAL_LINK_CODES: Partial<Record<ErrorCode, ErrorCode>> = {
  LINK_AUTH_FAILED: "LINK_AUTH_FAILED",
  LINK_VERSION: "LINK_VERSION",
  LINK_STALE: "PROCESS_REMOVED",
};

export class ClusterMember {
  private readonly env: ProcessEnv;
  private readonly host: LinkHost;
  private readonly details: MemberDetails;
  private readonly hooks: MemberHooks;
  private readonly table = new ProcessTable();
  private readonly dispatch: Dispatch;
  private linkAddress: Address = { host: "", port: 0 };
  private link: Link | null = null;
  /** The link in use has carried our registration. */
  private announced = false;
  private givenName = "";
  private givenIncarnation: Incarnation = 0;
  private isReady = false;
  private linkedGames: readonly Incarnation[] | null = null;
  private ending = false;
  private bootTimer: TimerHandle | null = null;
  private loadTimer: TimerHandle | null = null;
  private onRegistered: (() => void) | null = null;

  constructor(env: ProcessEnv, host: LinkHost, details: MemberDetails, hooks: MemberHooks) {
    this.env = env;
    this.host = host;
    this.details = details;
    this.hooks = hooks;
    this.givenName = env.name;
    this.dispatch = this.makeDispatch();
  }

  /** The name in the cluster; before registration the one asked for. */
  get name(): string {
    return this.givenName;
  }

  /** 0 before registration. */
  get incarnation(): Incarnation {
    return this.givenIncarnation;
  }

  /** The primary game; 0 for none. */
  get primary(): Incarnation {
    return this.table.primary;
  }

  get isPrimary(): boolean {
    return this.givenIncarnation !== 0 && this.table.primary === this.givenIncarnation;
  }

  /** Gates admit clients. */
  get open(): boolean {
    return this.table.open;
  }

  /** Every process of the cluster but the gamemanager, this one included. */
  get processes(): readonly ProcessEntry[] {
    return this.table.processes;
  }

  games(): readonly ProcessEntry[] {
    return this.table.ofKind("game");
  }

  gates(): readonly ProcessEntry[] {
    return this.table.ofKind("gate");
  }

  dbmanager(): ProcessEntry | undefined {
    return this.table.ofKind("dbmanager")[0];
  }

  byIncarnation(incarnation: Incarnation): ProcessEntry | undefined {
    return this.table.byIncarnation(incarnation);
  }

  /**
   * Registers, saying that this process takes links at `linkAddress`; resolves when the gamemanager has accepted it. When it does not,
   * or cannot be reached for `cluster.bootTimeoutMs`, the process ends through `env.exit(1, …)` with PROCESS_REFUSED,
   * RPC_INDEX_MISMATCH, LINK_AUTH_FAILED, LINK_VERSION or PROCESS_UNREGISTERED, and the promise stays unsettled.
   */
  start(linkAddress: Address): Promise<void> {
    const { scheduler, config } = this.env;
    this.linkAddress = linkAddress;
    this.host.onSlept = (sleptMs) => this.handleSlept(sleptMs);
    this.host.onStale = (reason) => this.handleStale(reason);
    this.bootTimer = scheduler.setTimer(config.cluster.bootTimeoutMs, () => this.handleBootTimeout());
    return new Promise((resolve) => {
      this.onRegistered = resolve;
      this.dial();
    });
  }

  /** The boot hook has run and the process can work (boot steps 5 and 6). */
  ready(): void {
    if (this.isReady) return;
    this.isReady = true;
    this.send(ManagerInbound.processReady, {});
  }

  /** Gates: the games to which a link is up; said again whenever that changes (boot step 4). */
  linksChanged(games: readonly Incarnation[]): void {
    this.linkedGames = [...games];
    this.send(ManagerInbound.linksChanged, { games: [...games] });
  }

  /** Games: the stub exists; `entry.entity` is its id, the rest is as it was assigned. `report().hosts` must hold it already. */
  stubCreated(entry: StubEntry): void {
    this.send(ManagerInbound.stubCreated, { entry });
  }

  /** Games: the stub could not be created; it will be assigned anew. */
  stubFailed(entry: StubEntry, reason: string): void {
    this.send(ManagerInbound.stubFailed, { entry, reason: clipReason(reason) });
  }

  /** A peer refused this process with LINK_STALE: the cluster has given it up, so it ends. */
  handleStale(reason: string): void {
    this.fail("PROCESS_REMOVED", reason);
  }

  /**
   * Ends in order: `onShutdown`, goodbye on every link, `env.exit(0)`; `env.exit(1, …)` when that fails or takes longer than
   * `cluster.shutdownTimeoutMs`. The same as when the gamemanager asks for it.
   */
  async leave(): Promise<void> {
    if (this.ending) return;
    this.ending = true;
    this.stopTimers();
    this.armLeaveTimeout();
    let error: Error | undefined;
    try {
      await this.hooks.onShutdown();
    } catch (cause) {
      this.env.log.error("shutdown.failed", { error: errorText(cause) });
      error = cause instanceof Error ? cause : new AeonError("INTERNAL", errorText(cause));
    }
    if (this.announced) this.link?.send(ManagerInbound.processStopped, {});
    await this.host.close("stopped");
    this.env.exit(error === undefined ? 0 : 1, error);
  }

  private dial(): void {
    const link = this.host.dial(this.env.gamemanager, { kind: "gamemanager", incarnation: 0 });
    this.link = link;
    this.announced = false;
    link.onMessage = (reader) => this.dispatch(reader);
    link.onState = (state, reason) => this.handleLinkState(link, state, reason);
    if (link.state === "up") this.register(link);
  }

  private handleLinkState(link: Link, state: LinkState, reason: string): void {
    if (link !== this.link || this.ending) return;
    if (state === "up") this.register(link);
    if (state === "down") this.handleLinkDown(reason);
  }

  private handleLinkDown(reason: string): void {
    const code = reason.split(/[:\s]/, 1)[0] ?? "";
    const fatal = isErrorCode(code) ? FATAL_LINK_CODES[code] : undefined;
    if (fatal !== undefined) {
      this.fail(fatal, `the gamemanager at ${this.gamemanagerText()} refused the link`);
      return;
    }
    this.env.log.warn("gamemanager.lost", { reason });
    this.link = null;
    this.announced = false;
    this.env.scheduler.setTimer(this.env.config.link.redialMs, () => {
      if (this.link === null && !this.ending) this.dial();
    });
  }

  private register(link: Link): void {
    if (this.announced) return;
    this.announced = true;
    const { hosts } = this.hooks.report();
    link.send(ManagerInbound.processRegister, {
      kind: this.env.kind,
      name: this.givenName,
      pid: this.env.pid,
      host: this.linkAddress.host,
      linkPort: this.linkAddress.port,
      clientUrl: this.details.clientUrl ?? "",
      incarnation: this.givenIncarnation,
      indexHash: this.details.indexHash ?? "",
      stubs: [...(this.details.stubs ?? [])],
      ready: this.isReady,
      primary: this.isPrimary,
      open: this.open,
      hosts: [...hosts],
      known: this.processes.map(({ name, incarnation }) => ({ name, incarnation })),
    });
    if (this.linkedGames !== null) this.linksChanged(this.linkedGames);
  }

  private send<T>(kind: Message<T>, value: T): void {
    if (this.announced && !this.ending) this.link?.send(kind, value);
  }

  private makeDispatch(): Dispatch {
    const notOurs = () => undefined;
    return dispatcher(ManagerOutbound, {
      processRegistered: (message) => this.handleProcessRegistered(message),
      processRefused: (message) => this.handleProcessRefused(message),
      processList: (message) => this.handleProcessList(message),
      stubsCreate: (message) => this.hooks.onStubsCreate?.(message.stubs),
      stubTable: (message) => this.hooks.onStubTable?.(message),
      shutdown: () => void this.leave(),
      gateLoads: ({ gates }) => this.hooks.onGateLoads?.(gates),
      bootStep: notOurs,
      bootStalled: notOurs,
      processGone: notOurs,
      statusReply: notOurs,
    });
  }

  private handleProcessRegistered(message: MessageValue<typeof ManagerOutbound.processRegistered>): void {
    this.givenName = message.name;
    this.givenIncarnation = message.incarnation;
    this.host.setSelf({ kind: this.env.kind, name: message.name, incarnation: message.incarnation });
    this.env.log.info("process.registered", { name: message.name, incarnation: message.incarnation });
    if (this.bootTimer !== null) this.env.scheduler.clearTimer(this.bootTimer);
    this.bootTimer = null;
    if (this.loadTimer === null) this.armLoadReport();
    this.onRegistered?.();
    this.onRegistered = null;
  }

  private handleProcessRefused(message: MessageValue<typeof ManagerOutbound.processRefused>): void {
    this.fail(isErrorCode(message.code) ? message.code : "PROCESS_REFUSED", message.reason);
  }

  private handleProcessList(list: ProcessList): void {
    for (const gone of this.table.replace(list)) {
      this.host.refuse(gone.incarnation);
      this.env.log.info("process.gone", { process: gone.name, incarnation: gone.incarnation });
    }
    this.hooks.onList(list);
  }

  private handleSlept(sleptMs: number): void {
    if (this.givenIncarnation !== 0) this.fail("PROCESS_REMOVED", `it did not run for ${Math.round(sleptMs)} ms`);
  }

  private handleBootTimeout(): void {
    const { bootTimeoutMs } = this.env.config.cluster;
    this.fail("PROCESS_UNREGISTERED", `no answer from ${this.gamemanagerText()} for ${bootTimeoutMs} ms`);
  }

  private armLoadReport(): void {
    this.loadTimer = this.env.scheduler.setTimer(this.env.config.game.loadReportIntervalMs, () => {
      const { entities, clients } = this.hooks.report();
      this.send(ManagerInbound.loadReport, { ...this.env.usage(), entities, clients });
      this.armLoadReport();
    });
  }

  private armLeaveTimeout(): void {
    const { scheduler, config, exit } = this.env;
    const limitMs = config.cluster.shutdownTimeoutMs;
    scheduler.setTimer(limitMs, () => exit(1, new AeonError("INTERNAL", `it did not stop within ${limitMs} ms`)));
  }

  private fail(code: ErrorCode, detail: string): void {
    if (this.ending) return;
    this.ending = true;
    this.stopTimers();
    this.env.exit(1, new AeonError(code, detail));
  }

  private stopTimers(): void {
    for (const timer of [this.bootTimer, this.loadTimer]) if (timer !== null) this.env.scheduler.clearTimer(timer);
    this.bootTimer = null;
    this.loadTimer = null;
  }

  private gamemanagerText(): string {
    return `${this.env.gamemanager.host}:${this.env.gamemanager.port}`;
  }
}

function clipReason(reason: string): string {
  return reason.length * 3 <= REASON_BYTES_MAX ? reason : reason.slice(0, Math.floor(REASON_BYTES_MAX / 3));
}
