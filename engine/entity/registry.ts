/**
 * A world with its numbers: the definition table that games, peers and clients agree on, and the class of each type with its generated
 * accessors. Built once per process from the world and its RPC index.
 */
import { AeonError } from "../base/errors.js";
import {
  DefinitionTable,
  type EntityKind,
  type MethodDefinition,
  type TypeDefinition,
} from "../property/definition.js";
import { Scope } from "../property/op-sink.js";
import { definePropertyAccessors } from "../property/properties.js";
import { typeSignature } from "../property/types.js";
import { AreaEntity } from "./area-entity.js";
import { AvatarAreaEntity, AvatarEntity } from "./avatar-entity.js";
import type { ArgumentTypes, EntityClass, EntitySpec, MethodSpec, Rpc } from "./define.js";
import { lookUp } from "./perfect-hash.js";
import { buildRpcIndex, type IndexNames, type RpcIndex } from "./rpc-index.js";
import { type EntityInit, ServerEntity } from "./server-entity.js";
import { Space } from "./space.js";
import { SpaceManager } from "./space-manager.js";
import { StubEntity } from "./stub-entity.js";
import type { World } from "./world.js";

const BUILT_IN: readonly EntityClass[] = [SpaceManager as unknown as EntityClass];
const ACCESSES = ["exposed", "exposedToView", "anonymous", "server", "client"] as const;
/** From the most special to the most general; the first that fits is the kind. */
const KINDS: readonly { readonly base: new (init: EntityInit) => ServerEntity; readonly kind: EntityKind }[] = [
  { base: Space, kind: "space" },
  { base: StubEntity, kind: "stub" },
  { base: AvatarAreaEntity, kind: "avatarArea" },
  { base: AvatarEntity, kind: "avatar" },
  { base: AreaEntity, kind: "area" },
];

const ENGINE_CLASSES: readonly { readonly prototype: object }[] = [
  ServerEntity,
  AreaEntity,
  AvatarEntity,
  AvatarAreaEntity,
  StubEntity,
];
/** Fields of entities; accessors and methods are found on the classes above. */
const ENGINE_FIELDS = ["properties", "shard", "restarted", "onTick", "onStubRestarted", "onGameGone"] as const;

export interface RegisteredType {
  readonly definition: TypeDefinition;
  readonly entityClass: EntityClass;
  readonly methods: ReadonlyMap<number, MethodDefinition>;
}

export class EntityRegistry {
  readonly world: World;
  readonly index: RpcIndex;
  readonly definitions = new DefinitionTable();
  /** The stubs that the cluster creates, with how many shards each has. */
  readonly stubs: { name: string; shards: number }[] = [];
  private readonly types = new Map<string, RegisteredType>();
  private readonly typeOfMethods = new Map<number, TypeDefinition>();

  /** Throws RPC_INDEX_STALE when `index` lacks a name of the world or has another signature for it. Null: numbers made up on the spot. */
  constructor(world: World, index: RpcIndex | null) {
    const { index: fresh, changes } = buildRpcIndex(indexNames(world), index);
    if (index !== null && changes.length > 0) throw new AeonError("RPC_INDEX_STALE", changes[0]);
    this.world = world;
    this.index = fresh;
    for (const entityClass of allClasses(world)) this.register(entityClass);
    this.checkWorld(world);
  }

  /** Throws ENTITY_DEFINITION. */
  private checkWorld({ account, spaces }: World): void {
    const kindNamed = (name: string) => this.types.get(name)?.definition.kind;
    const accountKind = kindNamed(account);
    if (accountKind !== "avatar" && accountKind !== "avatarArea")
      throw new AeonError("ENTITY_DEFINITION", `the account type ${account} has no client`);
    const wrong = spaces.find((space) => kindNamed(space.type) !== "space");
    if (wrong !== undefined)
      throw new AeonError("ENTITY_DEFINITION", `the space ${wrong.name}: ${wrong.type} is no type of space`);
  }

  /** Throws ENTITY_TYPE_UNKNOWN. */
  type(name: string): RegisteredType {
    const type = this.types.get(name);
    if (type === undefined) throw new AeonError("ENTITY_TYPE_UNKNOWN", name);
    return type;
  }

  /** Whether any type has a method of this number. */
  hasMethod(number: number): boolean {
    return this.typeOfMethods.has(number);
  }

  typeOfMethod(method: MethodDefinition): TypeDefinition {
    return this.typeOfMethods.get(method.id) as TypeDefinition;
  }

  private register(entityClass: EntityClass): void {
    const definition = this.describe(entityClass);
    this.definitions.add(definition);
    definePropertyAccessors(entityClass.prototype, definition);
    for (const method of definition.methods) this.typeOfMethods.set(method.id, definition);
    const methods = new Map(definition.methods.map((method) => [method.id, method]));
    this.types.set(definition.name, { definition, entityClass, methods });
    if (definition.kind === "stub") {
      this.stubs.push({ name: definition.name, shards: (entityClass as unknown as typeof StubEntity).shards });
    }
  }

  private describe(entityClass: EntityClass): TypeDefinition {
    const name = typeName(entityClass);
    checkNames(entityClass, name);
    const viewShape = entityClass.$definitions.findLast(({ spec }) => spec.viewShape !== undefined)?.spec.viewShape;
    const numberIn = (part: "types" | "properties", key: string) => this.index[part][key]?.number ?? 0;
    return {
      id: numberIn("types", name),
      name,
      kind: kindOf(entityClass),
      properties: propertiesOf(entityClass).map(([property, type]) => ({
        id: numberIn("properties", `${name}.${property}`),
        name: property,
        type,
        scope: Scope[type.scope ?? "SERVER_ONLY"],
        persist: type.persist ?? false,
        default: type.default,
      })),
      methods: methodsOf(entityClass).map(({ method, access, spec }) => {
        checkImplemented(entityClass, name, method, access);
        return { id: lookUp(this.index.hash, `${name}.${method}`), name: method, access, ...spec };
      }),
      ...(viewShape === undefined ? {} : { viewShape }),
    };
  }
}

/** Names that the engine uses on every entity of the class: an author's property or method must not take them. */
function reservedNames(entityClass: EntityClass): ReadonlySet<string> {
  const names = new Set<string>(ENGINE_FIELDS);
  for (const engineClass of ENGINE_CLASSES) {
    const isOfKind =
      entityClass.prototype === engineClass.prototype || entityClass.prototype instanceof (engineClass as never);
    if (!isOfKind) continue;
    for (let at = engineClass.prototype as object; at !== Object.prototype; at = Object.getPrototypeOf(at) as object)
      for (const name of Object.getOwnPropertyNames(at)) names.add(name);
  }
  return names;
}

/** What rpc-index.json must number for this world. */
export function indexNames(world: World): IndexNames {
  const names = { types: {}, methods: {}, properties: {} } as Record<keyof IndexNames, Record<string, string>>;
  for (const entityClass of allClasses(world)) {
    const type = typeName(entityClass);
    names.types[type] = kindOf(entityClass);
    for (const [property, valueType] of propertiesOf(entityClass)) {
      names.properties[`${type}.${property}`] = typeSignature(valueType);
    }
    for (const { method, access, spec } of methodsOf(entityClass)) {
      const returns = spec.returns === null ? "" : ` → ${typeSignature(spec.returns)}`;
      names.methods[`${type}.${method}`] = `${access}(${spec.args.map(typeSignature).join(", ")})${returns}`;
    }
  }
  return names;
}

function allClasses(world: World): readonly EntityClass[] {
  return [...BUILT_IN, ...world.entities];
}

function typeName(entityClass: EntityClass): string {
  return entityClass.$definitions.at(-1)?.name ?? "";
}

function kindOf(entityClass: EntityClass): EntityKind {
  const { prototype } = entityClass;
  const row = KINDS.find(({ base }) => prototype === base.prototype || prototype instanceof base);
  return row?.kind ?? "server";
}

function specsOf(entityClass: EntityClass): readonly EntitySpec[] {
  return entityClass.$definitions.map((definition) => definition.spec);
}

function propertiesOf(entityClass: EntityClass) {
  return specsOf(entityClass).flatMap((spec) => Object.entries(spec.properties ?? {}));
}

function methodsOf(entityClass: EntityClass) {
  return specsOf(entityClass).flatMap((spec) =>
    ACCESSES.flatMap((access) =>
      Object.entries(spec[access] ?? {}).map(([method, methodSpec]) => ({
        method,
        access,
        spec: fullSpec(methodSpec),
      })),
    ),
  );
}

function fullSpec(spec: MethodSpec): Rpc {
  if (!Array.isArray(spec)) return spec as Rpc;
  return { args: spec as ArgumentTypes, returns: null, reentrant: false };
}

function checkNames(entityClass: EntityClass, type: string): void {
  const reserved = reservedNames(entityClass);
  const names = specsOf(entityClass).flatMap((spec) => [
    ...Object.keys(spec.properties ?? {}),
    // What is called on the client's side is no member here.
    ...ACCESSES.filter((access) => access !== "client").flatMap((access) => Object.keys(spec[access] ?? {})),
  ]);
  const taken = names.find((name) => reserved.has(name));
  if (taken !== undefined) throw new AeonError("ENTITY_DEFINITION", `${type}.${taken} is a name of the engine`);
}

function checkImplemented(entityClass: EntityClass, type: string, method: string, access: string): void {
  if (access === "client") return;
  const prototype = entityClass.prototype as unknown as Record<string, unknown>;
  if (typeof prototype[method] !== "function")
    throw new AeonError("ENTITY_DEFINITION", `${type}.${method} is not implemented`);
}
