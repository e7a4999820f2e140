/**
 * The turns of all pipes of a thread, on one port or many: takes in what arrived, then flushes every pipe that was touched, then sends.
 * Owns the two batches, the list of touched pipes and the wheel of those that wait. A throw out of a pipe's input ends that pipe only.
 */
import { errorText } from "../base/errors.js";
import type { Log } from "../base/log.js";
import type { Scheduler } from "../base/scheduler.js";
import { DatagramBatch } from "./batch-port.js";
import { FlushWheel } from "./flush-wheel.js";
import type { KcpPipe } from "./kcp-pipe.js";
import type { PipeHost } from "./pipe-host.js";

const BATCH_DATAGRAMS = 256;
/** More than that in one turn waits for the next, so that timers and other sockets have theirs. */
const BATCHES_PER_TURN = 4;

export class PipeDriver {
  readonly scheduler: Scheduler;
  private readonly log: Log;
  private readonly wheel: FlushWheel<KcpPipe>;
  private readonly incoming = new DatagramBatch(BATCH_DATAGRAMS);
  private readonly outgoing = new DatagramBatch(BATCH_DATAGRAMS);
  /** Whose datagrams stand in `outgoing`. */
  private sender: PipeHost | null = null;
  private touched: KcpPipe[] = [];
  private flushing: KcpPipe[] = [];
  private readable: PipeHost[] = [];
  private isTurnDeferred = false;
  private readonly turn = (): void => this.takeTurn();

  constructor(scheduler: Scheduler, log: Log) {
    this.scheduler = scheduler;
    this.log = log;
    this.wheel = new FlushWheel<KcpPipe>(
      scheduler,
      (pipe) => this.flush(pipe, scheduler.nowMs()),
      () => this.sendOutgoing(),
    );
  }

  /** Pipes that wait for a time, stale entries included. */
  get waitingCount(): number {
    return this.wheel.size;
  }

  /** It is flushed at the end of this turn. */
  touch(pipe: KcpPipe): void {
    if (pipe.isTouched) return;
    pipe.isTouched = true;
    this.touched.push(pipe);
    this.deferTurn();
  }

  /** The pipe is gone. */
  untouch(pipe: KcpPipe): void {
    this.wheel.clear(pipe);
  }

  handleReadable(host: PipeHost): void {
    this.readable.push(host);
    this.deferTurn();
  }

  /** Its peer broke the rules, or cannot be served: it is closed, and told once. */
  fail(pipe: KcpPipe, reason: string): void {
    pipe.host.counters.failed.add();
    this.log.debug("udp.failed", { remote: pipe.remote, reason });
    pipe.sayGoodbye(reason);
  }

  /** A batch with room for one datagram of `host`. */
  begin(host: PipeHost): DatagramBatch {
    if (this.sender !== host || this.outgoing.isFull) this.sendOutgoing();
    this.sender = host;
    return this.outgoing;
  }

  sendOutgoing(): void {
    if (this.outgoing.count === 0) return;
    this.sender?.port.send(this.outgoing);
    this.outgoing.clear();
  }

  /** What stands in the batch leaves at the end of this turn at the latest. */
  deferTurn(): void {
    if (this.isTurnDeferred) return;
    this.isTurnDeferred = true;
    this.scheduler.defer(this.turn);
  }

  private takeTurn(): void {
    this.isTurnDeferred = false;
    const { readable } = this;
    this.readable = [];
    for (const host of readable) this.receive(host);
    const nowMs = this.scheduler.nowMs();
    const { touched } = this;
    this.touched = this.flushing;
    this.flushing = touched;
    for (const pipe of touched) {
      pipe.isTouched = false;
      this.flush(pipe, nowMs);
    }
    touched.length = 0;
    this.sendOutgoing();
  }

  private receive(host: PipeHost): void {
    const { incoming, scheduler } = this;
    for (let batches = 0; batches < BATCHES_PER_TURN; batches++) {
      incoming.clear();
      const isDrained = host.port.receive(incoming);
      const nowMs = scheduler.nowMs();
      for (let slot = 0; slot < incoming.count; slot++) this.takeSlot(host, slot, nowMs);
      if (isDrained) return;
    }
    this.handleReadable(host);
  }

  private takeSlot(host: PipeHost, slot: number, nowMs: number): void {
    try {
      host.handleSlot(this.incoming, slot, nowMs);
    } catch (error) {
      host.counters.throws.add();
      this.log.error("udp.throw", { error: errorText(error) });
      host.pipeOf(this.incoming.peers[slot] as number)?.drop("its message made a handler throw");
    }
  }

  private flush(pipe: KcpPipe, nowMs: number): void {
    const dueInMs = pipe.flush(nowMs);
    if (dueInMs === Number.POSITIVE_INFINITY) this.wheel.clear(pipe);
    else this.wheel.set(pipe, dueInMs);
  }
}
