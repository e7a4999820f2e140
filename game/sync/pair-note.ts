/**
 * What is noted beside a pair of a view (ListPool.notes) for a client that is behind, or to which bodies may be lost: the tick in which it
 * was last told where the subject is, and whether that may have been lost. `u15 tick | u1 unsettled`; 0 where nothing was noted.
 */
export const TOLD_TICKS = 0x8000;

export function pairNote(tick: number, unsettled: boolean): number {
  return ((tick & (TOLD_TICKS - 1)) << 1) | (unsettled ? 1 : 0);
}

/** Modulo TOLD_TICKS. */
export function notedTick(note: number): number {
  return note >>> 1;
}

export function isUnsettled(note: number): boolean {
  return (note & 1) === 1;
}
