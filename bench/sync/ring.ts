/**
 * Where the players of a crowd stand: on a ring, one unit apart, so that everybody has exactly as many others within a radius, no two
 * have the same ones, and who enters and leaves can be told beforehand. Coordinates are multiples of 1/64, so that a wire format that
 * sends no finer ones shows the same positions.
 */
const STEPS_PER_UNIT = 64;
/** Half a step beyond the last one in view. */
const RADIUS_SLACK = 0.5;

export class Ring {
  /** Places on the ring, as many as players. */
  readonly count: number;
  /** [x, z] * count */
  private readonly places: Float32Array;

  constructor(count: number) {
    this.count = count;
    this.places = new Float32Array(count * 2);
    const radius = count / (2 * Math.PI);
    for (let i = 0; i < count; i++) {
      const angle = (2 * Math.PI * i) / count;
      this.places[i * 2] = Math.round(Math.cos(angle) * radius * STEPS_PER_UNIT) / STEPS_PER_UNIT;
      this.places[i * 2 + 1] = Math.round(Math.sin(angle) * radius * STEPS_PER_UNIT) / STEPS_PER_UNIT;
    }
  }

  x(place: number): number {
    return this.places[place * 2] as number;
  }

  z(place: number): number {
    return this.places[place * 2 + 1] as number;
  }

  /** All walk round together: views stay as they are. */
  together(player: number, tick: number): number {
    return (player + tick) % this.count;
  }

  /** Every second one walks the other way: in each tick one comes into every view and one goes out of it. `count` is even. */
  against(player: number, tick: number): number {
    const { count } = this;
    return player % 2 === 0 ? (player + tick) % count : (player - (tick % count) + count) % count;
  }
}

/** The radius within which there are `visible` others on a ring (an even number). */
export function ringRadius(visible: number): number {
  return visible / 2 + RADIUS_SLACK;
}
