/**
 * How many blocks of the WASM memory are in use, found by walking the allocator's own boundary tags from the first block to the last: it
 * counts what C++ code allocates as well as what JavaScript asks for, and nothing can hide from it. For tests and benches.
 *
 * The allocator is dlmalloc (Doug Lea). Before each block of `size` bytes stand two words: the size of the block before, if that is free,
 * and its own size with two flags, "the one before is in use" and "in use". No two free blocks are neighbours; where both flags are missing
 * the heap ends.
 */
import type { RawModule } from "./recast.js";

export interface LiveAllocations {
  readonly blocks: number;
  /** Tags included. */
  readonly bytes: number;
}

const HEAD_BYTES = 8;
const STEP_BYTES = 8;
const BLOCK_BYTES_MIN = 16;
const BEFORE_IN_USE = 1;
const IN_USE = 2;
const FLAGS = 7;
/** Where static data may begin; the heap is somewhere behind. */
const SEARCH_FROM = 1_024;

export class WasmHeap {
  private readonly raw: RawModule;
  /** Of the first block. */
  private readonly base: number;

  constructor(raw: RawModule) {
    this.raw = raw;
    this.base = this.findBase();
  }

  live(): LiveAllocations {
    const words = this.raw.HEAPU32;
    let blocks = 0;
    let bytes = 0;
    for (let at = this.base; at + HEAD_BYTES <= words.length * 4; ) {
      const head = words[(at + 4) >> 2] as number;
      const size = head & ~FLAGS;
      if ((head & (BEFORE_IN_USE | IN_USE)) === 0 || size < BLOCK_BYTES_MIN) break;
      if ((head & IN_USE) !== 0) {
        blocks++;
        bytes += size;
      }
      at += size;
    }
    return { blocks, bytes };
  }

  /** The lowest place from which a walk goes tag by tag to a block that is known to be one. */
  private findBase(): number {
    const pointer = this.raw._malloc(1);
    const known = pointer - HEAD_BYTES;
    let base = known;
    for (let at = SEARCH_FROM; at < known; at += STEP_BYTES) {
      if (!this.leadsTo(at, known)) continue;
      base = at;
      break;
    }
    this.raw._free(pointer);
    return base;
  }

  private leadsTo(from: number, known: number): boolean {
    const words = this.raw.HEAPU32;
    let wasInUse = true;
    let at = from;
    while (at < known) {
      const head = words[(at + 4) >> 2] as number;
      const size = head & ~FLAGS;
      const isSound = size >= BLOCK_BYTES_MIN && ((head & BEFORE_IN_USE) !== 0) === wasInUse && (head & 4) === 0;
      if (!isSound) return false;
      wasInUse = (head & IN_USE) !== 0;
      at += size;
    }
    return at === known;
  }
}
