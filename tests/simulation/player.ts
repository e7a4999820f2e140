/**
 * A simulated player: one client that logs in under its name whenever it has a new session, connects again when it was closed, walks,
 * and calls its avatar. It notes what it was answered, which is what the cluster must never forget.
 */
import type { Client } from "../../client/client.js";
import { errorCodeOf } from "../../engine/base/errors.js";
import type { SimulatedCluster } from "../../testing/index.js";

const RETRY_MS = 500;
const WALK_INTERVAL_MS = 200;
const ACT_INTERVAL_MS = 400;
const CALL_TIMEOUT_MS = 6_000;

export interface PlayerOptions {
  /** Calls of its avatar that it makes again and again, one of them at random. Default none. */
  readonly acts?: readonly ("spend" | "pick")[];
}

export class Player {
  readonly name: string;
  readonly client: Client;
  /** Tokens of purchases that were answered. */
  readonly answered = new Set<string>();
  /** New sessions it has had; a resumed one is not new. */
  sessions = 0;
  callsBegun = 0;
  callsSettled = 0;
  /** Why something failed last. */
  lastCode = "";
  private readonly cluster: SimulatedCluster;
  private readonly acts: readonly ("spend" | "pick")[];
  private readonly dice: () => number;
  private isResting = false;
  private isLoggingIn = false;
  private tokenCount = 0;

  constructor(cluster: SimulatedCluster, name: string, options: PlayerOptions = {}) {
    this.cluster = cluster;
    this.name = name;
    this.acts = options.acts ?? [];
    this.dice = () => cluster.random.next();
    this.client = cluster.client(name);
    this.client.on("session", ({ resumed }) => {
      if (resumed) return;
      this.sessions++;
      this.login();
    });
    this.client.on("close", ({ code }) => {
      this.lastCode = code;
      this.later(RETRY_MS, () => this.connect());
    });
    this.connect();
    this.walk();
    if (this.acts.length > 0) this.later(this.dice() * ACT_INTERVAL_MS, () => this.act());
  }

  get isIn(): boolean {
    return this.client.state === "online" && this.client.own?.typeName === "Avatar";
  }

  /** Stands still and calls nothing more; it stays connected. */
  rest(): void {
    this.isResting = true;
  }

  private connect(): void {
    this.client.connect().catch((error: unknown) => {
      this.lastCode = errorCodeOf(error);
    });
  }

  private login(): void {
    const { own } = this.client;
    if (own === null || own.typeName !== "Account" || this.isLoggingIn) return;
    this.isLoggingIn = true;
    this.note(own.call.login?.(this.name)).then((isDone) => {
      this.isLoggingIn = false;
      if (!isDone) this.later(RETRY_MS, () => this.login());
    });
  }

  private walk(): void {
    this.later(WALK_INTERVAL_MS, () => {
      const at = this.client.space?.position;
      if (!this.isResting && this.isIn && at !== undefined) {
        this.client.move({ x: at.x + this.dice(), y: 0, z: at.z + this.dice(), yaw: 0 });
      }
      this.walk();
    });
  }

  private act(): void {
    const act = this.acts[Math.floor(this.dice() * this.acts.length)];
    if (act !== undefined && !this.isResting && this.isIn) void this.call(act);
    this.later(ACT_INTERVAL_MS * (0.5 + this.dice()), () => this.act());
  }

  /** One more purchase; true when it was answered. */
  spend(): Promise<boolean> {
    return this.call("spend");
  }

  private call(act: "spend" | "pick"): Promise<boolean> {
    const token = `${this.name}/${this.tokenCount++}`;
    const reply = this.client.own?.within(CALL_TIMEOUT_MS).call[act]?.(token);
    return this.note(reply).then((isDone) => {
      if (isDone && act === "spend") this.answered.add(token);
      return isDone;
    });
  }

  /** Counts a call until it settles; true when it was answered. */
  private async note(call: Promise<unknown> | undefined): Promise<boolean> {
    this.callsBegun++;
    try {
      await call;
      return true;
    } catch (error) {
      this.lastCode = errorCodeOf(error);
      return false;
    } finally {
      this.callsSettled++;
    }
  }

  private later(delayMs: number, run: () => void): void {
    this.cluster.scheduler.setTimer(delayMs, run);
  }
}

export function makePlayers(cluster: SimulatedCluster, count: number, options: PlayerOptions = {}): Player[] {
  return Array.from({ length: count }, (_, i) => new Player(cluster, `player${i}`, options));
}
