/** AreaEntity: a ServerEntity with a position in a space, which others see when they are near. */

import type { ViewRule } from "../property/op-sink.js";
import type { Position } from "./runtime.js";
import { ServerEntity } from "./server-entity.js";
import type { Space } from "./space.js";

export class AreaEntity extends ServerEntity {
  /** The space it is in, or null. */
  get space(): Space | null {
    return this.$.space;
  }
  /** A copy of where it is; all zero while in no space. */
  get position(): Position {
    return this.$host.positionOf(this);
  }

  /** Enters a space of this game, leaving the one it is in. Throws SPACE_ELSEWHERE for a space of another game, SPACE_FULL. */
  enterSpace(space: Space, position: Position): void {
    this.$host.enterSpace(this, space, position);
  }
  leaveSpace(): void {
    this.$host.leaveSpace(this);
  }
  /** Moves within the space; others see it with the next tick. Without `yaw` it keeps its direction. */
  moveTo(x: number, y: number, z: number, yaw = this.position.yaw): void {
    this.$host.move(this, x, y, z, yaw);
  }

  /** Who may see it: whoever every part of the rule admits. Parts that are left out stay as they are. Its own client always has it. */
  setViewRule(rule: Partial<ViewRule>): void {
    this.$host.setViewRule(this, rule);
  }

  onEnterSpace(_space: Space): void | Promise<void> {}
  onLeaveSpace(_space: Space): void | Promise<void> {}
}
