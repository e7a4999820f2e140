/**
 * A client as strict as can be, for tests: decodes what a gate would hand it and keeps a mirror. Anything that a correct stream cannot
 * contain throws: an unknown target, a target or an entity that is there twice, bytes left over.
 */
import assert from "node:assert/strict";
import { ByteReader } from "../../../../engine/base/bytes.js";
import { DefinitionTable } from "../../../../engine/property/definition.js";
import { OWN_SCOPES, VIEW_SCOPES } from "../../../../engine/property/op-sink.js";
import { type Divergence, Shadow } from "../../../../engine/property/shadow.js";
import { DownstreamBody } from "../../../../engine/protocol/client-link.js";
import { dispatcher, type Handlers, type Message } from "../../../../engine/protocol/message.js";
import { coordinateOf, yawOf } from "../../../../engine/protocol/short-transforms.js";

const OWN = 0;

export interface Seen {
  readonly id: string;
  readonly type: number;
  readonly generation: number;
  position: number[];
  /** The packet that last placed it in order. */
  placedBy: number;
}

export interface HeardCall {
  readonly target: number;
  readonly method: number;
  readonly args: number[];
  /** What the mirror held when the call came. */
  readonly plain: Record<string, unknown>;
}

export class ClientMirror {
  /** Names of the bodies in the order in which they came. */
  readonly log: string[] = [];
  readonly view = new Map<number, Seen>();
  readonly calls: HeardCall[] = [];
  readonly replies: { callId: number; code: string; payload: number[] }[] = [];
  own: { id: string; type: number } | null = null;
  space = 0;
  ownShortId = 0;
  ownPosition: number[] = [];
  tick = -1;
  serverMs = Number.NEGATIVE_INFINITY;
  corrected = -1;
  /** What the server said its copies' hashes should be, and what they were. */
  readonly hashes: { readonly target: number; readonly hash: number; readonly own: number }[] = [];
  divergences: Divergence[] = [];
  /** Of the packet that is read; and of the one that the loose bodies being read stand on. */
  private sequence = 0;
  private looseAfter: number | null = null;
  private definitions: DefinitionTable | null;
  private shadow: Shadow | null;
  private readonly dispatch: (reader: ByteReader) => void;

  /** `definitions`: what the client holds from an earlier session. */
  constructor(definitions: DefinitionTable | null = null) {
    this.definitions = definitions;
    this.shadow = definitions === null ? null : new Shadow(definitions);
    this.dispatch = dispatcher(DownstreamBody, this.handlers());
  }

  /** Bodies, one after the other, `u8 id | uvar length | body` each. */
  readBodies(bytes: Uint8Array, sequence = 0): void {
    this.sequence = sequence;
    const reader = new ByteReader(bytes);
    while (reader.remaining > 0) {
      const id = reader.u8();
      const body = reader.blob();
      const message = new Uint8Array(body.length + 1);
      message[0] = id;
      message.set(body, 1);
      this.log.push(nameOf(id));
      this.dispatch(new ByteReader(message));
    }
  }

  /** Loose ones, by the rules that clients go by: see client/mirror.ts. */
  readLoose(bytes: Uint8Array, after: number): void {
    this.looseAfter = after;
    this.readBodies(bytes, this.sequence);
    this.looseAfter = null;
  }

  private mover(target: number): Seen | null {
    if (this.looseAfter === null) {
      const seen = this.seen(target);
      seen.placedBy = this.sequence;
      return seen;
    }
    const seen = this.view.get(target);
    return seen !== undefined && seen.placedBy <= this.looseAfter ? seen : null;
  }

  ownPlain(): Record<string, unknown> {
    return this.held().plain(OWN, OWN_SCOPES);
  }

  /** What is in view, by entity id. */
  viewPlain(): Map<string, { position: number[]; plain: Record<string, unknown> }> {
    const held = [...this.view].map(
      ([target, seen]) => [seen.id, { position: seen.position, plain: this.plain(target) }] as const,
    );
    return new Map(held);
  }

  targetOf(id: string): number {
    for (const [target, seen] of this.view) if (seen.id === id) return target;
    throw new Error(`${id} is not in view`);
  }

  takeLog(): string[] {
    return this.log.splice(0);
  }

  hashOf(target: number): number {
    return this.held().hash(target, this.scopesOf(target));
  }

  private plain(target: number): Record<string, unknown> {
    return this.held().plain(target, this.scopesOf(target));
  }

  private scopesOf(target: number): number {
    return target === OWN ? OWN_SCOPES : VIEW_SCOPES;
  }

  private handlers(): Handlers<typeof DownstreamBody> {
    return {
      definitions: (m) => {
        this.definitions = DefinitionTable.fromJson(new TextDecoder().decode(m.json));
        assert.equal(this.definitions.hash, m.hash);
        this.shadow = new Shadow(this.definitions);
      },
      ownEnter: (m) => {
        if (this.own !== null) this.held().entityDestroy(OWN);
        this.assertAbsent(m.entity);
        this.own = { id: m.entity, type: m.type };
        this.applyState(OWN, m.type, m.entity, m.state);
      },
      spaceEnter: (m) => {
        for (const target of [...this.view.keys()]) this.forget(target);
        this.space = m.space;
        this.ownShortId = m.ownShortId;
        this.ownPosition = [m.x, m.y, m.z, m.yaw];
      },
      viewEnter: (m) => {
        assert.ok(m.target > 0 && !this.view.has(m.target), `target ${m.target} enters twice`);
        assert.notEqual(m.target, this.ownShortId, "a client sees its own entity");
        this.assertAbsent(m.entity);
        const position = [m.x, m.y, m.z, m.yaw];
        this.view.set(m.target, {
          id: m.entity,
          type: m.type,
          generation: m.generation,
          position,
          placedBy: this.sequence,
        });
        this.applyState(m.target, m.type, m.entity, m.state);
      },
      viewLeave: (m) => this.forget(m.target),
      propertyOps: (m) => {
        if (m.target !== OWN) this.seen(m.target);
        const reader = new ByteReader(m.ops);
        this.held().applyWire(m.target, reader);
        assert.equal(reader.remaining, 0, "bytes behind property ops");
      },
      transforms: (m) => {
        for (const r of m.records) {
          const seen = this.mover(r.target);
          if (seen !== null) seen.position = [r.x, r.y, r.z, r.yaw];
        }
      },
      nearChanges: (m) => {
        const reader = new ByteReader(m.records);
        while (reader.remaining > 0) this.held().applyNearChange(reader.uvar(), reader.u8(), reader);
      },
      viewHashes: (m) => {
        for (const { target, hash } of m.records) this.hashes.push({ target, hash, own: this.hashOf(target) });
      },
      nodeHashes: (m) => {
        this.divergences = this.held().findDivergences(m.target, this.scopesOf(m.target), new ByteReader(m.hashes));
      },
      repairOps: (m) => this.held().applyRepair(m.target, new ByteReader(m.ops)),
      shortTransforms: (m) => {
        const reader = new ByteReader(m.records);
        for (let i = 0; reader.remaining > 0; i++) {
          const seen = this.mover(reader.u16());
          const x = coordinateOf(reader.u16(), m.cellX);
          const z = coordinateOf(reader.u16(), m.cellZ);
          const yaw = yawOf(reader.u8());
          const height = i < m.levelCount ? null : coordinateOf(reader.u16(), m.cellY);
          if (seen !== null) seen.position = [x, height ?? (seen.position[1] as number), z, yaw];
        }
      },
      clientCall: (m) => {
        if (m.target !== OWN) this.seen(m.target);
        const { target, method } = m;
        this.calls.push({ target, method, args: [...m.arguments], plain: this.plain(target) });
      },
      callReply: (m) => this.replies.push({ callId: m.callId, code: m.code, payload: [...m.payload] }),
      tick: (m) => {
        if (this.looseAfter !== null && m.tick < this.tick) return;
        assert.ok(m.tick >= this.tick, "ticks go back");
        this.tick = m.tick;
        this.serverMs = m.serverMs;
      },
      moveCorrect: (m) => {
        this.corrected = m.moveNumber;
        this.ownPosition = [m.x, m.y, m.z, m.yaw];
      },
    };
  }

  private applyState(target: number, type: number, id: string, state: Uint8Array): void {
    const reader = new ByteReader(state);
    this.held().applyState(target, type, id, reader);
    assert.equal(reader.remaining, 0, "bytes behind a state");
  }

  private assertAbsent(id: string): void {
    for (const seen of this.view.values()) assert.notEqual(seen.id, id, `${id} is here twice`);
    assert.notEqual(this.own?.id, id, `${id} is here twice`);
  }

  private forget(target: number): void {
    this.seen(target);
    this.view.delete(target);
    this.held().entityDestroy(target);
  }

  private seen(target: number): Seen {
    const seen = this.view.get(target);
    assert.ok(seen !== undefined, `target ${target} is not in view`);
    return seen;
  }

  private held(): Shadow {
    assert.ok(this.shadow !== null, "an entity before the definitions");
    return this.shadow;
  }
}

function nameOf(id: number): string {
  const found = Object.entries(DownstreamBody).find(([, kind]) => (kind as Message<unknown>).id === id);
  return found?.[0] ?? `unlisted ${id}`;
}
