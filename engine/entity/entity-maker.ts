/**
 * The beginning and the end of entities. Begin: constructed, its values loaded, in the op log, `onCreate`, then into its space. End: its
 * `onDestroy`, nothing runs any more, out of its space, its client closed, saved, out of the op log.
 */
import { AeonError, errorText } from "../base/errors.js";
import type { EntityId } from "../base/ids.js";
import type { TypeDefinition } from "../property/definition.js";
import { PropertyTree } from "../property/properties.js";
import { AreaEntity } from "./area-entity.js";
import type { AvatarAreaEntity } from "./avatar-entity.js";
import type { DocumentKeeper } from "./document-keeper.js";
import type { EntityTable } from "./entity-table.js";
import { Inbox } from "./inbox.js";
import type { EntityRegistry } from "./registry.js";
import type { EntityDocument, EntityPorts, EntityRuntime, EntityState, Position } from "./runtime.js";
import type { ScriptRunner } from "./script-runner.js";
import { ScriptTurn } from "./script-turn.js";
import type { ServerEntity } from "./server-entity.js";
import { Space } from "./space.js";
import type { SpaceTable } from "./space-table.js";
import { newEntityView } from "./view-state.js";

export interface Creation {
  readonly type: string;
  readonly id: EntityId;
  readonly values: Readonly<Record<string, unknown>>;
  readonly document: EntityDocument | null;
  readonly space: Space | null;
  readonly position: Position;
  /** Runs before anything of the entity's script does. */
  readonly prepare?: (entity: ServerEntity) => void;
}

export class EntityMaker {
  readonly ticking = new Set<ServerEntity>();
  private readonly ports: EntityPorts;
  private readonly host: EntityRuntime;
  private readonly registry: EntityRegistry;
  private readonly table: EntityTable;
  private readonly spaces: SpaceTable;
  private readonly documents: DocumentKeeper;
  private readonly runner: ScriptRunner;
  private readonly turn: ScriptTurn;

  constructor(
    ports: EntityPorts,
    host: EntityRuntime,
    runner: ScriptRunner,
    registry: EntityRegistry,
    table: EntityTable,
    spaces: SpaceTable,
    documents: DocumentKeeper,
  ) {
    this.ports = ports;
    this.host = host;
    this.registry = registry;
    this.table = table;
    this.spaces = spaces;
    this.documents = documents;
    this.runner = runner;
    this.turn = new ScriptTurn(ports.scheduler);
  }

  /** The entity is there when the call returns; `created` tells how its `onCreate` went. Throws ENTITY_EXISTS, PROPERTY_VALUE. */
  create(creation: Creation): { entity: ServerEntity; created: Promise<void> } {
    const { entityClass, definition } = this.registry.type(creation.type);
    if (this.table.get(creation.id) !== undefined) {
      throw new AeonError("ENTITY_EXISTS", `${creation.type} ${creation.id}`);
    }
    const slot = this.table.takeSlot();
    let entity: ServerEntity;
    try {
      entity = new entityClass({ host: this.host, state: this.newState(creation, definition, slot) });
      creation.prepare?.(entity);
    } catch (error) {
      this.table.returnSlot(slot);
      throw error;
    }
    this.table.add(entity);
    this.ports.ops.attach(entity.properties, slot, creation.id);
    if (entity instanceof Space) this.spaces.open(entity);
    if (entity.onTick !== undefined) this.ticking.add(entity);
    if (definition.kind === "avatarArea") {
      this.host.setViewRadius(entity as AreaEntity, this.ports.config.viewRadius);
      if (this.ports.config.viewLimit > 0) this.host.setViewLimit(entity as AreaEntity, this.ports.config.viewLimit);
      this.host.watchView(entity as AvatarAreaEntity);
    }
    this.documents.hold(entity);
    this.armSaving(entity);
    return { entity, created: this.runCreation(entity, creation) };
  }

  /** Resolves when the last save is done; a second call waits for the same. */
  destroy(entity: ServerEntity, reason: string): Promise<void> {
    const state = entity.$;
    if (state.life === "destroyed") return state.ending ?? Promise.resolve();
    const ending = this.end(entity, reason);
    state.ending = ending;
    return ending;
  }

  private async end(entity: ServerEntity, reason: string): Promise<void> {
    const state = entity.$;
    const wasCreated = state.life !== "creating";
    state.life = "destroyed";
    this.runner.runNow(entity, "onDestroy", () => entity.onDestroy(reason));
    state.inbox.close(() => new AeonError("ENTITY_DESTROYED", `${entity.typeName} ${entity.id}: ${reason}`));
    for (const timerId of [...state.timers.keys()]) this.host.clearTimer(entity, timerId);
    const emptied = entity instanceof Space ? this.host.closeSpace(entity) : undefined;
    if (entity instanceof AreaEntity) this.host.leaveSpace(entity);
    this.host.kickClient(entity, "CLIENT_KICKED", reason);
    if (state.document?.saveTimer != null) this.ports.timers.clear(state.document.saveTimer);
    // What was never created has nothing that would be worth more than what is stored.
    const saved = wasCreated ? this.documents.save(entity) : Promise.resolve();
    entity.properties.detach();
    this.ports.ops.entityDestroy(state.slot);
    this.ticking.delete(entity);
    this.table.vacate(entity);
    this.ports.flush();
    try {
      await emptied;
      await saved;
    } catch (error) {
      entity.log.error("the last save failed", { error: errorText(error) });
    } finally {
      this.table.forget(entity);
      this.documents.release(state.document);
    }
  }

  /** Ends everything: what has a document first, spaces last. Resolves when all is saved. */
  async destroyAll(reason: string): Promise<void> {
    const rank = (entity: ServerEntity) => (entity.$.document !== null ? 0 : entity instanceof Space ? 2 : 1);
    const all = [...this.table.all()].sort((a, b) => rank(a) - rank(b));
    await Promise.all(all.map((entity) => this.destroy(entity, reason)));
  }

  private newState(creation: Creation, definition: TypeDefinition, slot: number): EntityState {
    const properties = new PropertyTree(definition);
    properties.load(creation.values);
    const { timers, config } = this.ports;
    return {
      id: creation.id,
      definition,
      slot,
      properties,
      inbox: new Inbox({
        timers,
        turn: this.turn,
        jobsMax: config.mailboxMax,
        handlerTimeoutMs: config.handlerTimeoutMs,
        afterScript: () => this.ports.flush(),
      }),
      timers: new Map(),
      throwsMs: [],
      life: "creating",
      ending: null,
      caller: "",
      client: null,
      space: null,
      shortId: 0,
      view: newEntityView(),
      mover: null,
      document: creation.document,
    };
  }

  private runCreation(entity: ServerEntity, creation: Creation): Promise<void> {
    const created = new Promise<void>((resolve, reject) => {
      const settle = (thrown: unknown) => {
        const failure = thrown ?? this.finishCreation(entity, creation);
        if (failure === undefined) return resolve();
        const error = new AeonError("ENTITY_CREATE_FAILED", `${entity.typeName}: ${errorText(failure)}`, {
          cause: failure,
        });
        void this.destroy(entity, "not created").finally(() => reject(error));
      };
      entity.$.inbox.enqueue({ reentrant: false, vital: true, run: () => entity.onCreate(), settle });
    });
    created.catch((error) => this.ports.log.warn("entity was not created", { error: errorText(error) }));
    return created;
  }

  /** What stands in the way of the entity being there, or undefined. */
  private finishCreation(entity: ServerEntity, { space, position }: Creation): unknown {
    if (entity.destroyed) return new AeonError("ENTITY_DESTROYED", `${entity.typeName} ${entity.id}`);
    entity.$.life = "active";
    try {
      if (space !== null && !(entity instanceof AreaEntity)) return new AeonError("SPACE_UNKNOWN", "no area entity");
      if (space !== null) this.host.enterSpace(entity as AreaEntity, space, position);
      if (entity instanceof Space) entity.announce();
      return undefined;
    } catch (error) {
      return error;
    }
  }

  private armSaving(entity: ServerEntity): void {
    const { document } = entity.$;
    if (document === null) return;
    document.saveTimer = this.ports.timers.set(this.ports.config.saveIntervalMs, () => {
      if (entity.destroyed) return;
      this.documents.save(entity).catch((error) => entity.log.error("a save failed", { error: errorText(error) }));
      this.armSaving(entity);
    });
  }
}
