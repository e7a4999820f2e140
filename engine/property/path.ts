/** Dotted paths, for callbacks and look-ups: `school.classA.number`. `.` and `\` in a part are escaped by `\`. */
import { AeonError } from "../base/errors.js";

export function joinPath(parts: readonly (string | number)[]): string {
  return parts.map((part) => (typeof part === "number" ? String(part) : escapePart(part))).join(".");
}

function escapePart(part: string): string {
  return part.includes(".") || part.includes("\\") ? part.replace(/[.\\]/g, "\\$&") : part;
}

/** The parts as text; [] for "". The path of a single empty key cannot be told from that: it is the one key that no path names. Throws PROPERTY_VALUE when the path ends in `\`. */
export function splitPath(path: string): string[] {
  if (path === "") return [];
  const parts: string[] = [];
  let part = "";
  for (let i = 0; i < path.length; i++) {
    const unit = path[i] as string;
    if (unit === ".") {
      parts.push(part);
      part = "";
    } else if (unit === "\\") {
      i++;
      if (i === path.length) throw new AeonError("PROPERTY_VALUE", `the path ${JSON.stringify(path)} ends in \\`);
      part += path[i];
    } else part += unit;
  }
  parts.push(part);
  return parts;
}
