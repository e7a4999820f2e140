/**
 * How an entity type may move, as its author writes it: one row of limits per mode (on foot, on a mount). Data only; the checks read it.
 * Read on the script thread and by whoever replays a trace.
 */
import { AeonError } from "../base/errors.js";

/** In units and seconds. All must be above 0 and finite, `jumpHeight` may be 0. */
export interface MoveMode {
  /** The fastest way over the ground. */
  readonly speedMax: number;
  /** The fastest lasting way up: stairs, slopes, ladders, jumps from step to step. 3 unless said. */
  readonly climbSpeedMax?: number;
  /** How far up one jump goes. 0 unless said. */
  readonly jumpHeight?: number;
  /** The fastest fall. 60 unless said. */
  readonly fallSpeedMax?: number;
}

/** By name; an entity begins in the first one. */
export type MovementRules = Readonly<Record<string, MoveMode>>;

/** A mode as the checks use it: what a unit of way costs in milliseconds. */
export interface MoveLimits {
  readonly name: string;
  readonly speedMax: number;
  readonly climbSpeedMax: number;
  readonly jumpHeight: number;
  readonly fallSpeedMax: number;
  /** Milliseconds that a unit takes at least. */
  readonly msPerUnit: number;
  readonly msPerUnitUp: number;
  readonly msPerUnitDown: number;
  /** What a jump may be ahead of the lasting way up. */
  readonly jumpMs: number;
}

const CLIMB_SPEED_DEFAULT = 3;
const FALL_SPEED_DEFAULT = 60;
const MS_PER_S = 1_000;
export const MODE_NAME_CHARS_MAX = 32;
export const MODE_COUNT_MAX = 64;

const compiled = new WeakMap<MovementRules, readonly MoveLimits[]>();

/** The modes in the order of the rules; made once per object. Throws VALUE_RANGE for limits that are no limits. */
export function limitsOf(rules: MovementRules): readonly MoveLimits[] {
  let limits = compiled.get(rules);
  if (limits === undefined) {
    limits = Object.entries(rules).map(([name, mode]) => compileMode(name, mode));
    if (limits.length === 0 || limits.length > MODE_COUNT_MAX)
      throw new AeonError("VALUE_RANGE", `movement rules have 1 to ${MODE_COUNT_MAX} modes, not ${limits.length}`);
    compiled.set(rules, limits);
  }
  return limits;
}

function compileMode(name: string, mode: MoveMode): MoveLimits {
  const { speedMax, climbSpeedMax = CLIMB_SPEED_DEFAULT, jumpHeight = 0, fallSpeedMax = FALL_SPEED_DEFAULT } = mode;
  for (const [limit, value] of Object.entries({ speedMax, climbSpeedMax, fallSpeedMax }))
    if (!(value > 0 && Number.isFinite(value))) throw new AeonError("VALUE_RANGE", `${name}.${limit} is ${value}`);
  if (!(jumpHeight >= 0 && Number.isFinite(jumpHeight)))
    throw new AeonError("VALUE_RANGE", `${name}.jumpHeight is ${jumpHeight}`);
  if (name.length === 0 || name.length > MODE_NAME_CHARS_MAX)
    throw new AeonError("VALUE_RANGE", `a mode's name: "${name}"`);
  return {
    name,
    speedMax,
    climbSpeedMax,
    jumpHeight,
    fallSpeedMax,
    msPerUnit: MS_PER_S / speedMax,
    msPerUnitUp: MS_PER_S / climbSpeedMax,
    msPerUnitDown: MS_PER_S / fallSpeedMax,
    jumpMs: (jumpHeight * MS_PER_S) / climbSpeedMax,
  };
}
