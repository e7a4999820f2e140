/**
 * Which packet numbers of one direction have arrived: the newest, and a bit for each of the REPLAY_WINDOW_PACKETS before it. A number is taken once;
 * one older than the window is taken for a repetition. Asked twice for each packet: before opening it (`isNew`), which spares the work
 * for repetitions, and after it opened right (`take`); what does not open never moves the window. As RFC 6479, with bits in a ring.
 */
const WORD_BITS = 32;
const WORD_COUNT = 32;

/** How far a packet may be late and still be taken. A word of the ring is being cleared, so it is one word less. */
export const REPLAY_WINDOW_PACKETS = (WORD_COUNT - 1) * WORD_BITS;

export class ReplayWindow {
  /** The highest number taken; 0: none, since numbers begin at 1. */
  newest = 0;
  private readonly words = new Uint32Array(WORD_COUNT);

  isNew(packetNumber: number): boolean {
    if (packetNumber > this.newest) return true;
    if (packetNumber <= 0 || packetNumber <= this.newest - REPLAY_WINDOW_PACKETS) return false;
    return ((this.words[wordOf(packetNumber)] as number) & bitOf(packetNumber)) === 0;
  }

  /** Call only for a number that `isNew`. True: the newest so far. */
  take(packetNumber: number): boolean {
    const isNewest = packetNumber > this.newest;
    if (isNewest) this.advance(packetNumber);
    const word = wordOf(packetNumber);
    this.words[word] = (this.words[word] as number) | bitOf(packetNumber);
    return isNewest;
  }

  /** Clears the words that numbers between the old and the new newest have. */
  private advance(packetNumber: number): void {
    const from = Math.floor(this.newest / WORD_BITS);
    const to = Math.floor(packetNumber / WORD_BITS);
    const first = Math.max(from + 1, to - WORD_COUNT + 1);
    for (let word = first; word <= to; word++) this.words[word % WORD_COUNT] = 0;
    this.newest = packetNumber;
  }
}

function wordOf(packetNumber: number): number {
  return Math.floor(packetNumber / WORD_BITS) % WORD_COUNT;
}

function bitOf(packetNumber: number): number {
  return 1 << (packetNumber % WORD_BITS);
}
