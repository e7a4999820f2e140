/**
 * The entities of one game, and everything they ask for (EntityRuntime). Script thread. The game around it (EntityPorts) gives it links,
 * store, time and the op log; it opens no socket and reads no clock. The work is done by its parts: table, maker, runner, router, clients,
 * spaces, documents, stubs.
 */
import { pack, unpack } from "msgpackr";
import { AeonError, type ErrorCode } from "../base/errors.js";
import { type ClientId, type EntityId, type Incarnation, makeEntityId } from "../base/ids.js";
import type { Log } from "../base/log.js";
import { unwatched } from "../base/promises.js";
import type { Random } from "../base/random.js";
import { Slices } from "../base/slices.js";
import type { NavCheck } from "../movement/nav-guard.js";
import { SpaceNav } from "../nav/space-nav.js";
import { encodeArguments } from "../property/call-codec.js";
import type { MethodDefinition, TypeDefinition } from "../property/definition.js";
import type { ClientAudience, ViewRule } from "../property/op-sink.js";
import type { MailboxData, ProxyData } from "../property/types.js";
import { encodeClientCallBody } from "../protocol/client-body.js";
import { KEY_BYTES_MAX } from "../protocol/database-link.js";
import type { EntityMessage } from "../protocol/entity-message.js";
import type { MessageValue } from "../protocol/message.js";
import type { AreaEntity } from "./area-entity.js";
import type { AvatarAreaEntity } from "./avatar-entity.js";
import { CallRouter, type CallRouterOwner } from "./call-router.js";
import { ClientRegistry, type ClientRegistryOwner, type EntityWithClient } from "./client-registry.js";
import { DocumentKeeper } from "./document-keeper.js";
import { EntityMaker } from "./entity-maker.js";
import { EntityTable } from "./entity-table.js";
import type { EntityRegistry } from "./registry.js";
import type {
  CallTarget,
  EntityDocument,
  EntityPorts,
  EntityRuntime,
  EntityTimer,
  Position,
  RemoteSpawnOptions,
  SpawnOptions,
} from "./runtime.js";
import { type HookOptions, ScriptRunner, type Settle } from "./script-runner.js";
import type { ServerEntity } from "./server-entity.js";
import { Space } from "./space.js";
import { SpaceTable } from "./space-table.js";
import { moveToStream } from "./stream-move.js";
import { StubDirectory, type StubHome } from "./stub-directory.js";
import { StubKeeper } from "./stub-keeper.js";

const ORIGIN: Position = { x: 0, y: 0, z: 0, yaw: 0 };

/** What a gate says of a client that it points at this game. */
export interface ArrivingClient {
  readonly handle: number;
  readonly clientId: ClientId;
  readonly bindNumber: number;
  readonly definitionsHash: string;
}

export class EntityHost implements EntityRuntime, CallRouterOwner, ClientRegistryOwner {
  readonly router: CallRouter;
  readonly clients: ClientRegistry;
  readonly stubKeeper: StubKeeper;
  private readonly ports: EntityPorts;
  private readonly registry: EntityRegistry;
  private readonly table = new EntityTable();
  private readonly runner: ScriptRunner;
  private readonly maker: EntityMaker;
  private readonly spaces: SpaceTable;
  private readonly stubs: StubDirectory;
  private readonly documents: DocumentKeeper;
  private readonly slices: Slices;
  private readonly navs = new WeakMap<Space, SpaceNav>();
  private tickNumber = 0;

  constructor(ports: EntityPorts, registry: EntityRegistry) {
    this.ports = ports;
    this.registry = registry;
    this.runner = new ScriptRunner(ports);
    this.slices = new Slices(ports.scheduler, () => ports.flush());
    this.stubs = new StubDirectory(ports.timers, registry.stubs);
    this.router = new CallRouter(ports, this, this.stubs);
    this.clients = new ClientRegistry(ports, this);
    this.spaces = new SpaceTable(
      ports.ops,
      (slot) => this.table.at(slot) as AreaEntity | undefined,
      ports.config.viewShape,
    );
    this.documents = new DocumentKeeper(ports, (entity) => void this.destroy(entity, "a newer copy exists"));
    this.maker = new EntityMaker(ports, this, this.runner, registry, this.table, this.spaces, this.documents);
    this.stubKeeper = new StubKeeper((type, prepare) => this.maker.create({ ...this.bare(type), prepare }));
  }

  get incarnation(): Incarnation {
    return this.ports.incarnation;
  }
  get config() {
    return this.ports.config;
  }
  get log(): Log {
    return this.ports.log;
  }
  get random(): Random {
    return this.ports.random;
  }
  get wantedSpaces() {
    return this.registry.world.spaces;
  }
  get accountType(): string {
    return this.registry.world.account;
  }
  get entityCount(): number {
    return this.table.count;
  }
  nowMs(): number {
    return this.ports.scheduler.nowMs();
  }
  wallMs(): number {
    return this.ports.scheduler.wallMs();
  }
  games(): readonly Incarnation[] {
    return this.ports.games();
  }
  entity(id: EntityId): ServerEntity | undefined {
    return this.table.get(id);
  }
  /** Every entity of this game, also those whose last save is under way. */
  all(): IterableIterator<ServerEntity> {
    return this.table.all();
  }
  mailboxOf(entity: ServerEntity): MailboxData {
    return { entity: entity.id, game: this.incarnation, gate: this.router.gateTo(this.incarnation) };
  }
  definitionOf(type: string): TypeDefinition {
    return this.registry.type(type).definition;
  }
  methodOf(entity: ServerEntity, number: number): MethodDefinition | undefined {
    return this.registry.type(entity.typeName).methods.get(number);
  }
  typeOfMethod(method: MethodDefinition): TypeDefinition {
    return this.registry.typeOfMethod(method);
  }
  isMethodListed(number: number): boolean {
    return this.registry.hasMethod(number);
  }

  // Calls.
  shardOf(stub: string, key: string): number {
    return this.stubs.shardOf(stub, key);
  }
  call(target: CallTarget, method: MethodDefinition, args: readonly unknown[], timeoutMs: number): Promise<unknown> {
    return unwatched(this.router.call(target, method, args, timeoutMs));
  }
  callClient(entity: ServerEntity, audience: ClientAudience, method: MethodDefinition, args: readonly unknown[]): void {
    const bytes = encodeArguments(entity.$.definition, method, args);
    if (entity.destroyed) return;
    if (audience === "own" && entity.$.client === null) {
      this.ports.metrics.counter("client_calls_to_nobody_total").add();
      return;
    }
    this.ports.ops.clientCall(entity.$.slot, audience, method.id, bytes);
  }
  callProxyClient(proxy: ProxyData, method: MethodDefinition, args: readonly unknown[]): void {
    const bytes = encodeArguments(this.typeOfMethod(method), method, args);
    this.router.callProxyClient(proxy, encodeClientCallBody(0, method.id, bytes));
  }

  // Script.
  run(
    entity: ServerEntity,
    method: MethodDefinition,
    args: readonly unknown[],
    caller: EntityId,
    settle: Settle,
  ): void {
    this.runner.run(entity, method, args, caller, settle);
  }
  runHook(entity: ServerEntity, name: string, hook: () => unknown, options?: HookOptions): void {
    this.runner.runHook(entity, name, hook, options);
  }
  setTimer(entity: ServerEntity, timer: EntityTimer, delayMs: number): number {
    return this.runner.setTimer(entity, timer, delayMs);
  }
  clearTimer(entity: ServerEntity, timerId: number): void {
    this.runner.clearTimer(entity, timerId);
  }
  /** One tick: every `onTick`, then one op with everything that moved. */
  tick(dtMs: number): void {
    // Not those that come meanwhile.
    let left = this.maker.ticking.size;
    for (const entity of this.maker.ticking) {
      if (left-- === 0) break;
      this.runner.runTick(entity, dtMs);
    }
    this.tickNumber++;
    this.clients.moves.tick();
    this.spaces.writeTransforms(this.tickNumber, this.wallMs());
    this.ports.flush();
  }

  // Beginning and end.
  spawn(type: string, options: SpawnOptions): ServerEntity {
    const { values = {}, space = null, position = ORIGIN } = options;
    return this.maker.create({ ...this.bare(type), values, space, position }).entity;
  }
  spawnOn(game: Incarnation, type: string, options: RemoteSpawnOptions): Promise<MailboxData> {
    return unwatched(this.createOn(game, type, options));
  }
  private async createOn(game: Incarnation, type: string, options: RemoteSpawnOptions): Promise<MailboxData> {
    const { space = "", key = "", position = ORIGIN, values = {} } = options;
    const { x, y, z, yaw } = position;
    const { id } = this.bare(type);
    if (!isKey(key)) throw new AeonError("RPC_ARGUMENT", `a key has at most ${KEY_BYTES_MAX} bytes`);
    const message = { type, entity: id, callId: 0, space, key, x, y, z, yaw, values: pack(values) };
    return game === this.incarnation ? this.createFromMessage(message) : this.router.create(game, message);
  }
  /** Another game, or this one, asks for an entity; with a key, its document is taken first. */
  async createFromMessage(message: MessageValue<typeof EntityMessage.entityCreate>): Promise<MailboxData> {
    const { type, key, x, y, z, yaw } = message;
    const space = this.spaceFor(message.space);
    const asked = unpack(message.values) as Record<string, unknown>;
    let from: { id: EntityId; document: EntityDocument | null; values: Readonly<Record<string, unknown>> } = {
      id: message.entity,
      document: null,
      values: {},
    };
    if (key !== "") {
      from = await this.documents.take(type, key, message.entity);
      this.spaceFor(message.space);
    }
    let made: ReturnType<EntityMaker["create"]>;
    try {
      const values = { ...asked, ...from.values };
      made = this.maker.create({
        type,
        id: from.id,
        document: from.document,
        values,
        space,
        position: { x, y, z, yaw },
      });
    } catch (error) {
      this.documents.release(from.document);
      throw error;
    }
    const { entity, created } = made;
    // What the document does not hold yet must get into it.
    if (Object.keys(asked).some((name) => !Object.hasOwn(from.values, name))) entity.properties.dirtyPersistent = true;
    await created;
    return this.mailboxOf(entity);
  }
  createStub(name: string, shard: number, assignment: number): void {
    this.stubKeeper.create(name, shard, assignment);
  }
  destroy(entity: ServerEntity, reason: string): Promise<void> {
    return this.maker.destroy(entity, reason);
  }
  destroyAll(reason: string): Promise<void> {
    return this.maker.destroyAll(reason);
  }
  save(entity: ServerEntity): Promise<void> {
    return unwatched(this.documents.save(entity));
  }

  // Clients.
  /** A new client was given to this game: it gets an account entity. */
  handleClientConnected(gate: Incarnation, client: ArrivingClient): void {
    const account = this.spawn(this.accountType, {}) as EntityWithClient;
    if (!account.destroyed) return this.attach(account, gate, client);
    this.ports.kickClient(gate, client.handle, client.bindNumber, "ENTITY_CREATE_FAILED", "");
  }
  /** A client was handed to an entity here. */
  handleClientBound(gate: Incarnation, client: ArrivingClient, id: EntityId): void {
    const entity = this.table.get(id) as EntityWithClient | undefined;
    const isThere = entity !== undefined && (entity.$.life === "active" || entity.$.life === "creating");
    if (!isThere || entity.onClientAttached === undefined) {
      this.ports.kickClient(gate, client.handle, client.bindNumber, "RPC_ENTITY_GONE", "the avatar is gone");
      return;
    }
    this.attach(entity, gate, client);
  }
  private attach(entity: EntityWithClient, gate: Incarnation, client: ArrivingClient): void {
    const { handle, bindNumber, clientId, definitionsHash } = client;
    const binding = { gate, handle, bindNumber, firstBindNumber: bindNumber, clientId, connected: true };
    this.clients.attach(entity, binding, definitionsHash);
    this.ports.flush();
  }
  /** Behind what the entity does now, so that a login's reply goes out before the client does. */
  giveClient(from: ServerEntity, to: MailboxData): void {
    this.runHook(from, "giveClientTo", () => {
      if (from.$.client === null) return;
      this.ports.ops.clientGive(from.$.slot, to.game, to.entity);
      this.clients.drop(from);
    });
  }
  kickClient(entity: ServerEntity, code: ErrorCode, reason: string): void {
    if (entity.$.client === null) return;
    this.ports.ops.clientKick(entity.$.slot, code, reason);
    this.clients.drop(entity);
  }

  // Spaces.
  enterSpace(entity: AreaEntity, space: Space, position: Position): void {
    if (entity.destroyed) throw new AeonError("ENTITY_DESTROYED", `${entity.typeName} ${entity.id}`);
    if (this.table.get(space.id) !== space) throw new AeonError("SPACE_ELSEWHERE", space.id);
    if (space.destroyed) throw new AeonError("SPACE_UNKNOWN", space.spaceName);
    this.spaces.checkEntry(entity, space, position);
    this.leaveSpace(entity);
    moveToStream(this.ports.ops, entity, this.ports.ops.placeIn(space.spaceNumber));
    this.spaces.enter(entity, space, position);
    this.clients.moves.place(entity);
    this.runner.runNow(space, "onEntityEnter", () => space.onEntityEnter(entity));
    this.runHook(entity, "onEnterSpace", () => entity.onEnterSpace(space));
  }
  leaveSpace(entity: AreaEntity): void {
    const { space } = entity.$;
    if (space === null) return;
    this.spaces.leave(entity);
    this.runner.runNow(space, "onEntityLeave", () => space.onEntityLeave(entity));
    if (!entity.destroyed) this.runHook(entity, "onLeaveSpace", () => entity.onLeaveSpace(space));
  }
  /** In slices when there are many in it: until the last has left, those that are still in it go on as ever. */
  closeSpace(space: Space): Promise<void> {
    space.retire();
    return this.slices.each([...space.members, null], (member) => {
      if (member === null) return void this.spaces.close(space);
      if (member.$.space !== space) return;
      this.spaces.leave(member);
      this.runHook(member, "onLeaveSpace", () => member.onLeaveSpace(space));
    });
  }
  move(entity: AreaEntity, x: number, y: number, z: number, yaw: number): void {
    this.spaces.move(entity, x, y, z, yaw);
    // Where script moves it, its client does not know it is.
    if (entity.$.client !== null && !this.clients.moves.isMoving(entity)) this.clients.moves.place(entity);
  }
  setMoveMode(entity: AvatarAreaEntity, name: string): void {
    this.clients.moves.setMode(entity, name);
  }
  moveModeOf(entity: AvatarAreaEntity): string {
    return this.clients.moves.modeOf(entity);
  }
  allowWay(entity: AvatarAreaEntity, units: number, unitsUp: number, forMs: number): void {
    this.clients.moves.allowWay(entity, units, unitsUp, forMs);
  }
  setNavCheck(space: Space, check: NavCheck | null): void {
    this.clients.moves.setNavCheck(space, check);
  }
  positionOf(entity: AreaEntity): Position {
    return this.spaces.positionOf(entity);
  }
  setViewRadius(entity: AreaEntity, radius: number): void {
    if (entity.destroyed) return;
    const { slot, view } = entity.$;
    view.radius = radius;
    view.margin = radius === 0 ? 0 : this.config.viewMargin;
    this.ports.ops.viewRadius(slot, radius, view.margin);
  }
  setViewLimit(entity: AreaEntity, limit: number): void {
    if (entity.destroyed) return;
    entity.$.view.limit = limit;
    this.ports.ops.viewLimit(entity.$.slot, limit);
  }
  watchView(entity: AvatarAreaEntity): void {
    if (entity.onEnterView === undefined && entity.onLeaveView === undefined) return;
    entity.$.view.hasEvents = true;
    this.ports.ops.viewEvents(entity.$.slot, true);
  }
  /** The sync core says so, of entities that are watched. */
  handleViewChange(observer: EntityId, subject: EntityId, isEntered: boolean): void {
    const entity = this.table.get(observer) as AvatarAreaEntity | undefined;
    if (entity === undefined || entity.destroyed) return;
    if (isEntered) this.runHook(entity, "onEnterView", () => entity.onEnterView?.(subject));
    else this.runHook(entity, "onLeaveView", () => entity.onLeaveView?.(subject));
  }
  setViewRule(entity: AreaEntity, rule: Partial<ViewRule>): void {
    if (entity.destroyed) return;
    const { slot, view } = entity.$;
    const { teams, seenByTeams, seenBy, hidden } = { ...view.rule, ...rule };
    view.rule = { teams: teams >>> 0, seenByTeams: seenByTeams >>> 0, seenBy, hidden };
    this.ports.ops.viewRule(slot, view.rule);
  }
  inView(viewer: AreaEntity, shortId: number, generation: number): AreaEntity | ErrorCode {
    return this.spaces.inView(viewer, shortId, generation);
  }
  queryRange(space: Space, x: number, z: number, radius: number): AreaEntity[] {
    return this.spaces.queryRange(space, x, z, radius);
  }
  navOf(space: Space): SpaceNav {
    const known = this.navs.get(space);
    if (known !== undefined) return known;
    const { nav } = this.ports;
    if (nav === null || space.destroyed) throw new AeonError("NAV_MESH_UNKNOWN", space.typeName);
    const opened = new SpaceNav(nav, nav.openMesh(space.typeName));
    this.navs.set(space, opened);
    return opened;
  }

  // The cluster.
  /** Where every stub lives. Those that are another instance than before are announced to entities that want to know. */
  handleStubTable(entries: readonly StubHome[]): void {
    for (const stub of this.stubKeeper.outdated(entries, this.incarnation))
      void this.destroy(stub, "it lives elsewhere now");
    for (const { name, shard } of this.stubs.update(entries)) {
      for (const entity of [...this.table.all()]) {
        if (entity.onStubRestarted === undefined) continue;
        this.runHook(entity, "onStubRestarted", () => entity.onStubRestarted?.(name, shard));
      }
    }
  }
  handleGateGone(gate: Incarnation): void {
    this.router.calls.gateGone(gate);
    this.clients.handleGateGone(gate);
  }
  handleGameGone(game: Incarnation): void {
    this.router.handleGameGone(game);
    for (const entity of [...this.table.all()]) {
      if (entity.onGameGone !== undefined) this.runHook(entity, "onGameGone", () => entity.onGameGone?.(game));
    }
  }

  private bare(type: string) {
    const id = makeEntityId(this.wallMs(), this.random);
    return { type, id, values: {}, document: null, space: null, position: ORIGIN };
  }

  /** Throws SPACE_UNKNOWN for what is no living space of this game. */
  private spaceFor(id: EntityId): Space | null {
    if (id === "") return null;
    const space = this.table.get(id);
    if (!(space instanceof Space) || space.destroyed) throw new AeonError("SPACE_UNKNOWN", id);
    return space;
  }
}

function isKey(text: string): boolean {
  return text.length <= KEY_BYTES_MAX && new TextEncoder().encode(text).length <= KEY_BYTES_MAX;
}
