/**
 * What a restarted gamemanager must wait for. The first process that registers with an incarnation of an earlier gamemanager begins a
 * rebuild; each says whom it knew. Until all of those were heard (or may be given up), nothing is decided and no list is sent:
 * a list without a living process would make its peers refuse it, and a stub of one not heard yet would come to exist twice.
 *
 * Who is not heard within `giveUpMs` is dead, or has slept for longer than `link.peerTimeoutMs` and will end itself.
 */
import type { Incarnation } from "../engine/base/ids.js";
import type { AeonConfig } from "../engine/config/config.js";

export interface KnownProcess {
  readonly name: string;
  readonly incarnation: Incarnation;
}

export class Rebuild {
  private readonly awaited = new Map<Incarnation, string>();
  private readonly giveUpMs: number;
  private readonly settleMs: number;
  private beganMs = -1;
  private endedMs = -1;

  constructor(link: AeonConfig["link"]) {
    this.giveUpMs = link.peerTimeoutMs + link.heartbeatIntervalMs;
    this.settleMs = link.closedGraceMs;
  }

  /** Something from before a restart was heard, whether the rebuild is over or not. */
  get hasBegun(): boolean {
    return this.beganMs >= 0;
  }

  get isOpen(): boolean {
    return this.hasBegun && this.endedMs < 0;
  }

  /** When stubs that nobody reported may be assigned: what the earlier gamemanager had under way has arrived by then. */
  get stubsFromMs(): number {
    if (!this.hasBegun) return 0;
    return this.isOpen ? Number.POSITIVE_INFINITY : this.endedMs + this.settleMs;
  }

  /** Names of the processes it waits for. */
  missing(): string[] {
    return this.isOpen ? [...this.awaited.values()] : [];
  }

  /** When the rebuild ends without those that are missing; NaN unless open. */
  get deadlineMs(): number {
    return this.isOpen ? this.beganMs + this.giveUpMs : Number.NaN;
  }

  /**
   * A process of before the restart registered; `known` is its last list, `isSettled` tells who needs no waiting for. One that comes
   * late and knows more than the others opens the rebuild again.
   */
  heard(nowMs: number, known: readonly KnownProcess[], isSettled: (process: KnownProcess) => boolean): void {
    const missing = known.filter((process) => !isSettled(process) && !this.awaited.has(process.incarnation));
    for (const { name, incarnation } of missing) this.awaited.set(incarnation, name);
    if (this.hasBegun && (this.isOpen || missing.length === 0)) return;
    this.beganMs = nowMs;
    this.endedMs = -1;
  }

  /** This incarnation registered, or is known to be dead. */
  settle(incarnation: Incarnation): void {
    this.awaited.delete(incarnation);
  }

  /** A fresh start of `name`: whoever had the name is dead. Returns its incarnations. */
  replaced(name: string): Incarnation[] {
    const dead = [...this.awaited]
      .filter(([, awaitedName]) => awaitedName === name)
      .map(([incarnation]) => incarnation);
    for (const incarnation of dead) this.awaited.delete(incarnation);
    return dead;
  }

  /** Ends the rebuild when nobody is missing or the time is up; returns the incarnations given up. */
  tick(nowMs: number): Incarnation[] {
    if (!this.isOpen || (this.awaited.size > 0 && nowMs < this.deadlineMs)) return [];
    const givenUp = [...this.awaited.keys()];
    this.awaited.clear();
    this.endedMs = nowMs;
    return givenUp;
  }
}
