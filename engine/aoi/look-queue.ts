/**
 * Which observers look about next: first those whose near lists are used up, or who are not where they were; then some by turns, as many
 * as would otherwise look about in some later update, so that no update has more of that than another.
 */
import { IntList } from "./int-list.js";

const INDICES_MIN = 64;
const WAIT = { not: 0, turn: 1, usedUp: 2 } as const;

export class LookQueue {
  /** Their pairs may be wrong. */
  readonly usedUp = new IntList();
  /** Their pairs are right. May name some that are in `usedUp`, too: ask `isTurn`. */
  readonly turns = new IntList();
  private states = new Uint8Array(INDICES_MIN);
  /** Place in the list of observers of the one that looked about last by turns. */
  private place = 0;
  /** Updates whose turns have not been taken; below 0: turns were taken ahead. */
  private credit = 0;

  addUsedUp(observer: number): void {
    if (this.states[observer] !== WAIT.usedUp) this.usedUp.push(observer);
    this.states[observer] = WAIT.usedUp;
  }

  isTurn(observer: number): boolean {
    return this.states[observer] === WAIT.turn;
  }

  /** It has looked about. */
  done(observer: number): void {
    this.states[observer] = WAIT.not;
  }

  clear(): void {
    this.usedUp.clear();
    this.turns.clear();
  }

  /** Adds those whose turn it is. `updatesBetween`: how many updates go by, on average, from one turn of the observer to the next. */
  takeTurns(observers: IntList, updatesBetween: (observer: number) => number): void {
    this.credit = Math.min(1, this.credit + 1);
    for (let i = 0; i < observers.length && this.credit > 0; i++) {
      this.place = this.place + 1 < observers.length ? this.place + 1 : 0;
      const observer = observers.at(this.place);
      this.credit -= updatesBetween(observer) / observers.length;
      if (this.states[observer] !== WAIT.not) continue;
      this.states[observer] = WAIT.turn;
      this.turns.push(observer);
    }
  }

  reserve(index: number): void {
    if (index < this.states.length) return;
    const states = new Uint8Array(Math.max(index + 1, this.states.length * 2));
    states.set(this.states);
    this.states = states;
  }
}
