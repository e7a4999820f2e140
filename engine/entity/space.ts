/**
 * Space: a scene that hosts area entities. It lives on one game, and so does everything in it. Created, found and closed through the space
 * manager (space-manager.ts).
 */

import type { NavCheck } from "../movement/nav-guard.js";
import type { SpaceNav } from "../nav/space-nav.js";
import { text } from "../property/types.js";
import type { AreaEntity } from "./area-entity.js";
import { defineEntity } from "./define.js";
import { ServerEntity } from "./server-entity.js";
import type { SpaceManager } from "./space-manager.js";

export const SPACE_MANAGER = "SpaceManager";
const ANNOUNCE_RETRY_MS = 1_000;

export interface Point {
  readonly x: number;
  readonly z: number;
}

export class Space extends defineEntity(ServerEntity, "Space", {
  properties: {
    /** The name it is found by; unique in the cluster. */
    spaceName: text({ max: 64 }),
  },
  server: { closeSpace: [] },
}) {
  /** Number of this space on its game. */
  spaceNumber = 0;
  readonly members = new Set<AreaEntity>();

  /** Paths, rays and points on the navigation mesh of this type of space (`defineWorld`). Throws NAV_MESH_UNKNOWN when it has none. */
  get nav(): SpaceNav {
    return this.$host.navOf(this);
  }

  /** Everything within `radius` units of `centre`, in no order; the filter runs on those only. */
  queryRange(centre: Point, radius: number, filter?: (entity: AreaEntity) => boolean): AreaEntity[] {
    const found = this.$host.queryRange(this, centre.x, centre.z, radius);
    return filter === undefined ? found : found.filter(filter);
  }

  /** Ends the space; what is in it gets `onLeaveSpace` and is then in no space. */
  async closeSpace(): Promise<void> {
    await this.destroy("closed");
  }

  /** Has every way of clients in this space judged by `check`, in batches; what it finds wrong is rolled back. Null: no more. */
  checkMoves(check: NavCheck | null): void {
    this.$host.setNavCheck(this, check);
  }

  onEntityEnter(_entity: AreaEntity): void {}
  onEntityLeave(_entity: AreaEntity): void {}
  /** Tells the space manager, which may have been created anew, that this space is there. */
  override onStubRestarted(name: string): void {
    if (name === SPACE_MANAGER) this.announce();
  }

  /**
   * The space has ended: nobody shall be sent here any more.
   * @internal
   */
  retire(): void {
    this.stub<SpaceManager>(SPACE_MANAGER).send.ended(this.spaceName, this.id);
  }

  /**
   * Also when it has just been created: the manager may have given up waiting for that, and has another one then.
   * @internal
   */
  announce(): void {
    this.stub<SpaceManager>(SPACE_MANAGER)
      .call.register(this.spaceName, this.typeName, this.id, this.game)
      .then(
        (isKept) => (isKept ? undefined : this.destroy("there is another of this name")),
        () => (this.destroyed ? undefined : void this.after(ANNOUNCE_RETRY_MS, "announce")),
      );
  }
}
