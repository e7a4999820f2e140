/**
 * Which gate to dial next, and when. The gates the author named come first, in the order given; those a gate tells of are added, so that there is another
 * one when it goes. A session can only be resumed through its own gate, so that one is tried first.
 * Pauses double, with jitter, so that the clients of a dead gate do not all come back in the same instant.
 */
import type { Random } from "../engine/base/random.js";

const GATE_COUNT_MAX = 256;
/** Attempts at the gate that holds the session before another one is tried. */
const OWN_GATE_ATTEMPTS = 2;
const PAUSE_MIN_MS = 100;
const PAUSE_MAX_MS = 5_000;

export class GateList {
  private readonly urls: string[];
  private readonly random: Random;
  private index = 0;
  private attempts = 0;

  constructor(urls: readonly string[], random: Random) {
    this.urls = [...new Set(urls)];
    this.random = random;
  }

  get current(): string {
    return this.urls[this.index] as string;
  }

  get all(): readonly string[] {
    return this.urls;
  }

  /** Gates that a gate told of. */
  learn(urls: readonly string[]): void {
    for (const url of urls) if (this.hasRoomFor(url)) this.urls.push(url);
  }

  /** Other addresses of the current gate: they are tried next, since its session can be resumed there. */
  learnSame(urls: readonly string[]): void {
    this.urls.splice(this.index + 1, 0, ...urls.filter((url) => this.hasRoomFor(url)));
  }

  /** Begins anew with these, the best first; the others come after them. */
  prefer(urls: readonly string[]): void {
    const rest = this.urls.filter((url) => !urls.includes(url));
    this.urls.splice(0, this.urls.length, ...new Set(urls), ...rest);
    this.urls.length = Math.min(this.urls.length, GATE_COUNT_MAX);
    this.index = 0;
    this.attempts = 0;
  }

  /** The current gate answered. */
  succeeded(): void {
    this.attempts = 0;
  }

  private hasRoomFor(url: string): boolean {
    return this.urls.length < GATE_COUNT_MAX && !this.urls.includes(url);
  }

  /** An attempt failed: returns how long to pause before the next one, in ms, and moves on when this gate had its chances. */
  failed(holdsSession: boolean): number {
    this.attempts++;
    if (!holdsSession || this.attempts >= OWN_GATE_ATTEMPTS) this.index = (this.index + 1) % this.urls.length;
    const pauseMs = Math.min(PAUSE_MAX_MS, PAUSE_MIN_MS * 2 ** Math.min(this.attempts - 1, 16));
    return pauseMs * (0.5 + this.random.next() * 0.5);
  }
}
