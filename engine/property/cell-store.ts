/**
 * Memory for the numbers of a shadow: rows of 8-byte cells in pages of typed arrays, so that thousands of structs and entities take
 * no objects for their numbers and lie close together. A row belongs to whoever took it until it is given back. One shadow, one thread.
 */

/** Cells of a page, as a power of two; a longer row has a page of its own. 64 KiB. */
export const PAGE_SHIFT = 13;
const PAGE_CELLS = 1 << PAGE_SHIFT;
/** The part of a place that says where in its page it is. */
export const CELL_MASK = PAGE_CELLS - 1;
/** Of the first: a shadow of few entities is small. */
const FIRST_PAGE_CELLS = 512;
export const WORDS_PER_CELL = 2;
/** Rows up to so long are filled by a loop, which is faster than `set` for them. */
const LOOP_CELLS_MAX = 24;

export class CellPage {
  readonly cells: Float64Array;
  /** The same memory as words of 32 bits, two to a cell. */
  readonly words: Int32Array;
  /** Cells in use from the start. */
  used = 0;
  private readonly number: number;

  /** `number`: its index in the store's `pages`. */
  constructor(cellCount: number, number: number) {
    this.cells = new Float64Array(cellCount);
    this.words = new Int32Array(this.cells.buffer);
    this.number = number;
  }

  /** A row's page and start in one number: `pages[place >> PAGE_SHIFT]`, `place & CELL_MASK`. */
  placeOf(start: number): number {
    return (this.number << PAGE_SHIFT) | start;
  }
}

interface FreeRows {
  readonly pages: CellPage[];
  readonly starts: number[];
}

export class CellStore {
  /** Where the row that was taken last begins, in cells of `page`. */
  start = 0;
  readonly pages: CellPage[] = [];
  /** Where the next short row comes from, unless one was given back. */
  private page = this.addPage(FIRST_PAGE_CELLS);
  /** By length of the row, in cells. */
  private readonly free: (FreeRows | undefined)[] = [];

  /** Takes a row with this content; it begins at `start` of the page returned. */
  take(content: Float64Array): CellPage {
    const page = this.room(content.length);
    const { cells } = page;
    const { start } = this;
    if (content.length > LOOP_CELLS_MAX) cells.set(content, start);
    else for (let i = 0; i < content.length; i++) cells[start + i] = content[i] as number;
    return page;
  }

  /** Gives a row of `length` cells back. */
  give(page: CellPage, start: number, length: number): void {
    let rows = this.free[length];
    if (rows === undefined) {
      rows = { pages: [], starts: [] };
      this.free[length] = rows;
    }
    rows.pages.push(page);
    rows.starts.push(start);
  }

  private room(length: number): CellPage {
    const rows = this.free[length];
    const freed = rows?.pages.pop();
    if (rows !== undefined && freed !== undefined) {
      this.start = rows.starts.pop() as number;
      return freed;
    }
    if (length > PAGE_CELLS) {
      this.start = 0;
      return this.addPage(length);
    }
    if (this.page.used + length > this.page.cells.length) this.page = this.addPage(PAGE_CELLS);
    const { page } = this;
    this.start = page.used;
    page.used += length;
    return page;
  }

  private addPage(cellCount: number): CellPage {
    const page = new CellPage(cellCount, this.pages.length);
    this.pages.push(page);
    return page;
  }
}

/** The first of a cell's words. */
export function wordOf(cell: number): number {
  return cell * WORDS_PER_CELL;
}
