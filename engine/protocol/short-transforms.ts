/**
 * The records of client-link's `shortTransforms`, written and read by hand since they are the hottest there are.
 *
 *   level   u16 target | u16 x | u16 z | u8 yaw              7 bytes; the height is the one the client has
 *   risen   u16 target | u16 x | u16 z | u8 yaw | u16 y      9 bytes
 *
 * A coordinate is the low 16 bits of its number of steps, 1/64 unit each: the same bytes for whoever gets it. The body names a cell near
 * its reader; the coordinate meant is the one within ±512 units of the cell's middle. Yaw is in 256ths of a turn.
 */
export const STEPS_PER_UNIT = 64;
/** Cells are so large, and their middles stand at multiples of it. */
export const CELL_UNITS = 256;
const CELL_STEPS = CELL_UNITS * STEPS_PER_UNIT;
export const LEVEL_BYTES = 7;
export const RISEN_BYTES = 9;
const YAW_STEPS = 256;
const TURN = Math.PI * 2;
const YAW_STEPS_PER_RADIAN = YAW_STEPS / TURN;

/** Whoever stands within this many units of the reader's position is within reach of the reader's cell, in x and in z. */
export const REACH_UNITS = 32_768 / STEPS_PER_UNIT - CELL_UNITS / 2 - 1;

/** An int32: coordinates are within ±1,000,000. */
export function stepsOf(coordinate: number): number {
  return Math.floor(coordinate * STEPS_PER_UNIT + 0.5) | 0;
}

export function yawStepsOf(yaw: number): number {
  return Math.floor(yaw * YAW_STEPS_PER_RADIAN + 0.5) & (YAW_STEPS - 1);
}

export function yawOf(yawSteps: number): number {
  return (yawSteps / YAW_STEPS) * TURN;
}

/** The cell that a coordinate is in. */
export function cellOf(coordinate: number): number {
  return Math.round(coordinate / CELL_UNITS);
}

/** Whether a coordinate of so many steps can be told relative to the cell. */
export function isInReach(steps: number, cell: number): boolean {
  const away = steps - cell * CELL_STEPS;
  return away >= -32_768 && away <= 32_767;
}

/** The coordinate within reach of the cell that has these low 16 bits. */
export function coordinateOf(low: number, cell: number): number {
  const away = ((low - cell * CELL_STEPS) << 16) >> 16;
  return cell * CELL_UNITS + away / STEPS_PER_UNIT;
}
