/** A real gate core and a real client session with a line in memory between them, on which somebody may sit. */
import assert from "node:assert/strict";
import { GateList } from "../../../client/gate-list.js";
import { inflateBounded } from "../../../client/inflate.js";
import { nobleSeal } from "../../../client/noble-seal.js";
import { type SealingOptions, sealedTransport } from "../../../client/sealed-transport.js";
import { ServerClock } from "../../../client/server-clock.js";
import { type ClientTransport, Session } from "../../../client/session.js";
import { silentLog } from "../../../engine/base/log.js";
import { Metrics } from "../../../engine/base/metrics.js";
import { SeededRandom } from "../../../engine/base/random.js";
import { VirtualScheduler } from "../../../engine/base/virtual-scheduler.js";
import { parseConfig } from "../../../engine/config/config.js";
import { nodeSeal } from "../../../engine/net/node-seal.js";
import { gateKeyPair, SealKind } from "../../../engine/net/seal.js";
import type { Connection, ConnectionState } from "../../../engine/net/transport.js";
import { GameToGate } from "../../../engine/protocol/game-link.js";
import { GateCore } from "../../../gate/gate-core.js";
import { FakeLink } from "../gate/rig.js";

export const FAR = "ws://203.0.113.1:7711";
export const staticKey = gateKeyPair(nodeSeal, "the secret of the tests");

/** What passes on the line, and what becomes of a frame of the client's where the transport does not protect it. */
export interface Line {
  readonly up: Uint8Array[];
  readonly down: Uint8Array[];
  onUp: (frame: Uint8Array, number: number) => readonly Uint8Array[];
  /** Nobody answers who dials. */
  isDown: boolean;
}

export class End implements Connection {
  state: ConnectionState = "open";
  readonly remote = "203.0.113.9:4000";
  readonly bufferedBytes = 0;
  onOpen: (() => void) | null = null;
  onFrame: ((frame: Uint8Array) => void) | null = null;
  onClose: ((reason: string) => void) | null = null;
  readonly isSecure: boolean;
  far: End | null = null;
  private readonly pass: (frame: Uint8Array) => readonly Uint8Array[];
  private readonly scheduler: VirtualScheduler;

  constructor(scheduler: VirtualScheduler, isSecure: boolean, pass: (frame: Uint8Array) => readonly Uint8Array[]) {
    this.scheduler = scheduler;
    this.isSecure = isSecure;
    this.pass = pass;
  }
  send(frame: Uint8Array): void {
    if (this.state !== "open") return;
    for (const copy of this.pass(frame.slice())) this.scheduler.setTimer(1, () => this.far?.onFrame?.(copy));
  }
  close(reason = ""): void {
    for (const end of [this, this.far]) {
      if (end === null || end.state === "closed") continue;
      end.state = "closed";
      this.scheduler.setTimer(1, () => end.onClose?.(reason));
    }
  }
}

export interface LineOptions {
  /** Of the one gate; by "ws://" in the clear, by every other scheme as if the transport encrypted it. */
  readonly urls?: readonly string[];
  readonly seed?: number;
}

export function setUp(
  gate: Record<string, unknown>,
  client: Partial<SealingOptions>,
  { urls = [FAR], seed = 5 }: LineOptions = {},
) {
  const scheduler = new VirtualScheduler();
  const random = new SeededRandom(seed);
  const links: FakeLink[] = [];
  const metrics = new Metrics();
  const core = new GateCore({
    config: parseConfig({ gate }),
    scheduler,
    random,
    log: silentLog,
    metrics,
    seal: { primitives: nodeSeal, staticKey, random },
    dial: () => {
      links.push(new FakeLink());
      return links.at(-1) as FakeLink;
    },
    onLinksChanged: () => undefined,
  });
  core.update(true, [{ incarnation: 1, name: "game1", host: "h", linkPort: 1 }], []);
  const game = links[0] as FakeLink;
  game.turn("up");
  game.deliver(GameToGate.streamOffer, { streams: [] });
  game.deliver(GameToGate.acceptClients, { accept: true, load: 0 });

  const line: Line = { up: [], down: [], onUp: (frame) => [frame], isDown: false };
  core.ownAddresses = urls;
  const dialled: string[] = [];
  const ends: End[] = [];
  const plain: ClientTransport = (url) => {
    dialled.push(url);
    const isSecure = !url.startsWith("ws://");
    const near = new End(scheduler, isSecure, (frame) => {
      line.up.push(frame);
      return isSecure ? [frame] : line.onUp(frame, line.up.length);
    });
    const far = new End(scheduler, isSecure, (frame) => {
      line.down.push(frame);
      return [frame];
    });
    if (line.isDown) {
      near.state = "connecting";
      scheduler.setTimer(1, () => near.onClose?.("refused"));
      return near;
    }
    near.far = far;
    far.far = near;
    ends.push(near, far);
    scheduler.setTimer(1, () => core.onConnection(far));
    return near;
  };
  const transport = sealedTransport(plain, {
    encryption: "auto",
    gateKey: "",
    kinds: [SealKind.chacha20Poly1305],
    loadPrimitives: async () => nobleSeal,
    random,
    ...client,
  });
  const bodies: string[] = [];
  /** How many bodies had come when each began. */
  const newSessions: number[] = [];
  const closed: string[] = [];
  const session = new Session(
    {
      transport,
      gates: new GateList(urls.slice(0, 1), random),
      scheduler,
      random,
      clock: new ServerClock(),
      indexHash: "",
      inflate: inflateBounded,
    },
    {
      onState: () => undefined,
      onNewSession: () => newSessions.push(bodies.length),
      onResumed: () => undefined,
      onRtt: () => undefined,
      onLooseBodies: () => undefined,
      onBodies: (bytes) => bodies.push(new TextDecoder().decode(bytes)),
      onClosed: (code) => closed.push(code),
      definitionsHash: () => "",
    },
  );
  const until = (condition: () => boolean, withinMs = 20_000) =>
    scheduler.runUntil(condition, scheduler.nowMs() + withinMs);
  const online = async () => {
    session.open();
    assert.ok(await until(() => session.state === "online"), String(session.lastError));
  };
  return { scheduler, session, game, line, bodies, closed, until, online, metrics, dialled, ends, newSessions };
}
