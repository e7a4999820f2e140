/**
 * Tells the streams of games how much of what they sent has left for which client: once per turn and link, and only for clients for whom
 * it is worth it (see CreditMeter). And, once per stream that serves a client, whether loose bodies may be lost on the way to it.
 */
import type { Scheduler } from "../engine/base/scheduler.js";
import type { Link } from "../engine/net/link.js";
import { type ClientCreditMessage, CREDIT_CLIENTS_MAX, GateToGame } from "../engine/protocol/game-link.js";
import type { ClientSession } from "./client-session.js";
import { MAIN_LINK } from "./game-table.js";

type CreditRecord = ClientCreditMessage["clients"][number];

export class CreditLedger {
  private readonly scheduler: Scheduler;
  private readonly due = new Set<ClientSession>();

  constructor(scheduler: Scheduler) {
    this.scheduler = scheduler;
  }

  /** The session's stream hears of it at the end of this turn. */
  add(session: ClientSession): void {
    if (this.due.size === 0) this.scheduler.defer(() => this.send());
    this.due.add(session);
  }

  private send(): void {
    const records = new Map<Link, CreditRecord[]>();
    for (const session of this.due) {
      const link = linkOf(session);
      if (link === undefined || session.state === "ended") continue;
      const ofLink = records.get(link);
      if (ofLink === undefined) records.set(link, [recordOf(session)]);
      else ofLink.push(recordOf(session));
    }
    this.due.clear();
    for (const [link, clients] of records) {
      for (let from = 0; from < clients.length; from += CREDIT_CLIENTS_MAX) {
        link.send(GateToGame.clientCredit, { clients: clients.slice(from, from + CREDIT_CLIENTS_MAX) });
      }
    }
  }
}

/** Of the stream that speaks to the client; undefined while none has. */
function linkOf({ game, gameStream }: ClientSession): Link | undefined {
  if (gameStream === null) return undefined;
  return gameStream === MAIN_LINK ? game.link : game.streams?.get(gameStream);
}

function recordOf({ handle, bindNumber, credit, isLossy }: ClientSession): CreditRecord {
  return { handle, bindNumber, confirmedBytes: credit.report(), isLossy };
}
