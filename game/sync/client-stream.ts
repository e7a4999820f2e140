/** One client as the sync core sees it: where its frames go and which bodies it gets in this drain, in order. */
import { IntList } from "../../engine/aoi/int-list.js";
import type { Incarnation } from "../../engine/base/ids.js";
import type { Arrears } from "./arrears.js";

export class ClientStream {
  readonly gate: Incarnation;
  readonly handle: number;
  readonly bindNumber: number;
  /** Slot of the entity whose client this is. */
  readonly entity: number;
  /** Numbers of bodies in the arena, of its present epoch. */
  readonly bodies = new IntList();
  /** Where in `bodies` the head of its last row of parts goes, while that row may grow; −1: there is none. And bytes of those parts. */
  partsAt = -1;
  partsBytes = 0;
  /** Number of the last tick whose `tick` body it got, and that tick's server time in ms. */
  tickSent = 0;
  tickSentMs = Number.NEGATIVE_INFINITY;
  /** When it is told the hashes of all it sees; 0: that is not settled yet. */
  nextCheckMs = 0;
  /** What it asked about its copies in this second. */
  checkSecond = 0;
  checkCount = 0;
  /** Bytes of bodies it was sent under this bind number, and how many of them its gate knows to have left. */
  sentBytes = 0;
  confirmedBytes = 0;
  /** Bytes of enters among those it gets in this drain. */
  enterBytes = 0;
  /** How far `sentBytes` may go by its budget; and by budget and window: from there on it is behind. */
  budgetAtBytes = Number.POSITIVE_INFINITY;
  holdAtBytes = Number.POSITIVE_INFINITY;
  /** What it lacks while it is behind; null: it keeps up. */
  arrears: Arrears | null = null;
  /** Loose bodies may be lost on their way to it; and: they might some time. */
  isLossy = false;
  wasLossy = false;
  /** No longer anybody's client: nothing further is sent. */
  isClosed = false;

  constructor(gate: Incarnation, handle: number, bindNumber: number, entity: number) {
    this.gate = gate;
    this.handle = handle;
    this.bindNumber = bindNumber;
    this.entity = entity;
  }

  close(): void {
    this.isClosed = true;
    this.bodies.clear();
    this.partsAt = -1;
    this.arrears = null;
  }
}
