/**
 * What a crowd needs: everybody sees less far where many are near, so that nobody's client is told of more than it can show, and whoever
 * comes new is put where there is room. Without it each of n who stand together costs all n: the work grows with n². Pure; avatars ask.
 */
import type { AreaEntity, Point } from "../engine/index.js";
import type { MapCollision } from "./map-collision.js";
import { WALKER_RADIUS } from "./world-map.js";

/** What is asked of a space. */
export interface Surroundings {
  queryRange(centre: Point, radius: number): readonly AreaEntity[];
}

/** With more than that in view one sees less far… */
export const SEEN_MAX = 50;
/** …and farther again when no more than that would be. Well below, so that nobody's view goes to and fro. */
const SEEN_AGAIN_MAX = 35;
/** Each step of it takes in half as many. */
const STEP_FACTOR = Math.SQRT1_2;
/** In units: far enough to fight and to talk. */
export const SIGHT_MIN = 8;
/** Where more are so near, whoever comes new goes elsewhere. */
const ELBOW_ROOM = 5;
const NEIGHBOURS_MAX = 8;
/** How much farther from the middle the next place is looked for. */
const SPREAD_FACTOR = 1.25;
const TRIES_MAX = 24;

/** How far to see from `at`, in units: `usual` or less. `present`: how far it is now. */
export function sightIn(space: Surroundings, at: Point, usual: number, present: number): number {
  const countAt = (radius: number): number => space.queryRange(at, radius).length;
  const least = Math.min(usual, SIGHT_MIN);
  let sight = present;
  while (sight > least && countAt(sight) > SEEN_MAX) sight = Math.max(least, sight * STEP_FACTOR);
  if (sight < present) return sight;
  const wider = Math.min(usual, present / STEP_FACTOR);
  return wider > present && countAt(wider) <= SEEN_AGAIN_MAX ? wider : present;
}

/** Whether there is elbow room at a place for those who are there. */
export function isRoomy(space: Surroundings, place: Point): boolean {
  return space.queryRange(place, ELBOW_ROOM).length <= NEIGHBOURS_MAX;
}

/**
 * A place about `middle` where one can stand: within `radius`, or the farther away the more are there. One without elbow room where there
 * is no other; null: everywhere it was tried something stands in the way.
 */
export function roomyPlace(
  space: Surroundings,
  collision: MapCollision,
  middle: Point & { readonly radius: number },
  random: () => number,
): Point | null {
  const radiusMax = Math.max(collision.map.width, collision.map.depth) / 2;
  let { radius } = middle;
  let free: Point | null = null;
  for (let tries = 0; tries < TRIES_MAX; tries++, radius = Math.min(radiusMax, radius * SPREAD_FACTOR)) {
    const angle = random() * Math.PI * 2;
    const away = Math.sqrt(random()) * radius;
    const place = { x: middle.x + Math.cos(angle) * away, z: middle.z + Math.sin(angle) * away };
    if (!collision.isFree(place.x, place.z, WALKER_RADIUS)) continue;
    if (isRoomy(space, place)) return place;
    free = place;
  }
  return free;
}
