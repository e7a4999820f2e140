/** Randomness as a core sees it. A seed repeats a run exactly; real processes use `systemRandom`. */
export interface Random {
  /** A float in [0, 1). */
  next(): number;
  /** An integer 0 … 2^32−1. */
  u32(): number;
  /** `count` bytes. */
  bytes(count: number): Uint8Array;
}

/** xoshiro128** by Blackman and Vigna (public domain), seeded by splitmix32. Not for keys: those come from `systemRandom`. */
export class SeededRandom implements Random {
  private readonly state = new Uint32Array(4);

  constructor(seed: number) {
    let mixed = seed >>> 0;
    for (let i = 0; i < 4; i++) {
      mixed = (mixed + 0x9e3779b9) >>> 0;
      let z = mixed;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      this.state[i] = z ^ (z >>> 16);
    }
  }

  u32(): number {
    const s = this.state;
    const s1 = s[1] as number;
    const times5 = Math.imul(s1, 5);
    const result = Math.imul((times5 << 7) | (times5 >>> 25), 9) >>> 0;
    const t = s1 << 9;
    s[2] = (s[2] as number) ^ (s[0] as number);
    s[3] = (s[3] as number) ^ s1;
    s[1] = s1 ^ (s[2] as number);
    s[0] = (s[0] as number) ^ (s[3] as number);
    s[2] = (s[2] as number) ^ t;
    const s3 = s[3] as number;
    s[3] = (s3 << 11) | (s3 >>> 21);
    return result;
  }

  next(): number {
    return this.u32() / 2 ** 32;
  }

  bytes(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    for (let i = 0; i < count; i++) bytes[i] = this.u32() >>> 24;
    return bytes;
  }
}

/** The system's cryptographic randomness; in browsers and in Node. For real processes, never for a core under test. */
export const systemRandom: Random = {
  next: () => systemRandom.u32() / 2 ** 32,
  u32: () => crypto.getRandomValues(new Uint32Array(1))[0] as number,
  bytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
};

/** An integer 0 … `count`−1. */
export function randomIndex(random: Random, count: number): number {
  return Math.floor(random.next() * count);
}
