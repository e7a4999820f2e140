/**
 * A stream that runs beside script on one thread, under the process's own scheduler and network: for the simulation. What script and
 * stream say to each other takes a random while, as between threads, and keeps its order.
 */
import type { ProcessEnv } from "../engine/cluster/process-env.js";
import type { RingBuffer } from "../engine/property/op-log-ring.js";
import type { FromStream, OpenStream, StreamPort, StreamSetup, ToStream } from "./stream-messages.js";
import { SyncStream } from "./sync-stream.js";

const LATENCY_MAX_MS = 1;

export function inlineStreams(env: ProcessEnv): OpenStream {
  return (setup) => new InlineStream(env, setup);
}

class InlineStream implements StreamPort {
  onMessage: ((message: FromStream) => void) | null = null;
  onEnd: ((error: Error | null) => void) | null = null;
  private readonly rings: RingBuffer[] = [];
  private readonly stream: SyncStream;
  private readonly toStream: (run: () => void) => void;

  constructor(env: ProcessEnv, setup: StreamSetup) {
    this.toStream = inOrderLater(env);
    const fromStream = inOrderLater(env);
    const { transport, scheduler, random } = env;
    this.stream = new SyncStream(setup, {
      transport,
      scheduler,
      random,
      post: (message) => fromStream(() => this.onMessage?.(message)),
      nextRing: () => this.rings.shift(),
      end: (error) => fromStream(() => this.onEnd?.(error)),
    });
    this.stream.start().catch((error: Error) => this.onEnd?.(error));
  }

  post(message: ToStream): void {
    this.toStream(() => this.stream.handle(message));
  }

  giveRing(ring: RingBuffer): void {
    this.rings.push(ring);
  }
}

/** Runs what it is given after a random while, never before what it was given earlier. */
function inOrderLater({ scheduler, random }: ProcessEnv): (run: () => void) => void {
  let dueMs = 0;
  return (run) => {
    const nowMs = scheduler.nowMs();
    dueMs = Math.max(dueMs, nowMs + random.next() * LATENCY_MAX_MS);
    scheduler.setTimer(dueMs - nowMs, run);
  };
}
