/**
 * A walk from waypoint to waypoint inside a square around where it began. It knows no map: where it is put back it turns round, and keeps to
 * a smaller square, so that it does not spend its time in front of walls. Pure.
 */
import type { Random } from "../../engine/base/random.js";
import type { Position } from "../position-history.js";

const SPEED_UNITS_PER_S = 4;
const ARRIVED_UNITS = 0.5;
/** Half a side of the square, in units. */
const ROAM_UNITS = 40;
/** Never less than so much of it is left. */
const ROAM_UNITS_MIN = 10;
const ROAM_FACTOR = 0.8;

export class Wander {
  readonly at: Position;
  private readonly random: Random;
  private home: Readonly<Position>;
  private roam = ROAM_UNITS;
  /** Where it came from. */
  private fromX = 0;
  private fromZ = 0;
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

  /** The server says otherwise: go on from there, back to where it came from, and no more so far from there. */
  correct(to: Readonly<Position>): void {
    const { fromX, fromZ } = this;
    Object.assign(this.at, to);
    this.roam = Math.max(ROAM_UNITS_MIN, this.roam * ROAM_FACTOR);
    this.home = { ...to, x: fromX, z: fromZ };
    const isThere = Math.hypot(fromX - to.x, fromZ - to.z) < ARRIVED_UNITS;
    this.choose();
    if (isThere) return;
    this.targetX = fromX;
    this.targetZ = fromZ;
  }

  private choose(): void {
    this.fromX = this.at.x;
    this.fromZ = this.at.z;
    this.targetX = this.home.x + (this.random.next() * 2 - 1) * this.roam;
    this.targetZ = this.home.z + (this.random.next() * 2 - 1) * this.roam;
  }
}
