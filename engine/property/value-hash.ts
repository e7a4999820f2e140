/**
 * A hash of values in two lanes of 32 bits: for comparing copies, not against an adversary. Names of an object count without their
 * order, items of an array with it. The mixing is that of MurmurHash3 (public domain).
 */
const scratch = new Float64Array(1);
const scratchWords = new Int32Array(scratch.buffer);
const SEED_A = 0x2545f491;
const SEED_B = 0x4f6cdd1d;

/** What kind of value follows. */
const TAG = { number: 1, text: 2, true: 3, false: 4, none: 5, bytes: 6, array: 7, object: 8 } as const;

/** A hash under way. Used again by `start`; `a` and `b` may be put aside and put back. */
export class ValueHash {
  a = SEED_A;
  b = SEED_B;

  start(): this {
    this.a = SEED_A;
    this.b = SEED_B;
    return this;
  }

  word(value: number): void {
    this.a = (Math.imul(rotate(this.a ^ Math.imul(value, 0xcc9e2d51), 13), 5) + 0xe6546b64) | 0;
    this.b = (Math.imul(rotate(this.b ^ Math.imul(value, 0x1b873593), 17), 9) + 0x85ebca6b) | 0;
  }

  number(value: number): void {
    if ((value | 0) === value) {
      this.word(value);
      return;
    }
    scratch[0] = value;
    this.word(scratchWords[0] as number);
    this.word(scratchWords[1] as number);
  }

  text(value: string): void {
    this.word(value.length);
    for (let i = 0; i < value.length; i++) this.word(value.charCodeAt(i));
  }

  /** Any plain value. */
  value(value: unknown): void {
    if (typeof value === "number") {
      this.word(TAG.number);
      this.number(value);
    } else if (typeof value === "string") {
      this.word(TAG.text);
      this.text(value);
    } else if (typeof value === "boolean") this.word(value ? TAG.true : TAG.false);
    else if (value === null || value === undefined) this.word(TAG.none);
    else if (value instanceof Uint8Array) {
      this.word(TAG.bytes);
      this.word(value.length);
      for (const byte of value) this.word(byte);
    } else if (Array.isArray(value)) {
      this.word(TAG.array);
      this.word(value.length);
      for (const item of value) this.value(item);
    } else this.object(value as Readonly<Record<string, unknown>>);
  }

  finish(): void {
    this.a = avalanche(this.a);
    this.b = avalanche(this.b ^ this.a);
  }

  /** A finished hash as a safe integer. */
  get integer(): number {
    return (this.b & 0x1fffff) * 2 ** 32 + (this.a >>> 0);
  }

  private object(object: Readonly<Record<string, unknown>>): void {
    const { a, b } = this;
    let sumA = 0;
    let sumB = 0;
    const names = Object.keys(object);
    for (const name of names) {
      this.start();
      this.text(name);
      this.value(object[name]);
      this.finish();
      sumA = (sumA + this.a) | 0;
      sumB = (sumB + this.b) | 0;
    }
    this.a = a;
    this.b = b;
    this.word(TAG.object);
    this.word(names.length);
    this.word(sumA);
    this.word(sumB);
  }
}

const hash = new ValueHash();

/** 16 hexadecimal digits. */
export function hashText(text: string): string {
  hash.start().text(text);
  hash.finish();
  return hex(hash.a) + hex(hash.b);
}

function rotate(value: number, by: number): number {
  return (value << by) | (value >>> (32 - by));
}

function avalanche(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, "0");
}
