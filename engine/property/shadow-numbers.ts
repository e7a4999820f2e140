/**
 * Numbers of roots from the op log into a shadow's cells: what most ops of a game are. One flat loop by hand, since calls and boxed
 * numbers would cost more than the work; everything it does not know is left to the sink's general way.
 */
import { WORDS_PER_CELL } from "./cell-store.js";
import { type FieldLayout, ROW_FLAG_WORDS } from "./layout.js";
import { doubleOf, FIELD_SHIFT, OP, OP_MASK } from "./op-log-format.js";
import type { RootNumberRun } from "./op-sink.js";
import { FLAG, type ShadowFields } from "./shadow-node.js";

/** A number that is not of the usual kind: an unknown entity or field, or somebody listens. */
export type OtherNumber = (entity: number, field: number, value: number) => void;

/** Where an unknown entity's numbers would go. */
const NOWHERE: {
  readonly byId: readonly (FieldLayout | undefined)[];
  readonly cells: Float64Array;
  readonly bits: Int32Array;
} = { byId: [], cells: new Float64Array(0), bits: new Int32Array(0) };

/** Takes root numbers as far as they stand in a row, as RootNumberTarget says. `roots` by slot; `other` gets all when `isHeard`. */
export function readRootNumbers(
  run: RootNumberRun,
  roots: readonly (ShadowFields | undefined)[],
  isHeard: boolean,
  other: OtherNumber,
): number {
  const { words, floats, end } = run;
  // What is imported is loaded anew at each use.
  const { rootInt, rootFloat, rootDouble } = OP;
  const { queued } = FLAG;
  const opMask = OP_MASK;
  const fieldShift = FIELD_SHIFT;
  let slot = -1;
  let start = 0;
  let firstBits = 0;
  let { byId, cells, bits } = NOWHERE;
  let count = 0;
  let next = run.at;
  while (next !== end) {
    const head = words[next] as number;
    const op = head & opMask;
    if (op < rootInt) break;
    const entity = words[next + 1] as number;
    const at = next + 2;
    next = op === rootDouble ? at + 2 : at + 1;
    count++;
    if (entity !== slot) {
      slot = entity;
      const root = roots[entity];
      if (root === undefined || isHeard) byId = NOWHERE.byId;
      else {
        root.mark(queued);
        start = root.start;
        firstBits = start * WORDS_PER_CELL + ROW_FLAG_WORDS;
        ({ cells, words: bits } = root.page);
        byId = root.layout.byId;
      }
    }
    const field = byId[head >>> fieldShift];
    const value = (op === rootFloat ? floats[at] : op === rootInt ? words[at] : doubleOf(words, at)) as number;
    if (field === undefined || !field.isNumber) {
      // It may throw.
      run.at = next;
      other(entity, head >>> fieldShift, value);
      continue;
    }
    const cell = start + field.cell;
    const bitsAt = firstBits + field.word;
    const dirty = bits[bitsAt] as number;
    if ((dirty & field.bit) === 0) {
      bits[bitsAt] = dirty | field.bit;
      cells[cell + 1] = cells[cell] as number;
    }
    cells[cell] = value;
  }
  run.at = next;
  return count;
}
