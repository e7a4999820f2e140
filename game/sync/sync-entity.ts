/** One entity as the sync core sees it: what it is, where it is, whose client looks through it. */
import type { EntityId } from "../../engine/base/ids.js";
import { OPEN_RULE } from "../../engine/entity/view-state.js";
import type { ViewRule } from "../../engine/property/op-sink.js";
import type { ClientStream } from "./client-stream.js";
import type { SpaceView } from "./space-view.js";

export class SyncEntity {
  readonly slot: number;
  readonly type: number;
  readonly id: EntityId;
  space: SpaceView | null = null;
  /** Short id in `space`; 0 in none. */
  index = 0;
  client: ClientStream | null = null;
  /** How far its client sees, in units; 0: nothing. */
  viewRadius = 0;
  viewMargin = 0;
  /** How many others its client sees at most; 0: as many as there are. */
  viewLimit = 0;
  viewRule: ViewRule = OPEN_RULE;
  /** Whether script is told what its client begins and ceases to see. */
  hasViewEvents = false;
  /** What its viewers get of it when they begin to see it; null: it changed since it was made. */
  viewState: Uint8Array | null = null;
  /** The hash of what its viewers should have of it; null: it changed since. */
  viewHash: number | null = null;

  constructor(slot: number, type: number, id: EntityId) {
    this.slot = slot;
    this.type = type;
    this.id = id;
  }
}
