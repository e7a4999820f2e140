/** What decides who sees an entity and what its client sees, as script has set it. The sync core holds the same by ops. Types and pure functions. */
import type { EntityId } from "../base/ids.js";
import type { ViewRule } from "../property/op-sink.js";

export interface EntityView {
  /** How far its client sees, in units; 0: nothing. */
  radius: number;
  /** Beyond the radius, before what is in view leaves it; in units. */
  margin: number;
  /** How many others its client sees at most; 0: as many as there are. */
  limit: number;
  /** Whether `onEnterView` and `onLeaveView` are wanted. */
  hasEvents: boolean;
  rule: ViewRule;
}

export const OPEN_RULE: ViewRule = { teams: 0, seenByTeams: 0, seenBy: "", hidden: false };

export function newEntityView(): EntityView {
  return { radius: 0, margin: 0, limit: 0, hasEvents: false, rule: OPEN_RULE };
}

/** Whether what is set for the subject admits this observer. Where they are is another matter. */
export function admits(subject: ViewRule, observerId: EntityId, observer: ViewRule): boolean {
  if (subject.hidden) return false;
  if (subject.seenByTeams !== 0 && (subject.seenByTeams & observer.teams) === 0) return false;
  return subject.seenBy === "" || subject.seenBy === observerId;
}
