/**
 * What becomes of a clientHello: a new session at a game, the resumption of one, or a refusal with a code.
 *
 *   id unknown ─────────────────────────────► new session
 *   id known, token right, number higher ───► resume; a new session when the resume buffer no longer holds what the client lacks
 *   id known, token right, number not higher► refused: a later connection is there already (CLIENT_TAKEN_OVER)
 *   id known, token wrong or absent ────────► refused (CLIENT_ID_IN_USE), unless the earlier session was cut before its client
 *                                             ever answered: then the client never got the token, and nothing can be lost
 */
import { AeonError } from "../engine/base/errors.js";
import type { Random } from "../engine/base/random.js";
import type { Connection } from "../engine/net/transport.js";
import type { ClientToGate } from "../engine/protocol/client-link.js";
import { CLIENT_PROTOCOL_VERSION } from "../engine/protocol/limits.js";
import type { MessageValue } from "../engine/protocol/message.js";
import type { ClientSession } from "./client-session.js";
import type { ClientTable } from "./client-table.js";
import type { Game, GameTable } from "./game-table.js";
import type { GateCounters } from "./gate-metrics.js";
import type { SessionLife } from "./session-life.js";

const TOKEN_BYTES = 16;

export type ClientHello = MessageValue<typeof ClientToGate.clientHello>;

export interface AdmissionOptions {
  readonly table: ClientTable;
  readonly games: GameTable;
  readonly life: SessionLife;
  readonly random: Random;
  readonly clientsMax: number;
  readonly counters: GateCounters;
}

export interface Admitted {
  readonly session: ClientSession;
  readonly resumed: boolean;
}

export class Admission {
  /** Boot step 9 has been reached. */
  open = false;
  /** The gate is going down. */
  closing = false;
  private readonly options: AdmissionOptions;

  constructor(options: AdmissionOptions) {
    this.options = options;
  }

  /** Throws the CLIENT_ code with which the connection is to be closed. */
  admit(hello: ClientHello, connection: Connection): Admitted {
    if (this.closing) throw new AeonError("CLIENT_SHUTDOWN");
    if (hello.protocolVersion !== CLIENT_PROTOCOL_VERSION) {
      throw new AeonError("CLIENT_PROTOCOL", `${hello.protocolVersion}, this gate speaks ${CLIENT_PROTOCOL_VERSION}`);
    }
    const known = this.options.table.byClientId(hello.clientId);
    if (known === undefined) return this.begin(hello, connection);
    if (isTokenEqual(known.token, hello.token)) return this.takeOver(known, hello, connection);
    if (!isNeverConfirmed(known)) throw new AeonError("CLIENT_ID_IN_USE");
    return this.replace(known, hello, connection);
  }

  private takeOver(session: ClientSession, hello: ClientHello, connection: Connection): Admitted {
    if (hello.connectionNumber <= session.connectionNumber) throw new AeonError("CLIENT_TAKEN_OVER");
    if (hello.ack > session.stream.sent) {
      throw new AeonError("CLIENT_MALFORMED", `confirms packet ${hello.ack}, never sent`);
    }
    if (!session.canResumeFrom(hello.ack)) return this.replace(session, hello, connection);
    this.options.life.resume(session, connection, hello.connectionNumber);
    if (session.acknowledge(hello.ack)) this.options.life.grant(session);
    return { session, resumed: true };
  }

  private replace(session: ClientSession, hello: ClientHello, connection: Connection): Admitted {
    this.options.counters.sessionsReplaced.add();
    this.options.life.end(session, "CLIENT_TAKEN_OVER", "a new session of this client began");
    return this.begin(hello, connection);
  }

  private begin(hello: ClientHello, connection: Connection): Admitted {
    const { table, life, random } = this.options;
    const identity = {
      handle: table.nextHandle(),
      clientId: hello.clientId,
      token: random.bytes(TOKEN_BYTES),
      definitionsHash: hello.definitionsHash,
    };
    const session = life.open(identity, this.gameForNew(), connection, hello.connectionNumber);
    return { session, resumed: false };
  }

  private gameForNew(): Game {
    if (!this.open) throw new AeonError("CLIENT_NOT_OPEN");
    if (this.options.table.size >= this.options.clientsMax) throw new AeonError("CLIENT_GATE_FULL");
    const game = this.options.games.pickForClient(this.options.random);
    if (game === undefined) throw new AeonError("CLIENT_NOT_OPEN", "no game takes clients at present");
    return game;
  }
}

function isNeverConfirmed(session: ClientSession): boolean {
  return session.state === "interrupted" && !session.confirmed;
}

/** In a time that does not depend on where they differ. */
function isTokenEqual(own: Uint8Array, theirs: Uint8Array): boolean {
  if (own.length !== theirs.length) return false;
  let difference = 0;
  for (let i = 0; i < own.length; i++) difference |= (own[i] as number) ^ (theirs[i] as number);
  return difference === 0;
}
