/**
 * The nine boot steps as facts about the cluster's state. A fact is asked again each time, so any process may crash at any step and the
 * boot goes on when it is back; a step once reached stays reported. What a step waits for is a list of sentences that name the missing.
 * Pure: told the time. Called by GameManager.
 */
import type { Incarnation } from "../engine/base/ids.js";
import type { ManagedProcess, ProcessRegistry } from "./process-registry.js";

export const BOOT_STEPS = [
  "processes started",
  "processes registered",
  "process list sent",
  "gates linked to games",
  "boot hooks run",
  "processes ready",
  "primary chosen",
  "stubs created",
  "gates opened",
] as const;

/** The step after which a primary may be chosen, and the one after which gates may admit clients. */
export const STEP_READY = 6;
export const STEP_STUBS = 8;
const STEP_COUNT = BOOT_STEPS.length;

/** What the facts are asked of. */
export interface BootState {
  readonly registry: ProcessRegistry;
  /** Names of processes whose link is up, registered or not. */
  connectedNames(): ReadonlySet<string>;
  /** Processes of before the gamemanager's own restart that it has to hear first. */
  unheard(): readonly string[];
  listSent(): boolean;
  primary(): Incarnation;
  missingStubs(): readonly string[];
  open(): boolean;
}

export interface BootStepDone {
  readonly step: number;
  readonly name: string;
  /** Since the gamemanager started. */
  readonly ms: number;
}

export interface BootStall {
  readonly step: number;
  readonly name: string;
  readonly missing: readonly string[];
}

export class BootSteps {
  private readonly state: BootState;
  private readonly done: BootStepDone[] = [];
  private readonly startedMs: number;
  private reachedMs: number;

  constructor(state: BootState, startedMs: number) {
    this.state = state;
    this.startedMs = startedMs;
    this.reachedMs = startedMs;
  }

  get steps(): readonly BootStepDone[] {
    return this.done;
  }

  get isComplete(): boolean {
    return this.done.length === STEP_COUNT;
  }

  /** When the last step was reached. */
  get lastReachedMs(): number {
    return this.reachedMs;
  }

  /** Notes every step that is reached by now and returns the new ones. */
  advance(nowMs: number): BootStepDone[] {
    const before = this.done.length;
    while (!this.isComplete && (this.state.open() || this.missing(this.done.length + 1).length === 0)) {
      const step = this.done.length + 1;
      this.done.push({ step, name: BOOT_STEPS[step - 1] as string, ms: nowMs - this.startedMs });
      this.reachedMs = nowMs;
    }
    return this.done.slice(before);
  }

  /** Whether the facts of steps 1 … `step` hold now. */
  holds(step: number): boolean {
    for (let each = 1; each <= step; each++) if (this.missing(each).length > 0) return false;
    return true;
  }

  /** The step that is waited for, and for what: the first unmet fact up to it. Null when the boot is complete. */
  stall(): BootStall | null {
    if (this.isComplete) return null;
    const step = this.done.length + 1;
    for (let each = 1; each <= step; each++) {
      const missing = this.missing(each);
      if (missing.length > 0) return { step, name: BOOT_STEPS[step - 1] as string, missing };
    }
    return { step, name: BOOT_STEPS[step - 1] as string, missing: [] };
  }

  private missing(step: number): readonly string[] {
    const check = MISSING[step - 1];
    return check === undefined ? [] : check(this.state);
  }
}

/** Per step: what keeps it from being reached. */
const MISSING: readonly ((state: BootState) => readonly string[])[] = [
  missingStarts,
  missingRegistrations,
  missingList,
  missingLinks,
  (state) => missingReady(state, (process) => process.kind !== "dbmanager"),
  (state) => missingReady(state, () => true),
  (state) => (state.primary() === 0 ? ["no game can be primary"] : []),
  (state) => state.missingStubs(),
  (state) => (state.open() ? [] : ["the gates have not been opened"]),
];

function missingStarts(state: BootState): string[] {
  const connected = state.connectedNames();
  return absent(state, (name) => connected.has(name)).map((name) => `${name} has not started`);
}

function missingRegistrations(state: BootState): string[] {
  return absent(state, () => false).map((name) => `${name} has not registered`);
}

function absent(state: BootState, isExcused: (name: string) => boolean): string[] {
  const { expected } = state.registry;
  return expected
    .map(({ name }) => name)
    .filter((name) => state.registry.named(name) === undefined && !isExcused(name));
}

function missingList(state: BootState): string[] {
  const unheard = state.unheard().map((name) => `${name} has not come back to the restarted gamemanager`);
  return unheard.length > 0 || state.listSent() ? unheard : ["the process list has not been sent"];
}

function missingLinks(state: BootState): string[] {
  const games = state.registry.ofKind("game");
  return state.registry
    .ofKind("gate")
    .flatMap((gate) =>
      games
        .filter((game) => !gate.linkedGames.has(game.incarnation))
        .map((game) => `${gate.name} has no link to ${game.name}`),
    );
}

function missingReady(state: BootState, counts: (process: ManagedProcess) => boolean): string[] {
  return state.registry
    .all()
    .filter((process) => counts(process) && process.state !== "ready")
    .map((process) => `${process.name} has not reported ready`);
}
