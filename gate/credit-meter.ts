/**
 * How much of what a stream sent for one client has left the gate: been confirmed by the client, and not merely handed to the system, whose
 * buffers hold megabytes. What may be lost has left when it is sent. Measured by one mark at a time, so that a packet costs a comparison:
 * when more than half of the window is under way the last packet is marked, and when the client has confirmed that one, what had been
 * given until then has left.
 *
 * A client that keeps up has one mark for each half of a window, 32 KiB by default. Counts begin anew with each bind number. Invariant: what
 * the stream was not told of, and no mark stands for, is less than the window; so a stream that waits for credit is told.
 */
const MARK_SHARE = 1 / 2;
const LOOSE_SHARE = 1 / 4;

export class CreditMeter {
  private readonly markAtBytes: number;
  private readonly looseAtBytes: number;
  /** Bytes of bodies that go in order; and those of them that have left. */
  private givenBytes = 0;
  private confirmedBytes = 0;
  /** Bytes of bodies that were sent as they may be lost; and those of them that the stream was told of. */
  private looseBytes = 0;
  private looseToldBytes = 0;
  /** Number of the marked packet, 0 none; and `givenBytes` as of it. */
  private markSequence = 0;
  private markBytes = 0;

  constructor(windowBytes: number) {
    this.markAtBytes = windowBytes * MARK_SHARE;
    this.looseAtBytes = windowBytes * LOOSE_SHARE;
  }

  /** The client has another bind number: another stream counts. */
  restart(): void {
    this.givenBytes = 0;
    this.confirmedBytes = 0;
    this.looseBytes = 0;
    this.looseToldBytes = 0;
    this.markSequence = 0;
  }

  noteGiven(bytes: number): void {
    this.givenBytes += bytes;
  }

  /** True: the stream should be told. */
  noteLoose(bytes: number): boolean {
    this.looseBytes += bytes;
    return this.looseBytes - this.looseToldBytes > this.looseAtBytes;
  }

  /** Packet `sequence` went out with all that was given. */
  noteSent(sequence: number): void {
    if (this.markSequence !== 0 || this.givenBytes - this.confirmedBytes <= this.markAtBytes) return;
    this.markSequence = sequence;
    this.markBytes = this.givenBytes;
  }

  /** The client has everything up to packet `sequence`; `isAll`: which is all that was given. True: the stream should be told. */
  noteConfirmed(sequence: number, isAll: boolean): boolean {
    if (this.markSequence === 0 || sequence < this.markSequence) return false;
    this.confirmedBytes = isAll ? this.givenBytes : this.markBytes;
    this.markSequence = 0;
    return true;
  }

  /** What has left, all together, for the stream. */
  report(): number {
    this.looseToldBytes = this.looseBytes;
    return this.confirmedBytes + this.looseBytes;
  }
}
