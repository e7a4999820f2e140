/** A stream on a worker thread of its own: the program is sync-worker.ts beside this file. */
import { Thread } from "../engine/worker/thread.js";
import type { FromStream, StreamPort, StreamSetup, ToStream } from "./stream-messages.js";

const PROGRAM = new URL("./sync-worker.js", import.meta.url);

export function openSyncThread(setup: StreamSetup): StreamPort {
  return new ThreadStream(new Thread<ToStream, FromStream>(PROGRAM, setup));
}

class ThreadStream implements StreamPort {
  private readonly thread: Thread<ToStream, FromStream>;

  constructor(thread: Thread<ToStream, FromStream>) {
    this.thread = thread;
  }

  set onMessage(handle: ((message: FromStream) => void) | null) {
    this.thread.onMessage = handle;
  }
  set onEnd(handle: ((error: Error | null) => void) | null) {
    this.thread.onEnd = handle;
  }

  post(message: ToStream): void {
    if (message.kind === "stop") this.thread.expectEnd();
    this.thread.post(message);
  }

  giveRing(ring: StreamSetup["ring"]): void {
    this.thread.give(ring);
  }
}
