/** A sync worker's program: one stream of a game on a thread of its own. Started by sync-thread.ts. */
import { systemRandom } from "../engine/base/random.js";
import { realScheduler } from "../engine/base/real-scheduler.js";
import { createTcpTransport } from "../engine/net/tcp-transport.js";
import type { RingBuffer } from "../engine/property/op-log-ring.js";
import { threadSelf } from "../engine/worker/thread.js";
import type { FromStream, StreamSetup, ToStream } from "./stream-messages.js";
import { SyncStream } from "./sync-stream.js";

const self = threadSelf<ToStream, FromStream>();

const stream = new SyncStream(self.data as StreamSetup, {
  transport: createTcpTransport(),
  scheduler: realScheduler,
  random: systemRandom,
  post: (message) => self.post(message),
  nextRing: () => self.fetch() as RingBuffer | undefined,
  end: (error) => {
    self.close();
    if (error !== null) throw error;
  },
});

self.onMessage((message) => stream.handle(message));
await stream.start();
