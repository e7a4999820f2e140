import assert from "node:assert/strict";
import { test } from "node:test";
import { Emitter } from "../../../client/events.js";

interface Events {
  hit: (amount: number) => void;
}

function emitter() {
  const thrown: unknown[] = [];
  return { thrown, events: new Emitter<Events>((_, error) => thrown.push(error)) };
}

test("events: every handler is called in order (one throws in between)", () => {
  const { events, thrown } = emitter();
  const seen: string[] = [];
  events.on("hit", (amount) => seen.push(`a${amount}`));
  events.on("hit", () => {
    throw new Error("broken");
  });
  events.on("hit", (amount) => seen.push(`b${amount}`));
  events.emit("hit", 3);
  assert.deepEqual(seen, ["a3", "b3"]);
  assert.equal((thrown[0] as Error).message, "broken");
});

test("events: a handler is taken off once (the same function is on twice)", () => {
  const { events } = emitter();
  let count = 0;
  const handler = () => {
    count++;
  };
  const off = events.on("hit", handler);
  events.on("hit", handler);
  off();
  events.emit("hit", 1);
  assert.equal(count, 1);
  assert.equal(events.has("hit"), true);
});

test("events: handlers added during an emit count from the next one", () => {
  const { events } = emitter();
  let late = 0;
  events.on("hit", () => {
    events.on("hit", () => {
      late++;
    });
  });
  events.emit("hit", 1);
  assert.equal(late, 0);
  events.emit("hit", 1);
  assert.equal(late, 1);
});
