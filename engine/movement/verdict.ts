/** What a check says of a move, as bits, and what is done about it. The numbers stand in traces: they are not used again. */

export const VERDICT = {
  /** More way than the time since the last moves allows. */
  speed: 1,
  /** Far more moves than the limit. Each that is one too many is dropped, and the next one covers its way. */
  rate: 2,
  /** Faster than the limit on average while moving, over some ten seconds. */
  average: 4,
  /** Up faster than the rules allow. */
  rise: 8,
  /** Down faster than the rules allow. */
  fall: 16,
  /** Nothing came for longer than `lagAllowanceMs`, and then more way than that: put back, and no evidence of anything. */
  stall: 32,
  /** Off the navmesh, or through a wall: said by the space's NavCheck. */
  offMesh: 64,
  throughWall: 128,
  /** The author's `onMove` refused it. */
  refused: 256,
  /** A stall too many. */
  lagSwitch: 512,
  /** A move too many. */
  drop: 1_024,
} as const;

export type VerdictName = keyof typeof VERDICT;

/** Bits after which the client is put back. */
export const CORRECTING =
  VERDICT.speed |
  VERDICT.average |
  VERDICT.rise |
  VERDICT.fall |
  VERDICT.stall |
  VERDICT.offMesh |
  VERDICT.throughWall |
  VERDICT.refused;

/** Bits that are evidence of a cheat. */
export const FLAGGING =
  VERDICT.speed |
  VERDICT.rate |
  VERDICT.average |
  VERDICT.rise |
  VERDICT.fall |
  VERDICT.offMesh |
  VERDICT.throughWall |
  VERDICT.lagSwitch;

/** In order of weight. `ignore`: made before the client knew of a correction, or one too many; nothing is said. */
export const GRADES = ["accept", "ignore", "correct", "flag", "kick"] as const;
export type Grade = (typeof GRADES)[number];

/** The names of the bits, in order. */
export function verdictNames(bits: number): VerdictName[] {
  return (Object.keys(VERDICT) as VerdictName[]).filter((name) => (bits & VERDICT[name]) !== 0);
}
