/**
 * The own avatar between the server's words: it walks at once on this screen, at the speed and around the obstacles that the server
 * goes by, and reports where it is a few times a second. A correction moves it there and hides the jump over a short while.
 */
import { collisionOf, type MapCollision } from "../../../entities/map-collision.js";
import { type SpaceMap, WALK_SPEED_UNITS_PER_SECOND, WALKER_RADIUS } from "../../../entities/world-map.js";

const REPORT_INTERVAL_S = 1 / 15;
/** A smaller move is not reported. */
const REPORT_UNITS_MIN = 0.01;
/** A target this near is reached. */
const ARRIVED_UNITS = 0.12;
/** Who gets no nearer to the target for this long gives up. */
const STUCK_SECONDS = 0.7;
/** Corrections up to this size are smoothed; larger ones are teleports. */
const SMOOTHED_UNITS_MAX = 4;
const SMOOTHING_PER_SECOND = 9;

export interface Report {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  /** Radians from +x (east) towards +z (south): atan2(dz, dx). */
  readonly yaw: number;
}

export class Prediction {
  /** Where the avatar is, as the server will have it. */
  x = 0;
  z = 0;
  yaw = Math.PI / 2;
  private collision: MapCollision;
  private directionX = 0;
  private directionZ = 0;
  private target: { readonly x: number; readonly z: number; readonly stopAt: number } | null = null;
  private bestDistance = Number.POSITIVE_INFINITY;
  private stuckS = 0;
  private offsetX = 0;
  private offsetZ = 0;
  private sinceReportS = REPORT_INTERVAL_S;
  private reportedX = Number.NaN;
  private reportedZ = Number.NaN;

  constructor(map: SpaceMap) {
    this.collision = collisionOf(map.name);
  }

  setMap(map: SpaceMap): void {
    this.collision = collisionOf(map.name);
    this.target = null;
  }

  /** Where it is drawn: the place with what is left of a correction. */
  get shownX(): number {
    return this.x + this.offsetX;
  }
  get shownZ(): number {
    return this.z + this.offsetZ;
  }

  /** A direction of length 0 … 1 from keys or joystick; it ends a walk to a target. */
  steer(x: number, z: number): void {
    this.directionX = x;
    this.directionZ = z;
    if (x !== 0 || z !== 0) this.target = null;
  }

  /** Walks there until `stopAt` units from it. */
  walkTo(x: number, z: number, stopAt = 0): void {
    this.target = { x, z, stopAt };
    this.bestDistance = Number.POSITIVE_INFINITY;
    this.stuckS = 0;
  }

  get isWalkingToTarget(): boolean {
    return this.target !== null;
  }

  stop(): void {
    this.target = null;
  }

  look(towardsX: number, towardsZ: number): void {
    this.yaw = Math.atan2(towardsZ - this.z, towardsX - this.x);
  }

  /** The server's word on where the avatar is. */
  place(x: number, z: number, isTeleport: boolean): void {
    const offsetX = this.shownX - x;
    const offsetZ = this.shownZ - z;
    const isSmoothed = !isTeleport && Math.hypot(offsetX, offsetZ) <= SMOOTHED_UNITS_MAX;
    this.offsetX = isSmoothed ? offsetX : 0;
    this.offsetZ = isSmoothed ? offsetZ : 0;
    this.x = x;
    this.z = z;
    this.reportedX = x;
    this.reportedZ = z;
    if (isTeleport) this.target = null;
  }

  step(seconds: number): void {
    const kept = Math.exp(-SMOOTHING_PER_SECOND * seconds);
    this.offsetX *= kept;
    this.offsetZ *= kept;
    this.sinceReportS += seconds;
    const way = WALK_SPEED_UNITS_PER_SECOND * seconds;
    if (this.target !== null) this.stepToTarget(seconds, way);
    else if (this.directionX !== 0 || this.directionZ !== 0) this.advance(this.directionX * way, this.directionZ * way);
  }

  /** What to tell the server now; null when it knows. */
  takeReport(): Report | null {
    if (this.sinceReportS < REPORT_INTERVAL_S) return null;
    const moved = Math.hypot(this.x - this.reportedX, this.z - this.reportedZ);
    if (moved < REPORT_UNITS_MIN) return null;
    this.sinceReportS = 0;
    this.reportedX = this.x;
    this.reportedZ = this.z;
    return { x: this.x, y: 0, z: this.z, yaw: this.yaw };
  }

  private stepToTarget(seconds: number, way: number): void {
    const { target } = this;
    if (target === null) return;
    const dx = target.x - this.x;
    const dz = target.z - this.z;
    const distance = Math.hypot(dx, dz);
    if (distance <= Math.max(ARRIVED_UNITS, target.stopAt)) {
      this.target = null;
      return;
    }
    const share = Math.min(way, distance) / distance;
    this.advance(dx * share, dz * share);
    if (distance < this.bestDistance - 0.02) {
      this.bestDistance = distance;
      this.stuckS = 0;
    } else {
      this.stuckS += seconds;
      if (this.stuckS > STUCK_SECONDS) this.target = null;
    }
  }

  private advance(dx: number, dz: number): void {
    this.yaw = Math.atan2(dz, dx);
    const next = this.collision.slide(this, this.x + dx, this.z + dz, WALKER_RADIUS);
    // Pushed along a shore one may not get farther than one's own way.
    const moved = Math.hypot(next.x - this.x, next.z - this.z);
    const share = Math.min(1, Math.hypot(dx, dz) / (moved || 1));
    this.x += (next.x - this.x) * share;
    this.z += (next.z - this.z) * share;
  }
}
