/** A game's script side in small, for tests: property trees and world ops go into a SyncCore, what comes out goes to client mirrors. */
import assert from "node:assert/strict";
import { callbackLog } from "../../../../engine/base/log.js";
import { Metrics } from "../../../../engine/base/metrics.js";
import { ShortIds } from "../../../../engine/entity/short-ids.js";
import { DefinitionTable } from "../../../../engine/property/definition.js";
import { type OpSink, Scope } from "../../../../engine/property/op-sink.js";
import { PropertyTree } from "../../../../engine/property/properties.js";
import { customList, customMap, int16, int32, struct, text } from "../../../../engine/property/types.js";
import { ClientFramesReader } from "../../../../engine/protocol/client-frames.js";
import { SyncCore } from "../../../../game/sync/sync-core.js";
import type { DistanceRates } from "../../../../game/sync/transform-gather.js";
import { ClientMirror } from "./client-mirror.js";

export const GATE = 2 ** 41 + 5;
export const OTHER_GATE = 2 ** 41 + 6;
export const TICK_MS = 50;
export const AVATAR = 1;
export const MONSTER = 2;
export const SPACE = 3;
export const ACCOUNT = 4;
export const ON_SAY = 9;

const { OWN_CLIENT, ALL_CLIENTS, SERVER_ONLY } = Scope;
const classroom = struct({ number: int32(), teacher: text({ scope: "SERVER_ONLY" }) });

function property(id: number, name: string, type: ReturnType<typeof int32> | object, scope: number) {
  return { id, name, type: type as ReturnType<typeof int32>, scope, persist: false, default: undefined };
}

export function testDefinitions(): DefinitionTable {
  const table = new DefinitionTable();
  const hp = property(1, "hp", int16(), ALL_CLIENTS);
  const bag = property(2, "bag", customList(int32()), ALL_CLIENTS);
  const gold = property(3, "gold", int32(), OWN_CLIENT);
  const threat = property(4, "threat", int32(), SERVER_ONLY);
  const school = property(5, "school", customMap(classroom), OWN_CLIENT);
  const buffs = property(6, "buffs", customMap(customList(text())), ALL_CLIENTS);
  const onSay = {
    id: ON_SAY,
    name: "onSay",
    args: [],
    returns: null,
    access: "client",
    reentrant: false,
  } as const;
  const properties = [hp, bag, gold, threat, school, buffs];
  table.add({ id: AVATAR, name: "Avatar", kind: "avatarArea", properties, methods: [onSay] });
  table.add({ id: MONSTER, name: "Monster", kind: "area", properties: [hp, bag, threat], methods: [onSay] });
  table.add({ id: SPACE, name: "Meadow", kind: "space", properties: [], methods: [] });
  table.add({ id: ACCOUNT, name: "Account", kind: "avatar", properties: [gold], methods: [onSay] });
  return table;
}

export interface TestGameOptions {
  /** See SyncOptions. */
  readonly payloadBytesMax?: number;
  readonly rates?: DistanceRates;
  readonly viewCheckIntervalMs?: number;
  readonly clientWindowBytes?: number;
  readonly clientBytesPerSecond?: number;
  /** Every client's connection can lose loose bodies; asked of each packet of them whether it does. */
  loses?(): boolean;
  /** Takes what leaves for gates, instead of the mirrors. */
  onFrames?(gate: number, payload: Uint8Array): void;
  /** Puts something between the ops and the core: where they are written, and what brings them to the core. */
  between?(core: SyncCore): { sink: OpSink; drain(): void };
}

export class TestGame {
  readonly definitions = testDefinitions();
  readonly metrics = new Metrics();
  readonly mirrors = new Map<string, ClientMirror>();
  /** Bytes that each of them was given. */
  readonly given = new Map<string, number>();
  readonly trees: (PropertyTree | undefined)[] = [];
  /** Beginnings (+) and ends (-) of sight, as reported. */
  readonly viewChanges: string[] = [];
  /** What left besides frames, with the number of bodies that the client had by then. */
  readonly events: string[] = [];
  /** What the log said that is no error. */
  readonly warnings: unknown[] = [];
  readonly core: SyncCore;
  /** Where ops are written. */
  readonly sink: OpSink;
  private readonly loses: (() => boolean) | null;
  /** By client: number of the last packet. */
  private readonly sequences = new Map<string, number>();
  private readonly drain: () => void;
  private readonly spaceIds = new Map<number, ShortIds>();
  /** By slot. */
  private readonly homes: ({ space: number; shortId: number } | undefined)[] = [];
  private nextSequence = 1;
  private tickNumber = 0;

  constructor(options: TestGameOptions = {}) {
    this.loses = options.loses?.bind(options) ?? null;
    const log = callbackLog((level, event, data) => {
      if (level === "warn") this.warnings.push(data);
      else assert.fail(`${level} ${event} ${JSON.stringify(data)}`);
    });
    this.core = new SyncCore({
      definitions: this.definitions,
      metrics: this.metrics,
      log,
      tickMs: TICK_MS,
      cellSize: 10,
      payloadBytesMax: options.payloadBytesMax,
      rates: options.rates,
      viewCheckIntervalMs: options.viewCheckIntervalMs,
      clientWindowBytes: options.clientWindowBytes,
      clientBytesPerSecond: options.clientBytesPerSecond,
      out: {
        clientFrames: (gate, payload) => {
          if (options.onFrames === undefined) this.takeFrames(gate, payload);
          else options.onFrames(gate, payload);
        },
        viewChange: (observer, subject, isEntered) =>
          this.viewChanges.push(
            `${observer.replace(/-+$/, "")} ${isEntered ? "+" : "-"} ${subject.replace(/-+$/, "")}`,
          ),
        clientKick: (gate, handle, bindNumber, code) =>
          this.events.push(`kick ${code} after ${this.mirror(gate, handle, bindNumber).log.length}`),
        clientBind: (gate, handle, bindNumber, game, entity) =>
          this.events.push(`bind ${game} ${entity} after ${this.mirror(gate, handle, bindNumber).log.length}`),
      },
    });
    const between = options.between?.(this.core);
    this.sink = between?.sink ?? this.core;
    this.drain = () => between?.drain();
  }

  create(slot: number, type: number): PropertyTree {
    const definition = this.definitions.byId(type);
    assert.ok(definition !== undefined);
    const tree = new PropertyTree(definition);
    this.trees[slot] = tree;
    tree.attach(this.sink, slot, idOf(slot));
    return tree;
  }

  destroy(slot: number): void {
    this.giveUpShortId(slot);
    this.trees[slot]?.detach();
    this.trees[slot] = undefined;
    this.sink.entityDestroy(slot);
  }

  addSpace(number: number): void {
    this.sink.spaceCreate(number, 50_000 + number, SPACE, `space${number}`.padEnd(16, "-"));
  }

  /** Attaches a fresh client, or one that keeps what an earlier one knew. */
  attach(slot: number, handle: number, mirror = new ClientMirror(), definitionsHash = "", gate = GATE): ClientMirror {
    this.mirrors.set(keyOf(gate, handle, 1), mirror);
    this.sink.clientAttach(slot, gate, handle, 1, definitionsHash);
    return mirror;
  }

  /** An avatar that sees 10 units far, 2 more until it loses sight, in space 1. */
  avatar(slot: number, x: number, z: number): ClientMirror {
    this.create(slot, AVATAR);
    this.sink.viewRadius(slot, 10, 2);
    this.enterSpace(slot, 1, x, z);
    return this.attach(slot, slot);
  }

  monster(slot: number, x: number, z: number): PropertyTree {
    const tree = this.create(slot, MONSTER);
    this.enterSpace(slot, 1, x, z);
    return tree;
  }

  /** As script does it: with a short id that nobody has. */
  enterSpace(slot: number, space: number, x: number, z: number): void {
    this.giveUpShortId(slot);
    const ids = this.idsOf(space);
    const shortId = ids.take();
    this.homes[slot] = { space, shortId };
    this.sink.spaceEnter(slot, space, shortId, ids.generationOf(shortId), x, 0, z, 0);
  }

  leaveSpace(slot: number): void {
    if (this.giveUpShortId(slot)) this.sink.spaceLeave(slot);
  }

  closeSpace(space: number): void {
    this.homes.forEach((home, slot) => {
      if (home?.space === space) this.leaveSpace(slot);
    });
    this.sink.spaceDestroy(space);
  }

  /** False: it has none. */
  private giveUpShortId(slot: number): boolean {
    const home = this.homes[slot];
    if (home === undefined) return false;
    this.homes[slot] = undefined;
    this.idsOf(home.space).free(home.shortId);
    return true;
  }

  private idsOf(space: number): ShortIds {
    const ids = this.spaceIds.get(space) ?? new ShortIds();
    this.spaceIds.set(space, ids);
    return ids;
  }

  /** One tick in which these moved, [slot, x, z, y] each. */
  tick(...moved: [slot: number, x: number, z: number, y?: number][]): void {
    const slots = Int32Array.from(moved, ([slot]) => slot);
    const positions = Float32Array.from(moved.flatMap(([, x, z, y = 0]) => [x, y, z, 0]));
    this.tickNumber += 1;
    this.sink.transforms(this.tickNumber, this.tickNumber * TICK_MS, moved.length, slots, positions);
  }

  flush(): void {
    this.sink.flush(this.nextSequence++);
  }

  /** Ends the callback and the drain. */
  end(): void {
    this.flush();
    this.drain();
    this.core.endDrain();
  }

  /** The gate's word that all it was given for this client has left. */
  confirm(handle: number, gate = GATE, isLossy = this.loses !== null): void {
    const confirmedBytes = this.given.get(keyOf(gate, handle, 1)) ?? 0;
    this.core.clientCredit(gate, { handle, bindNumber: 1, confirmedBytes, isLossy });
  }

  confirmAll(): void {
    for (const key of this.given.keys()) {
      const [gate = 0, handle = 0] = key.split("/").map(Number);
      this.confirm(handle, gate);
    }
  }

  get isLossy(): boolean {
    return this.loses !== null;
  }

  get behindCount(): number {
    return this.metrics.snapshot().sync_clients_behind ?? 0;
  }

  givenTo(handle: number, gate = GATE): number {
    return this.given.get(keyOf(gate, handle, 1)) ?? 0;
  }

  private takeFrames(gate: number, payload: Uint8Array): void {
    const reader = new ClientFramesReader();
    reader.begin(payload.slice());
    while (reader.next()) {
      const key = keyOf(gate, reader.handle, reader.bindNumber);
      this.given.set(key, (this.given.get(key) ?? 0) + reader.bodyBytes);
      this.takeBodies(key, this.mirror(gate, reader.handle, reader.bindNumber), reader);
    }
  }

  /** As a gate and a connection would bring them to the client. */
  private takeBodies(key: string, mirror: ClientMirror, reader: ClientFramesReader): void {
    const looseBytes = this.loses === null ? 0 : reader.looseBytes;
    const ordered = new Uint8Array(reader.bodyBytes - looseBytes);
    const loose = new Uint8Array(looseBytes);
    if (looseBytes === 0) reader.copyBodies(ordered, 0);
    else {
      reader.copyOrdered(ordered, 0);
      reader.copyLoose(loose, 0);
    }
    const sequence = (this.sequences.get(key) ?? 0) + (ordered.length > 0 ? 1 : 0);
    this.sequences.set(key, sequence);
    if (ordered.length > 0) mirror.readBodies(ordered, sequence);
    if (loose.length > 0 && this.loses?.() === false) mirror.readLoose(loose, sequence);
  }

  private mirror(gate: number, handle: number, bindNumber: number): ClientMirror {
    const mirror = this.mirrors.get(keyOf(gate, handle, bindNumber));
    assert.ok(mirror !== undefined, `no client ${handle} (bind ${bindNumber}) at gate ${gate}`);
    return mirror;
  }
}

export function idOf(slot: number): string {
  return `entity${slot}`.padEnd(16, "-");
}

function keyOf(gate: number, handle: number, bindNumber: number): string {
  return `${gate}/${handle}/${bindNumber}`;
}
