/**
 * Wavefront .obj: `v`, `f` (polygons are cut into fans; indices may be negative, texture and normal numbers are passed over) and `usemtl`.
 * Everything else in such a file has no meaning for a navigation mesh.
 */
import { type Level, LevelBuilder, levelInvalid } from "./level.js";

/** Throws NAV_LEVEL_INVALID with the number of the line. */
export function readObj(text: string): Level {
  const level = new LevelBuilder();
  let material = "";
  let lineNumber = 0;
  for (const line of text.split("\n")) {
    lineNumber++;
    const [keyword = "", ...words] = line.trim().split(/\s+/);
    try {
      if (keyword === "v") readVertex(level, words);
      else if (keyword === "f") readFace(level, words, material);
      else if (keyword === "usemtl") material = words.join(" ");
    } catch (cause) {
      throw levelInvalid(`line ${lineNumber}: ${line.trim().slice(0, 60)}`, cause);
    }
  }
  return level.finish();
}

function readVertex(level: LevelBuilder, words: readonly string[]): void {
  const [x = Number.NaN, y = Number.NaN, z = Number.NaN] = words.slice(0, 3).map(Number);
  level.addVertex(x, y, z);
}

function readFace(level: LevelBuilder, words: readonly string[], material: string): void {
  const corners = words.map((word) => {
    const number = Number.parseInt(word, 10);
    return number < 0 ? level.vertexCount + number : number - 1;
  });
  if (corners.length < 3) throw levelInvalid("a face has three corners or more");
  for (let i = 2; i < corners.length; i++) {
    level.addTriangle(corners[0] as number, corners[i - 1] as number, corners[i] as number, material);
  }
}
