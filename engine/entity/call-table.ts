/** Calls of this game that wait for their reply. Each settles exactly once; a reply that comes late finds nobody and is dropped. */
import type { ByteReader } from "../base/bytes.js";
import { AeonError, type ErrorCode, isErrorCode } from "../base/errors.js";
import type { Incarnation } from "../base/ids.js";
import { unwatched } from "../base/promises.js";
import type { TimerWheel, WheelTimer } from "../base/timer-wheel.js";

const CALL_ID_MAX = 0xffff_ffff;
/** Calls that wait; more are refused with RPC_QUEUE_FULL. */
const PENDING_MAX = 200_000;

interface PendingCall {
  readonly what: string;
  /** 0: any game may answer. */
  readonly game: Incarnation;
  /** Through which the call went; 0: none. */
  readonly gate: Incarnation;
  readonly timer: WheelTimer;
  readonly decode: (reader: ByteReader) => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: AeonError) => void;
}

export class CallTable {
  private readonly timers: TimerWheel;
  private readonly pending = new Map<number, PendingCall>();
  private nextId = 1;

  constructor(timers: TimerWheel) {
    this.timers = timers;
  }

  get size(): number {
    return this.pending.size;
  }

  /** A number for the reply and a promise of it. `what` names the call in errors. Throws RPC_QUEUE_FULL. */
  open(
    what: string,
    way: { readonly game: Incarnation; readonly gate: Incarnation },
    timeoutMs: number,
    decode: (reader: ByteReader) => unknown,
  ): { callId: number; reply: Promise<unknown> } {
    if (this.pending.size >= PENDING_MAX) throw new AeonError("RPC_QUEUE_FULL", `${PENDING_MAX} calls wait`);
    const callId = this.nextId;
    this.nextId = this.nextId === CALL_ID_MAX ? 1 : this.nextId + 1;
    const reply = new Promise<unknown>((resolve, reject) => {
      const timer = this.timers.set(timeoutMs, () => this.fail(callId, "RPC_TIMEOUT", `${timeoutMs} ms`));
      this.pending.set(callId, { what, ...way, timer, decode, resolve, reject });
    });
    return { callId, reply: unwatched(reply) };
  }

  /** `code` "": the reader holds the result; else it holds a sentence. */
  settle(callId: number, code: string, reader: ByteReader): void {
    if (code !== "") return this.fail(callId, isErrorCode(code) ? code : "RPC_HANDLER_THREW", reader.text());
    const call = this.take(callId);
    if (call === undefined) return;
    try {
      call.resolve(call.decode(reader));
    } catch (cause) {
      call.reject(new AeonError("BYTES_MALFORMED", `the reply to ${call.what}`, { cause }));
    }
  }

  fail(callId: number, code: ErrorCode, detail: string): void {
    const call = this.take(callId);
    call?.reject(new AeonError(code, `${call.what}: ${detail}`));
  }

  /** Nobody of this game will answer any more. */
  gameGone(game: Incarnation): void {
    for (const [callId, call] of this.pending)
      if (call.game === game) this.fail(callId, "MAILBOX_GAME_GONE", "it left");
  }

  /** What went through this gate may have been lost with it. */
  gateGone(gate: Incarnation): void {
    for (const [callId, call] of this.pending)
      if (call.gate === gate) this.fail(callId, "MAILBOX_GATE_GONE", "the answer may be lost with it");
  }

  private take(callId: number): PendingCall | undefined {
    const call = this.pending.get(callId);
    if (call === undefined) return undefined;
    this.pending.delete(callId);
    this.timers.clear(call.timer);
    return call;
  }
}
