/**
 * What games send to this gate: frames and orders for clients, and messages for other games, which pass through unread. Order is kept
 * between any two games because both links keep it and nothing here waits.
 */
import type { ByteReader } from "../engine/base/bytes.js";
import type { ErrorCode } from "../engine/base/errors.js";
import type { Scheduler } from "../engine/base/scheduler.js";
import { ClientFramesReader } from "../engine/protocol/client-frames.js";
import { GameToGate, GateToGame, StreamToGate } from "../engine/protocol/game-link.js";
import { type Dispatch, dispatcher, type Handlers, type MessageValue } from "../engine/protocol/message.js";
import type { ClientSession } from "./client-session.js";
import type { ClientTable } from "./client-table.js";
import { type Game, type GameTable, MAIN_LINK } from "./game-table.js";
import type { GateCounters } from "./gate-metrics.js";
import type { SessionLife } from "./session-life.js";

/** What a message that waits costs besides its bodies. */
const EARLY_MESSAGE_BYTES = 64;

type Sent<Name extends keyof typeof GameToGate> = MessageValue<(typeof GameToGate)[Name]>;

export interface RouterOptions {
  readonly scheduler: Scheduler;
  readonly table: ClientTable;
  readonly games: GameTable;
  readonly life: SessionLife;
  readonly counters: GateCounters;
}

export class Router {
  private readonly options: RouterOptions;
  private readonly frames = new ClientFramesReader();
  private readonly dispatchMain: Dispatch;
  private readonly dispatchStream: Dispatch;
  /** Whose message is being dispatched, and over which of its links it came. */
  private source: Game | null = null;
  private stream = MAIN_LINK;

  constructor(options: RouterOptions) {
    this.options = options;
    const from = () => this.source as Game;
    const forClients: Handlers<typeof StreamToGate> = {
      clientFrames: ({ payload }) => this.handleClientFrames(from(), payload),
      clientBind: (message) => this.handleClientBind(from(), message),
      clientKick: (message) => this.handleClientKick(from(), message),
      streamSwitch: (message) => this.handleStreamSwitch(from(), message),
    };
    this.dispatchStream = dispatcher(StreamToGate, forClients);
    this.dispatchMain = dispatcher(GameToGate, {
      ...forClients,
      streamOffer: ({ streams }) => this.options.games.handleStreamOffer(from(), streams),
      route: (message) => this.handleRoute(from(), message),
      routeToClientEntity: (message) => this.handleRouteToClientEntity(from(), message),
      routeToClient: (message) => this.handleRouteToClient(from(), message),
      clientRefused: (message) => this.handleClientRefused(from(), message),
      acceptClients: (message) => this.handleAcceptClients(from(), message),
    });
  }

  /** One message of one of a game's links. Throws what the dispatcher throws: the link goes down then. */
  onGameMessage(game: Game, stream: number, reader: ByteReader): void {
    this.source = game;
    this.stream = stream;
    if (stream === MAIN_LINK) this.dispatchMain(reader);
    else this.dispatchStream(reader);
  }

  private handleClientFrames(game: Game, payload: Uint8Array): void {
    const { frames } = this;
    frames.begin(payload);
    while (frames.next()) {
      const session = this.sessionFor(game, frames.handle, frames.bindNumber);
      if (session === undefined) continue;
      if (session.bindNumber === frames.bindNumber) this.options.life.gatherBodies(session, frames);
      else this.keepBodies(session, frames);
    }
    frames.release();
  }

  private keepBodies(session: ClientSession, frames: ClientFramesReader): void {
    const bodies = new Uint8Array(frames.bodyBytes);
    frames.copyBodies(bodies, 0);
    this.keepEarly(session, frames.bindNumber, bodies.length, () => this.options.life.gatherEarly(session, bodies));
  }

  private handleClientBind(game: Game, { handle, bindNumber, targetGame, entity }: Sent<"clientBind">): void {
    this.inTurn(game, handle, bindNumber, (session) => {
      const target = this.options.games.linkedGame(targetGame);
      if (target !== undefined) this.options.life.bind(session, target, entity);
      else this.options.life.end(session, "CLIENT_GAME_GONE", "the game it was to move to is gone");
    });
  }

  /** Of the script thread, when there are streams beside it, it takes effect at once. */
  private handleClientKick(game: Game, { handle, bindNumber, code, reason }: Sent<"clientKick">): void {
    if (this.stream === MAIN_LINK && game.streams !== null && game.streams.size > 0) {
      const session = this.sessionFor(game, handle, bindNumber, null);
      if (session !== undefined) this.options.life.end(session, code, reason);
      return;
    }
    this.inTurn(game, handle, bindNumber, (session) => this.options.life.end(session, code, reason));
  }

  private handleStreamSwitch(game: Game, { handle, bindNumber, toStream }: Sent<"streamSwitch">): void {
    this.inTurn(game, handle, bindNumber, (session) => this.options.life.switchStream(session, toStream));
  }

  private handleClientRefused(game: Game, { handle, bindNumber }: Sent<"clientRefused">): void {
    const session = this.sessionFor(game, handle, bindNumber, null);
    if (session === undefined || session.limits.allowsRefusal(this.options.scheduler.nowMs())) return;
    this.options.life.end(session, "CLIENT_REFUSALS", "");
  }

  private handleAcceptClients(game: Game, { accept, load }: Sent<"acceptClients">): void {
    game.accepts = accept;
    game.load = load;
    game.assignedSinceReport = 0;
  }

  private handleRoute(game: Game, { targetGame, token, payload }: Sent<"route">): void {
    const target = this.options.games.listedGame(targetGame);
    if (target === undefined) {
      this.failRoute(game, token, targetGame, "MAILBOX_GAME_GONE");
      return;
    }
    this.options.counters.routed.add();
    target.link.send(GateToGame.routed, { fromGame: game.place.incarnation, payload });
  }

  private handleRouteToClientEntity(game: Game, { clientId, token, payload }: Sent<"routeToClientEntity">): void {
    const session = this.options.table.byClientId(clientId);
    if (session === undefined) {
      this.failRoute(game, token, 0, "PROXY_CLIENT_GONE");
      return;
    }
    this.options.counters.routed.add();
    const { handle, bindNumber } = session;
    session.game.link.send(GateToGame.proxied, { fromGame: game.place.incarnation, handle, bindNumber, payload });
  }

  private handleRouteToClient(game: Game, { clientId, token, payload }: Sent<"routeToClient">): void {
    const session = this.options.table.byClientId(clientId);
    if (session === undefined) {
      this.failRoute(game, token, 0, "PROXY_CLIENT_GONE");
      return;
    }
    this.options.counters.routed.add();
    this.options.life.gatherBody(session, payload);
  }

  /** `targetGame` 0: a client was meant. */
  private failRoute(game: Game, token: number, targetGame: number, code: ErrorCode): void {
    this.options.counters.routesFailed.add();
    if (token !== 0) game.link.send(GateToGame.routeFailed, { token, targetGame, code });
  }

  /** Does it now, or, for a number that the client does not have yet, when it has it. */
  private inTurn(game: Game, handle: number, bindNumber: number, run: (session: ClientSession) => void): void {
    const session = this.sessionFor(game, handle, bindNumber);
    if (session === undefined) return;
    if (session.bindNumber === bindNumber) run(session);
    else this.keepEarly(session, bindNumber, 0, () => run(session));
  }

  private keepEarly(session: ClientSession, bindNumber: number, bodyBytes: number, deliver: () => void): void {
    const bytes = bodyBytes + EARLY_MESSAGE_BYTES;
    this.options.life.keepEarly(session, { bindNumber, stream: this.stream, bytes, deliver });
  }

  /**
   * The client while it belongs to this game, under this number or an earlier one, and under this number at this stream (null: at any).
   * What an earlier game or stream still sends is dropped and counted.
   */
  private sessionFor(
    game: Game,
    handle: number,
    bindNumber: number,
    stream: number | null = this.stream,
  ): ClientSession | undefined {
    const session = this.options.table.byHandle(handle);
    if (session !== undefined && session.game === game && bindNumber >= session.bindNumber) {
      if (stream === null || bindNumber > session.bindNumber) return session;
      session.gameStream ??= stream;
      if (session.gameStream === stream) return session;
    }
    this.options.counters.staleBinds.add();
    return undefined;
  }
}
