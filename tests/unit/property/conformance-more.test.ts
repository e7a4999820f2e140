import { test } from "node:test";
import { runProgram } from "./conformance.js";

/** The second half of those in conformance.test.ts. */
const PROGRAMS = Number(process.env.AEON_PROPERTY_PROGRAMS ?? 10_000) / 2;

test("property sync: script, server's shadow and clients' mirrors hold the same after every flush (more random programs)", () => {
  for (let seed = PROGRAMS + 1; seed <= PROGRAMS * 2; seed++) runProgram(seed);
});
