/** Two or more link hosts over a simulated network, and messages that can be told apart. */
import { callbackLog, type Log, silentLog } from "../../../engine/base/log.js";
import { Metrics } from "../../../engine/base/metrics.js";
import { SeededRandom } from "../../../engine/base/random.js";
import { VirtualScheduler } from "../../../engine/base/virtual-scheduler.js";
import { type AeonConfig, defaultConfig } from "../../../engine/config/config.js";
import type { Link, LinkHost, LinkState, ProcessKind } from "../../../engine/net/link.js";
import { createLinkHost } from "../../../engine/net/link-host.js";
import { SimulatedNetwork, type SimulatedNode } from "../../../engine/net/simulated-network.js";
import type { Address } from "../../../engine/net/transport.js";
import { blob, message, u32 } from "../../../engine/protocol/message.js";

export const note = message(1, "A numbered message for tests.", 1024 * 1024, {
  number: u32,
  filling: blob(1024 * 1024),
});

export const ADDRESS: Address = { host: "127.0.0.1", port: 7700 };
export const SECRET = "a secret of the cluster";

export interface Party {
  readonly host: LinkHost;
  readonly node: SimulatedNode;
  readonly metrics: Metrics;
}

export interface PartyOptions {
  readonly kind?: ProcessKind;
  readonly incarnation?: number;
  readonly secret?: string;
  readonly clusterName?: string;
  readonly config?: Partial<AeonConfig["link"]>;
  readonly log?: Log;
}

export class LinkWorld {
  readonly scheduler = new VirtualScheduler();
  readonly random: SeededRandom;
  readonly network: SimulatedNetwork;

  constructor(seed = 1, latencyMaxMs = 2) {
    this.random = new SeededRandom(seed);
    this.network = new SimulatedNetwork({ scheduler: this.scheduler, random: this.random, latencyMaxMs });
  }

  party(name: string, options: PartyOptions = {}): Party {
    const process = this.scheduler.process(name);
    const node = this.network.node(name, process);
    const metrics = new Metrics();
    const host = createLinkHost({
      transport: node,
      scheduler: process,
      random: this.random,
      log: options.log ?? silentLog,
      metrics,
      clusterName: options.clusterName ?? "test",
      secret: options.secret ?? SECRET,
      self: { kind: options.kind ?? "game", name, incarnation: options.incarnation ?? 0 },
      config: { ...defaultConfig().link, ...options.config },
    });
    return { host, node, metrics };
  }
}

/** What one end of a link saw. */
export class LinkRecord {
  readonly link: Link;
  readonly numbers: number[] = [];
  readonly states: LinkState[] = [];
  reason = "";

  constructor(link: Link) {
    this.link = link;
    link.onMessage = (reader) => {
      reader.u8();
      this.numbers.push(note.body.read(reader).number);
    };
    link.onState = (state, reason) => {
      this.states.push(state);
      if (state === "down") this.reason = reason;
    };
  }

  get code(): string {
    return this.reason.split(":")[0] ?? "";
  }

  send(number: number, fillingBytes = 0): void {
    this.link.send(note, { number, filling: new Uint8Array(fillingBytes) });
  }
}

/** Keeps every link that a host takes. */
export function recordAccepted(party: Party): LinkRecord[] {
  const records: LinkRecord[] = [];
  party.host.onLink = (link) => records.push(new LinkRecord(link));
  return records;
}

export function dialRecorded(party: Party, incarnation = 0, kind: ProcessKind = "game"): LinkRecord {
  return new LinkRecord(party.host.dial(ADDRESS, { kind, incarnation }));
}

export function collectingLog(lines: string[]): Log {
  return callbackLog((_level, event) => lines.push(event));
}

export function countTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1);
}
