/**
 * Who belongs to the cluster: names, incarnations, state. Pure data; the GameManager decides when to add and remove.
 * Invariants: a name and an incarnation are held by one process at a time; a removed incarnation never comes back.
 */
import type { Incarnation } from "../engine/base/ids.js";
import type { ProcessEntry, ProcessRegister, StubDeclaration } from "../engine/cluster/process-table.js";
import type { AeonConfig } from "../engine/config/config.js";
import type { Link } from "../engine/net/link.js";

/** Incarnations are the wall clock's milliseconds times this, plus a counter. */
const INCARNATIONS_PER_MS = 1_024;

export type MemberKind = "dbmanager" | "game" | "gate";

export interface ExpectedProcess {
  readonly kind: MemberKind;
  readonly name: string;
}

export interface ProcessLoad {
  readonly cpu: number;
  readonly rssMb: number;
  readonly entities: number;
  readonly clients: number;
}

export interface ManagedProcess {
  readonly kind: MemberKind;
  readonly name: string;
  readonly incarnation: Incarnation;
  readonly pid: number;
  readonly host: string;
  readonly linkPort: number;
  readonly clientUrl: string;
  readonly indexHash: string;
  readonly stubs: readonly StubDeclaration[];
  /** Replaced when a living process comes back over a new link. */
  link: Link;
  state: ProcessEntry["state"];
  /** Gates: the games they hold a link to. */
  linkedGames: ReadonlySet<Incarnation>;
  load: ProcessLoad;
}

const NO_LOAD: ProcessLoad = { cpu: 0, rssMb: 0, entities: 0, clients: 0 };

export class ProcessRegistry {
  readonly expected: readonly ExpectedProcess[];
  private readonly byName = new Map<string, ManagedProcess>();
  private readonly removed = new Set<Incarnation>();
  private lastIncarnation: Incarnation = 0;

  constructor(config: AeonConfig["cluster"]) {
    this.expected = expectedProcesses(config);
  }

  /** In order of registration. */
  all(): ManagedProcess[] {
    return [...this.byName.values()];
  }

  ofKind(kind: MemberKind): ManagedProcess[] {
    return this.all().filter((process) => process.kind === kind);
  }

  named(name: string): ManagedProcess | undefined {
    return this.byName.get(name);
  }

  byIncarnation(incarnation: Incarnation): ManagedProcess | undefined {
    return this.all().find((process) => process.incarnation === incarnation);
  }

  wasRemoved(incarnation: Incarnation): boolean {
    return this.removed.has(incarnation);
  }

  /** A new incarnation: above every one this registry has seen. */
  nextIncarnation(wallMs: number): Incarnation {
    this.lastIncarnation = Math.max(Math.floor(wallMs) * INCARNATIONS_PER_MS, this.lastIncarnation + 1);
    return this.lastIncarnation;
  }

  /** `message` as it came, with its final name and incarnation. The name must be free. */
  add(message: ProcessRegister, kind: MemberKind, link: Link): ManagedProcess {
    const process: ManagedProcess = {
      kind,
      name: message.name,
      incarnation: message.incarnation,
      pid: message.pid,
      host: message.host,
      linkPort: message.linkPort,
      clientUrl: message.clientUrl,
      indexHash: message.indexHash,
      stubs: message.stubs,
      link,
      state: message.ready ? "ready" : "linking",
      linkedGames: new Set(),
      load: NO_LOAD,
    };
    this.lastIncarnation = Math.max(this.lastIncarnation, process.incarnation);
    this.byName.set(process.name, process);
    return process;
  }

  remove(process: ManagedProcess): void {
    if (this.byName.get(process.name) === process) this.byName.delete(process.name);
    this.markRemoved(process.incarnation);
  }

  /** Also for a process that never registered here: an earlier gamemanager's, known to be dead. */
  markRemoved(incarnation: Incarnation): void {
    this.removed.add(incarnation);
  }

  /**
   * The name for a process that asks for none: an expected one that is not there while the cluster boots (`booting`), later the next
   * number above the expected ones, so that a process that is being restarted finds its name free.
   */
  freeName(kind: MemberKind, booting: boolean): string {
    const expected = this.expected.filter((process) => process.kind === kind);
    const missing = expected.find((process) => !this.byName.has(process.name));
    if (booting && missing !== undefined) return missing.name;
    if (kind === "dbmanager") return kind;
    let number = expected.length + 1;
    while (this.byName.has(`${kind}${number}`)) number++;
    return `${kind}${number}`;
  }
}

export function processEntryOf(process: ManagedProcess): ProcessEntry {
  const { kind, name, incarnation, pid, host, linkPort, clientUrl, state } = process;
  return { kind, name, incarnation, pid, host, linkPort, clientUrl, state };
}

function expectedProcesses(config: AeonConfig["cluster"]): ExpectedProcess[] {
  const numbered = (kind: MemberKind, count: number) =>
    Array.from({ length: count }, (_, index) => ({ kind, name: `${kind}${index + 1}` }));
  return [
    { kind: "dbmanager", name: "dbmanager" },
    ...numbered("game", config.games),
    ...numbered("gate", config.gates),
  ];
}
