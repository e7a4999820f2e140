/**
 * Navigation queries of one game: the script thread's side. Queries are written into batches as they come, sent at the end of the tick,
 * and settled when their batch comes back; nothing here waits. Every query ends exactly once: with its answer, by its deadline, by its
 * signal, with its batch, or when the game ends. What runs them is a NavRunner; time and randomness are handed in.
 */
import { AeonError } from "../base/errors.js";
import type { Counter, Metrics } from "../base/metrics.js";
import type { Random } from "../base/random.js";
import type { Scheduler } from "../base/scheduler.js";
import type { AeonConfig } from "../config/config.js";
import { MeshState } from "./mesh-state.js";
import {
  type BatchSizes,
  BatchWords,
  makeBatchMemory,
  type QueryArguments,
  type QueryKindNumber,
  writeRequest,
} from "./nav-batch.js";
import { decodeNavFile, type NavFile } from "./nav-file.js";
import { FilterTable } from "./nav-filter.js";
import type { NavPending } from "./nav-request.js";
import type { NavRunner, OpenNavRunner } from "./nav-runner.js";

/** Batches that go out with room left. */
const SLOTS_MORE = 16;
/** Fewer queries are not worth a batch of their own. */
const FILL_MIN = 16;

export interface NavPorts {
  readonly config: AeonConfig["nav"];
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly metrics: Metrics;
  readonly open: OpenNavRunner;
  /** Behind each batch that came back: script may have been resumed. */
  onSettled(): void;
}

/** A batch as the script thread sees it. */
class NavBatch {
  readonly words: BatchWords;
  readonly pendings: (NavPending | null)[] = [];
  /** Per query: which part of its request it is. */
  readonly parts: Int32Array;
  readonly deadlinesMs: Float64Array;
  readonly meshes: MeshState[] = [];
  count = 0;
  earliestMs = Number.POSITIVE_INFINITY;
  sentMs = Number.POSITIVE_INFINITY;
  giveUp: () => void = () => undefined;

  constructor(words: BatchWords, capacity: number) {
    this.words = words;
    this.parts = new Int32Array(capacity);
    this.deadlinesMs = new Float64Array(capacity);
  }

  /** The mesh's number in this batch. */
  numberOf(mesh: MeshState): number {
    const last = this.meshes.length - 1;
    if (last >= 0 && this.meshes[last] === mesh) return last;
    const number = this.meshes.indexOf(mesh);
    return number >= 0 ? number : this.meshes.push(mesh) - 1;
  }

  clear(): void {
    this.pendings.length = 0;
    this.meshes.length = 0;
    this.count = 0;
    this.earliestMs = Number.POSITIVE_INFINITY;
    this.sentMs = Number.POSITIVE_INFINITY;
  }
}

/** Where a query is, so that it can be taken back. */
export interface QueryPlace {
  readonly batch: unknown;
  readonly index: number;
}

export class NavService {
  readonly filters = new FilterTable();
  readonly config: AeonConfig["nav"];
  readonly random: Random;
  private readonly ports: NavPorts;
  private readonly sizes: BatchSizes;
  private readonly files = new Map<string, { file: NavFile; shared: SharedArrayBuffer; id: number }>();
  /** Asked for since the last tick; only the last one has room. */
  private filling: NavBatch[] = [];
  /** How full a batch is made, by what was asked for in the last tick. */
  private fillTo = FILL_MIN;
  private readonly underway = new Set<NavBatch>();
  private readonly free: NavBatch[] = [];
  /** Those that failed: a worker that was given up may still write into them. */
  private readonly resting: { readonly batch: NavBatch; readonly untilMs: number }[] = [];
  private readonly slotsMax: number;
  private slotCount = 0;
  private memory: SharedArrayBuffer | null = null;
  private runner: NavRunner | null = null;
  private nextMeshId = 1;
  /** In batches that have not come back, settled or not: what memory is held for. */
  private outstanding = 0;
  private isClosed = false;
  private readonly queries: Counter;
  private readonly refused: Counter;
  private readonly timeouts: Counter;
  private readonly failures: Counter;

  constructor(ports: NavPorts) {
    const { config, metrics } = ports;
    this.ports = ports;
    this.config = config;
    this.random = ports.random;
    this.sizes = { capacity: config.batchQueries, pointsMax: config.pathPointsMax };
    // Those that are full, and those that went out earlier for the sake of the workers.
    this.slotsMax = Math.ceil(config.queueMax / config.batchQueries) + SLOTS_MORE;
    this.queries = metrics.counter("nav_queries_total");
    this.refused = metrics.counter("nav_queries_refused_total");
    this.timeouts = metrics.counter("nav_timeouts_total");
    this.failures = metrics.counter("nav_batches_failed_total");
    metrics.gauge("nav_queries_outstanding", () => this.outstanding);
  }

  /** Makes a mesh file known by a name; its bytes are copied once, into memory that all workers share. Throws NAV_FILE_INVALID. */
  addFile(name: string, bytes: Uint8Array): void {
    const shared = new SharedArrayBuffer(bytes.length);
    new Uint8Array(shared).set(bytes);
    const file = decodeNavFile(new Uint8Array(shared));
    this.files.set(name, { file, shared, id: this.nextMeshId++ });
  }

  /** The mesh of one space. Throws NAV_MESH_UNKNOWN. */
  openMesh(name: string): MeshState {
    const found = this.files.get(name);
    if (found === undefined) throw new AeonError("NAV_MESH_UNKNOWN", name);
    return new MeshState(found.file, found.shared, found.id, () => this.nextMeshId++);
  }

  /** The tiles of another file, for `SpaceNav.useTiles`. Throws NAV_MESH_UNKNOWN. */
  fileOf(name: string): NavFile {
    const found = this.files.get(name);
    if (found === undefined) throw new AeonError("NAV_MESH_UNKNOWN", name);
    return found.file;
  }

  /** How many queries have not come back. */
  get outstandingCount(): number {
    return this.outstanding;
  }

  nowMs(): number {
    return this.ports.scheduler.nowMs();
  }

  /** Takes a query; `pending` hears of its end, once, and is handed `part` back. Throws NAV_QUEUE_FULL. */
  enqueue(
    mesh: MeshState,
    kind: QueryKindNumber,
    query: QueryArguments,
    pending: NavPending,
    part: number,
    deadlineMs: number,
  ): void {
    const batch = this.batchWithRoom();
    const index = batch.count++;
    query.mesh = batch.numberOf(mesh);
    writeRequest(batch.words, index, kind, query);
    batch.pendings[index] = pending;
    batch.parts[index] = part;
    batch.deadlinesMs[index] = deadlineMs;
    if (deadlineMs < batch.earliestMs) batch.earliestMs = deadlineMs;
    this.outstanding++;
    this.queries.value++;
  }

  /** Of the query that was taken last. */
  lastPlace(): QueryPlace {
    const batch = this.filling.at(-1) as NavBatch;
    return { batch, index: batch.count - 1 };
  }

  /** Its answer is not wanted any more; the worker leaves it out if it has not begun. */
  cancel({ batch, index }: QueryPlace, pending: NavPending): void {
    const { words, pendings } = batch as NavBatch;
    // The batch may have come back and been used again.
    if (pendings[index] !== pending) return;
    pendings[index] = null;
    words.cancel(index);
  }

  /** The beginning of a tick: deadlines, and the answers of a runner that works on this thread. */
  tick(): void {
    const nowMs = this.nowMs();
    for (const batch of this.underway) {
      if (batch.earliestMs <= nowMs) this.expire(batch, nowMs);
      if (batch.sentMs + this.config.batchTimeoutMs <= nowMs) batch.giveUp();
    }
    for (const batch of this.filling) if (batch.earliestMs <= nowMs) this.expire(batch, nowMs);
    while ((this.resting[0]?.untilMs ?? Number.POSITIVE_INFINITY) <= nowMs) {
      this.free.push((this.resting.shift() as { batch: NavBatch }).batch);
    }
    this.runner?.tick();
  }

  /** The end of a tick: sends what was asked since the last. */
  flush(): void {
    const { filling } = this;
    if (filling.length === 0) return;
    this.filling = [];
    this.fillTo = this.fillFor(filling);
    this.runner ??= this.ports.open({
      ...this.config,
      batches: this.memory as SharedArrayBuffer,
      filters: this.filters.buffer,
    });
    for (const batch of filling) this.send(this.runner, batch);
  }

  /** Ends every query with NAV_FAILED. Resolves when the workers have ended. */
  async close(): Promise<void> {
    this.isClosed = true;
    const batches = [...this.underway, ...this.filling];
    this.underway.clear();
    this.filling = [];
    this.outstanding = 0;
    for (const batch of batches) this.failAll(batch, new AeonError("NAV_FAILED", "the game ends"));
    await this.runner?.close();
  }

  private batchWithRoom(): NavBatch {
    if (this.isClosed) throw new AeonError("NAV_FAILED", "the game ends");
    if (this.outstanding >= this.config.queueMax) throw this.queueFull();
    const { filling } = this;
    const last = filling.at(-1);
    const enough = filling.length <= this.config.workers ? this.fillTo : this.sizes.capacity;
    if (last !== undefined && last.count < enough) return last;
    const batch = this.free.pop() ?? this.newBatch();
    this.filling.push(batch);
    return batch;
  }

  private fillFor(batches: readonly NavBatch[]): number {
    const count = batches.reduce((sum, batch) => sum + batch.count, 0);
    const share = Math.ceil(count / Math.max(1, this.config.workers));
    return Math.min(this.sizes.capacity, Math.max(FILL_MIN, share));
  }

  private newBatch(): NavBatch {
    if (this.slotCount === this.slotsMax) throw this.queueFull();
    this.memory ??= makeBatchMemory(this.sizes, this.slotsMax);
    return new NavBatch(new BatchWords(this.memory, this.slotCount++, this.sizes), this.sizes.capacity);
  }

  private queueFull(): AeonError {
    this.refused.add();
    return new AeonError("NAV_QUEUE_FULL", `${this.outstanding} queries`);
  }

  private send(runner: NavRunner, batch: NavBatch): void {
    const task = { slot: batch.words.slot, count: batch.count, meshes: batch.meshes.map((mesh) => mesh.share()) };
    batch.sentMs = this.nowMs();
    this.underway.add(batch);
    batch.giveUp = runner.run(task, (error) => this.handleDone(batch, error));
  }

  private handleDone(batch: NavBatch, error: Error | null): void {
    if (!this.underway.delete(batch)) return;
    this.outstanding -= batch.count;
    if (error === null) this.settleAll(batch);
    else {
      this.failures.add();
      this.failAll(batch, error);
    }
    batch.clear();
    if (error === null) this.free.push(batch);
    else this.resting.push({ batch, untilMs: this.nowMs() + this.config.batchTimeoutMs });
    this.ports.onSettled();
  }

  private settleAll(batch: NavBatch): void {
    const { words, pendings, parts, count } = batch;
    for (let index = 0; index < count; index++) pendings[index]?.settle(words, index, parts[index] as number);
  }

  private failAll({ pendings }: NavBatch, error: Error): void {
    for (const pending of pendings) pending?.fail(error);
  }

  private expire(batch: NavBatch, nowMs: number): void {
    const { pendings, deadlinesMs, count } = batch;
    batch.earliestMs = Number.POSITIVE_INFINITY;
    for (let index = 0; index < count; index++) {
      const pending = pendings[index];
      if (pending === null || pending === undefined) continue;
      const deadlineMs = deadlinesMs[index] as number;
      if (deadlineMs > nowMs) {
        batch.earliestMs = Math.min(batch.earliestMs, deadlineMs);
        continue;
      }
      this.timeouts.add();
      pendings[index] = null;
      batch.words.cancel(index);
      pending.fail(new AeonError("NAV_TIMEOUT"));
    }
  }
}
