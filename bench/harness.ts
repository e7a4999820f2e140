/**
 * What every bench is made of: a case is run warm, then in five rounds of which the median counts, and reported as one line with a unit,
 * a target to hold it against and a hash of what was computed, so that nobody makes it faster by changing what it does.
 *
 * A bench is a module `bench/NAME.bench.ts` that exports `bench(run)`. `aeon bench NAME` runs it; so does `npm test`, with small sizes.
 */
import { getHeapStatistics } from "node:v8";

export type Unit = "ns" | "us" | "ms" | "bytes" | "count" | "percent" | "hz" | "mb";

/** One line of `aeon bench NAME --json`. */
export interface Measurement {
  readonly case: string;
  readonly value: number;
  readonly unit: Unit;
  /** The largest value that is good enough; null: there is none for this case, or the sizes are small. */
  readonly target: number | null;
  readonly ok: boolean;
  /** Of the case's result, the same on every machine; "" where the case that it belongs to has it. */
  readonly hash: string;
}

export interface BenchOptions {
  /** Sizes as the tests use them: the same code, no figures worth reading. */
  readonly small: boolean;
  /** Runs only the cases whose name contains it. */
  readonly only?: string;
}

/** What a bench module exports. */
export interface BenchModule {
  bench(run: BenchRun): void | Promise<void>;
}

export interface Rounds {
  readonly warmUp: number;
  /** Per round. */
  readonly repeats: number;
}

export const ROUND_COUNT = 5;

/** How many times `repeats` runs in a measured case. */
export function repeatCount({ warmUp, repeats }: Rounds): number {
  return warmUp + repeats * ROUND_COUNT;
}

export class BenchRun {
  readonly isSmall: boolean;
  private readonly only: string;
  private readonly emit: (measurement: Measurement) => void;

  constructor(options: BenchOptions, emit: (measurement: Measurement) => void) {
    this.isSmall = options.small;
    this.only = options.only ?? "";
    this.emit = emit;
  }

  wants(name: string): boolean {
    return name.includes(this.only);
  }

  /** `target`: the largest good value. */
  report(name: string, unit: Unit, value: number, target: number | null = null, hash = ""): void {
    const bound = this.isSmall ? null : target;
    const rounded = Number(value.toPrecision(4));
    this.emit({ case: name, value: rounded, unit, target: bound, ok: bound === null || rounded <= bound, hash });
  }
}

/**
 * Runs `repeat` warm, then in rounds, with the running number of the repeat. It returns one or several durations (of threads, of parts);
 * the result is, for each of them, the median over the rounds of the mean within a round: a round's garbage is paid in it.
 *
 * Where all happens on this thread, what the machine gave to other programs is taken out: a round's times are scaled by the share of
 * it that this process was running.
 */
export async function medians(
  { warmUp, repeats }: Rounds,
  repeat: (number: number) => readonly number[] | Promise<readonly number[]>,
): Promise<number[]> {
  let number = 0;
  for (; number < warmUp; number++) await repeat(number);
  const rounds: number[][] = [];
  for (let round = 0; round < ROUND_COUNT; round++) {
    const sums: number[] = [];
    const share = new RunningShare();
    for (let i = 0; i < repeats; i++) {
      const result = repeat(number++);
      if (result instanceof Promise) share.isUnknown = true;
      const parts = result instanceof Promise ? await result : result;
      for (let part = 0; part < parts.length; part++) sums[part] = (sums[part] ?? 0) + (parts[part] as number);
    }
    const scale = share.value() / repeats;
    rounds.push(sums.map((sum) => sum * scale));
  }
  return (rounds[0] ?? []).map((_, part) => median(rounds.map((round) => round[part] as number)));
}

/** How much of the time since it was made this process has been running, at most 1. */
class RunningShare {
  /** Other threads of this process worked meanwhile, or it waited. */
  isUnknown = false;
  private readonly startMs = performance.now();
  private readonly startCpu = process.cpuUsage();

  value(): number {
    const { user, system } = process.cpuUsage(this.startCpu);
    const wallMs = performance.now() - this.startMs;
    return this.isUnknown ? 1 : Math.min(1, (user + system) / 1_000 / wallMs);
  }
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

/** How long `run` takes, in ms. */
export function timed(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}

/**
 * Bytes of JavaScript heap that one `run` allocates, objects that are garbage by now included; typed arrays' own memory is not. The
 * median of those of the runs in which nothing was collected; NaN when there is none.
 */
export function allocatedBytes(repeats: number, run: () => void): number {
  const growths: number[] = [];
  for (let i = 0; i < repeats; i++) {
    const before = getHeapStatistics().used_heap_size;
    run();
    const growth = getHeapStatistics().used_heap_size - before;
    if (growth >= 0) growths.push(growth);
  }
  return median(growths);
}

/** A hash over numbers and texts, for results: FNV-1a, 32 bits, as 8 hexadecimal digits. */
export class ResultHash {
  private state = 0x811c9dc5;

  add(value: number | string): this {
    const text = `${value};`;
    for (let i = 0; i < text.length; i++) this.state = Math.imul(this.state ^ text.charCodeAt(i), 0x01000193);
    return this;
  }

  addBytes(bytes: Uint8Array): this {
    for (let i = 0; i < bytes.length; i++) this.state = Math.imul(this.state ^ (bytes[i] as number), 0x01000193);
    return this;
  }

  get text(): string {
    return (this.state >>> 0).toString(16).padStart(8, "0");
  }
}
