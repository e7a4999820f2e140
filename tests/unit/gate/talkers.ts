/** Clients of the SDK that say numbers, a game that says numbers, and the check that each arrived once and in order. For a gate's tests. */
import assert from "node:assert/strict";
import { GateList } from "../../../client/gate-list.js";
import { ServerClock } from "../../../client/server-clock.js";
import { type ClientTransport, Session } from "../../../client/session.js";
import type { Random } from "../../../engine/base/random.js";
import type { Scheduler } from "../../../engine/base/scheduler.js";
import type { FakeLink, Seen } from "./rig.js";

export interface TalkerOptions {
  readonly transport: ClientTransport;
  readonly gates: readonly string[];
  readonly scheduler: Scheduler;
  readonly random: Random;
}

/** A client of the SDK that says numbers, and checks that the numbers it hears come in order and once per session. */
export class Talker {
  readonly session: Session;
  heard = 0;
  said = 0;
  readonly faults: string[] = [];

  constructor({ transport, gates, scheduler, random }: TalkerOptions) {
    this.session = new Session(
      { transport, gates: new GateList(gates, random), scheduler, random, clock: new ServerClock(), indexHash: "" },
      {
        onState: () => undefined,
        onRtt: () => undefined,
        onClosed: (code) => this.faults.push(`closed ${code}`),
        definitionsHash: () => "",
        onNewSession: () => {
          this.heard = 0;
        },
        onResumed: () => undefined,
        onBodies: (bodies) => this.hear(bodies),
      },
    );
    this.session.open();
  }

  say(): void {
    this.said++;
    this.session.send(Uint8Array.from([1, this.said >> 8, this.said & 0xff]));
  }

  private hear(bodies: Uint8Array): void {
    for (let at = 0; at < bodies.length; at += 2) {
      const number = ((bodies[at] as number) << 8) | (bodies[at + 1] as number);
      if (number !== this.heard + 1) this.faults.push(`heard ${number} after ${this.heard}`);
      this.heard = number;
    }
  }
}

/** The game's side: sends each session the numbers 1, 2, 3 … until it is told that the session is lost. */
export class Speaker {
  private readonly spoken = new Map<number, number>();
  private readonly link: FakeLink;
  private read = 0;

  constructor(link: FakeLink) {
    this.link = link;
  }

  speak(): void {
    for (; this.read < this.link.seen.length; this.read++) this.follow(this.link.seen[this.read] as Seen);
    for (const [handle, last] of this.spoken) {
      const next = last + 1;
      this.spoken.set(handle, next);
      this.link.frames(handle, 1, [next >> 8, next & 0xff]);
    }
  }

  lastSpoken(handle: number): number | undefined {
    return this.spoken.get(handle);
  }

  private follow({ name, value }: Seen): void {
    const handle = value.handle as number;
    if (name === "clientConnected") this.spoken.set(handle, 0);
    if (name === "clientLost") this.spoken.delete(handle);
  }
}

interface Told {
  /** The numbers of each of its sessions. */
  readonly sessions: number[][];
  handle: number;
}

/** What the game was told, by client. */
function toldByClient(link: FakeLink): Map<string, Told> {
  const byClient = new Map<string, Told>();
  const byHandle = new Map<number, number[]>();
  for (const { name, value } of link.seen) {
    const handle = value.handle as number;
    if (name === "clientConnected") {
      const clientId = value.clientId as string;
      const told = byClient.get(clientId) ?? { sessions: [], handle };
      const numbers: number[] = [];
      told.handle = handle;
      told.sessions.push(numbers);
      byClient.set(clientId, told);
      byHandle.set(handle, numbers);
    }
    if (name !== "clientMessage") continue;
    const payload = value.payload as Uint8Array;
    byHandle.get(handle)?.push(((payload[1] as number) << 8) | (payload[2] as number));
  }
  return byClient;
}

export function checkTalk(seed: number, talkers: readonly Talker[], link: FakeLink, speaker: Speaker): void {
  for (const [clientId, { sessions }] of toldByClient(link)) {
    const isWhole = sessions.every((numbers) => numbers.every((number, i) => number === (numbers[0] as number) + i));
    assert.ok(isWhole, `seed ${seed}: client ${clientId} loses nothing within a session: ${JSON.stringify(sessions)}`);
    const numbers = sessions.flat();
    const rising = numbers.every((number, i) => i === 0 || number > (numbers[i - 1] as number));
    assert.ok(rising, `seed ${seed}: client ${clientId}'s calls run at most once and in order: ${numbers.join(" ")}`);
  }
  const live = [...toldByClient(link).values()].map(({ handle }) => speaker.lastSpoken(handle));
  for (const talker of talkers) {
    assert.deepEqual(talker.faults, [], `seed ${seed}`);
    assert.equal(talker.session.state, "online", `seed ${seed}`);
    const isCaughtUp = live.some((last) => last !== undefined && last - talker.heard <= 1);
    assert.ok(isCaughtUp, `seed ${seed}: heard ${talker.heard}, the game said ${live.join(" ")}`);
  }
}
