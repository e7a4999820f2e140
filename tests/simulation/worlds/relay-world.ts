/**
 * A world without players: a sender on each game calls a receiver on each game by its mailbox, again and again, with numbers that rise
 * by one. What arrives is noted as it comes, so that a gap, a repetition and a wrong order show.
 */
import {
  AvatarEntity,
  defineEntity,
  defineWorld,
  type Incarnation,
  int32,
  type MailboxData,
  mailbox,
  rpc,
  ServerEntity,
  StubEntity,
  text,
} from "../../../engine/index.js";

const SEND_INTERVAL_MS = 40;

/** What the entities of one run tell the test. */
export class RelayNotes {
  /** Way → the numbers in the order in which they arrived. A way is one sender's messages of one kind to one receiver. */
  readonly arrived = new Map<string, number[]>();
  /** Way → numbers sent. */
  readonly sent = new Map<string, number>();
  /** Awaited calls. */
  begun = 0;
  answered = 0;
  failed = 0;

  arrive(way: string, number: number): void {
    this.arrived.set(way, [...(this.arrived.get(way) ?? []), number]);
  }

  next(way: string): number {
    const number = (this.sent.get(way) ?? 0) + 1;
    this.sent.set(way, number);
    return number;
  }
}

let notes = new RelayNotes();

export function newRelayNotes(): RelayNotes {
  notes = new RelayNotes();
  return notes;
}

export class Receiver extends defineEntity(ServerEntity, "Receiver", {
  server: { take: [text(), int32()], takeAndAnswer: rpc([text(), int32()], { returns: int32() }) },
}) {
  take(way: string, number: number): void {
    notes.arrive(way, number);
  }

  takeAndAnswer(way: string, number: number): number {
    notes.arrive(way, number);
    return number;
  }
}

export class Sender extends defineEntity(ServerEntity, "Sender", {
  server: { begin: [mailbox()], rest: [] },
}) {
  private readonly receivers: MailboxData[] = [];
  private isResting = false;

  begin(receiver: MailboxData): void {
    this.receivers.push(receiver);
    if (this.receivers.length === 1) this.every(SEND_INTERVAL_MS, "talk");
  }

  rest(): void {
    this.isResting = true;
  }

  talk(): void {
    if (this.isResting) return;
    for (const receiver of this.receivers) {
      const remote = this.remote<Receiver>("Receiver", receiver);
      const way = `${this.id} to ${receiver.entity}`;
      remote.send.take(way, notes.next(way));
      void this.ask(receiver, way);
    }
  }

  private async ask(receiver: MailboxData, way: string): Promise<void> {
    notes.begun++;
    try {
      await this.remote<Receiver>("Receiver", receiver).call.takeAndAnswer(way, notes.next(way));
      notes.answered++;
    } catch {
      notes.failed++;
    }
  }
}

/** Puts a sender and a receiver on every game and makes them known to each other. */
export class Starter extends defineEntity(StubEntity, "Starter", { server: { start: [], rest: [] } }) {
  private senders: MailboxData[] = [];

  async start(): Promise<void> {
    const games: readonly Incarnation[] = this.$host.games();
    const receivers = await Promise.all(games.map((game) => this.spawnOn(game, "Receiver")));
    this.senders = await Promise.all(games.map((game) => this.spawnOn(game, "Sender")));
    for (const sender of this.senders) {
      for (const receiver of receivers) this.remote<Sender>("Sender", sender).send.begin(receiver);
    }
  }

  rest(): void {
    for (const sender of this.senders) this.remote<Sender>("Sender", sender).send.rest();
  }
}

class Visitor extends defineEntity(AvatarEntity, "Visitor", {}) {}

export const world = defineWorld({ entities: [Starter, Sender, Receiver, Visitor], account: "Visitor" });
