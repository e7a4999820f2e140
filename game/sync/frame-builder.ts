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
import { ClientFramesWriter } from "../../engine/protocol/client-frames.js";
import { DownstreamBody } from "../../engine/protocol/client-link.js";
import type { Message, MessageValue } from "../../engine/protocol/message.js";
import { BodyArena, type ViewEnterHead } from "./body-arena.js";
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
  /** The one of `gates` that was used last. */
  private lastFrames: GateFrames | null = null;
  private entryCount = 0;
  /** Heads of rows of parts, by their bytes; of this epoch. */
  private readonly heads = new Map<number, number>();
  private headEpoch = -1;
  /** For the payload being written: the index of each body in it, where `localPayload` says that it has one. */
  private localIndex = new Int32Array(LOCAL_MIN);
  private localPayload = new Float64Array(LOCAL_MIN);
  private payloadNumber = 0;
  private indices = new Int32Array(LOCAL_MIN);
  private readonly bodiesTotal: Counter;
  private readonly entriesTotal: Counter;
  private readonly payloadsTotal: Counter;
  private readonly bytesTotal: Counter;

  constructor(output: FramesOutput, metrics: Metrics, payloadBytesMax = PAYLOAD_BYTES_MAX) {
    this.output = output;
    this.payloadBytesMax = payloadBytesMax;
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

  addTransforms(records: MessageValue<typeof DownstreamBody.transforms>["records"]): number {
    return this.add(DownstreamBody.transforms, { records });
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
  ): number {
    this.makeRoom();
    this.bodiesTotal.add();
    return this.arena.addShortTransforms(cellX, cellY, cellZ, level, risen, words, heights);
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

  /** As BodyArena.addNearChange. */
  addNearChange(shadow: Shadow, slot: number, mask: ScopeMask, target: number): number {
    this.makeRoom();
    const body = this.arena.addNearChange(shadow, slot, mask, target);
    if (body >= 0) this.bodiesTotal.add();
    return body;
  }

  /** Never begins a new epoch, so that it may stand between making another body and giving it to its clients. */
  addTick(tick: number, serverMs: number): number {
    this.bodiesTotal.add();
    return this.arena.add(DownstreamBody.tick, { tick, serverMs });
  }

  give(client: ClientStream, body: number): void {
    if (client.isClosed) return;
    if (client.bodies.length === 0) this.gateFrames(client.gate).clients.push(client);
    const bytes = this.arena.partBytes(body);
    if (bytes > 0) this.beginParts(client, bytes);
    else if (client.partsAt >= 0) this.endParts(client);
    client.bodies.push(body);
    this.entryCount += 1;
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

  /** A part goes to the client, in the row of parts that it got last or as the first of a row. */
  private beginParts(client: ClientStream, bytes: number): void {
    if (client.partsAt < 0) {
      client.partsAt = client.bodies.length;
      client.partsBytes = 0;
      // The head's place.
      client.bodies.push(0);
      this.entryCount += 1;
    }
    client.partsBytes += bytes;
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
    this.payloadNumber += 1;
    for (const client of frames.clients) if (client.partsAt >= 0) this.endParts(client);
    this.growLocal(this.arena.count);
    for (const client of frames.clients) this.writeClient(client);
    if (writer.isEmpty) return;
    const payload = writer.payload();
    this.payloadsTotal.add();
    this.bytesTotal.add(payload.length);
    this.output(frames.gate, payload);
  }

  private writeClient(client: ClientStream): void {
    const { items, length } = client.bodies;
    if (length === 0) return;
    if (this.indices.length < length) this.indices = new Int32Array(length * 2);
    const { arena, indices, localIndex, localPayload, payloadNumber, writer } = this;
    for (let i = 0; i < length; i++) {
      const body = items[i] as number;
      if (localPayload[body] !== payloadNumber) {
        localPayload[body] = payloadNumber;
        localIndex[body] = writer.addBlob(arena.buffer, arena.endOf(body - 1), arena.endOf(body));
      }
      indices[i] = localIndex[body] as number;
    }
    writer.addClient(client.handle, client.bindNumber, indices, length);
    this.entriesTotal.add(length);
    client.bodies.clear();
  }

  private growLocal(count: number): void {
    if (count <= this.localIndex.length) return;
    this.localIndex = new Int32Array(count * 2);
    this.localPayload = new Float64Array(count * 2);
  }
}
