/**
 * What strangers may cost a gate before they have logged in: handshakes per second and sessions, by address and by network, and handshakes
 * of all together. One for all transports of a gate. Pure; one thread.
 *
 * An address is only remembered once a handshake of it was let through, so that what is remembered is bounded by the global rate: whoever
 * spoofs addresses fills no table. UDP asks here after the cookie came back, a WebSocket listener before it answers the upgrade.
 */
import { TokenBucket } from "../base/token-bucket.js";
import { addressGroups, isLoopback } from "./network-address.js";

/** `all`: the gate's own budget is used up, whoever asks. */
export type BudgetRefusal = "all" | "address" | "prefix";

export interface AddressBudgetOptions {
  /** Averages over `windowMs`. */
  readonly handshakesPerSecondMax: number;
  readonly handshakesPerAddressMax: number;
  readonly handshakesPerPrefixMax: number;
  readonly windowMs: number;
  readonly sessionsPerAddressMax: number;
  readonly sessionsPerPrefixMax: number;
  /** False: addresses of this machine are only held to the budget of all. */
  readonly limitsLoopback: boolean;
}

interface Group {
  readonly bucket: TokenBucket;
  sessions: number;
}

/** Looked at for each one that is added: a table shrinks as soon as its groups are idle. */
const SWEPT_PER_INSERT = 3;

/** Groups of one kind, by name. */
class GroupTable {
  readonly groups = new Map<string, Group>();
  private readonly perSecond: number;
  private readonly windowMs: number;

  constructor(perSecond: number, windowMs: number) {
    this.perSecond = perSecond;
    this.windowMs = windowMs;
  }

  has(name: string, nowMs: number): boolean {
    return this.groups.get(name)?.bucket.has(1, nowMs) ?? true;
  }

  take(name: string, nowMs: number): void {
    this.of(name, nowMs).bucket.take(1, nowMs);
  }

  sessionsOf(name: string): number {
    return this.groups.get(name)?.sessions ?? 0;
  }

  addSession(name: string, nowMs: number): void {
    this.of(name, nowMs).sessions++;
  }

  removeSession(name: string): void {
    const group = this.groups.get(name);
    if (group !== undefined && group.sessions > 0) group.sessions--;
  }

  private of(name: string, nowMs: number): Group {
    const known = this.groups.get(name);
    if (known !== undefined) return known;
    this.sweep(nowMs);
    const group = { bucket: new TokenBucket(this.perSecond, this.windowMs, nowMs), sessions: 0 };
    this.groups.set(name, group);
    return group;
  }

  /** Forgets the oldest that are idle; those that are not go to the end of the row. */
  private sweep(nowMs: number): void {
    let left = SWEPT_PER_INSERT;
    for (const [name, group] of this.groups) {
      if (left-- === 0) return;
      this.groups.delete(name);
      if (group.sessions > 0 || !group.bucket.isFull(nowMs)) this.groups.set(name, group);
    }
  }
}

export class AddressBudget {
  private readonly options: AddressBudgetOptions;
  private readonly all: TokenBucket;
  private readonly addresses: GroupTable;
  private readonly prefixes: GroupTable;

  constructor(options: AddressBudgetOptions, nowMs: number) {
    this.options = options;
    const { windowMs } = options;
    this.all = new TokenBucket(options.handshakesPerSecondMax, windowMs, nowMs);
    this.addresses = new GroupTable(options.handshakesPerAddressMax, windowMs);
    this.prefixes = new GroupTable(options.handshakesPerPrefixMax, windowMs);
  }

  /** Addresses and networks that are remembered. */
  get size(): number {
    return this.addresses.groups.size + this.prefixes.groups.size;
  }

  /** Pays for a handshake of `host`; or says whose budget is used up, and nobody pays. */
  takeHandshake(host: string, nowMs: number): BudgetRefusal | null {
    if (!this.all.has(1, nowMs)) return "all";
    if (this.limits(host)) {
      const { host: address, prefix } = addressGroups(host);
      if (!this.addresses.has(address, nowMs)) return "address";
      if (!this.prefixes.has(prefix, nowMs)) return "prefix";
      this.addresses.take(address, nowMs);
      this.prefixes.take(prefix, nowMs);
    }
    this.all.take(1, nowMs);
    return null;
  }

  /** Counts a session of `host` until `closeSession`; or says whose number is reached. */
  openSession(host: string, nowMs: number): BudgetRefusal | null {
    if (!this.limits(host)) return null;
    const { sessionsPerAddressMax, sessionsPerPrefixMax } = this.options;
    const { host: address, prefix } = addressGroups(host);
    if (this.addresses.sessionsOf(address) >= sessionsPerAddressMax) return "address";
    if (this.prefixes.sessionsOf(prefix) >= sessionsPerPrefixMax) return "prefix";
    this.addresses.addSession(address, nowMs);
    this.prefixes.addSession(prefix, nowMs);
    return null;
  }

  /** `host`: the one that it was opened for. */
  closeSession(host: string): void {
    if (!this.limits(host)) return;
    const { host: address, prefix } = addressGroups(host);
    this.addresses.removeSession(address);
    this.prefixes.removeSession(prefix);
  }

  private limits(host: string): boolean {
    return this.options.limitsLoopback || !isLoopback(host);
  }
}
