/** The shape of what is seen around a point, and how far apart two points are by it: in a circle by the straight way, in a box by the longer of x and z. */
export const VIEW_SHAPES = ["circle", "box"] as const;
export type ViewShape = (typeof VIEW_SHAPES)[number];

/** Squared, in units². Of two ways that are as far as each other, rounding may put one within a radius and not the other. */
export function squaredDistance(isBox: boolean, dx: number, dz: number): number {
  return isBox ? squaredBoxDistance(dx, dz) : dx * dx + dz * dz;
}

/** Without a branch: which way is the longer one is as good as random. */
export function squaredBoxDistance(dx: number, dz: number): number {
  const x = Math.abs(dx);
  const z = Math.abs(dz);
  const longer = (x + z + Math.abs(x - z)) / 2;
  return longer * longer;
}
