/**
 * The op log's ring, drawn. It is an Int32Array over a plain or shared buffer, behind CONTROL_WORDS words that both sides share.
 * An op is never split by the ring's end: what does not fit there is preceded by `pad`, which sends the reader to word 0.
 *
 *   property op   | head | entity | node | key or index or child … | value … |
 *   root number   | head | entity | int32, float32 or float64 |     a field of node 0: the commonest op
 *   cold op       | head | byteLength | bytes, padded to words |       bytes as in op-log-world.ts
 *   transforms    | head | tick | serverMs (2) | count | slots × count | positions × 4·count |
 *   chunk         | head | byteLength | bytes |                        the next op's value or body, in parts
 *   flush         | head | sequence low | sequence high |
 *   nextRing      | head |                                     the last op of a ring: the log goes on in the next one
 *
 *   head          op 0–5 · value kind 6–9 · scope 10–12 · key is int32 13 · body is in the chunks before 14 · field id 16–31
 *   value         int: 1 word · double: 2 words · text, bytes, json: byteLength and bytes · true, false, null: nothing
 *
 * Nothing of this leaves the process; both ends are always the same build.
 */
export const OP = {
  pad: 1,
  chunk: 2,
  flush: 3,
  cold: 4,
  transforms: 5,
  entityDestroy: 6,
  fieldSet: 7,
  fieldNode: 8,
  mapSet: 9,
  mapNode: 10,
  mapDelete: 11,
  mapClear: 12,
  listSet: 13,
  listSetNode: 14,
  listInsert: 15,
  listInsertNode: 16,
  listRemove: 17,
  listMove: 18,
  listClear: 19,
  nextRing: 20,
  /** From here on: numbers of the root. */
  rootInt: 61,
  rootFloat: 62,
  rootDouble: 63,
} as const;
export const OP_MASK = 0x3f;

export const VALUE = { int: 0, double: 1, false: 2, true: 3, null: 4, text: 5, bytes: 6, json: 7 } as const;
export const VALUE_SHIFT = 6;
export const VALUE_MASK = 0xf;
export const SCOPE_SHIFT = 10;
export const SCOPE_MASK = 7;
export const INT_KEY_BIT = 1 << 13;
export const CHUNKED_BIT = 1 << 14;
export const FIELD_SHIFT = 16;

const doubles = new Float64Array(1);
const doubleWords = new Int32Array(doubles.buffer);

/** A float64 that stands in two words. */
export function doubleOf(words: Int32Array, at: number): number {
  doubleWords[0] = words[at] as number;
  doubleWords[1] = words[at + 1] as number;
  return doubles[0] as number;
}

/** The head of a root number op: `op` is rootInt, rootFloat or rootDouble. */
export function rootHead(op: number, field: number, scope: number): number {
  return op | (field << FIELD_SHIFT) | (scope << SCOPE_SHIFT);
}

/**
 * Shared words before the ring: where the writer has published to, and where the reader has read to; both indices into the ring. Each
 * has a cache line of its own, since two threads write them.
 */
export const CONTROL_WORDS = 32;
export const CONTROL_HEAD = 0;
export const CONTROL_TAIL = 16;
