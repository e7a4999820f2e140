/** Random programs of property operations: entity, server's Shadow and clients' mirrors hold the same after every flush. */
import { runProgram } from "../unit/property/conformance.js";
import type { Scenario } from "./scenario.js";

const PROGRAMS_PER_SEED = 10;

export const propertyPrograms: Scenario = async (seed) => {
  for (let program = 0; program < PROGRAMS_PER_SEED; program++) runProgram(seed * PROGRAMS_PER_SEED + program);
};
