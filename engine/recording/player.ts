/**
 * A recording being shown: a moment in it, whether it runs and how fast, and the world at that moment. Pure: whoever shows it says how
 * much time has passed. Going forward plays on; going back plays anew from the beginning (some million ops a second).
 */
import { RecordedWorld } from "./recorded-world.js";
import { Playback, type Recording } from "./recording.js";

const MS_PER_SECOND = 1000;

export class RecordingPlayer {
  readonly recording: Recording;
  /** Another one after each step back. */
  world: RecordedWorld;
  isPlaying = false;
  /** Seconds of the recording per second. */
  speed = 1;
  /** Called after the moment was chosen rather than reached. */
  onSeek: (() => void) | null = null;
  /** Called for each new world, before anything is in it. */
  onWorld: ((world: RecordedWorld) => void) | null = null;
  /** Amid a seek: what happens now is not for showing. */
  isSeeking = false;
  private playback: Playback;

  constructor(recording: Recording) {
    this.recording = recording;
    [this.world, this.playback] = this.rewound();
  }

  get atMs(): number {
    return this.playback.atMs;
  }

  get durationMs(): number {
    return this.recording.durationMs;
  }

  /** Time passed. Stops at the end. Throws RECORDING_INVALID. */
  advance(seconds: number): void {
    if (!this.isPlaying) return;
    const atMs = Math.min(this.durationMs, this.atMs + seconds * this.speed * MS_PER_SECOND);
    this.playback.advanceTo(atMs);
    if (atMs >= this.durationMs) this.isPlaying = false;
  }

  /** From the end it begins anew. */
  toggle(): void {
    if (!this.isPlaying && this.atMs >= this.durationMs) this.seek(0);
    this.isPlaying = !this.isPlaying;
  }

  /** To any moment; outside the recording it is the nearest inside. Throws RECORDING_INVALID. */
  seek(ms: number): void {
    const atMs = Math.max(0, Math.min(this.durationMs, ms));
    this.isSeeking = true;
    try {
      if (atMs < this.atMs) {
        [this.world, this.playback] = this.rewound();
        this.onWorld?.(this.world);
      }
      this.playback.advanceTo(atMs);
    } finally {
      this.isSeeking = false;
    }
    this.onSeek?.();
  }

  private rewound(): [RecordedWorld, Playback] {
    const world = new RecordedWorld(this.recording.definitions);
    return [world, new Playback(this.recording, world, (atMs) => (world.nowMs = atMs))];
  }
}
