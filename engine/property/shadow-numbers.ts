/**
 * Numbers of roots from the op log into a shadow's cells: what most ops of a game are. One flat loop by hand over typed arrays, since
 * calls, boxed numbers and objects on the way would cost more than the work; everything it does not know is left to the sink's general way.
 */
import { CELL_MASK, type CellPage, PAGE_SHIFT } from "./cell-store.js";
import { type FieldsLayout, NUMBER_PLAN } from "./layout.js";
import { doubleOf, FIELD_SHIFT, OP, OP_MASK } from "./op-log-format.js";
import type { RootNumberRun } from "./op-sink.js";
import { FLAG, ROOT, type ShadowForest } from "./shadow-forest.js";

// What a module imports is loaded at each use, what it defines is a constant in its code: a tenth of the loop below.
const ROOT_INT = OP.rootInt;
const ROOT_FLOAT = OP.rootFloat;
const ROOT_DOUBLE = OP.rootDouble;
const OP_BITS = OP_MASK;
const ID_SHIFT = FIELD_SHIFT;
const QUEUED = FLAG.queued;
const ROOT_SHIFT = ROOT.shift;
const FLAGS = ROOT.flags;
const DIRTY = ROOT.dirty;
const PLACE = ROOT.place;
const LAYOUT = ROOT.layout;
const CELL_BITS = NUMBER_PLAN.cellMask;
const AT_SHIFT = NUMBER_PLAN.atShift;

/** A number that is not of the usual kind: an unknown entity or field, or somebody listens. */
export type OtherNumber = (entity: number, field: number, value: number) => void;

/**
 * Takes root numbers as far as they stand in a row, as RootNumberTarget says. `other` gets all when `isHeard`.
 *
 * Per entity the arrays are named once and its mask of changed fields is held in a variable: an array that is not the same throughout
 * the loop costs a nanosecond at each use. That, and flags in one table, make 12 ns an op of 15.
 */
export function readRootNumbers(
  run: RootNumberRun,
  forest: ShadowForest,
  isHeard: boolean,
  other: OtherNumber,
): number {
  const { words, floats, end } = run;
  const { table, layouts } = forest;
  const { pages } = forest.cells;
  let count = 0;
  let next = run.at;
  while (next !== end && ((words[next] as number) & OP_BITS) >= ROOT_INT) {
    const entity = words[next + 1] as number;
    const root = entity << ROOT_SHIFT;
    const place = root < table.length && !isHeard ? (table[root + PLACE] as number) : -1;
    if (place < 0) {
      const head = words[next] as number;
      const at = next + 2;
      next = (head & OP_BITS) === ROOT_DOUBLE ? at + 2 : at + 1;
      // It may throw.
      run.at = next;
      other(entity, head >>> ID_SHIFT, numberIn(run, head & OP_BITS, at));
      count++;
      continue;
    }
    const { cells } = pages[place >> PAGE_SHIFT] as CellPage;
    const { numberPlan } = layouts[table[root + LAYOUT] as number] as FieldsLayout;
    const start = place & CELL_MASK;
    const flags = table[root + FLAGS] as number;
    if ((flags & QUEUED) === 0) {
      table[root + FLAGS] = flags | QUEUED;
      forest.enqueue(entity);
    }
    let dirty = table[root + DIRTY] as number;
    do {
      const head = words[next] as number;
      const op = head & OP_BITS;
      if (op < ROOT_INT) break;
      const id = head >>> ID_SHIFT;
      const planned = id < numberPlan.length ? (numberPlan[id] as number) : 0;
      const at = next + 2;
      next = op === ROOT_DOUBLE ? at + 2 : at + 1;
      count++;
      if (planned === 0) {
        table[root + DIRTY] = dirty;
        run.at = next;
        other(entity, id, numberIn(run, op, at));
        dirty = table[root + DIRTY] as number;
        continue;
      }
      const cell = start + (planned & CELL_BITS);
      const bit = 1 << (planned >> AT_SHIFT);
      if ((dirty & bit) === 0) {
        dirty |= bit;
        cells[cell + 1] = cells[cell] as number;
      }
      // Not `numberIn`, which `other` has: a number that may go to a call is boxed, 16 bytes for each op.
      if (op === ROOT_FLOAT) cells[cell] = floats[at] as number;
      else if (op === ROOT_INT) cells[cell] = words[at] as number;
      else cells[cell] = doubleOf(words, at);
    } while (next !== end && words[next + 1] === entity);
    table[root + DIRTY] = dirty;
  }
  run.at = next;
  return count;
}

function numberIn({ words, floats }: RootNumberRun, op: number, at: number): number {
  return (op === ROOT_FLOAT ? floats[at] : op === ROOT_INT ? words[at] : doubleOf(words, at)) as number;
}
