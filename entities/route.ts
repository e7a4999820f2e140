/**
 * The way a monster walks: the navigation mesh's path to its goal, corner by corner, or straight on where the space has no mesh. Asking
 * takes a tick or more; meanwhile it goes on as before. One per monster.
 */
import { AeonError, type AreaEntity, type NavPoint, type Space } from "../engine/index.js";

/** In units: near enough to a corner to turn to the next. */
const CORNER_REACHED = 0.25;
const NO_CORNERS: readonly NavPoint[] = [];

export class Route {
  /** What is left of the way; the last is its end. */
  private corners: readonly NavPoint[] = NO_CORNERS;
  private at = 0;
  private asking: AbortController | null = null;

  get isWalking(): boolean {
    return this.at < this.corners.length;
  }
  get isAsking(): boolean {
    return this.asking !== null;
  }
  /** Where it ends; null when there is none. */
  get end(): NavPoint | null {
    return this.corners.at(-1) ?? null;
  }
  /** Corners that are still to be walked, for drawing. */
  get ahead(): readonly NavPoint[] {
    return this.corners.slice(this.at);
  }

  /** What was asked before is taken back. */
  plan(walker: AreaEntity, space: Space, goal: NavPoint): void {
    this.asking?.abort();
    const asking = new AbortController();
    this.asking = asking;
    void this.ask(walker, space, goal, asking);
  }

  stop(): void {
    this.asking?.abort();
    this.asking = null;
    this.corners = NO_CORNERS;
    this.at = 0;
  }

  /** The corner to walk to from there; null at the end. */
  next(from: NavPoint): NavPoint | null {
    while (this.at < this.corners.length) {
      const corner = this.corners[this.at] as NavPoint;
      if (Math.hypot(corner.x - from.x, corner.z - from.z) > CORNER_REACHED) return corner;
      this.at++;
    }
    return null;
  }

  private async ask(walker: AreaEntity, space: Space, goal: NavPoint, asking: AbortController): Promise<void> {
    const corners = await wayTo(walker, space, goal, asking.signal);
    if (this.asking !== asking) return;
    this.asking = null;
    this.corners = corners;
    this.at = 0;
  }
}

/** Without a corner: there is none. */
async function wayTo(
  walker: AreaEntity,
  space: Space,
  goal: NavPoint,
  signal: AbortSignal,
): Promise<readonly NavPoint[]> {
  try {
    const path = await space.nav.findPath(walker.position, goal, { signal });
    return path.points;
  } catch (error) {
    const hasNoMesh = error instanceof AeonError && error.code === "NAV_MESH_UNKNOWN";
    return hasNoMesh ? [goal] : NO_CORNERS;
  }
}
