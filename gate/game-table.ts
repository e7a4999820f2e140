/**
 * The games this gate is linked to: incarnation → links, load, whether it takes new clients, and the sessions that live there.
 * It follows the process list: a game in it is dialled, and again when a link was lost; a game that left it is gone.
 *
 * A game has a main link and a link for each stream that it offers there. It counts as linked when all of them have come up, and is gone
 * when one of them goes down: then all are closed.
 */
import type { ByteReader } from "../engine/base/bytes.js";
import { AeonError } from "../engine/base/errors.js";
import type { Incarnation } from "../engine/base/ids.js";
import { type Random, randomIndex } from "../engine/base/random.js";
import type { Scheduler } from "../engine/base/scheduler.js";
import type { Link, LinkState } from "../engine/net/link.js";
import type { ClientSession } from "./client-session.js";

/** What the process list says about a game. */
export interface GamePlace {
  readonly incarnation: Incarnation;
  readonly name: string;
  readonly host: string;
  readonly linkPort: number;
}

/** The main link among a game's links; streams are numbered from 1. */
export const MAIN_LINK = 0;

export interface StreamPlace {
  readonly stream: number;
  readonly host: string;
  readonly port: number;
}

export interface Game {
  readonly place: GamePlace;
  /** The main link: all that is sent to the game. */
  readonly link: Link;
  /** By their numbers; null until the game has said which there are. */
  streams: ReadonlyMap<number, Link> | null;
  /** All its links came up and none is lost. */
  linked: boolean;
  accepts: boolean;
  /** 0 … 255, as last reported. */
  load: number;
  /** Clients given to it since that report: each counts as one more step of load, so that a rush spreads before it is reported. */
  assignedSinceReport: number;
  readonly sessions: Set<ClientSession>;
}

export interface GameTableHooks {
  dial(place: GamePlace): Link;
  /** `stream`: over which of its links it came. */
  onMessage(game: Game, stream: number, reader: ByteReader): void;
  /** The set of linked games changed. */
  onLinksChanged(linked: readonly Incarnation[]): void;
  /** The game is out of the table already; its link takes nothing any more. */
  onGone(game: Game, reason: string): void;
}

export class GameTable {
  private readonly games = new Map<Incarnation, Game>();
  private wanted = new Map<Incarnation, GamePlace>();
  private readonly scheduler: Scheduler;
  private readonly redialMs: number;
  private readonly hooks: GameTableHooks;

  constructor(scheduler: Scheduler, redialMs: number, hooks: GameTableHooks) {
    this.scheduler = scheduler;
    this.redialMs = redialMs;
    this.hooks = hooks;
  }

  /** The games of the process list, as it is now. */
  update(places: readonly GamePlace[]): void {
    this.wanted = new Map(places.map((place) => [place.incarnation, place]));
    for (const game of [...this.games.values()]) {
      if (!this.wanted.has(game.place.incarnation)) this.remove(game, "left the process list");
    }
    for (const place of places) if (!this.games.has(place.incarnation)) this.dial(place);
  }

  /** A game of the process list: what is sent to it waits until it is linked. Undefined when it is unknown or gone. */
  listedGame(incarnation: Incarnation): Game | undefined {
    return this.games.get(incarnation);
  }

  /** The game says which streams it has: they are dialled. Throws BYTES_MALFORMED when it has said so before. */
  handleStreamOffer(game: Game, places: readonly StreamPlace[]): void {
    if (game.streams !== null) throw new AeonError("BYTES_MALFORMED", "streams are offered twice");
    const { incarnation, name } = game.place;
    const streams = new Map<number, Link>();
    game.streams = streams;
    for (const { stream, host, port } of places) {
      const link = this.hooks.dial({ incarnation, name, host, linkPort: port });
      streams.set(stream, link);
      this.listen(game, stream, link);
    }
    this.noteLinked(game);
  }

  /** A game whose links came up; undefined when it is unknown, never linked yet, or gone. */
  linkedGame(incarnation: Incarnation): Game | undefined {
    const game = this.games.get(incarnation);
    return game?.linked === true ? game : undefined;
  }

  linkedIncarnations(): Incarnation[] {
    return [...this.games.values()].filter((game) => game.linked).map((game) => game.place.incarnation);
  }

  /** True when there is a game and every one in the process list is linked. */
  get allLinked(): boolean {
    if (this.wanted.size === 0) return false;
    for (const incarnation of this.wanted.keys()) if (this.linkedGame(incarnation) === undefined) return false;
    return true;
  }

  /** The least loaded game that takes clients and whose links stand at this moment, one of the equals at random. */
  pickForClient(random: Random): Game | undefined {
    let best: Game[] = [];
    let bestLoad = Number.POSITIVE_INFINITY;
    for (const game of this.games.values()) {
      if (!game.linked || !game.accepts || !isUp(game)) continue;
      const load = game.load + game.assignedSinceReport;
      if (load < bestLoad) {
        best = [];
        bestLoad = load;
      }
      if (load === bestLoad) best.push(game);
    }
    return best.length < 2 ? best[0] : best[randomIndex(random, best.length)];
  }

  private dial(place: GamePlace): void {
    const link = this.hooks.dial(place);
    const game: Game = {
      place,
      link,
      streams: null,
      linked: false,
      accepts: false,
      load: 0,
      assignedSinceReport: 0,
      sessions: new Set(),
    };
    this.games.set(place.incarnation, game);
    this.listen(game, MAIN_LINK, link);
  }

  private listen(game: Game, stream: number, link: Link): void {
    link.onMessage = (reader) => this.hooks.onMessage(game, stream, reader);
    link.onState = (state, reason) => this.onLinkState(game, state, reason);
  }

  private onLinkState(game: Game, state: LinkState, reason: string): void {
    if (this.games.get(game.place.incarnation) !== game) return;
    if (state === "up") this.noteLinked(game);
    if (state === "down") {
      this.remove(game, reason);
      this.scheduler.setTimer(this.redialMs, () => this.redial(game.place.incarnation));
    }
  }

  private noteLinked(game: Game): void {
    if (game.linked || game.streams === null || !linksOf(game).every(({ state }) => state !== "connecting")) return;
    game.linked = true;
    this.hooks.onLinksChanged(this.linkedIncarnations());
  }

  private redial(incarnation: Incarnation): void {
    const place = this.wanted.get(incarnation);
    if (place !== undefined && !this.games.has(incarnation)) this.dial(place);
  }

  private remove(game: Game, reason: string): void {
    this.games.delete(game.place.incarnation);
    const wasLinked = game.linked;
    game.linked = false;
    game.accepts = false;
    this.hooks.onGone(game, reason);
    for (const link of linksOf(game)) link.close(reason);
    if (wasLinked) this.hooks.onLinksChanged(this.linkedIncarnations());
  }
}

function linksOf(game: Game): Link[] {
  return [game.link, ...(game.streams?.values() ?? [])];
}

function isUp(game: Game): boolean {
  if (game.link.state !== "up" || game.streams === null) return false;
  for (const link of game.streams.values()) if (link.state !== "up") return false;
  return true;
}
