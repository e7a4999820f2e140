import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { runLinkBench } from "../../../bench/link.bench.js";

test("link bench: everything arrives in order, batched (small size)", async () => {
  const result = await runLinkBench(5_000);
  const expected = createHash("sha256").update("0").update("1000").update("2000").update("3000").update("4000");
  assert.equal(result.hash, expected.digest("hex").slice(0, 16));
  assert.ok(result.frames < 100, `${result.frames} frames`);
});
