/** Notices that frames take too long and asks for less: fewer extras and coarser pixels, in two steps. */

const SLOW_FRAME_MS = 45;
/** Frames must be slow on average for this long. */
const PATIENCE_SECONDS = 3;
const FACTORS = [1, 0.8, 0.6] as const;

export class Quality {
  /** `?quality=full` in the page's address: for pictures. */
  private readonly isFixed: boolean;
  private level: number;
  private averageMs = 16;
  private slowS = 0;

  /** `isSoftware`: WebGL is done by the processor, so it begins with less. */
  constructor(isFixed: boolean, isSoftware: boolean) {
    this.isFixed = isFixed;
    this.level = isSoftware && !isFixed ? 1 : 0;
  }

  /** All extras are shown. */
  get isFull(): boolean {
    return this.level === 0;
  }

  get resolutionFactor(): number {
    return FACTORS[this.level] ?? 1;
  }

  /** True when something changed. It never goes up again: that would flicker. */
  update(seconds: number, frameMs: number): boolean {
    if (this.isFixed || frameMs > 400) return false;
    this.averageMs += (frameMs - this.averageMs) * 0.05;
    this.slowS = this.averageMs > SLOW_FRAME_MS ? this.slowS + seconds : 0;
    if (this.slowS < PATIENCE_SECONDS || this.level >= FACTORS.length - 1) return false;
    this.level++;
    this.slowS = 0;
    return true;
  }
}
