/**
 * Movement checks' question, asked of a space's mesh: is a way legal, does it leave the mesh, is a wall in between? What cannot be said (the
 * way begins off the mesh, there was no answer in time) counts as legal: a check that does not know convicts nobody.
 */
import { MoveVerdict } from "./nav-batch.js";
import type { NavOptions, SpaceNav } from "./space-nav.js";

/** As movement's NavCheck answers. */
export const WayAnswer = { fine: 0, offMesh: 1, throughWall: 2 } as const;

const UNKNOWN = 255;

/** Has the shape of movement's NavCheck. `ways`: [from x, y, z, to x, y, z] * count, read before the call returns. */
export function wayCheckOf(nav: SpaceNav, options: NavOptions = {}) {
  return {
    async check(ways: Float32Array, count: number): Promise<Uint8Array> {
      const { verdicts } = await nav.checkMoves(ways, count, options);
      return verdicts.map(answerTo);
    },
  };
}

function answerTo(verdict: number): number {
  if (verdict === UNKNOWN || (verdict & MoveVerdict.fromOffMesh) !== 0) return WayAnswer.fine;
  if ((verdict & MoveVerdict.throughWall) !== 0) return WayAnswer.throughWall;
  return (verdict & MoveVerdict.toOffMesh) !== 0 ? WayAnswer.offMesh : WayAnswer.fine;
}
