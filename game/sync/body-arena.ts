/**
 * The bodies of one drain, each encoded once into one buffer as a gate gets it: behind its length, `u8 id | uvar length | body` of
 * client-link's DownstreamBody. A body is named by its number until the next `clear`, which begins a new epoch.
 */

import { IntList } from "../../engine/aoi/int-list.js";
import { ByteReader, ByteWriter } from "../../engine/base/bytes.js";
import type { EntityId } from "../../engine/base/ids.js";
import type { ScopeMask } from "../../engine/property/op-sink.js";
import type { Shadow } from "../../engine/property/shadow.js";
import type { Lack } from "../../engine/property/shadow-lack.js";
import { NEAR } from "../../engine/property/shadow-near.js";
import { DownstreamBody } from "../../engine/protocol/client-link.js";
import type { Message } from "../../engine/protocol/message.js";
import { LEVEL_BYTES, RISEN_BYTES } from "../../engine/protocol/short-transforms.js";

const ARENA_BYTES = 65_536;
const BODY_BYTES = 4_096;
const WORD_BYTES = 4;
/** Three cells and a count. */
const SHORT_HEAD_BYTES = 8;
/** x, y, z, yaw. */
const TRANSFORM_NUMBERS = 4;
const UVAR_ONE_BYTE_MAX = 0x7f;
const UVAR_TWO_BYTES_MAX = 0x3fff;
const UVAR_THREE_BYTES_BITS = 21;
/** Among `parts`: the body is whole, and may be lost. */
const LOOSE = -1;

export interface ViewEnterHead {
  readonly generation: number;
  readonly type: number;
  readonly entity: EntityId;
}

export class BodyArena {
  /** Grows by one with each `clear`; a body number is worth something only within its epoch. */
  epoch = 0;
  private readonly arena = new ByteWriter(ARENA_BYTES);
  private readonly body = new ByteWriter(BODY_BYTES);
  private readonly ends = new IntList(1024);
  /** Of each body: its bytes when it is a part, 0 when it is whole, LOOSE. */
  private readonly parts = new IntList(1024);
  /** Bytes of each body, without its length in front. */
  private readonly sizes = new IntList(1024);
  /** Where the body at hand begins. */
  private bodyAt = 0;
  private viewed = this.arena.bytes;
  private wordView = new DataView(this.viewed.buffer);

  get count(): number {
    return this.ends.length;
  }

  get bytes(): number {
    return this.arena.length;
  }

  /** All of them, one behind the other. Replaced when it grows. */
  get buffer(): Uint8Array {
    return this.arena.bytes;
  }

  /** Where a body and its length end in the buffer; they begin where the one before ends. */
  endOf(body: number): number {
    return body < 0 ? 0 : this.ends.at(body);
  }

  /**
   * Bytes of a part: of a body that stands in a row of others behind one head; 0 for one that is whole. A part is a record of
   * nearChanges.
   */
  partBytes(body: number): number {
    return this.parts.at(body);
  }

  /** By body: `partBytes`. Replaced when it grows. */
  get partSizes(): Int32Array {
    return this.parts.items;
  }

  /** What a body takes of a client's packet. */
  bytesOf(body: number): number {
    return this.sizes.at(body);
  }

  /** The same of all in a list. */
  bytesOfAll({ items: bodies, length }: IntList): number {
    const sizes = this.sizes.items;
    let bytes = 0;
    for (let i = 0; i < length; i++) bytes += sizes[bodies[i] as number] as number;
    return bytes;
  }

  isLoose(body: number): boolean {
    return this.parts.at(body) === LOOSE;
  }

  /** The body added last may be lost. */
  markLoose(): void {
    this.parts.items[this.parts.length - 1] = LOOSE;
  }

  /** Encodes one body and returns its number. */
  add<T>(kind: Message<T>, value: T): number {
    const { arena, body } = this;
    body.reset();
    kind.body.write(body, value);
    this.begin(kind.id, body.length);
    arena.raw(body.written());
    return this.end();
  }

  /** The same bytes as `add(DownstreamBody.viewLeave, …)`, written by hand. */
  addViewLeave(target: number): number {
    const { arena } = this;
    this.begin(DownstreamBody.viewLeave.id, uvarBytes(target));
    arena.uvar(target);
    return this.end();
  }

  /** The same bytes as `add(DownstreamBody.viewEnter, …)`, written by hand: `positions` has its x, y, z and yaw from `at`. */
  addViewEnter(target: number, head: ViewEnterHead, positions: Float32Array, at: number, state: Uint8Array): number {
    const { arena, body } = this;
    body.reset();
    body.uvar(target);
    body.u8(head.generation);
    body.u16(head.type);
    body.text(head.entity);
    for (let i = at; i < at + TRANSFORM_NUMBERS; i++) body.f32(positions[i] as number);
    this.begin(DownstreamBody.viewEnter.id, body.length + state.length);
    arena.raw(body.written());
    arena.raw(state);
    return this.end();
  }

  /** What changed of many entities, as parts, with the arguments of Shadow.writeNearChanges; `bodies[i]` is its body, or one of NEAR. */
  addNearChanges(
    shadow: Shadow,
    slots: Int32Array,
    targets: Int32Array,
    count: number,
    mask: ScopeMask,
    bodies: Int32Array,
  ): void {
    const { arena } = this;
    let start = arena.length;
    shadow.writeNearChanges(slots, targets, count, mask, arena, bodies);
    for (const list of [this.ends, this.parts, this.sizes]) list.reserve(count);
    const { items: ends } = this.ends;
    const { items: parts } = this.parts;
    const { items: sizes } = this.sizes;
    let body = this.count;
    for (let i = 0; i < count; i++) {
      const end = bodies[i] as number;
      if (end < 0) continue;
      ends[body] = end;
      // A record of at most a target, a mask and seven numbers stands behind one byte of length.
      const bytes = end - start - 1;
      parts[body] = bytes;
      sizes[body] = bytes;
      bodies[i] = body++;
      start = end;
    }
    for (const list of [this.ends, this.parts, this.sizes]) list.length = body;
  }

  /** What a copy lacks of an entity, as a part: its body, or one of NEAR. */
  addNearLack(shadow: Shadow, slot: number, lack: Lack, mask: ScopeMask, target: number): number {
    const { arena } = this;
    const lengthAt = arena.reserve(1);
    const isNear = shadow.writeNearLack(slot, lack, mask, target, arena);
    const bytes = arena.length - lengthAt - 1;
    if (!isNear || bytes === 0) {
      arena.length = lengthAt;
      return isNear ? NEAR.nothing : NEAR.far;
    }
    arena.bytes[lengthAt] = bytes;
    this.bodyAt = lengthAt + 1;
    const body = this.end();
    this.parts.items[body] = bytes;
    return body;
  }

  /** What stands before so many bytes of parts. */
  addPartsHead(bytes: number): number {
    this.arena.uvar(1 + uvarBytes(bytes));
    this.bodyAt = this.arena.length;
    this.arena.u8(DownstreamBody.nearChanges.id);
    this.arena.uvar(bytes);
    return this.end();
  }

  /**
   * The same bytes as `add(DownstreamBody.shortTransforms, …)`: records of the short ids in `level` and `risen`. `words` has the first
   * eight bytes of each (of which the last is not sent), `heights` its height in steps.
   */
  addShortTransforms(
    cellX: number,
    cellY: number,
    cellZ: number,
    level: IntList,
    risen: IntList,
    words: Int32Array,
    heights: Int32Array,
  ): number {
    const { arena } = this;
    const recordBytes = level.length * LEVEL_BYTES + risen.length * RISEN_BYTES;
    this.begin(DownstreamBody.shortTransforms.id, SHORT_HEAD_BYTES + recordBytes);
    arena.i16(cellX);
    arena.i16(cellY);
    arena.i16(cellZ);
    arena.u16(level.length);
    // The last record is written a byte too long.
    const at = arena.reserve(recordBytes + 1);
    this.writeRisen(this.writeLevel(at, level, words), risen, words, heights);
    arena.length -= 1;
    return this.end();
  }

  /** Without the length in front: a view, valid until the next body or `clear`. */
  view(body: number): Uint8Array {
    const reader = new ByteReader(this.arena.bytes, this.endOf(body - 1), this.endOf(body));
    return reader.blob();
  }

  clear(): void {
    this.arena.reset();
    this.ends.clear();
    this.parts.clear();
    this.sizes.clear();
    this.epoch += 1;
  }

  private writeLevel(from: number, level: IntList, words: Int32Array): number {
    const view = this.arenaView();
    const { items, length } = level;
    let at = from;
    for (let i = 0; i < length; i++, at += LEVEL_BYTES) {
      const word = (items[i] as number) * 2;
      view.setInt32(at, words[word] as number, true);
      view.setInt32(at + WORD_BYTES, words[word + 1] as number, true);
    }
    return at;
  }

  private writeRisen(from: number, risen: IntList, words: Int32Array, heights: Int32Array): void {
    const view = this.arenaView();
    let at = from;
    for (let i = 0; i < risen.length; i++, at += RISEN_BYTES) {
      const index = risen.at(i);
      view.setInt32(at, words[index * 2] as number, true);
      view.setInt32(at + WORD_BYTES, words[index * 2 + 1] as number, true);
      view.setInt16(at + LEVEL_BYTES, heights[index] as number, true);
    }
  }

  private arenaView(): DataView {
    const { bytes } = this.arena;
    if (this.viewed !== bytes) {
      this.viewed = bytes;
      this.wordView = new DataView(bytes.buffer);
    }
    return this.wordView;
  }

  /** What stands before a body of so many bytes. */
  private begin(id: number, bytes: number): void {
    this.arena.uvar(1 + uvarBytes(bytes) + bytes);
    this.bodyAt = this.arena.length;
    this.arena.u8(id);
    this.arena.uvar(bytes);
  }

  private end(): number {
    this.ends.push(this.arena.length);
    this.parts.push(0);
    this.sizes.push(this.arena.length - this.bodyAt);
    return this.ends.length - 1;
  }
}

function uvarBytes(value: number): number {
  if (value <= UVAR_ONE_BYTE_MAX) return 1;
  if (value <= UVAR_TWO_BYTES_MAX) return 2;
  let bytes = 3;
  for (let rest = Math.floor(value / 2 ** UVAR_THREE_BYTES_BITS); rest > 0; rest = Math.floor(rest / 0x80)) bytes += 1;
  return bytes;
}
