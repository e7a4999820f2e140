/**
 * Short ids of one space: 1 … 65535, each with a generation 0 … 255. Freed ids wait in line, oldest first, and are taken again
 * only when enough of them wait (or no fresh one is left). What a client still sends for an earlier holder carries an
 * earlier generation and is told apart.
 */
const SHORT_ID_MAX = 65_535;
/** Freed ids that wait before the oldest is used again. More keep ids apart for longer, and cost a second byte from 128 on. */
const WAITING_MIN = 64;
const CAPACITY_MIN = 64;

export class ShortIds {
  /** Ids in use. */
  count = 0;
  private generations = new Uint8Array(CAPACITY_MIN);
  private taken = new Uint8Array(CAPACITY_MIN);
  private readonly waiting: number[] = [];
  /** Where the line begins in `waiting`; what is before it is done with. */
  private waitingFirst = 0;
  private fresh = 1;

  get hasFree(): boolean {
    return this.count < SHORT_ID_MAX;
  }

  /** A short id nobody holds; 0 when all are in use. */
  take(): number {
    const id = this.nextId();
    if (id === 0) return 0;
    this.taken[id] = 1;
    this.count += 1;
    return id;
  }

  free(id: number): void {
    if (!this.isTaken(id)) return;
    this.taken[id] = 0;
    this.generations[id] = (this.generationOf(id) + 1) & 0xff;
    this.waiting.push(id);
    this.count -= 1;
  }

  isTaken(id: number): boolean {
    return this.taken[id] === 1;
  }

  generationOf(id: number): number {
    return this.generations[id] ?? 0;
  }

  private nextId(): number {
    const waitingCount = this.waiting.length - this.waitingFirst;
    const noneFresh = this.fresh > SHORT_ID_MAX;
    if (waitingCount > WAITING_MIN || (noneFresh && waitingCount > 0)) return this.takeWaiting();
    if (noneFresh) return 0;
    if (this.fresh === this.taken.length) this.grow();
    return this.fresh++;
  }

  private takeWaiting(): number {
    const id = this.waiting[this.waitingFirst++] as number;
    if (this.waitingFirst >= this.waiting.length / 2) {
      this.waiting.splice(0, this.waitingFirst);
      this.waitingFirst = 0;
    }
    return id;
  }

  private grow(): void {
    const grown = (from: Uint8Array): Uint8Array<ArrayBuffer> => {
      const to = new Uint8Array(from.length * 2);
      to.set(from);
      return to;
    };
    this.generations = grown(this.generations);
    this.taken = grown(this.taken);
  }
}
