/** Seeded randomness for tests and benches: the same seed, the same run. */

/** Floats in [0, 1) from a 32-bit Weyl sequence through a mixer; good enough to lose datagrams with, for nothing else. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32;
  };
}

/** A whole number 0 … count − 1. */
export function below(random: () => number, count: number): number {
  return Math.floor(random() * count);
}
