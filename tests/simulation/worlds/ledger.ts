/**
 * What avatars of the ledger world have done, told by their handlers as they run: the truth that a simulation compares stores, replies
 * and memories with. One ledger at a time; a scenario begins with `newLedger`.
 */
export class Ledger {
  /** How often the handler of each call ran. */
  readonly runs = new Map<string, number>();
  /** Per name: how often it was told to save later. */
  readonly pickedByName = new Map<string, number>();

  note(token: string): void {
    this.runs.set(token, (this.runs.get(token) ?? 0) + 1);
  }

  notePicked(name: string): void {
    this.pickedByName.set(name, (this.pickedByName.get(name) ?? 0) + 1);
  }

  /** Calls whose handler ran more than once. */
  get repeated(): string[] {
    return [...this.runs].filter(([, count]) => count > 1).map(([token]) => token);
  }
}

let current = new Ledger();

export function newLedger(): Ledger {
  current = new Ledger();
  return current;
}

/** For the entities of the world, which have no other way to the test. */
export function currentLedger(): Ledger {
  return current;
}
