/**
 * Queries that travel to a worker and back together, in a slot of one piece of shared memory that is made once. The script thread writes
 * requests, the worker answers in place; nothing is copied and nothing is allocated per query. A slot, in words of 4 bytes:
 *
 *   capacity × request | capacity × answer | floats of the answers
 *
 *   request: kind | is cancelled | filter | seed | from x y z | to x y z | half extents x y z | radius | mesh | –
 *   answer:  status | mesh version | first float | floats
 *
 * The script thread may set "is cancelled" at any time; every other word belongs to whoever has the batch.
 */
export const QueryKind = { path: 1, raycast: 2, nearest: 3, move: 4, random: 5, randomAround: 6, check: 7 } as const;
export type QueryKindNumber = (typeof QueryKind)[keyof typeof QueryKind];

export const AnswerStatus = {
  none: 0,
  complete: 1,
  /** As far as it gets. */
  partial: 2,
  /** `from` is not on the mesh. */
  offMesh: 3,
  /** `to` is not on the mesh. */
  goalOffMesh: 4,
  /** There is nothing to be found. */
  nothing: 5,
  cancelled: 6,
  failed: 7,
} as const;
export type AnswerStatusNumber = (typeof AnswerStatus)[keyof typeof AnswerStatus];

const REQUEST_WORDS = 16;
const ANSWER_WORDS = 4;

/** Of the floats of an answer. Raycast: share of the way, then the point, then the wall's normal. */
export const RAYCAST_FLOATS = 7;
export const POINT_FLOATS = 3;
/** Check: see `MoveVerdict`, then the last legal point. */
export const CHECK_FLOATS = 4;

/** What is wrong with a move: bits. */
export const MoveVerdict = { fromOffMesh: 1, toOffMesh: 2, throughWall: 4 } as const;

export interface BatchSizes {
  /** Queries in a batch. */
  readonly capacity: number;
  /** Points of the longest path. */
  readonly pointsMax: number;
}

function slotWords({ capacity, pointsMax }: BatchSizes): number {
  return capacity * (REQUEST_WORDS + ANSWER_WORDS + pointsMax * POINT_FLOATS);
}

/** Room for `slots` batches with the longest answers; only what is touched takes memory. */
export function makeBatchMemory(sizes: BatchSizes, slots: number): SharedArrayBuffer {
  return new SharedArrayBuffer(slots * slotWords(sizes) * 4);
}

/** Both sides' view of a slot. */
export class BatchWords {
  readonly slot: number;
  readonly words: Int32Array;
  readonly floats: Float32Array;
  /** Where the answers' floats begin, as an index of `floats`. */
  readonly firstFloat: number;
  private readonly answersAt: number;

  constructor(memory: ArrayBufferLike, slot: number, sizes: BatchSizes) {
    const count = slotWords(sizes);
    this.slot = slot;
    this.words = new Int32Array(memory, slot * count * 4, count);
    this.floats = new Float32Array(memory, slot * count * 4, count);
    this.answersAt = sizes.capacity * REQUEST_WORDS;
    this.firstFloat = this.answersAt + sizes.capacity * ANSWER_WORDS;
  }

  /** The first word of a request. */
  requestAt(index: number): number {
    return index * REQUEST_WORDS;
  }
  /** The first word of an answer. */
  answerAt(index: number): number {
    return this.answersAt + index * ANSWER_WORDS;
  }

  cancel(index: number): void {
    Atomics.store(this.words, this.requestAt(index) + 1, 1);
  }
  isCancelled(index: number): boolean {
    return Atomics.load(this.words, this.requestAt(index) + 1) !== 0;
  }
}

/** What a query says, beside its kind. */
export interface QueryArguments {
  fromX: number;
  fromY: number;
  fromZ: number;
  toX: number;
  toY: number;
  toZ: number;
  /** How far from a point the mesh may be. */
  halfX: number;
  halfY: number;
  halfZ: number;
  radius: number;
  filter: number;
  seed: number;
  /** Which of the meshes that the batch is about. */
  mesh: number;
}

export function writeRequest(batch: BatchWords, index: number, kind: QueryKindNumber, query: QueryArguments): void {
  const { words, floats } = batch;
  const at = batch.requestAt(index);
  words[at] = kind;
  words[at + 1] = 0;
  words[at + 2] = query.filter;
  words[at + 3] = query.seed | 0;
  floats[at + 4] = query.fromX;
  floats[at + 5] = query.fromY;
  floats[at + 6] = query.fromZ;
  floats[at + 7] = query.toX;
  floats[at + 8] = query.toY;
  floats[at + 9] = query.toZ;
  floats[at + 10] = query.halfX;
  floats[at + 11] = query.halfY;
  floats[at + 12] = query.halfZ;
  floats[at + 13] = query.radius;
  words[at + 14] = query.mesh;
}
