/** A navigation mesh seen from above, as SVG: to look at what was built. Pure. */
import { type NavFile, outlinePolygons } from "../nav-file.js";
import type { Level } from "./level.js";

const LONG_EDGE_PIXELS = 1_200;
const DECIMALS = 1;
const STYLE = `
    .level { fill: #d8d2c4; stroke: none; }
    .polygon { fill: #4aa3df; fill-opacity: 0.45; stroke: #1d5f8f; stroke-width: 0.6; }
    .tile { fill: none; stroke: #999; stroke-width: 0.4; stroke-dasharray: 3 3; }`;

/** x to the right, z down. Under the mesh lie the level's triangles that can be seen from above. */
export function navPicture(file: NavFile, level: Level): string {
  const { boundsMin, boundsMax, tileSize } = file.header;
  const [width, depth] = [boundsMax[0] - boundsMin[0], boundsMax[2] - boundsMin[2]];
  const scale = LONG_EDGE_PIXELS / Math.max(width, depth);
  const place = (x: number, z: number) =>
    `${((x - boundsMin[0]) * scale).toFixed(DECIMALS)},${((z - boundsMin[2]) * scale).toFixed(DECIMALS)}`;
  const path = (points: readonly number[]) => {
    const corners: string[] = [];
    for (let i = 0; i + 1 < points.length; i += 2) corners.push(place(points[i] as number, points[i + 1] as number));
    return `M${corners.join("L")}Z`;
  };
  const [w, h] = [(width * scale).toFixed(DECIMALS), (depth * scale).toFixed(DECIMALS)];
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}">`,
    `  <style>${STYLE}\n  </style>`,
    `  <path class="level" d="${trianglesFromAbove(level).map(path).join("")}"/>`,
    ...outlinePolygons(file).map((polygon) => `  <path class="polygon" d="${path(polygon)}"/>`),
    `  <path class="tile" d="${gridLines(width, depth, tileSize, scale)}"/>`,
    "</svg>",
  ];
  return `${lines.join("\n")}\n`;
}

/** Flat [x, z] * 3 each; those that lie on their edge show nothing. */
function trianglesFromAbove({ positions, indices }: Level): number[][] {
  const triangles: number[][] = [];
  for (let i = 0; i < indices.length; i += 3) {
    const corners = [0, 1, 2].flatMap((corner) => {
      const at = (indices[i + corner] as number) * 3;
      return [positions[at] as number, positions[at + 2] as number];
    });
    const [ax = 0, az = 0, bx = 0, bz = 0, cx = 0, cz = 0] = corners;
    // Counter-clockwise seen from above, with z towards the one who looks.
    if ((bz - az) * (cx - ax) - (bx - ax) * (cz - az) > 1e-6) triangles.push(corners);
  }
  return triangles;
}

function gridLines(width: number, depth: number, tileSize: number, scale: number): string {
  const lines: string[] = [];
  for (let x = tileSize; x < width; x += tileSize)
    lines.push(`M${(x * scale).toFixed(DECIMALS)},0V${(depth * scale).toFixed(DECIMALS)}`);
  for (let z = tileSize; z < depth; z += tileSize)
    lines.push(`M0,${(z * scale).toFixed(DECIMALS)}H${(width * scale).toFixed(DECIMALS)}`);
  return lines.join("");
}
