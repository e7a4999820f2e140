/**
 * Loose packets that came before the numbered one they stand on, which is late or lost on its way and will come again. A few are kept, in
 * order; of more the oldest go, which were free to be lost anyway.
 */
const KEPT_MAX = 4;

interface EarlyPacket {
  readonly bodies: Uint8Array;
  readonly after: number;
}

export class EarlyLoose {
  private kept: EarlyPacket[] = [];

  /** Copies the bodies. `after`: the numbered packet that they stand on. */
  keep(bodies: Uint8Array, after: number): void {
    if (this.kept.length === KEPT_MAX) this.kept.shift();
    this.kept.push({ bodies: bodies.slice(), after });
  }

  /** Hands on those that stand on nothing later than packet `received`. */
  release(received: number, handOn: (bodies: Uint8Array, after: number) => void): void {
    if (this.kept.length === 0) return;
    const ready = this.kept.filter(({ after }) => after <= received);
    this.kept = this.kept.filter(({ after }) => after > received);
    for (const { bodies, after } of ready) handOn(bodies, after);
  }

  clear(): void {
    this.kept = [];
  }
}
