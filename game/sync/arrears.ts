/**
 * What a client that is behind has not been told: which entities in its view changed (and where, see shadow-lack.ts), and which it does not
 * know of at all. No change and no body is kept, so it is bounded by the client's view, however long the client stays behind. Who moved
 * stands in the view itself: a pair's stamp.
 */
import { Lack } from "../../engine/property/shadow-lack.js";

/** Among `lacks`: the client's own entity. No short id is 0. */
export const OWN_KEY = 0;

export class Arrears {
  /** By short id. */
  readonly lacks = new Map<number, Lack>();
  /** Short ids of entities in view whose enter was put off. What changes of them needs no note: the enter brings all. */
  readonly untold = new Set<number>();
  /** No pair's note says yet when it was told of last. */
  isNew = true;

  /** The lack of that entity, to be added to. */
  lackOf(key: number): Lack {
    let lack = this.lacks.get(key);
    if (lack === undefined) {
      lack = new Lack();
      this.lacks.set(key, lack);
    }
    return lack;
  }

  /** The subject is in the client's view no longer. True: the client never knew of it. */
  forget(subject: number): boolean {
    this.lacks.delete(subject);
    return this.untold.delete(subject);
  }

  /** The client's view is void. */
  forgetView(): void {
    this.untold.clear();
    for (const key of this.lacks.keys()) if (key !== OWN_KEY) this.lacks.delete(key);
  }
}
