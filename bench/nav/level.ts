/** The level that the navigation bench and tests walk on: a square of ground with walls and pillars on it, the same each time. */
import { SeededRandom } from "../../engine/base/random.js";
import { type Level, LevelBuilder } from "../../engine/nav/build/level.js";

export interface LevelPlan {
  /** Edge of the ground, in units. */
  readonly edge: number;
  readonly walls: number;
  readonly seed: number;
}

const WALL_HEIGHT = 3;
/** Corners of a box by the bits of their number: 1 is high x, 2 is high y, 4 is high z. */
const BOX_FACES: readonly (readonly [number, number, number, number])[] = [
  [2, 6, 7, 3],
  [0, 1, 5, 4],
  [0, 2, 3, 1],
  [4, 5, 7, 6],
  [0, 4, 6, 2],
  [1, 3, 7, 5],
];

/** Adds a box whose top can be walked on. */
export function addBox(
  level: LevelBuilder,
  low: readonly [number, number, number],
  high: readonly [number, number, number],
  material = "",
): void {
  const first = level.vertexCount;
  for (let corner = 0; corner < 8; corner++) {
    const [x, y, z] = [0, 1, 2].map((axis) => ((corner >> axis) & 1 ? high : low)[axis] as number);
    level.addVertex(x as number, y as number, z as number);
  }
  for (const [a, b, c, d] of BOX_FACES) {
    level.addTriangle(first + a, first + b, first + c, material);
    level.addTriangle(first + a, first + c, first + d, material);
  }
}

export function makeLevel({ edge, walls, seed }: LevelPlan): Level {
  const level = new LevelBuilder();
  const random = new SeededRandom(seed);
  addBox(level, [0, -1, 0], [edge, 0, edge]);
  for (let i = 0; i < walls; i++) {
    const [x, z] = [random.next() * edge, random.next() * edge];
    const [long, thin] = [2 + random.next() * 10, 0.6 + random.next()];
    const [sizeX, sizeZ] = i % 2 === 0 ? [long, thin] : [thin, long];
    addBox(level, [x, 0, z], [Math.min(edge, x + sizeX), WALL_HEIGHT, Math.min(edge, z + sizeZ)]);
  }
  return level.finish();
}
