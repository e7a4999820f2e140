/**
 * The way from a name to an avatar and back: connects, logs in, logs in again after a new session, says in plain words what went wrong.
 * Owns the Client; a client that was closed for good is replaced at the next login.
 */
import { AeonError, ERRORS, type ErrorCode, errorCodeOf, errorText, isErrorCode } from "../../../engine/base/errors.js";
import type { Scheduler } from "../../../engine/base/scheduler.js";
import type { Account } from "../../../entities/account.js";
import type { Avatar } from "../../../entities/avatar.js";
import type { Client, ClientEntity } from "../../index.js";

export type SessionState = "out" | "entering" | "in" | "returning";

export interface SessionHandlers {
  onState(state: SessionState): void;
  /** A new Client exists: subscribe to what the page needs of it. */
  onClient(client: Client): void;
  /** The session is over; a sentence for the player. */
  onEnd(sentence: string): void;
}

/** After a cut the old avatar may still hold the name: how long it is asked for again. */
const NAME_IN_USE_PATIENCE_MS = 25_000;
const RETRY_MS = 1_000;
/** At a login the name is asked for again this long: a tab that was just closed may still hold it. */
const LOGIN_PATIENCE_MS = 3_000;
/** From the login to the avatar. */
const ARRIVAL_PATIENCE_MS = 10_000;
/** The world opens within seconds of a start; who comes earlier is kept waiting this long. */
const NOT_OPEN_PATIENCE_MS = 30_000;

export class Session {
  state: SessionState = "out";
  client: Client | null = null;
  private name = "";
  private readonly makeClient: () => Client;
  private readonly scheduler: Scheduler;
  private readonly handlers: SessionHandlers;
  private isLoggingIn = false;
  private onArrival: (() => void) | null = null;

  constructor(makeClient: () => Client, scheduler: Scheduler, handlers: SessionHandlers) {
    this.makeClient = makeClient;
    this.scheduler = scheduler;
    this.handlers = handlers;
  }

  /** The avatar; null while there is none. */
  get avatar(): ClientEntity<Avatar> | null {
    const own = this.client?.own ?? null;
    return own?.is<Avatar>("Avatar") ? own : null;
  }

  /** Resolves when the avatar is there; rejects with an Error whose message is a sentence for the player. */
  async login(name: string): Promise<void> {
    this.name = name;
    this.setState("entering");
    try {
      const client = await this.connected();
      await this.enter(client, this.scheduler.nowMs() + LOGIN_PATIENCE_MS);
      await this.arrived();
    } catch (error) {
      this.drop();
      throw new Error(sentenceOf(error), { cause: error });
    }
  }

  private async connected(): Promise<Client> {
    const giveUpAtMs = this.scheduler.nowMs() + NOT_OPEN_PATIENCE_MS;
    for (;;) {
      const client = this.client ?? this.renewed();
      try {
        if (client.state !== "online") await client.connect();
        return client;
      } catch (error) {
        this.discard();
        const mayWait = errorCodeOf(error) === "CLIENT_NOT_OPEN" && this.scheduler.nowMs() < giveUpAtMs;
        if (!mayWait) throw error;
        await this.pause(RETRY_MS);
      }
    }
  }

  private renewed(): Client {
    const client = this.makeClient();
    this.client = client;
    client.on("own", (own) => this.onOwn(client, own));
    client.on("state", (state) => {
      if (client === this.client && state === "reconnecting" && this.state === "in") this.setState("returning");
      if (client === this.client && state === "online" && this.state === "returning" && this.avatar)
        this.setState("in");
    });
    client.on("close", ({ code, reason }) => {
      if (client !== this.client || this.state === "entering" || this.state === "out") return;
      this.drop();
      this.handlers.onEnd(isErrorCode(code) ? sentenceOfCode(code) : reason);
    });
    this.handlers.onClient(client);
    return client;
  }

  private onOwn(client: Client, own: ClientEntity): void {
    if (client !== this.client || this.state === "out") return;
    if (own.typeName === "Avatar") {
      this.setState("in");
      this.onArrival?.();
    } else if (this.state === "in" || this.state === "returning") this.comeBack(client);
  }

  /** A new session after a cut: the same name again. */
  private comeBack(client: Client): void {
    this.setState("returning");
    this.enter(client, this.scheduler.nowMs() + NAME_IN_USE_PATIENCE_MS).catch((error: unknown) => {
      if (client !== this.client || client.state !== "online") return;
      this.drop();
      this.handlers.onEnd(sentenceOf(error));
    });
  }

  /** Asks for the name until it is free, at most until `giveUpAtMs`. */
  private async enter(client: Client, giveUpAtMs: number): Promise<void> {
    if (this.isLoggingIn || this.avatar !== null) return;
    this.isLoggingIn = true;
    try {
      for (;;) {
        try {
          await (client.own as ClientEntity<Account> | null)?.call.login(this.name);
          return;
        } catch (error) {
          if (errorCodeOf(error) !== "LOGIN_NAME_IN_USE" || this.scheduler.nowMs() >= giveUpAtMs) throw error;
        }
        await this.pause(RETRY_MS);
      }
    } finally {
      this.isLoggingIn = false;
    }
  }

  /** Resolves when the avatar is there. */
  private arrived(): Promise<void> {
    if (this.avatar !== null) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const timer = this.scheduler.setTimer(ARRIVAL_PATIENCE_MS, () =>
        reject(new AeonError("RPC_TIMEOUT", "no avatar")),
      );
      this.onArrival = () => {
        this.onArrival = null;
        this.scheduler.clearTimer(timer);
        resolve();
      };
    });
  }

  /** Leaves on purpose. */
  logout(): void {
    this.drop();
  }

  private drop(): void {
    this.discard();
    this.setState("out");
  }

  private discard(): void {
    const { client } = this;
    this.client = null;
    client?.close();
  }

  private setState(state: SessionState): void {
    if (state === this.state) return;
    this.state = state;
    this.handlers.onState(state);
  }

  private pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.scheduler.setTimer(delayMs, resolve);
    });
  }
}

const FRIENDLY: Partial<Record<ErrorCode, string>> = {
  LOGIN_NAME_IN_USE: "Somebody plays under this name right now. Take another one.",
  CLIENT_NOT_OPEN: "The world is not open yet. Try again in a moment.",
  CLIENT_DISCONNECTED: "The connection was lost.",
  RPC_TIMEOUT: "The world did not answer in time. Try again.",
};

function sentenceOfCode(code: ErrorCode): string {
  const text = FRIENDLY[code] ?? ERRORS[code].text;
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}

/** What to tell the player, from anything thrown. */
export function sentenceOf(error: unknown): string {
  const code = errorCodeOf(error);
  return code === "INTERNAL" ? errorText(error) : `${sentenceOfCode(code)} (${code})`;
}
