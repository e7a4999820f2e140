/**
 * The space manager: a stub that creates, finds and closes spaces on all games, and creates the world's own spaces again when their game
 * dies. Its memory is what spaces tell it, so a new manager first listens (`game.stubRecoverMs`) and then creates what is missing.
 */

import { AeonError, errorText } from "../base/errors.js";
import type { EntityId, Incarnation } from "../base/ids.js";
import { bool, float64, optional, struct, text } from "../property/types.js";
import { defineEntity, rpc } from "./define.js";
import type { Remote } from "./remote.js";
import type { Space } from "./space.js";
import { StubEntity } from "./stub-entity.js";

/** A space as others know it. */
export interface SpaceReference {
  readonly name: string;
  readonly type: string;
  readonly entity: EntityId;
  readonly game: Incarnation;
}

/** A space that the world wants to be there always. */
export interface WantedSpace {
  readonly name: string;
  readonly type: string;
  /** The name of a space that it must share a game with. */
  readonly beside?: string;
}

const RETRY_MS = 250;
/** After a space ended: long enough that a cluster which is going down is down. */
const RESTORE_MS = 2_000;
const name = text({ max: 64 });
const reference = struct({ name, type: name, entity: name, game: float64() });

export class SpaceManager extends defineEntity(StubEntity, "SpaceManager", {
  server: {
    create: rpc([name, name], { returns: reference, reentrant: true }),
    find: rpc([name], { returns: optional(reference), reentrant: true }),
    close: rpc([name], { returns: bool(), reentrant: true }),
    /** False: another space has the name, and this one must end. */
    register: rpc([name, name, name, float64()], { returns: bool(), reentrant: true }),
    /** A space is no more; one that the world wants is created again. */
    ended: rpc([name, name], { reentrant: true }),
  },
}) {
  readonly spaces = new Map<string, SpaceReference>();
  readonly underway = new Map<string, Promise<SpaceReference>>();

  override async onCreate(): Promise<void> {
    if (this.restarted) this.after(this.$host.config.stubRecoverMs, "ensureWanted");
    else await this.ensureWanted();
  }

  /** Creates every wanted space that is missing, in the world's order; tries again later for what did not work. */
  async ensureWanted(): Promise<void> {
    for (const space of this.$host.wantedSpaces) {
      if (this.spaces.has(space.name)) continue;
      try {
        await this.createOn(space.type, space.name, this.chooseGame(space.beside));
      } catch (error) {
        this.log.warn("space not created, trying again", { space: space.name, error: errorText(error) });
        this.after(RETRY_MS, "ensureWanted");
        return;
      }
    }
  }

  create(type: string, spaceName: string): Promise<SpaceReference> {
    const there = this.spaces.get(spaceName);
    return there === undefined ? this.createOn(type, spaceName, this.chooseGame()) : Promise.resolve(there);
  }

  find(spaceName: string): SpaceReference | null {
    return this.spaces.get(spaceName) ?? null;
  }

  async close(spaceName: string): Promise<boolean> {
    const space = this.spaces.get(spaceName);
    if (space === undefined) return false;
    this.spaces.delete(spaceName);
    await this.spaceAt(space).call.closeSpace();
    // It may have announced itself on the way.
    if (this.spaces.get(spaceName)?.entity === space.entity) this.spaces.delete(spaceName);
    return true;
  }

  register(spaceName: string, type: string, entity: EntityId, game: Incarnation): boolean {
    const there = this.spaces.get(spaceName);
    if (there !== undefined && there.entity !== entity) {
      this.log.warn("a second space of this name is closed", { space: spaceName });
      return false;
    }
    this.spaces.set(spaceName, { name: spaceName, type, entity, game });
    return true;
  }

  ended(spaceName: string, entity: EntityId): void {
    if (this.spaces.get(spaceName)?.entity !== entity) return;
    this.spaces.delete(spaceName);
    this.after(RESTORE_MS, "ensureWanted");
  }

  override async onGameGone(game: Incarnation): Promise<void> {
    for (const [spaceName, space] of this.spaces) if (space.game === game) this.spaces.delete(spaceName);
    await this.ensureWanted();
  }

  /** One creation per name at a time; whoever asks meanwhile gets the same one. */
  private createOn(type: string, spaceName: string, game: Incarnation): Promise<SpaceReference> {
    const already = this.underway.get(spaceName);
    if (already !== undefined) return already;
    const creation = this.spawnOn(game, type, { values: { spaceName } })
      .then(({ entity }) => {
        this.register(spaceName, type, entity, game);
        return this.spaces.get(spaceName) as SpaceReference;
      })
      .finally(() => this.underway.delete(spaceName));
    this.underway.set(spaceName, creation);
    return creation;
  }

  /** The game of the space `beside`, else the one with the fewest spaces. Throws GAME_UNAVAILABLE. */
  private chooseGame(beside?: string): Incarnation {
    const neighbour = beside === undefined ? undefined : this.spaces.get(beside);
    if (neighbour !== undefined) return neighbour.game;
    const games = this.$host.games();
    const spaceCount = (game: Incarnation) => [...this.spaces.values()].filter((space) => space.game === game).length;
    const chosen = games.reduce<Incarnation>(
      (best, game) => (best === 0 || spaceCount(game) < spaceCount(best) ? game : best),
      0,
    );
    if (chosen === 0) throw new AeonError("GAME_UNAVAILABLE");
    return chosen;
  }

  private spaceAt(space: SpaceReference): Remote<Space> {
    return this.remote<Space>(space.type, { entity: space.entity, game: space.game, gate: 0 });
  }
}
