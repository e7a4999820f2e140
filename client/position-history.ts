/**
 * The last positions of one entity with the server's time of each, for showing it between them. Pure, on typed arrays, no garbage.
 * A step longer than anybody walks is a teleport: the entity stands at the old place until it stands at the new one.
 * An entity that stood still and starts is held where it stood, so that it does not creep over the whole pause.
 */
export interface Position {
  x: number;
  y: number;
  z: number;
  /** Radians. */
  yaw: number;
}

const SAMPLE_COUNT = 16;
const STRIDE = 4;
/** A longer pause than this between two samples was a standstill… */
const HOLD_GAP_MS = 250;
/** …that ended this long before the newer one. */
const HOLD_STEP_MS = 100;
/** A step is a teleport when it is longer than this, in units, and faster than that, in units per ms. */
const TELEPORT_DISTANCE = 8;
const TELEPORT_UNITS_PER_MS = 0.06;
const TURN = Math.PI * 2;

export class PositionHistory {
  private readonly timesMs = new Float64Array(SAMPLE_COUNT);
  /** [x, y, z, yaw] * SAMPLE_COUNT */
  private readonly values = new Float32Array(SAMPLE_COUNT * STRIDE);
  private count = 0;
  private newest = -1;

  /** Adds where the entity was at `serverMs`; one that is not newer replaces the newest. */
  add(serverMs: number, at: Readonly<Position>): void {
    const last = this.newest < 0 ? Number.NEGATIVE_INFINITY : (this.timesMs[this.newest] as number);
    if (this.count > 0 && serverMs <= last) {
      this.write(this.newest, last, at);
      return;
    }
    if (this.count > 0 && serverMs - last > HOLD_GAP_MS) this.hold(serverMs - HOLD_STEP_MS);
    this.push(serverMs, at);
  }

  /** Forgets everything: what follows has nothing to do with what was. */
  clear(): void {
    this.count = 0;
    this.newest = -1;
  }

  /** Where the entity was at `serverMs`, written to `out`; before the oldest and after the newest sample, that sample. False when empty. */
  read(serverMs: number, out: Position): boolean {
    if (this.count === 0) return false;
    let later = this.newest;
    for (let i = 0; i < this.count; i++) {
      const at = this.indexBefore(i);
      if ((this.timesMs[at] as number) <= serverMs) {
        this.between(at, later, serverMs, out);
        return true;
      }
      later = at;
    }
    this.copy(later, out);
    return true;
  }

  private between(from: number, to: number, serverMs: number, out: Position): void {
    const fromMs = this.timesMs[from] as number;
    const spanMs = (this.timesMs[to] as number) - fromMs;
    this.copy(from, out);
    if (spanMs <= 0 || this.isTeleport(from, to, spanMs)) return;
    const share = (serverMs - fromMs) / spanMs;
    const v = this.values;
    const b = to * STRIDE;
    out.x += ((v[b] as number) - out.x) * share;
    out.y += ((v[b + 1] as number) - out.y) * share;
    out.z += ((v[b + 2] as number) - out.z) * share;
    const turn = (v[b + 3] as number) - out.yaw;
    out.yaw += (turn - Math.round(turn / TURN) * TURN) * share;
  }

  private isTeleport(from: number, to: number, spanMs: number): boolean {
    const v = this.values;
    const a = from * STRIDE;
    const b = to * STRIDE;
    const dx = (v[b] as number) - (v[a] as number);
    const dy = (v[b + 1] as number) - (v[a + 1] as number);
    const dz = (v[b + 2] as number) - (v[a + 2] as number);
    return Math.hypot(dx, dy, dz) > Math.max(TELEPORT_DISTANCE, TELEPORT_UNITS_PER_MS * spanMs);
  }

  private hold(serverMs: number): void {
    const from = this.newest * STRIDE;
    const at = this.next(serverMs) * STRIDE;
    this.values.copyWithin(at, from, from + STRIDE);
  }

  private push(serverMs: number, at: Readonly<Position>): void {
    this.write(this.next(serverMs), serverMs, at);
  }

  private next(serverMs: number): number {
    this.newest = (this.newest + 1) % SAMPLE_COUNT;
    this.count = Math.min(this.count + 1, SAMPLE_COUNT);
    this.timesMs[this.newest] = serverMs;
    return this.newest;
  }

  private write(index: number, serverMs: number, at: Readonly<Position>): void {
    this.timesMs[index] = serverMs;
    const v = this.values;
    const base = index * STRIDE;
    v[base] = at.x;
    v[base + 1] = at.y;
    v[base + 2] = at.z;
    v[base + 3] = at.yaw;
  }

  private copy(index: number, out: Position): void {
    const v = this.values;
    const base = index * STRIDE;
    out.x = v[base] as number;
    out.y = v[base + 1] as number;
    out.z = v[base + 2] as number;
    out.yaw = v[base + 3] as number;
  }

  private indexBefore(steps: number): number {
    return (this.newest - steps + SAMPLE_COUNT) % SAMPLE_COUNT;
  }
}
