import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { test } from "node:test";
import { Thread } from "../../../engine/worker/thread.js";

class Rig extends EventEmitter {
  readonly heard: unknown[] = [];
  readonly thread = new Thread<string, unknown>(new URL("./echo.child.js", import.meta.url), { begun: true });

  constructor() {
    super();
    this.thread.onMessage = (message) => {
      this.heard.push(message);
      this.emit("heard");
    };
    this.thread.onEnd = (error) => this.emit("end", error);
  }

  async hear(count: number): Promise<unknown[]> {
    while (this.heard.length < count) await once(this, "heard");
    return this.heard;
  }

  async end(): Promise<Error | null> {
    const [error] = (await once(this, "end")) as [Error | null];
    return error;
  }
}

test("thread: begins with its data, hears and answers in order, and fetches what it was given", async () => {
  const rig = new Rig();
  rig.thread.post("first");
  rig.thread.give("gift 1");
  rig.thread.give("gift 2");
  for (const message of ["fetch", "fetch", "fetch", "last"]) rig.thread.post(message);
  assert.deepEqual(await rig.hear(6), [{ begun: true }, "first", "gift 1", "gift 2", "nothing", "last"]);
  rig.thread.expectEnd();
  rig.thread.post("close");
  assert.equal(await rig.end(), null);
});

test("thread: one that throws has ended with that error", async () => {
  const rig = new Rig();
  rig.thread.post("throw");
  assert.equal((await rig.end())?.message, "as told");
});

test("thread: one that ends unasked has ended with an error, also in good order", async () => {
  const rig = new Rig();
  rig.thread.post("leave");
  assert.match((await rig.end())?.message ?? "", /ended with code 0/);
});
