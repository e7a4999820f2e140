/**
 * What the writing thread of the ring stress test writes and what the reading thread checks. Every value of an entity follows from the
 * entity's slot and its count, so that a torn value (parts of two counts), a foreign one (another slot's) and a stale one (an earlier
 * count, or a count left out) all show.
 */
import { DefinitionTable } from "../../engine/property/definition.js";
import { Scope } from "../../engine/property/op-sink.js";
import * as t from "../../engine/property/types.js";

export const SLOT_COUNT = 16;
/** Every so often a text is larger than any ring of the test, so that it goes in chunks. */
const LARGE_EVERY = 97;
const LARGE_CHARS = 70_000;
const LIST_LENGTH = 4;

const room = t.struct({ count: t.int32(), half: t.float64(), name: t.text() });
const TYPES = {
  count: t.int32(),
  negative: t.int32(),
  seventh: t.float64(),
  words: t.text({ max: 200_000 }),
  blob: t.bytes({ max: 1_000 }),
  last: t.customList(t.int32()),
  rooms: t.customMap(room),
};

export interface Pattern {
  readonly count: number;
  readonly negative: number;
  readonly seventh: number;
  readonly words: string;
  readonly blob: Uint8Array;
  readonly last: readonly number[];
  readonly room: { readonly count: number; readonly half: number; readonly name: string };
}

export function stressDefinitions(): DefinitionTable {
  const properties = Object.entries(TYPES).map(([name, type], i) => ({
    id: i + 1,
    name,
    type: type as t.ValueType<unknown>,
    scope: Scope.ALL_CLIENTS,
    persist: false,
    default: undefined,
  }));
  const table = new DefinitionTable();
  table.add({ id: 1, name: "Probe", kind: "server", properties, methods: [] });
  return table;
}

export function patternOf(slot: number, count: number): Pattern {
  const isLarge = count % LARGE_EVERY === 0;
  return {
    count,
    negative: -count * SLOT_COUNT - slot,
    seventh: count / 7 + slot,
    words: `${slot}:${count}:`.repeat(isLarge ? Math.ceil(LARGE_CHARS / 8) : 1 + (count % 40)),
    blob: Uint8Array.from({ length: count % 50 }, (_, i) => (slot + count + i) & 0xff),
    last: Array.from({ length: LIST_LENGTH }, (_, i) => count - i),
    room: { count, half: count / 2 + slot, name: `${slot}/${count}` },
  };
}
