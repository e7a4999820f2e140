/** Saved values of an older definition: what a container no longer has is left out, so that loading goes on. */
import { isPlainObject, setOwn } from "./json-value.js";
import type { NodeLayout } from "./layout.js";

/** The part of plain data that a place with this layout knows; what is of a wrong shape is left for the check to name. */
export function knownPart(layout: NodeLayout | null, value: unknown): unknown {
  if (layout === null) return value;
  if (layout.kind === "list")
    return Array.isArray(value) ? value.map((item) => knownPart(layout.element.child, item)) : value;
  const entries = value instanceof Map ? [...value] : isPlainObject(value) ? Object.entries(value) : null;
  if (entries === null) return value;
  const part: Record<string, unknown> = {};
  for (const [name, item] of entries) {
    const slot = layout.kind === "fields" ? layout.byName.get(String(name)) : layout.element;
    if (slot !== undefined) setOwn(part, String(name), knownPart(slot.child, item));
  }
  return part;
}
