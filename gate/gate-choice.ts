/**
 * Which gate a client is told that asks for one: that with the fewest clients, or any. Every gate answers, from what the gamemanager last
 * said of all; each answer counts as one client more until the next report, so that a rush spreads before it is reported. Pure.
 */
import type { Incarnation } from "../engine/base/ids.js";
import { type Random, randomIndex } from "../engine/base/random.js";
import type { GateOffer } from "../engine/protocol/datagram.js";

export type QueryStrategy = "load" | "random";

export interface GatePlace {
  readonly incarnation: Incarnation;
  /** Where clients reach it; "" for a gate that takes none. */
  readonly clientUrl: string;
  readonly state: "linking" | "ready" | "stopping";
}

export interface GateChoiceOptions {
  readonly strategy: QueryStrategy;
  readonly random: Random;
  /** Of each gate. */
  readonly clientsMax: number;
  /** The gates of the process list. */
  gates(): readonly GatePlace[];
}

/** What an answer names at most: the first to go to, the others for when it is gone. */
const OFFERS_MAX = 16;
const LOAD_MAX = 255;

export class GateChoice {
  private readonly options: GateChoiceOptions;
  private readonly clients = new Map<Incarnation, number>();

  constructor(options: GateChoiceOptions) {
    this.options = options;
  }

  /** The clients of each gate, as last reported. */
  update(loads: readonly { readonly gate: Incarnation; readonly clients: number }[]): void {
    this.clients.clear();
    for (const { gate, clients } of loads) this.clients.set(gate, clients);
  }

  /** The gate to go to first, then the others; empty while none takes clients. */
  offers(): GateOffer[] {
    const { strategy, random } = this.options;
    const gates = this.options.gates().filter(({ state, clientUrl }) => state === "ready" && clientUrl !== "");
    shuffle(gates, random);
    // Stable: equals stay in random order.
    if (strategy === "load") gates.sort((one, other) => this.clientsOf(one) - this.clientsOf(other));
    const [first] = gates;
    const offers = gates.slice(0, OFFERS_MAX).map((gate) => ({ url: gate.clientUrl, load: this.loadOf(gate) }));
    if (first !== undefined) this.clients.set(first.incarnation, this.clientsOf(first) + 1);
    return offers;
  }

  private clientsOf({ incarnation }: GatePlace): number {
    return this.clients.get(incarnation) ?? 0;
  }

  private loadOf(gate: GatePlace): number {
    return Math.min(LOAD_MAX, Math.round((this.clientsOf(gate) / this.options.clientsMax) * LOAD_MAX));
  }
}

function shuffle<T>(items: T[], random: Random): void {
  for (let left = items.length; left > 1; left--) {
    const at = randomIndex(random, left);
    [items[left - 1], items[at]] = [items[at] as T, items[left - 1] as T];
  }
}
