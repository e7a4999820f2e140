/**
 * How much each client may be sent: a window of bytes that its gate does not know to have left yet, and a budget of bytes a second. A client
 * at either is *behind*: of class `latest` nothing goes to it but what CatchUp finds room for, until it has been told all.
 *
 * One comparison per client and payload is what it costs those who keep up. Part of the sync core.
 */
import type { Incarnation } from "../../engine/base/ids.js";
import type { Counter, Metrics } from "../../engine/base/metrics.js";
import { Arrears } from "./arrears.js";
import type { ClientStream } from "./client-stream.js";

const SECOND_MS = 1_000;
/** What a budget saves up for, at most. */
const BURST_MS = 100;

export interface CreditOptions {
  /** Bytes sent to a client that may be under way; left out: any number. */
  readonly windowBytes?: number;
  /** 0 or left out: no budget. */
  readonly bytesPerSecond?: number;
  readonly metrics: Metrics;
}

export class ClientCredit {
  readonly behind = new Set<ClientStream>();
  /** By gate and handle. */
  private readonly clients = new Map<Incarnation, Map<number, ClientStream>>();
  private readonly windowBytes: number;
  private readonly bytesPerSecond: number;
  private readonly heldTotal: Counter;
  private tickedMs = Number.NaN;

  constructor({ windowBytes, bytesPerSecond = 0, metrics }: CreditOptions) {
    this.windowBytes = windowBytes ?? Number.POSITIVE_INFINITY;
    this.bytesPerSecond = bytesPerSecond;
    this.heldTotal = metrics.counter("sync_clients_held_total");
    metrics.gauge("sync_clients_behind", () => this.behind.size);
  }

  /** A client begins. */
  open(client: ClientStream): void {
    const { gate, handle } = client;
    const ofGate = this.clients.get(gate) ?? new Map<number, ClientStream>();
    this.clients.set(gate, ofGate.set(handle, client));
    if (this.bytesPerSecond > 0) client.budgetAtBytes = this.burstBytes;
    this.aim(client);
  }

  close(client: ClientStream): void {
    this.behind.delete(client);
    const ofGate = this.clients.get(client.gate);
    if (ofGate?.get(client.handle) !== client) return;
    ofGate.delete(client.handle);
    if (ofGate.size === 0) this.clients.delete(client.gate);
  }

  /** The client that is served under this number here; undefined when it is not, or no longer. */
  find(gate: Incarnation, handle: number, bindNumber: number): ClientStream | undefined {
    const client = this.clients.get(gate)?.get(handle);
    return client?.bindNumber === bindNumber ? client : undefined;
  }

  /** So much of what the client was sent has left its gate; less than before is ignored, and more than was sent. */
  confirm(client: ClientStream, confirmedBytes: number): void {
    const known = Math.min(confirmedBytes, client.sentBytes);
    if (known <= client.confirmedBytes) return;
    client.confirmedBytes = known;
    this.aim(client);
  }

  /** Time passes: budgets grow. */
  tick(serverMs: number): void {
    const passedMs = Math.max(0, Math.min(SECOND_MS, serverMs - this.tickedMs)) || 0;
    this.tickedMs = serverMs;
    if (this.bytesPerSecond === 0) return;
    const grown = (this.bytesPerSecond * passedMs) / SECOND_MS;
    const { burstBytes } = this;
    for (const ofGate of this.clients.values()) {
      for (const client of ofGate.values()) {
        client.budgetAtBytes = Math.min(client.budgetAtBytes + grown, client.sentBytes + burstBytes);
        this.aim(client);
      }
    }
  }

  /** Counts what goes out to a client. */
  count(client: ClientStream, bytes: number): void {
    client.sentBytes += bytes;
    client.enterBytes = 0;
    if (client.sentBytes >= client.holdAtBytes && client.arrears === null) this.hold(client);
  }

  /** The same, ahead, for an enter that is given to it: crowds that come into view at once must not get past the window. */
  countEnter(client: ClientStream, bytes: number): void {
    client.enterBytes += bytes;
    if (client.sentBytes + client.enterBytes >= client.holdAtBytes && client.arrears === null) this.hold(client);
  }

  /** The client has been told everything. */
  release(client: ClientStream): void {
    client.arrears = null;
    this.behind.delete(client);
  }

  private hold(client: ClientStream): void {
    if (client.isClosed) return;
    client.arrears = new Arrears();
    this.behind.add(client);
    this.heldTotal.add();
  }

  private aim(client: ClientStream): void {
    client.holdAtBytes = Math.min(client.budgetAtBytes, client.confirmedBytes + this.windowBytes);
  }

  private get burstBytes(): number {
    return (this.bytesPerSecond * BURST_MS) / SECOND_MS;
  }
}
