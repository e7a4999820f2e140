/**
 * Changes of many entities in one pass: of each that has changed nothing but numbers of bank 0, one record of client-link's nearChanges.
 * What most of all bytes to clients are made by, so it is one flat loop over the table of roots (ShadowForest): 22 ns an entity with
 * two floats, where a call for each took 90. Two such passes and `clearRoots` are the whole way of a usual change out of a shadow.
 */
import type { ByteWriter } from "../base/bytes.js";
import { CELL_MASK, type CellPage, PAGE_SHIFT } from "./cell-store.js";
import { BANK_FIELDS, type FieldLayout, type FieldsLayout } from "./layout.js";
import type { ScopeMask } from "./op-sink.js";
import { FLAG, ROOT, type ShadowForest } from "./shadow-forest.js";
import { writeNumber } from "./value-codec.js";

/** Where no record was written. Nothing changed that the mask sees; a record would not say all. */
export const NEAR = { nothing: -1, far: -2 } as const;

/** A length, a target, a mask and the values. */
const RECORD_BYTES_MAX = 1 + 8 + 1 + BANK_FIELDS * 8;
const UVAR_ONE_BYTE_END = 0x80;
const UVAR_TWO_BYTES_END = 0x4000;

// What a module imports is loaded at each use, what it defines is a constant in its code.
const QUEUED = FLAG.queued;
const ROOT_SHIFT = ROOT.shift;
const FLAGS = ROOT.flags;
const DIRTY = ROOT.dirty;
const PLACE = ROOT.place;
const LAYOUT = ROOT.layout;
const NOTHING = NEAR.nothing;
const FAR = NEAR.far;

/**
 * Writes what changed of `slots[i]`, for i below `count`, as `u8 length | uvar target | u8 mask | values`, with `targets[i]` and the values
 * of numbers with ids 1 to 7. `ends[i]` is where its record ends in `out`, or one of NEAR. All slots have an entity.
 */
export function writeNearRecords(
  forest: ShadowForest,
  slots: Int32Array,
  targets: Int32Array,
  count: number,
  mask: ScopeMask,
  out: ByteWriter,
  ends: Int32Array,
): void {
  const { table, layouts } = forest;
  const { pages } = forest.cells;
  let at = out.reserve(count * RECORD_BYTES_MAX);
  const { bytes, view } = out;
  let layout = -1;
  let fields: readonly FieldLayout[] = [];
  let nearBits = 0;
  let farBits = 0;
  for (let i = 0; i < count; i++) {
    const root = (slots[i] as number) << ROOT_SHIFT;
    const dirty = table[root + DIRTY] as number;
    if (table[root + LAYOUT] !== layout) {
      layout = table[root + LAYOUT] as number;
      const compiled = layouts[layout] as FieldsLayout;
      ({ fields } = compiled);
      ({ nearBits, farBits } = compiled.visible[mask] as FieldsLayout["visible"][number]);
    }
    if (((table[root + FLAGS] as number) & ~QUEUED) !== 0 || (dirty & farBits) !== 0) {
      ends[i] = FAR;
      continue;
    }
    const place = table[root + PLACE] as number;
    const { cells } = pages[place >> PAGE_SHIFT] as CellPage;
    const start = place & CELL_MASK;
    const lengthAt = at++;
    const target = targets[i] as number;
    if (target < UVAR_ONE_BYTE_END) bytes[at++] = target;
    else if (target < UVAR_TWO_BYTES_END) {
      bytes[at++] = (target & 0x7f) | 0x80;
      bytes[at++] = target >>> 7;
    } else {
      out.length = at;
      out.uvar(target);
      at = out.length;
    }
    const maskAt = at++;
    let wireMask = 0;
    for (let left = dirty & nearBits; left !== 0; left &= left - 1) {
      const field = fields[31 - Math.clz32(left & -left)] as FieldLayout;
      const cell = start + field.cell;
      const value = cells[cell] as number;
      if (value === cells[cell + 1]) continue;
      wireMask |= field.bankBit;
      if (field.isFloat32) {
        view.setFloat32(at, value, true);
        at += 4;
      } else {
        out.length = at;
        writeNumber(field.code, out, value);
        at = out.length;
      }
    }
    if (wireMask === 0) {
      at = lengthAt;
      ends[i] = NOTHING;
      continue;
    }
    bytes[lengthAt] = at - lengthAt - 1;
    bytes[maskAt] = wireMask;
    ends[i] = at;
  }
  out.length = at;
}

/** Ends the period of each of the entities in `slots[0 … count)`: what changed so far has been sent to whom it concerns. */
export function clearRoots(forest: ShadowForest, slots: Int32Array, count: number): void {
  const { table, roots } = forest;
  for (let i = 0; i < count; i++) {
    const slot = slots[i] as number;
    const root = slot << ROOT_SHIFT;
    if (((table[root + FLAGS] as number) & ~QUEUED) === 0) table[root + DIRTY] = 0;
    else roots[slot]?.clearPeriod();
  }
}
