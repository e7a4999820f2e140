/** The stubs that live on this game. Each is made once per assignment, however often it is asked for. */
import { AeonError } from "../base/errors.js";
import type { EntityId } from "../base/ids.js";
import type { ServerEntity } from "./server-entity.js";
import type { StubHome } from "./stub-directory.js";
import type { StubEntity } from "./stub-entity.js";

interface Kept {
  readonly entity: StubEntity;
  assignment: number;
}
export type StubResult = EntityId | AeonError;
type Make = (name: string, prepare: (entity: ServerEntity) => void) => { entity: ServerEntity; created: Promise<void> };

export class StubKeeper {
  /** Told when a stub that this game was to make is there, or could not be made. */
  onCreated: ((name: string, shard: number, assignment: number, result: StubResult) => void) | null = null;
  private readonly make: Make;
  private readonly kept = new Map<string, Kept>();

  constructor(make: Make) {
    this.make = make;
  }

  create(name: string, shard: number, assignment: number): void {
    const key = `${name}#${shard}`;
    const there = this.kept.get(key);
    if (there !== undefined && !there.entity.destroyed) {
      there.assignment = Math.max(there.assignment, assignment);
      if (there.entity.$.life !== "creating") this.onCreated?.(name, shard, there.assignment, there.entity.id);
      return;
    }
    this.createNew(key, name, shard, assignment);
  }

  private createNew(key: string, name: string, shard: number, assignment: number): void {
    let made: ReturnType<Make>;
    try {
      made = this.make(name, (stub) => Object.assign(stub, { shard, restarted: assignment > 1 }));
    } catch (error) {
      const failure =
        error instanceof AeonError ? error : new AeonError("ENTITY_CREATE_FAILED", name, { cause: error });
      this.onCreated?.(name, shard, assignment, failure);
      return;
    }
    const kept: Kept = { entity: made.entity as StubEntity, assignment };
    this.kept.set(key, kept);
    made.created.then(
      () => this.onCreated?.(name, shard, kept.assignment, kept.entity.id),
      (error: AeonError) => {
        if (this.kept.get(key) === kept) this.kept.delete(key);
        this.onCreated?.(name, shard, kept.assignment, error);
      },
    );
  }

  /** For the gamemanager; entity "" while it is being made. */
  list(game: number): StubHome[] {
    const living = [...this.kept].filter(([, { entity }]) => !entity.destroyed);
    return living.map(([, { entity, assignment }]) => ({
      name: entity.typeName,
      shard: entity.shard,
      game,
      entity: entity.$.life === "creating" ? "" : entity.id,
      assignment,
    }));
  }

  /** Stubs of ours that the table gives to another game under a later assignment: ours is not the one any more. */
  outdated(table: readonly StubHome[], game: number): ServerEntity[] {
    return table
      .filter((entry) => entry.game !== game)
      .map((entry) => ({ entry, ours: this.kept.get(`${entry.name}#${entry.shard}`) }))
      .filter(({ entry, ours }) => ours !== undefined && !ours.entity.destroyed && ours.assignment < entry.assignment)
      .map(({ ours }) => (ours as Kept).entity);
  }
}
