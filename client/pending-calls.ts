/**
 * Calls that wait for their reply. Each ends exactly once: by its reply, by its time-out, or because the session ended; a reply that comes
 * after that is dropped and counted. Pure but for the scheduler.
 */
import { ByteReader } from "../engine/base/bytes.js";
import { AeonError } from "../engine/base/errors.js";
import type { Scheduler, TimerHandle } from "../engine/base/scheduler.js";
import { readResult } from "../engine/property/call-codec.js";
import type { MethodDefinition } from "../engine/property/definition.js";
import { readCallError } from "./call-error.js";

const CALLS_MAX = 1_024;
const CALL_ID_MAX = 0xffff_ffff;

interface PendingCall {
  readonly method: MethodDefinition;
  readonly timer: TimerHandle;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: AeonError) => void;
}

export class PendingCalls {
  /** Replies that nobody waited for any more. */
  lateCount = 0;
  private readonly scheduler: Scheduler;
  private readonly calls = new Map<number, PendingCall>();
  private lastId = 0;

  constructor(scheduler: Scheduler) {
    this.scheduler = scheduler;
  }

  get count(): number {
    return this.calls.size;
  }

  /** Throws RPC_QUEUE_FULL. The promise rejects with RPC_TIMEOUT after `timeoutMs`. */
  start(method: MethodDefinition, timeoutMs: number): { readonly callId: number; readonly result: Promise<unknown> } {
    if (this.calls.size >= CALLS_MAX) throw new AeonError("RPC_QUEUE_FULL", `${CALLS_MAX} calls wait for a reply`);
    const callId = this.nextId();
    const result = new Promise<unknown>((resolve, reject) => {
      const timer = this.scheduler.setTimer(timeoutMs, () =>
        this.fail(callId, new AeonError("RPC_TIMEOUT", `${method.name}, after ${timeoutMs} ms`)),
      );
      this.calls.set(callId, { method, timer, resolve, reject });
    });
    return { callId, result };
  }

  /** A reply arrived. Throws BYTES_MALFORMED when it cannot be read; the call has then failed with the same. */
  settle(callId: number, code: string, payload: Uint8Array): void {
    const call = this.take(callId);
    if (call === undefined) {
      this.lateCount++;
      return;
    }
    try {
      if (code === "") call.resolve(readResult(call.method, new ByteReader(payload)));
      else call.reject(readCallError(code, payload));
    } catch (error) {
      call.reject(error as AeonError);
      throw error;
    }
  }

  fail(callId: number, error: AeonError): void {
    this.take(callId)?.reject(error);
  }

  /** The session they belong to is over. */
  failAll(error: AeonError): void {
    for (const callId of [...this.calls.keys()]) this.fail(callId, error);
  }

  private take(callId: number): PendingCall | undefined {
    const call = this.calls.get(callId);
    if (call === undefined) return undefined;
    this.calls.delete(callId);
    this.scheduler.clearTimer(call.timer);
    return call;
  }

  private nextId(): number {
    do this.lastId = this.lastId >= CALL_ID_MAX ? 1 : this.lastId + 1;
    while (this.calls.has(this.lastId));
    return this.lastId;
  }
}
