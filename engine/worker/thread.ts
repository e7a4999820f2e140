/**
 * A worker thread as its owner sees it: messages in both directions in order, a second way by which the thread can fetch something in the
 * middle of its work (`give`), and one word about its end. A thread that ends by itself, or throws, has ended with an error; it is never
 * started again here. Node only; the owner's thread.
 */
import {
  MessageChannel,
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  Worker,
  workerData,
} from "node:worker_threads";

/** What a thread is started with: the owner's data and the port of `give`. */
interface ThreadStart {
  readonly data: unknown;
  readonly fetchPort: MessagePort;
}

export class Thread<ToThread, FromThread> {
  onMessage: ((message: FromThread) => void) | null = null;
  /** Once. Null: it ended after `expectEnd`. */
  onEnd: ((error: Error | null) => void) | null = null;
  private readonly worker: Worker;
  private readonly givePort: MessagePort;
  private isEndExpected = false;
  private error: Error | null = null;

  /** `data` is copied; shared buffers in it are shared. */
  constructor(program: URL, data: unknown) {
    const { port1, port2 } = new MessageChannel();
    this.givePort = port1;
    const start: ThreadStart = { data, fetchPort: port2 };
    // Arguments are those of the process's main program, which a thread has no use for.
    this.worker = new Worker(program, { workerData: start, transferList: [port2], argv: [] });
    this.worker.on("message", (message: FromThread) => this.onMessage?.(message));
    this.worker.on("error", (error: Error) => {
      this.error = error;
    });
    this.worker.on("exit", (code) => this.handleExit(code));
  }

  post(message: ToThread): void {
    this.worker.postMessage(message);
  }

  /** What the thread's next `fetch` returns; there at once. */
  give(value: unknown): void {
    this.givePort.postMessage(value);
  }

  /** The thread was asked to end. */
  expectEnd(): void {
    this.isEndExpected = true;
  }

  private handleExit(code: number): void {
    this.givePort.close();
    const isInOrder = this.isEndExpected && this.error === null && code === 0;
    this.onEnd?.(isInOrder ? null : (this.error ?? new Error(`the thread ended with code ${code}`)));
  }
}

/** The other end: what runs in the thread. */
export interface ThreadSelf<ToThread, FromThread> {
  readonly data: unknown;
  onMessage(handle: (message: ToThread) => void): void;
  post(message: FromThread): void;
  /** What the owner gave and was not fetched yet, oldest first; undefined when there is nothing. */
  fetch(): unknown;
  /** Takes no further messages, so that the thread ends when nothing else is under way. */
  close(): void;
}

/** Only in a thread that `Thread` started. */
export function threadSelf<ToThread, FromThread>(): ThreadSelf<ToThread, FromThread> {
  const port = parentPort;
  if (port === null) throw new Error("this program runs as a worker thread only");
  const { data, fetchPort } = workerData as ThreadStart;
  return {
    data,
    onMessage: (handle) => void port.on("message", handle),
    post: (message) => port.postMessage(message),
    fetch: () => (receiveMessageOnPort(fetchPort) as { message: unknown } | undefined)?.message,
    close: () => port.close(),
  };
}
