/**
 * Which kinds of ground a query may cross, and what crossing them costs. Filters are numbered once and stand in a table in shared memory
 * that only grows; a query names its filter by number.
 */
import { AeonError } from "../base/errors.js";
import type { NavArea } from "./nav-file.js";
import type { RawModule, Recast } from "./recast.js";
import { AREAS_MAX, flagOf } from "./tile-cache.js";

/** By the names that the mesh was built with; "ground" is what has no name. */
export interface NavFilter {
  /** Kinds of ground that are not entered at all. */
  readonly avoid?: readonly string[];
  /** How many times as long the way over a kind of ground counts (≥ 1); 1 where nothing is said. */
  readonly costs?: Readonly<Record<string, number>>;
}

const FILTERS_MAX = 64;
/** Excluded flags, then a cost for each kind of ground. */
const FILTER_WORDS = 1 + AREAS_MAX;
/** Everything, at its length. */
export const NO_FILTER = 0;
const ALL_FLAGS = 0xffff;

/** Script thread: hands out numbers. */
export class FilterTable {
  readonly buffer = new SharedArrayBuffer(FILTERS_MAX * FILTER_WORDS * 4);
  private readonly floats = new Float32Array(this.buffer);
  private readonly numbers = new Map<string, number>();
  /** So that the same object is not looked at again. */
  private readonly known = new WeakMap<NavFilter, Map<readonly NavArea[], number>>();

  constructor() {
    this.number({}, []);
  }

  /** Throws VALUE_RANGE for ground that the mesh does not have, a cost below 1, and more filters than there may be. */
  number(filter: NavFilter, areas: readonly NavArea[]): number {
    let byAreas = this.known.get(filter);
    const already = byAreas?.get(areas);
    if (already !== undefined) return already;
    const row = rowOf(filter, areas);
    const key = row.join();
    let number = this.numbers.get(key);
    if (number === undefined) {
      number = this.numbers.size;
      if (number >= FILTERS_MAX) throw new AeonError("VALUE_RANGE", `more than ${FILTERS_MAX} different filters`);
      this.floats.set(row, number * FILTER_WORDS);
      this.numbers.set(key, number);
    }
    byAreas ??= new Map();
    byAreas.set(areas, number);
    this.known.set(filter, byAreas);
    return number;
  }
}

function rowOf({ avoid = [], costs = {} }: NavFilter, areas: readonly NavArea[]): number[] {
  const area = (name: string) => {
    const found = areas.find((candidate) => candidate.name === name);
    if (found === undefined) throw new AeonError("VALUE_RANGE", `the mesh has no ground named ${name}`);
    return found.area;
  };
  const row = new Array<number>(FILTER_WORDS).fill(1);
  row[0] = avoid.reduce((flags, name) => flags | flagOf(area(name)), 0);
  for (const [name, cost] of Object.entries(costs)) {
    if (!(cost >= 1 && cost < Number.POSITIVE_INFINITY)) throw new AeonError("VALUE_RANGE", `${name} costs ${cost}`);
    row[1 + area(name)] = cost;
  }
  return row;
}

type RawFilter = InstanceType<RawModule["dtQueryFilter"]>;

/** A thread's filters, made when they are first named; there are at most as many as the table holds. */
export class ThreadFilters {
  private readonly recast: Recast;
  private readonly table: ArrayBufferLike;
  private readonly made: RawFilter[] = [];

  constructor(recast: Recast, table: ArrayBufferLike) {
    this.recast = recast;
    this.table = table;
  }

  free(): void {
    for (const filter of this.made.splice(0)) if (filter !== undefined) this.recast.destroy(filter);
  }

  get(number: number): RawFilter {
    const known = this.made[number];
    if (known !== undefined) return known;
    const row = new Float32Array(this.table, number * FILTER_WORDS * 4, FILTER_WORDS);
    const filter = new this.recast.raw.dtQueryFilter();
    filter.setIncludeFlags(ALL_FLAGS);
    filter.setExcludeFlags(row[0] as number);
    for (let area = 0; area < AREAS_MAX; area++) filter.setAreaCost(area, row[1 + area] as number);
    this.made[number] = filter;
    return filter;
  }
}
