/**
 * Where area entities are: one table per game, by slot, in typed arrays. What moved since the last tick is listed once, and written to the
 * op log as one `transforms` op per tick.
 */
import type { WorldOpSink } from "../property/op-sink.js";
import type { Position } from "./runtime.js";

const SLOTS_MIN = 1_024;
const WORDS = 4;

export class TransformTable {
  /** [x, y, z, yaw] * slots, in units and radians */
  private positions = new Float32Array(SLOTS_MIN * WORDS);
  private moved = new Uint8Array(SLOTS_MIN);
  private movedSlots = new Int32Array(SLOTS_MIN);
  private movedCount = 0;
  /** Of the moved ones, gathered for the op. */
  private gathered = new Float32Array(SLOTS_MIN * WORDS);

  set(slot: number, x: number, y: number, z: number, yaw: number): void {
    if (slot >= this.moved.length) this.grow(slot);
    const at = slot * WORDS;
    this.positions[at] = x;
    this.positions[at + 1] = y;
    this.positions[at + 2] = z;
    this.positions[at + 3] = yaw;
  }

  /** Sets it and lists it for the next transforms op. */
  move(slot: number, x: number, y: number, z: number, yaw: number): void {
    this.set(slot, x, y, z, yaw);
    if (this.moved[slot] === 1) return;
    this.moved[slot] = 1;
    if (this.movedCount === this.movedSlots.length) this.movedSlots = enlarged(this.movedSlots, this.movedCount * 2);
    this.movedSlots[this.movedCount++] = slot;
  }

  /** The slot is no longer in a space: what it moved since the last tick concerns nobody. */
  forget(slot: number): void {
    if (slot < this.moved.length) this.moved[slot] = 0;
  }

  position(slot: number): Position {
    const at = slot * WORDS;
    const p = this.positions;
    return { x: p[at] ?? 0, y: p[at + 1] ?? 0, z: p[at + 2] ?? 0, yaw: p[at + 3] ?? 0 };
  }

  /** Writes one op with everything that moved, and begins anew. */
  write(ops: WorldOpSink, tick: number, serverMs: number): void {
    const { positions, gathered } = this;
    let count = 0;
    for (let i = 0; i < this.movedCount; i++) {
      const slot = this.movedSlots[i] as number;
      if (this.moved[slot] !== 1) continue;
      this.moved[slot] = 0;
      this.movedSlots[count] = slot;
      for (let word = 0; word < WORDS; word++)
        gathered[count * WORDS + word] = positions[slot * WORDS + word] as number;
      count++;
    }
    this.movedCount = 0;
    ops.transforms(tick, serverMs, count, this.movedSlots, this.gathered);
  }

  private grow(slot: number): void {
    let slots = this.moved.length * 2;
    while (slots <= slot) slots *= 2;
    const positions = new Float32Array(slots * WORDS);
    positions.set(this.positions);
    this.positions = positions;
    const moved = new Uint8Array(slots);
    moved.set(this.moved);
    this.moved = moved;
    this.gathered = new Float32Array(slots * WORDS);
  }
}

function enlarged(from: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const to = new Int32Array(length);
  to.set(from);
  return to;
}
