/** Writes to an lmdb store without end and says on standard output what was acknowledged; killed by lmdb-store.test.ts. */
import { LmdbStore } from "../../../engine/store/lmdb-store.js";

const KEY_COUNT = 50;
const BATCH_COUNT = 7;

const store = new LmdbStore({ path: process.argv[2] as string, mapSizeMb: 64 });
let round = Number(process.argv[3]);

for (;;) {
  round++;
  const puts = await Promise.all(
    Array.from({ length: BATCH_COUNT }, async (_, n) => {
      const key = `key${(round * BATCH_COUNT + n) % KEY_COUNT}`;
      const expectedEpoch = (await store.load("Avatar", key))?.epoch ?? 0;
      const value = new Uint8Array(2_000).fill(round % 256);
      return { collection: "Avatar", key, expectedEpoch, epoch: expectedEpoch + 1, schemaVersion: 1, value };
    }),
  );
  const results = await store.putMany(puts);
  const done = puts.filter((_, n) => results[n] === "").map(({ key, epoch }) => `${key}=${epoch}`);
  process.stdout.write(`${done.join(" ")}\n`);
}
