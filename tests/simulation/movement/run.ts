/** `npm run simulate -- movement [--players N] [--seed S]`: the movement checks against N honest players and cheats; prints the table of docs/movement.md. */
import { brokenPromises, cheatRows, honestRows, tableOf } from "./table.js";

const HONEST_DEFAULT = 2_000;

/** Resolves with the exit code. */
export function runMovement(honest = HONEST_DEFAULT, firstSeed = 1): number {
  const sizes = { firstSeed, honest, stalled: Math.ceil(honest / 10), cheats: Math.ceil(honest / 10) };
  const honestOnes = honestRows(sizes);
  const cheats = cheatRows(sizes);
  for (const line of tableOf(honestOnes, cheats)) console.log(line);
  for (const row of honestOnes) if (row.examples.length > 0) console.log(`${row.name}: ${row.examples.join("; ")}`);
  const broken = brokenPromises(honestOnes, cheats);
  for (const line of broken) console.log(`BROKEN ${line}`);
  if (broken.length === 0) console.log("all promises held");
  return broken.length === 0 ? 0 : 1;
}
