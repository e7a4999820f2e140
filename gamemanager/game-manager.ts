/**
 * The gamemanager: registry of the cluster's processes, boot barrier, election of the primary game, home of the stub table.
 *
 * Every message only changes state; `converge`, once per turn, derives from the state what follows: lists to send, a primary to choose,
 * stubs to assign, gates to open. So any process may crash at any moment, this one included: after its own restart it learns the state
 * from what the others report (see rebuild.ts) and decides nothing before that.
 * Pure; one thread.
 */
import { AeonError } from "../engine/base/errors.js";
import type { Incarnation } from "../engine/base/ids.js";
import type { TimerHandle } from "../engine/base/scheduler.js";
import { openLinkHost } from "../engine/cluster/open-link-host.js";
import type { ClusterProcess, ProcessEnv } from "../engine/cluster/process-env.js";
import type { ProcessRegister, StubEntry } from "../engine/cluster/process-table.js";
import type { Link, LinkHost, LinkState } from "../engine/net/link.js";
import { ManagerInbound, ManagerOutbound } from "../engine/protocol/manager-link.js";
import { type Dispatch, dispatcher, type Message, type MessageValue } from "../engine/protocol/message.js";
import { BootReport } from "./boot-report.js";
import { BootSteps, STEP_READY, STEP_STUBS } from "./boot-steps.js";
import { OrderlyShutdown } from "./orderly-shutdown.js";
import { type ManagedProcess, ProcessRegistry, processEntryOf } from "./process-registry.js";
import { type KnownProcess, Rebuild } from "./rebuild.js";
import { type Admission, judgeRegistration, type Return } from "./registration.js";
import { statusOf } from "./status.js";
import { StubTable } from "./stub-table.js";

const MS_PER_SECOND = 1_000;

/** A link and who is at its other end. */
interface Session {
  readonly link: Link;
  process: ManagedProcess | null;
}

export class GameManager implements ClusterProcess {
  private readonly env: ProcessEnv;
  private readonly host: LinkHost;
  private readonly registry: ProcessRegistry;
  private readonly rebuild: Rebuild;
  private readonly stubs: StubTable;
  private readonly boot: BootSteps;
  private readonly report: BootReport;
  private readonly shutdown: OrderlyShutdown;
  private readonly sessions = new Map<Link, Session>();
  private readonly incarnation: Incarnation;
  private primary: Incarnation = 0;
  private open = false;
  /** Grows with each list and table; begins at the own incarnation, so above every version of an earlier gamemanager. */
  private version: number;
  private listChanged = true;
  private convergeQueued = false;
  private timer: TimerHandle | null = null;

  constructor(env: ProcessEnv) {
    const { config, scheduler, log } = env;
    this.env = env;
    this.host = openLinkHost(env);
    this.registry = new ProcessRegistry(config.cluster);
    this.incarnation = this.registry.nextIncarnation(scheduler.wallMs());
    this.version = this.incarnation;
    this.rebuild = new Rebuild(config.link);
    this.stubs = new StubTable({ askAgainMs: config.cluster.bootStallMs, retryMs: config.cluster.bootStallMs });
    this.boot = new BootSteps(this.bootState(), scheduler.nowMs());
    this.report = new BootReport(this.boot, log, config.cluster.bootStallMs);
    this.shutdown = new OrderlyShutdown({
      scheduler,
      log,
      registry: this.registry,
      stageTimeoutMs: config.cluster.shutdownTimeoutMs,
      tell: (process) => process.link.send(ManagerOutbound.shutdown, {}),
      done: () => void this.stop(),
    });
  }

  /** Rejects with CLUSTER_PORT_IN_USE. */
  async start(): Promise<void> {
    this.host.setSelf({ kind: "gamemanager", name: "gamemanager", incarnation: this.incarnation });
    this.host.onLink = (link) => this.handleLink(link);
    const address = await this.host.listen(this.env.gamemanager);
    this.env.log.info("link.listening", { ...address });
    this.queueConverge();
  }

  /** Ends this process alone; the others go on and wait for the next gamemanager. */
  async stop(): Promise<void> {
    if (this.timer !== null) this.env.scheduler.clearTimer(this.timer);
    this.timer = null;
    for (const { link } of this.sessions.values()) link.onState = null;
    await this.host.close("stopped");
    this.env.exit(0);
  }

  private handleLink(link: Link): void {
    const session: Session = { link, process: null };
    this.sessions.set(link, session);
    link.onMessage = this.makeDispatch(session);
    link.onState = (state, reason) => this.handleLinkState(session, state, reason);
    this.queueConverge();
  }

  private handleLinkState(session: Session, state: LinkState, reason: string): void {
    if (state === "down") {
      this.sessions.delete(session.link);
      this.report.unwatch(session.link);
      if (session.process !== null) this.handleMemberDown(session.process, session.link, reason);
    }
    this.queueConverge();
  }

  /** Who closed the link itself lives (it takes this process for dead, after a pause of ours) and comes back over another one. */
  private handleMemberDown(process: ManagedProcess, link: Link, reason: string): void {
    if (!link.closedByPeer) {
      this.remove(process, reason);
      return;
    }
    this.env.scheduler.setTimer(this.env.config.link.closedGraceMs, () => {
      if (process.link === link) this.remove(process, reason);
    });
  }

  private makeDispatch(session: Session): Dispatch {
    return dispatcher(ManagerInbound, {
      processRegister: (message) => this.handleProcessRegister(session, message),
      linksChanged: ({ games }) => {
        memberOf(session).linkedGames = new Set(games);
        this.queueConverge();
      },
      processReady: () => this.handleProcessReady(memberOf(session)),
      stubCreated: ({ entry }) => this.handleStubCreated(memberOf(session), entry),
      stubFailed: ({ entry, reason }) => this.handleStubFailed(memberOf(session), entry, reason),
      loadReport: (load) => this.handleLoadReport(memberOf(session), load),
      processStopped: () => this.remove(memberOf(session), "stopped"),
      statusRequest: ({ requestId }) => session.link.send(ManagerOutbound.statusReply, this.status(requestId)),
      bootWatch: () => this.report.watch(session.link),
      shutdownRequest: () => this.handleShutdownRequest(session),
    });
  }

  private handleProcessRegister(session: Session, message: ProcessRegister): void {
    const verdict = judgeRegistration(message, {
      registry: this.registry,
      isStopping: this.shutdown.isRunning,
      isBooting: this.boot.steps.length < 2,
    });
    if (verdict.kind === "refuse") {
      const { code, reason } = verdict;
      this.env.log.warn("process.refused", { name: message.name, pid: message.pid, code, reason });
      session.link.send(ManagerOutbound.processRefused, { code, reason });
      this.drop(session.link, code);
      return;
    }
    const process = verdict.kind === "return" ? this.takeBack(session, verdict) : this.admit(session, message, verdict);
    session.process = process;
    session.link.send(ManagerOutbound.processRegistered, { name: process.name, incarnation: process.incarnation });
    this.learn(process, message);
    this.listChanged = true;
    this.stubs.touch();
    this.queueConverge();
  }

  private admit(session: Session, message: ProcessRegister, admission: Admission): ManagedProcess {
    const { name, processKind, displaces } = admission;
    const { scheduler, log } = this.env;
    if (displaces !== undefined) this.remove(displaces, "replaced by a fresh start");
    const isFresh = admission.incarnation === 0;
    if (isFresh) for (const dead of this.rebuild.replaced(name)) this.giveUp(dead);
    else this.heedSurvivor(admission.incarnation, message);
    const incarnation = isFresh ? this.registry.nextIncarnation(scheduler.wallMs()) : admission.incarnation;
    log.info("process.joined", { kind: processKind, name, incarnation, pid: message.pid, isFresh });
    return this.registry.add({ ...message, name, incarnation }, processKind, session.link);
  }

  /** A process of before this gamemanager's start: what it knew must be heard before anything is decided. */
  private heedSurvivor(incarnation: Incarnation, message: ProcessRegister): void {
    const nowMs = this.env.scheduler.nowMs();
    this.rebuild.heard(nowMs, message.known, (each) => each.incarnation === incarnation || this.isSettled(each));
    this.rebuild.settle(incarnation);
    this.stubs.startAssignmentsAt(Math.floor(this.env.scheduler.wallMs() / MS_PER_SECOND));
    this.open ||= message.open;
    if (message.primary && this.primary === 0) this.primary = incarnation;
  }

  /** It is here, or known to be dead: removed, or followed by a fresh start under its name. */
  private isSettled({ name, incarnation }: KnownProcess): boolean {
    if (this.registry.byIncarnation(incarnation) !== undefined) return true;
    const successor = this.registry.named(name);
    if (successor !== undefined && successor.incarnation > incarnation) this.giveUp(incarnation);
    return this.registry.wasRemoved(incarnation);
  }

  private takeBack(session: Session, { process }: Return): ManagedProcess {
    const former = this.sessions.get(process.link);
    process.link = session.link;
    if (former !== undefined && former !== session) {
      former.process = null;
      this.drop(former.link, "replaced by a newer link");
    }
    return process;
  }

  /** What a registration says beyond who it is. */
  private learn(process: ManagedProcess, message: ProcessRegister): void {
    if (message.ready && process.state === "linking") process.state = "ready";
    this.stubs.declare(message.stubs);
    for (const entry of message.hosts) {
      const outdated = this.registry.byIncarnation(this.stubs.adopt(entry, process.incarnation));
      if (outdated === undefined) continue;
      this.env.log.error("stub.twice", { stub: `${entry.name}#${entry.shard}`, evicted: outdated.name });
      this.evict(outdated, `it holds ${entry.name}#${entry.shard} that was given to another game`);
    }
  }

  private handleProcessReady(process: ManagedProcess): void {
    if (process.state !== "linking") return;
    process.state = "ready";
    this.listChanged = true;
    this.queueConverge();
  }

  private handleStubCreated(process: ManagedProcess, entry: StubEntry): void {
    if (this.stubs.adopt(entry, process.incarnation) !== 0) {
      this.env.log.warn("stub.outdated", { stub: `${entry.name}#${entry.shard}`, game: process.name });
      this.stubs.touch();
    }
    this.queueConverge();
  }

  private handleStubFailed(process: ManagedProcess, entry: StubEntry, reason: string): void {
    this.env.log.error("stub.failed", { stub: `${entry.name}#${entry.shard}`, game: process.name, reason });
    this.stubs.fail(entry, process.incarnation, reason, this.env.scheduler.nowMs());
    this.queueConverge();
  }

  private handleLoadReport(process: ManagedProcess, load: ManagedProcess["load"]): void {
    process.load = load;
    if (process.kind !== "gate") return;
    const gates = this.registry.ofKind("gate").map((gate) => ({ gate: gate.incarnation, clients: gate.load.clients }));
    process.link.send(ManagerOutbound.gateLoads, { gates });
  }

  private handleShutdownRequest(session: Session): void {
    this.env.log.info("shutdown.requested", { by: session.link.peer?.name ?? "" });
    this.shutdown.start();
    this.listChanged = true;
    this.queueConverge();
  }

  private remove(process: ManagedProcess, reason: string): void {
    if (this.registry.byIncarnation(process.incarnation) !== process) return;
    const { scheduler, config } = this.env;
    this.registry.remove(process);
    this.giveUp(process.incarnation);
    this.stubs.gameGone(process.incarnation, scheduler.nowMs() + config.link.heartbeatIntervalMs);
    if (this.primary === process.incarnation) this.primary = 0;
    this.report.gone(process, reason);
    this.listChanged = true;
    const session = this.sessions.get(process.link);
    if (session !== undefined) session.process = null;
    this.drop(process.link, reason);
    this.shutdown.handleGone();
    this.queueConverge();
  }

  private drop(link: Link, reason: string): void {
    this.sessions.delete(link);
    this.report.unwatch(link);
    link.close(reason);
  }

  private evict(process: ManagedProcess, reason: string): void {
    process.link.send(ManagerOutbound.processRefused, { code: "PROCESS_REMOVED", reason });
    this.remove(process, reason);
  }

  private giveUp(incarnation: Incarnation): void {
    this.registry.markRemoved(incarnation);
    this.host.refuse(incarnation);
  }

  private queueConverge(): void {
    if (this.convergeQueued) return;
    this.convergeQueued = true;
    this.env.scheduler.defer(() => {
      this.convergeQueued = false;
      this.converge();
    });
  }

  private converge(): void {
    const nowMs = this.env.scheduler.nowMs();
    for (const incarnation of this.rebuild.tick(nowMs)) this.giveUp(incarnation);
    if (!this.rebuild.isOpen) {
      this.sendList();
      if (!this.shutdown.isRunning) this.decide(nowMs);
      this.sendList();
      this.sendStubTable();
    }
    this.report.update(nowMs);
    this.armTimer(nowMs);
  }

  private decide(nowMs: number): void {
    this.choosePrimary();
    const primary = this.registry.byIncarnation(this.primary);
    if (primary !== undefined) {
      const games = this.readyGames().map((game) => game.incarnation);
      this.stubs.assign(games, nowMs, this.rebuild.stubsFromMs);
      const stubs = this.stubs.takeRequests(this.primary, nowMs);
      if (stubs.length > 0) primary.link.send(ManagerOutbound.stubsCreate, { stubs });
    }
    if (!this.open && this.boot.holds(STEP_STUBS)) {
      this.open = true;
      this.listChanged = true;
    }
  }

  /** The first time when every process is ready; later, at once, the longest-lived ready game. */
  private choosePrimary(): void {
    if (this.primary !== 0) return;
    const isLate = this.open || this.boot.steps.length > STEP_READY || !this.stubs.isUntouched;
    if (!isLate && !this.boot.holds(STEP_READY)) return;
    const oldest = this.readyGames().sort((a, b) => a.incarnation - b.incarnation)[0];
    if (oldest === undefined) return;
    this.primary = oldest.incarnation;
    this.listChanged = true;
    this.env.log.info("primary.chosen", { game: oldest.name, incarnation: oldest.incarnation });
  }

  private readyGames(): ManagedProcess[] {
    return this.registry.ofKind("game").filter((game) => game.state === "ready");
  }

  private sendList(): void {
    if (!this.listChanged) return;
    this.listChanged = false;
    this.version++;
    const { version, primary, open } = this;
    this.sendToAll(this.registry.all(), ManagerOutbound.processList, {
      version,
      primary,
      open,
      processes: this.registry.all().map(processEntryOf),
    });
  }

  private sendStubTable(): void {
    if (!this.stubs.takeChanged()) return;
    this.version++;
    const table = { version: this.version, entries: this.stubs.created() };
    this.sendToAll(this.registry.ofKind("game"), ManagerOutbound.stubTable, table);
  }

  private sendToAll<T>(processes: readonly ManagedProcess[], kind: Message<T>, value: T): void {
    for (const process of processes) process.link.send(kind, value);
  }

  private armTimer(nowMs: number): void {
    const { scheduler } = this.env;
    if (this.timer !== null) scheduler.clearTimer(this.timer);
    this.timer = null;
    const stubsMs = this.stubs.nextDueMs(this.rebuild.stubsFromMs);
    const rebuildMs = this.rebuild.isOpen ? this.rebuild.deadlineMs : Number.POSITIVE_INFINITY;
    const dueMs = Math.min(
      ...[stubsMs, rebuildMs, this.report.nextStallMs()].map((ms) => (ms > nowMs ? ms : Number.POSITIVE_INFINITY)),
    );
    if (dueMs === Number.POSITIVE_INFINITY) return;
    this.timer = scheduler.setTimer(dueMs - nowMs, () => this.converge());
  }

  private status(requestId: number): MessageValue<typeof ManagerOutbound.statusReply> {
    const { env, registry, stubs, open, primary, incarnation } = this;
    return statusOf({
      requestId,
      env,
      registry,
      stubs,
      open,
      primary,
      incarnation,
      isStopping: this.shutdown.isRunning,
    });
  }

  private bootState(): ConstructorParameters<typeof BootSteps>[0] {
    return {
      registry: this.registry,
      connectedNames: () => this.connectedNames(),
      unheard: () => this.rebuild.missing(),
      listSent: () => this.version > this.incarnation,
      primary: () => this.primary,
      missingStubs: () => this.stubs.missing((game) => this.registry.byIncarnation(game)?.name ?? `game ${game}`),
      open: () => this.open,
    };
  }

  private connectedNames(): ReadonlySet<string> {
    const names = new Set<string>();
    for (const { link } of this.sessions.values()) {
      if (link.state === "up" && link.peer !== null) names.add(link.peer.name);
    }
    return names;
  }
}

/** The process at the other end; a message before its registration takes the link down. */
function memberOf(session: Session): ManagedProcess {
  if (session.process === null) throw new AeonError("LINK_MALFORMED", "a message before the registration");
  return session.process;
}
