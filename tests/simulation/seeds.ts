/**
 * The seeds that every test run repeats: the first so many of each scenario, and those that once found something. A seed belongs to the
 * scenario as it is now: when a scenario changes, its seeds find something else, and the lines below say only why they are there.
 */
export interface SeedList {
  /** Seeds 1 … count. */
  readonly count: number;
  /** Seed → what it found. */
  readonly regressions: Readonly<Record<number, string>>;
}

export const SEEDS = {
  boot: {
    count: 15,
    regressions: {
      10: "a game cut off from the gamemanager alone was removed and never heard of it: its stubs existed twice",
      38: "a space whose creation was given up as late came into being all the same: there were two of its name",
    },
  },
  "boot-steps": { count: 15, regressions: {} },
  login: { count: 15, regressions: {} },
  "login-partition": { count: 10, regressions: {} },
  crash: {
    count: 15,
    regressions: {
      18: "a space whose creation was given up as late came into being all the same",
      63: "a name was claimed by an account whose game died while the registry was recovering: nobody could have it again",
      67: "a game stopped for 8 s was removed when its link to the gamemanager was cut: its stubs existed twice",
      83: "the release of a name was lost with its gate: nobody could have it again",
      131: "a removed game went on with its stubs as long as gates talked to it",
      5108: "a space's announcement and the reply to its creation were lost with one gate: there were two of its name",
    },
  },
  // Seed 13 stops the gamemanager for 20 s: it removed everybody when it woke, since everybody had closed its links.
  "crash-streams": { count: 8, regressions: {} },
  "crash-one": { count: 18, regressions: {} },
  "power-cut": { count: 10, regressions: {} },
  disk: { count: 10, regressions: {} },
  shutdown: { count: 10, regressions: {} },
  relay: { count: 10, regressions: {} },
  streams: { count: 12, regressions: {} },
  // Those of the tests are in tests/unit/property/conformance.ts.
  properties: { count: 0, regressions: {} },
} as const satisfies Record<string, SeedList>;

export function seedsOf(list: SeedList): number[] {
  const first = Array.from({ length: list.count }, (_, i) => i + 1);
  return [...first, ...Object.keys(list.regressions).map(Number)].filter((seed, i, all) => all.indexOf(seed) === i);
}
