/**
 * The op log's reading end: replays what is published into a sink. Made from the log's first ring, on any thread; a log has one reader.
 * When a ring ends with `nextRing`, the reader asks for the next one, which the writer has handed over before it published that op.
 * Arrays that a sink is given by `transforms` are views into the ring, valid during the call; everything else it may keep.
 */
import { ByteReader } from "../base/bytes.js";
import { AeonError } from "../base/errors.js";
import { readJson } from "./json-value.js";
import {
  CHUNKED_BIT,
  CONTROL_HEAD,
  CONTROL_TAIL,
  doubleOf,
  FIELD_SHIFT,
  INT_KEY_BIT,
  OP,
  OP_MASK,
  SCOPE_MASK,
  SCOPE_SHIFT,
  VALUE,
  VALUE_MASK,
  VALUE_SHIFT,
} from "./op-log-format.js";
import { OpLogRing, type RingBuffer } from "./op-log-ring.js";
import { applyCold } from "./op-log-world.js";
import type { HasRootNumbers, MapKey, OpSink, RootNumberRun, Scalar } from "./op-sink.js";

const WORD_BYTES = 4;
const SHORT_TEXT_BYTES = 48;
const NO_BYTES = new Uint8Array(0);
const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

export class OpLogReader implements RootNumberRun {
  /** The last op read was a flush, or nothing was read yet: what came before is consistent. */
  isAtFlush = true;
  private ring: OpLogRing;
  /** As RootNumberRun. */
  words: Int32Array;
  floats: Float32Array;
  at = 0;
  end = 0;
  private bytes: Uint8Array;
  private held: Uint8Array[] = [];
  private readonly nextBuffer: () => RingBuffer | undefined;

  /** `nextBuffer`: the rings that follow the first, in order. */
  constructor(buffer: RingBuffer, nextBuffer: () => RingBuffer | undefined = () => undefined) {
    this.nextBuffer = nextBuffer;
    this.ring = new OpLogRing(buffer);
    this.words = this.ring.words;
    this.floats = this.ring.floats;
    this.bytes = this.ring.bytes;
  }

  /** There is something to read. */
  get hasMore(): boolean {
    return Atomics.load(this.ring.control, CONTROL_HEAD) !== this.at;
  }

  /** Reads all that is published now; the number of ops. What a sink throws ends the drain behind the op that made it throw. */
  drain(into: OpSink & HasRootNumbers): number {
    this.end = Atomics.load(this.ring.control, CONTROL_HEAD);
    let count = 0;
    const numbers = into.rootNumbers ?? null;
    try {
      while (this.at !== this.end) {
        if (numbers === null || ((this.words[this.at] as number) & OP_MASK) < OP.rootInt) {
          this.readOp(into);
          count++;
        } else {
          this.isAtFlush = false;
          count += numbers.readRootNumbers(this);
        }
      }
    } finally {
      Atomics.store(this.ring.control, CONTROL_TAIL, this.at);
    }
    return count;
  }

  /** Lets go of the ring, which the writer sees as read to its end. */
  private takeNextRing(): void {
    Atomics.store(this.ring.control, CONTROL_TAIL, this.end);
    const buffer = this.nextBuffer();
    if (buffer === undefined) throw new AeonError("INTERNAL", "the op log's next ring is missing");
    this.ring = new OpLogRing(buffer);
    this.words = this.ring.words;
    this.floats = this.ring.floats;
    this.bytes = this.ring.bytes;
    this.at = 0;
    this.end = Atomics.load(this.ring.control, CONTROL_HEAD);
  }

  /** Each case takes all of its op before it calls the sink, so that a throw leaves the reader at the next op. */
  private readOp(into: OpSink): void {
    const { words } = this;
    const at = this.at;
    const head = words[at] as number;
    const op = head & OP_MASK;
    if (op < OP.entityDestroy) {
      this.readOther(op, head, into);
      return;
    }
    const entity = words[at + 1] as number;
    const node = words[at + 2] as number;
    const a = words[at + 3] as number;
    const b = words[at + 4] as number;
    const scope = (head >> SCOPE_SHIFT) & SCOPE_MASK;
    const field = head >>> FIELD_SHIFT;
    this.isAtFlush = false;
    this.at = at + 5;
    switch (op) {
      case OP.fieldSet: {
        this.at = at + 3;
        const value = this.readValue(head);
        return into.fieldSet(entity, node, field, scope, value);
      }
      case OP.rootInt:
        this.at = at + 3;
        return into.fieldSet(entity, 0, field, scope, node);
      case OP.rootFloat:
        this.at = at + 3;
        return into.fieldSet(entity, 0, field, scope, this.floats[at + 2] as number);
      case OP.rootDouble:
        this.at = at + 4;
        return into.fieldSet(entity, 0, field, scope, doubleOf(this.words, at + 2));
      case OP.mapSet: {
        this.at = at + 3;
        const key = this.readKey(head);
        const value = this.readValue(head);
        return into.mapSet(entity, node, key, scope, value);
      }
      case OP.mapNode: {
        this.at = at + 3;
        const key = this.readKey(head);
        const child = this.readValue(head) as number;
        return into.mapNode(entity, node, key, scope, child);
      }
      case OP.mapDelete:
        this.at = at + 3;
        return into.mapDelete(entity, node, this.readKey(head), scope);
      case OP.listSet:
        this.at = at + 4;
        return into.listSet(entity, node, a, scope, this.readValue(head));
      case OP.listInsert:
        this.at = at + 4;
        return into.listInsert(entity, node, a, scope, this.readValue(head));
      case OP.fieldNode:
        return into.fieldNode(entity, node, field, scope, a);
      case OP.mapClear:
        return into.mapClear(entity, node, scope);
      case OP.listSetNode:
        return into.listSetNode(entity, node, a, scope, b);
      case OP.listInsertNode:
        return into.listInsertNode(entity, node, a, scope, b);
      case OP.listRemove:
        return into.listRemove(entity, node, a, b, scope);
      case OP.listMove:
        return into.listMove(entity, node, a, b, scope);
      case OP.listClear:
        return into.listClear(entity, node, scope);
      case OP.entityDestroy:
        return into.entityDestroy(entity);
      case OP.nextRing:
        return this.takeNextRing();
      default:
        throw new AeonError("INTERNAL", `the op log holds op ${op}`);
    }
  }

  private readOther(op: number, head: number, into: OpSink): void {
    const { words, at } = this;
    switch (op) {
      case OP.pad:
        this.at = 0;
        return;
      case OP.chunk:
        this.at = at + 1;
        this.held.push(this.takeBytes().slice());
        return;
      case OP.flush:
        this.at = at + 3;
        this.isAtFlush = true;
        return into.flush((words[at + 2] as number) * 2 ** 32 + ((words[at + 1] as number) >>> 0));
      case OP.cold: {
        this.isAtFlush = false;
        this.at = at + 1;
        const body = this.takeBytes().slice();
        return applyCold(new ByteReader(this.takeHeld(head) ?? body), into);
      }
      case OP.transforms:
        this.isAtFlush = false;
        return this.readTransforms(head, into);
      default:
        throw new AeonError("INTERNAL", `the op log holds op ${op}`);
    }
  }

  private readTransforms(head: number, into: OpSink): void {
    const { words, floats, at } = this;
    const tick = (words[at + 1] as number) >>> 0;
    const serverMs = doubleOf(this.words, at + 2);
    const count = words[at + 4] as number;
    const body = this.takeHeld(head);
    this.at = at + 5 + (body === null ? count * 5 : 0);
    const slots = body === null ? words.subarray(at + 5, at + 5 + count) : new Int32Array(body.buffer, 0, count);
    const positions =
      body === null
        ? floats.subarray(at + 5 + count, at + 5 + count * 5)
        : new Float32Array(body.buffer, count * WORD_BYTES, count * 4);
    into.transforms(tick, serverMs, count, slots, positions);
  }

  private readKey(head: number): MapKey {
    if ((head & INT_KEY_BIT) !== 0) return this.words[this.at++] as number;
    return this.textOf(this.takeBytes());
  }

  private readValue(head: number): Scalar {
    switch ((head >> VALUE_SHIFT) & VALUE_MASK) {
      case VALUE.int:
        return this.words[this.at++] as number;
      case VALUE.double:
        this.at += 2;
        return doubleOf(this.words, this.at - 2);
      case VALUE.false:
        return false;
      case VALUE.true:
        return true;
      case VALUE.null:
        return null;
      case VALUE.text:
        return this.textOf(this.takeHeld(head) ?? this.takeBytes());
      case VALUE.bytes:
        return this.takeHeld(head) ?? this.takeBytes().slice();
      default:
        return readJson(new ByteReader(this.takeHeld(head) ?? this.takeBytes().slice())) as Scalar;
    }
  }

  /** Steps over a length and its bytes; a view into the ring. */
  private takeBytes(): Uint8Array {
    const length = this.words[this.at] as number;
    const start = (this.at + 1) * WORD_BYTES;
    this.at += 1 + ((length + 3) >> 2);
    return length === 0 ? NO_BYTES : this.bytes.subarray(start, start + length);
  }

  /** What the chunks before this op hold, as one array of its own; null when its body is not in chunks. */
  private takeHeld(head: number): Uint8Array | null {
    if ((head & CHUNKED_BIT) === 0) return null;
    const whole = new Uint8Array(this.held.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of this.held) {
      whole.set(part, at);
      at += part.length;
    }
    this.held = [];
    return whole;
  }

  private textOf(bytes: Uint8Array): string {
    // A decoder does not take shared memory, and for a short text it costs more than the loop.
    if (bytes.length > SHORT_TEXT_BYTES) return decoder.decode(bytes.slice());
    let text = "";
    for (let i = 0; i < bytes.length; i++) {
      const byte = bytes[i] as number;
      if (byte > 0x7f) return decoder.decode(bytes.slice());
      text += String.fromCharCode(byte);
    }
    return text;
  }
}
