/**
 * Gathers a drain's bodies for clients and hands each gate one payload: every body once, and per client the list of its bodies in
 * order. When a drain has more than a payload should hold, what there is goes out first; order per client is kept.
 *
 * A body number is good until the next `add` or `emit`: give it to its clients before making another, or compare `epoch`.
 */
import type { IntList } from "../../engine/aoi/int-list.js";
import type { Incarnation } from "../../engine/base/ids.js";
import type { Counter, Metrics } from "../../engine/base/metrics.js";
import type { ScopeMask } from "../../engine/property/op-sink.js";
import type { Shadow } from "../../engine/property/shadow.js";
import type { Lack } from "../../engine/property/shadow-lack.js";
import { ClientFramesWriter } from "../../engine/protocol/client-frames.js";
import { DownstreamBody } from "../../engine/protocol/client-link.js";
import type { Message, MessageValue } from "../../engine/protocol/message.js";
import { BodyArena, type ViewEnterHead } from "./body-arena.js";
import type { ClientCredit } from "./client-credit.js";
import type { ClientStream } from "./client-stream.js";

/** Bodies of a payload: well under LINK_MESSAGE_BYTES_MAX, with room for one more of any usual size. */
export const PAYLOAD_BYTES_MAX = 4 * 1024 * 1024;
/** Entries of all clients' lists together; three or four bytes each. */
const ENTRIES_MAX = 1024 * 1024;
const LOCAL_MIN = 1024;

/** What a gate is sent: a GameToGate.clientFrames payload, a view that is valid until the call returns. */
export type FramesOutput = (gate: Incarnation, payload: Uint8Array) => void;

interface GateFrames {
  readonly gate: Incarnation;
  /** Clients that have bodies, in the order in which they got their first. */
  readonly clients: ClientStream[];
}

export class FrameBuilder {
  private readonly arena = new BodyArena();
  private readonly gates = new Map<Incarnation, GateFrames>();
  private readonly writer = new ClientFramesWriter();
  private readonly output: FramesOutput;
  private readonly payloadBytesMax: number;
  private readonly credit: ClientCredit | null;
  /** The one of `gates` that was used last. */
  private lastFrames: GateFrames | null = null;
  private entryCount = 0;
  /** Heads of rows of parts, by their bytes; of this epoch. */
  private readonly heads = new Map<number, number>();
  private headEpoch = -1;
  /** For the payload being written: which bodies are in it, and the index of each there. */
  private isLocal = new Uint8Array(LOCAL_MIN);
  private localIndex = new Int32Array(LOCAL_MIN);
  private indices = new Int32Array(LOCAL_MIN);
  private readonly bodiesTotal: Counter;
  private readonly entriesTotal: Counter;
  private readonly payloadsTotal: Counter;
  private readonly bytesTotal: Counter;

  /** `credit` is told what each client gets. */
  constructor(
    output: FramesOutput,
    metrics: Metrics,
    payloadBytesMax = PAYLOAD_BYTES_MAX,
    credit: ClientCredit | null = null,
  ) {
    this.output = output;
    this.payloadBytesMax = payloadBytesMax;
    this.credit = credit;
    this.bodiesTotal = metrics.counter("sync_bodies_encoded_total");
    this.entriesTotal = metrics.counter("sync_bodies_sent_total");
    this.payloadsTotal = metrics.counter("sync_frames_sent_total");
    this.bytesTotal = metrics.counter("sync_frame_bytes_total");
  }

  /** Body numbers of an earlier epoch are void. */
  get epoch(): number {
    return this.arena.epoch;
  }

  /** Makes room if need be, which begins a new epoch, and encodes a body. */
  add<T>(kind: Message<T>, value: T): number {
    this.makeRoom();
    this.bodiesTotal.add();
    return this.arena.add(kind, value);
  }

  addTransforms(records: MessageValue<typeof DownstreamBody.transforms>["records"], isLoose: boolean): number {
    const body = this.add(DownstreamBody.transforms, { records });
    if (isLoose) this.arena.markLoose();
    return body;
  }

  /** As BodyArena.addShortTransforms. */
  addShortTransforms(
    cellX: number,
    cellY: number,
    cellZ: number,
    level: IntList,
    risen: IntList,
    words: Int32Array,
    heights: Int32Array,
    isLoose: boolean,
  ): number {
    this.makeRoom();
    this.bodiesTotal.add();
    const body = this.arena.addShortTransforms(cellX, cellY, cellZ, level, risen, words, heights);
    if (isLoose) this.arena.markLoose();
    return body;
  }

  addViewLeave(target: number): number {
    this.makeRoom();
    this.bodiesTotal.add();
    return this.arena.addViewLeave(target);
  }

  /** As BodyArena.addViewEnter. */
  addViewEnter(target: number, head: ViewEnterHead, positions: Float32Array, at: number, state: Uint8Array): number {
    this.makeRoom();
    this.bodiesTotal.add();
    return this.arena.addViewEnter(target, head, positions, at, state);
  }

  /** As BodyArena.addNearChanges. */
  addNearChanges(
    shadow: Shadow,
    slots: Int32Array,
    targets: Int32Array,
    count: number,
    mask: ScopeMask,
    bodies: Int32Array,
  ): void {
    this.makeRoom();
    const before = this.arena.count;
    this.arena.addNearChanges(shadow, slots, targets, count, mask, bodies);
    this.bodiesTotal.add(this.arena.count - before);
  }

  /** As BodyArena.addNearLack. */
  addNearLack(shadow: Shadow, slot: number, lack: Lack, mask: ScopeMask, target: number): number {
    this.makeRoom();
    const body = this.arena.addNearLack(shadow, slot, lack, mask, target);
    if (body >= 0) this.bodiesTotal.add();
    return body;
  }

  /** Never begins a new epoch, so that it may stand between making another body and giving it to its clients. */
  addTick(tick: number, serverMs: number, isLoose: boolean): number {
    this.bodiesTotal.add();
    const body = this.arena.add(DownstreamBody.tick, { tick, serverMs });
    if (isLoose) this.arena.markLoose();
    return body;
  }

  /** What a body of this epoch takes of a client's packet. */
  bytesOf(body: number): number {
    return this.arena.bytesOf(body);
  }

  isLoose(body: number): boolean {
    return this.arena.isLoose(body);
  }

  /** Bytes that were given to the client and have not been counted as sent. */
  pendingBytes({ bodies, partsAt }: ClientStream): number {
    // In the place of the head of an open row of parts stands the first body.
    return this.arena.bytesOfAll(bodies) - (partsAt < 0 ? 0 : this.arena.bytesOf(0));
  }

  give(client: ClientStream, body: number): void {
    if (client.isClosed) return;
    const bytes = this.arena.partBytes(body);
    if (bytes > 0) this.openParts(client);
    else this.openBodies(client);
    client.partsBytes += bytes;
    client.bodies.push(body);
    this.entryCount += 1;
  }

  /** Gives a client the parts that are `partOf` of `subjects[start … start + count)`; below 0: there is none. */
  giveParts(client: ClientStream, subjects: Uint16Array, start: number, count: number, partOf: Int32Array): void {
    if (client.isClosed) return;
    const end = start + count;
    let at = start;
    while (at < end && (partOf[subjects[at] as number] as number) < 0) at++;
    if (at === end) return;
    this.openParts(client);
    const { bodies } = client;
    bodies.reserve(end - at);
    const { partSizes } = this.arena;
    const { items } = bodies;
    let { length } = bodies;
    let bytes = 0;
    for (; at < end; at++) {
      const part = partOf[subjects[at] as number] as number;
      if (part < 0) continue;
      items[length++] = part;
      bytes += partSizes[part] as number;
    }
    this.entryCount += length - bodies.length;
    bodies.length = length;
    client.partsBytes += bytes;
  }

  /** Sends what this gate's clients have so far. */
  emitGate(gate: Incarnation): void {
    const frames = this.gates.get(gate);
    if (frames === undefined) return;
    this.gates.delete(gate);
    this.lastFrames = null;
    this.writePayload(frames);
  }

  /** Sends everything and begins a new epoch. */
  emitAll(): void {
    for (const frames of this.gates.values()) this.writePayload(frames);
    this.gates.clear();
    this.lastFrames = null;
    this.arena.clear();
    this.entryCount = 0;
  }

  /** A whole body follows. */
  private openBodies(client: ClientStream): void {
    if (client.bodies.length === 0) this.gateFrames(client.gate).clients.push(client);
    else if (client.partsAt >= 0) this.endParts(client);
  }

  /** A part follows, in the row of parts that the client got last or as the first of a row. */
  private openParts(client: ClientStream): void {
    if (client.partsAt >= 0) return;
    this.openBodies(client);
    client.partsAt = client.bodies.length;
    client.partsBytes = 0;
    // The head's place.
    client.bodies.push(0);
    this.entryCount += 1;
  }

  /** Puts the head before the client's row of parts, now that their bytes are known. Clients with as many share it. */
  private endParts(client: ClientStream): void {
    const { partsAt, partsBytes } = client;
    if (this.headEpoch !== this.arena.epoch) {
      this.headEpoch = this.arena.epoch;
      this.heads.clear();
    }
    let head = this.heads.get(partsBytes);
    if (head === undefined) {
      head = this.arena.addPartsHead(partsBytes);
      this.heads.set(partsBytes, head);
    }
    client.bodies.items[partsAt] = head;
    client.partsAt = -1;
  }

  private makeRoom(): void {
    if (this.arena.bytes > this.payloadBytesMax || this.entryCount > ENTRIES_MAX) this.emitAll();
  }

  private gateFrames(gate: Incarnation): GateFrames {
    if (this.lastFrames?.gate === gate) return this.lastFrames;
    let frames = this.gates.get(gate);
    if (frames === undefined) {
      frames = { gate, clients: [] };
      this.gates.set(gate, frames);
    }
    this.lastFrames = frames;
    return frames;
  }

  private writePayload(frames: GateFrames): void {
    const { writer } = this;
    writer.reset();
    for (const client of frames.clients) if (client.partsAt >= 0) this.endParts(client);
    this.growLocal(this.arena.count);
    for (const client of frames.clients) this.markBodies(client);
    this.copyMarked();
    for (const client of frames.clients) this.writeClient(client);
    if (writer.isEmpty) return;
    const payload = writer.payload();
    this.payloadsTotal.add();
    this.bytesTotal.add(payload.length);
    this.output(frames.gate, payload);
  }

  private markBodies({ bodies }: ClientStream): void {
    const { isLocal } = this;
    const { items, length } = bodies;
    for (let i = 0; i < length; i++) isLocal[items[i] as number] = 1;
  }

  /** Those that stand one behind the other are copied as one. */
  private copyMarked(): void {
    const { arena, isLocal, localIndex, writer } = this;
    const { count } = arena;
    let next = writer.bodyCount;
    for (let body = 0; body < count; body++) {
      if (isLocal[body] === 0) continue;
      const first = body;
      for (; body < count && isLocal[body] === 1; body++) {
        isLocal[body] = 0;
        if (arena.isLoose(body)) writer.markLoose(next);
        localIndex[body] = next++;
      }
      writer.addBlobs(arena.buffer, arena.endOf(first - 1), arena.endOf(body - 1), body - first);
    }
  }

  private writeClient(client: ClientStream): void {
    const { bodies, handle, bindNumber } = client;
    const { items, length } = bodies;
    if (length === 0) return;
    if (this.indices.length < length) this.indices = new Int32Array(length * 2);
    const { indices, localIndex } = this;
    this.credit?.count(client, this.arena.bytesOfAll(bodies));
    for (let i = 0; i < length; i++) indices[i] = localIndex[items[i] as number] as number;
    this.writer.addClient(handle, bindNumber, indices, length);
    this.entriesTotal.add(length);
    bodies.clear();
  }

  private growLocal(count: number): void {
    if (count <= this.localIndex.length) return;
    this.localIndex = new Int32Array(count * 2);
    this.isLocal = new Uint8Array(count * 2);
  }
}
