/** A client on a real socket that stops reading, before a real cluster. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { runStall } from "../../bench/stall.bench.js";

for (const workers of [0, 1]) {
  test(`slow client: what changed while it read nothing it has soon after (workers: ${workers})`, async () => {
    const { missing, waitedBytes } = await runStall({ changes: 180, stallMs: 1_500, workers });
    assert.equal(missing, 0);
    // Its window, and what was on its way or is said until it has all; 80 KB come in each second.
    assert.ok(waitedBytes < 150_000, `${waitedBytes} bytes had waited`);
  });
}
