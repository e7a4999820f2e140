/** Every scenario by name; a seed picks what happens in it. */
import { bootStepsUnderFire, bootUnderFire } from "./boot.js";
import { crashOfOne, crashUnderPlayers, crashWithStreams } from "./crash.js";
import { loginUnderFlaps, loginUnderPartitions } from "./login.js";
import { diskTrouble, powerCuts, shutdownUnderLoad } from "./persistence.js";
import { propertyPrograms } from "./properties.js";
import { relayUnderFlaps } from "./relay.js";
import type { Scenario } from "./scenario.js";
import { streamSwitches } from "./streams.js";

export const SCENARIOS = {
  boot: bootUnderFire,
  "boot-steps": bootStepsUnderFire,
  login: loginUnderFlaps,
  "login-partition": loginUnderPartitions,
  crash: crashUnderPlayers,
  "crash-streams": crashWithStreams,
  "crash-one": crashOfOne,
  "power-cut": powerCuts,
  disk: diskTrouble,
  shutdown: shutdownUnderLoad,
  relay: relayUnderFlaps,
  streams: streamSwitches,
  properties: propertyPrograms,
} as const satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof SCENARIOS;
