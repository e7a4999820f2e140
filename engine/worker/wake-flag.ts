/**
 * One shared word by which a writer knows whether the reader on another thread sleeps and must be woken. A wake costs some ten
 * microseconds, so there is none while the reader is awake.
 *
 * No wake is lost: the reader marks itself asleep and then looks for work once more; the writer publishes and then looks at the mark.
 */
export type WakeBuffer = ArrayBuffer | SharedArrayBuffer;

const ASLEEP = 0;
const AWAKE = 1;

export class WakeFlag {
  readonly buffer: WakeBuffer;
  private readonly word: Int32Array;

  constructor(buffer: WakeBuffer) {
    this.buffer = buffer;
    this.word = new Int32Array(buffer, 0, 1);
  }

  /** The reader counts as asleep. */
  static make(): WakeFlag {
    return new WakeFlag(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  }

  /** Writer, after it has published: true when the reader sleeps. It counts as awake from now on; the caller wakes it. */
  mustWake(): boolean {
    return Atomics.load(this.word, 0) === ASLEEP && this.take();
  }

  /** Reader: from now on it must be woken. Look for work once more afterwards. */
  sleep(): void {
    Atomics.store(this.word, 0, ASLEEP);
  }

  /** Reader, when it found work after `sleep`: false when the writer has seen it asleep, and a wake is on its way. */
  rise(): boolean {
    return this.take();
  }

  private take(): boolean {
    return Atomics.compareExchange(this.word, 0, ASLEEP, AWAKE) === ASLEEP;
  }
}
