/**
 * rpc-index.json: which number each entity type, method and property has on the wire and in the store. Numbers are given once: a new name
 * gets a free one, a name that goes or changes its signature retires its number for ever. Methods have at most four digits.
 */
import { AeonError } from "../base/errors.js";
import { buildPerfectHash, type PerfectHash } from "./perfect-hash.js";

const METHOD_NUMBER_MAX = 9_999;
const TYPE_NUMBER_MAX = 65_535;
const PROPERTY_NUMBER_MAX = 65_535;

export interface IndexEntry {
  readonly number: number;
  readonly signature: string;
}
export type IndexTable = Readonly<Record<string, IndexEntry>>;

export interface RpcIndex {
  readonly version: 1;
  readonly types: IndexTable;
  /** "Type.method" */
  readonly methods: IndexTable;
  /** "Type.property" */
  readonly properties: IndexTable;
  /** Numbers that are never given again. */
  readonly retired: {
    readonly types: readonly number[];
    readonly methods: readonly number[];
    readonly properties: readonly number[];
  };
  /** "Type.method" → number, minimal and perfect. */
  readonly hash: PerfectHash;
}

/** What a world declares: a signature for each name. */
export interface IndexNames {
  readonly types: Readonly<Record<string, string>>;
  readonly methods: Readonly<Record<string, string>>;
  readonly properties: Readonly<Record<string, string>>;
}

type Part = keyof IndexNames;
const PARTS: readonly { part: Part; max: number }[] = [
  { part: "types", max: TYPE_NUMBER_MAX },
  { part: "methods", max: METHOD_NUMBER_MAX },
  { part: "properties", max: PROPERTY_NUMBER_MAX },
];

/** The index of these names that keeps every number of `previous`; `changes` says what differs, a line each. */
export function buildRpcIndex(names: IndexNames, previous: RpcIndex | null): { index: RpcIndex; changes: string[] } {
  const changes: string[] = [];
  const tables: Record<Part, IndexTable> = { types: {}, methods: {}, properties: {} };
  const retired: Record<Part, number[]> = { types: [], methods: [], properties: [] };
  for (const { part, max } of PARTS) {
    retired[part] = [...(previous?.retired[part] ?? [])];
    tables[part] = numberNames(part, max, names[part], previous?.[part] ?? {}, retired[part], changes);
  }
  const numberOf = Object.fromEntries(Object.entries(tables.methods).map(([name, entry]) => [name, entry.number]));
  return { index: { version: 1, ...tables, retired, hash: buildPerfectHash(numberOf) }, changes };
}

function numberNames(
  part: Part,
  max: number,
  names: Readonly<Record<string, string>>,
  previous: IndexTable,
  retired: number[],
  changes: string[],
): IndexTable {
  const kept = new Map<string, IndexEntry>();
  for (const [name, entry] of Object.entries(previous)) {
    if (names[name] === entry.signature) kept.set(name, entry);
    else {
      retired.push(entry.number);
      if (names[name] === undefined) changes.push(`${part}: ${name} is gone, ${entry.number} is retired`);
    }
  }
  retired.sort((a, b) => a - b);
  const taken = new Set([...retired, ...[...kept.values()].map((entry) => entry.number)]);
  const table: Record<string, IndexEntry> = {};
  let next = 1;
  for (const name of Object.keys(names).sort()) {
    const signature = names[name] as string;
    let entry = kept.get(name);
    if (entry === undefined) {
      while (taken.has(next)) next++;
      if (next > max)
        throw new AeonError("ENTITY_DEFINITION", `no number is left for ${name}: ${part} have at most ${max}`);
      entry = { number: next, signature };
      taken.add(next);
      const before = previous[name];
      changes.push(
        before === undefined
          ? `${part}: ${name} is new, ${next}`
          : `${part}: ${name} changed from ${before.signature} to ${signature}, ${before.number} is retired, now ${next}`,
      );
    }
    table[name] = entry;
  }
  return table;
}

/** Where two indexes disagree about an entry that both have; null when either is a superset of the other as far as names are shared. */
export function compareIndexes(ours: RpcIndex, theirs: RpcIndex): string | null {
  for (const { part } of PARTS) {
    for (const [name, entry] of Object.entries(ours[part])) {
      const other = theirs[part][name];
      if (other === undefined) continue;
      if (other.number !== entry.number || other.signature !== entry.signature) {
        return `${part}: ${name} is ${entry.number} ${entry.signature} here and ${other.number} ${other.signature} there`;
      }
    }
  }
  return null;
}
