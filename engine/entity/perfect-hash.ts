/**
 * A minimal perfect hash of a fixed set of names, by "hash, displace" (Belazzougui, Botelho, Dietzfelbinger 2009): a name falls into a
 * bucket, the bucket's displacement sends it to a slot that no other name has. Computed offline, stored in rpc-index.json.
 */
import { AeonError } from "../base/errors.js";

const NAMES_PER_BUCKET = 4;
const DISPLACEMENT_MAX = 1_000_000;

export interface PerfectHash {
  /** One per bucket. */
  readonly displacements: readonly number[];
  /** Slot → number; as many slots as names. */
  readonly numbers: readonly number[];
}

/** FNV-1a over UTF-16 units with a seed, finished by murmur3's mixer. */
export function hashName(name: string, seed: number): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

export function buildPerfectHash(numberOf: Readonly<Record<string, number>>): PerfectHash {
  const names = Object.keys(numberOf).sort();
  const bucketCount = Math.max(1, Math.ceil(names.length / NAMES_PER_BUCKET));
  const buckets: string[][] = Array.from({ length: bucketCount }, () => []);
  for (const name of names) buckets[hashName(name, 0) % bucketCount]?.push(name);
  const displacements = new Array<number>(bucketCount).fill(0);
  const numbers = new Array<number>(names.length).fill(0);
  const taken = new Array<boolean>(names.length).fill(false);
  const order = buckets.map((_, i) => i).sort((a, b) => (buckets[b]?.length ?? 0) - (buckets[a]?.length ?? 0) || a - b);
  for (const bucket of order) {
    const members = buckets[bucket] ?? [];
    const { displacement, slots } = place(members, names.length, taken);
    displacements[bucket] = displacement;
    slots.forEach((slot, i) => {
      taken[slot] = true;
      numbers[slot] = numberOf[members[i] as string] as number;
    });
  }
  return { displacements, numbers };
}

function place(members: readonly string[], slotCount: number, taken: readonly boolean[]) {
  if (members.length === 0) return { displacement: 0, slots: [] as number[] };
  for (let displacement = 1; displacement <= DISPLACEMENT_MAX; displacement++) {
    const slots = members.map((name) => hashName(name, displacement) % slotCount);
    if (new Set(slots).size === slots.length && slots.every((slot) => !taken[slot])) return { displacement, slots };
  }
  throw new AeonError("INTERNAL", "no displacement places a bucket of the perfect hash");
}

/** The number of a name of the set; a name outside the set gets some number, so the caller compares the name it stands for. */
export function lookUp(hash: PerfectHash, name: string): number {
  if (hash.numbers.length === 0) return 0;
  const displacement = hash.displacements[hashName(name, 0) % hash.displacements.length] as number;
  return hash.numbers[hashName(name, displacement) % hash.numbers.length] as number;
}
