/** A walk from waypoint to waypoint inside a square around where it began. Pure. */
import type { Random } from "../../engine/base/random.js";
import type { Position } from "../position-history.js";

const SPEED_UNITS_PER_S = 4;
const ARRIVED_UNITS = 0.5;
/** Half a side of the square, in units. */
const ROAM_UNITS = 40;

export class Wander {
  readonly at: Position;
  private readonly random: Random;
  private readonly home: Readonly<Position>;
  private targetX = 0;
  private targetZ = 0;

  constructor(home: Readonly<Position>, random: Random) {
    this.random = random;
    this.home = { ...home };
    this.at = { ...home };
    this.choose();
  }

  /** Walks on for `elapsedMs`; the new place is in `at`. */
  step(elapsedMs: number): void {
    const { at } = this;
    const dx = this.targetX - at.x;
    const dz = this.targetZ - at.z;
    const distance = Math.hypot(dx, dz);
    if (distance < ARRIVED_UNITS) {
      this.choose();
      return;
    }
    const stride = Math.min(distance, (SPEED_UNITS_PER_S * elapsedMs) / 1000);
    at.x += (dx / distance) * stride;
    at.z += (dz / distance) * stride;
    at.yaw = Math.atan2(dz, dx);
  }

  /** The server says otherwise: go on from there, to somewhere else. */
  correct(to: Readonly<Position>): void {
    Object.assign(this.at, to);
    this.choose();
  }

  private choose(): void {
    this.targetX = this.home.x + (this.random.next() * 2 - 1) * ROAM_UNITS;
    this.targetZ = this.home.z + (this.random.next() * 2 - 1) * ROAM_UNITS;
  }
}
