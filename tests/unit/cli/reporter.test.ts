import assert from "node:assert/strict";
import { test } from "node:test";
import { alignTable } from "../../../cli/output.js";
import { linesOf } from "../../../cli/reporter.js";

test("reporter: each boot step is one line of the same length", () => {
  const lines = [
    ...linesOf({ event: "step", step: 1, name: "processes started", ms: 90 }),
    ...linesOf({ event: "step", step: 9, name: "clients admitted", ms: 1_234 }),
  ];
  assert.equal(lines.length, 2);
  assert.equal(lines[0]?.length, lines[1]?.length);
  assert.match(lines[1] ?? "", /9\/9 {2}clients admitted .* 1234 ms$/);
});

test("reporter: a stalled step names everything that is missing", () => {
  const missing = ["game2 has not registered", "gate1 has no link to game2"];
  const lines = linesOf({ event: "stalled", step: 2, name: "registered", missing, ms: 2_000 });
  assert.deepEqual(
    lines.slice(1).map((line) => line.trim()),
    missing,
  );
});

test("reporter: an open cluster prints the page's address, and other gates by theirs", () => {
  const gates = [{ ws: "ws://127.0.0.1:7711" }, { ws: "ws://127.0.0.1:7712" }];
  const text = linesOf({ event: "open", ms: 900, web: "http://127.0.0.1:7711", gates }).join("\n");
  assert.match(text, /open in your browser: {2}http:\/\/127\.0\.0\.1:7711/);
  assert.match(text, /ws:\/\/127\.0\.0\.1:7712/);
});

test("output: columns of a table are as wide as their widest cell", () => {
  assert.deepEqual(
    alignTable([
      ["name", "pid"],
      ["gamemanager", "1"],
    ]),
    ["name         pid", "gamemanager  1"],
  );
});
