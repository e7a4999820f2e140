/**
 * The data side of entity types: what a game, its peers and its clients must agree on. Built from the authors' classes on a game,
 * from JSON on a client. Ids are given by the caller, never derived from an order, so they stay when definitions change.
 */
import { AeonError } from "../base/errors.js";
import { VIEW_SHAPES, type ViewShape } from "../base/view-shape.js";
import { Scope, type ScopeMask } from "./op-sink.js";
import { ALL_SCOPES } from "./scopes.js";
import { describeType, hidesPlainField, parseObject, typeFromDescription, visibleType } from "./type-description.js";
import { checkValue } from "./value-check.js";
import { hashText } from "./value-hash.js";
import { isContainer, isPlain, type JsonValue, type ValueType } from "./value-type.js";

export interface PropertyDefinition {
  /** 1 … 65,535, unique in its type, never used for another property. */
  readonly id: number;
  readonly name: string;
  readonly type: ValueType<unknown>;
  /** One bit of Scope. */
  readonly scope: ScopeMask;
  readonly persist: boolean;
  /** A plain value; undefined: the type's own default. */
  readonly default: unknown;
}

export type MethodAccess = "exposed" | "exposedToView" | "anonymous" | "server" | "client";

export interface MethodDefinition {
  /** 1 … 65,535. */
  readonly id: number;
  readonly name: string;
  readonly args: readonly ValueType<unknown>[];
  /** Null: nothing is returned. */
  readonly returns: ValueType<unknown> | null;
  readonly access: MethodAccess;
  readonly reentrant: boolean;
  readonly timeoutMs?: number;
}

export type EntityKind = "server" | "area" | "avatar" | "avatarArea" | "stub" | "space";

export interface TypeDefinition {
  /** 1 … 65,535. */
  readonly id: number;
  readonly name: string;
  readonly kind: EntityKind;
  readonly properties: readonly PropertyDefinition[];
  readonly methods: readonly MethodDefinition[];
  /** Of a space: the shape of all views in it; left out: as the configuration has it. */
  readonly viewShape?: ViewShape;
}

const KINDS: readonly string[] = ["server", "area", "avatar", "avatarArea", "stub", "space"];
const ACCESSES: readonly string[] = ["exposed", "exposedToView", "anonymous", "server", "client"];
const ID_MAX = 65_535;

export class DefinitionTable {
  private readonly ids = new Map<number, TypeDefinition>();
  private readonly names = new Map<string, TypeDefinition>();
  private knownHash: string | null = null;

  /** Throws ENTITY_DEFINITION when the definition contradicts itself or one that is here. */
  add(definition: TypeDefinition): void {
    checkDefinition(definition);
    if (this.ids.has(definition.id) || this.names.has(definition.name))
      throw new AeonError("ENTITY_DEFINITION", `the type ${definition.name} (${definition.id}) stands twice`);
    this.ids.set(definition.id, definition);
    this.names.set(definition.name, definition);
    this.knownHash = null;
  }

  byId(id: number): TypeDefinition | undefined {
    return this.ids.get(id);
  }

  byName(name: string): TypeDefinition | undefined {
    return this.names.get(name);
  }

  /** In order of id. */
  all(): TypeDefinition[] {
    return [...this.ids.values()].sort((a, b) => a.id - b.id);
  }

  /** 16 hexadecimal digits over everything in the table; a table read from JSON has the hash of the one it was written from. */
  get hash(): string {
    this.knownHash ??= hashText(JSON.stringify(this.all().map((type) => describeDefinition(type, ALL_SCOPES))));
    return this.knownHash;
  }

  /** What a consumer with this scope mask may know; without SERVER_ONLY in it, server methods are left out too. */
  toJson(mask: ScopeMask): string {
    return JSON.stringify({ hash: this.hash, types: this.all().map((type) => describeDefinition(type, mask)) });
  }

  /** Throws BYTES_MALFORMED or ENTITY_DEFINITION. */
  static fromJson(text: string): DefinitionTable {
    const table = new DefinitionTable();
    const root = parseObject(parseJson(text));
    for (const type of listOf(root.types)) table.add(definitionFrom(type));
    table.knownHash = textOf(root.hash);
    return table;
  }
}

const { SERVER_ONLY } = Scope;

function describeDefinition(type: TypeDefinition, mask: ScopeMask): JsonValue {
  const properties = byId(type.properties).filter((property) => (property.scope & mask) !== 0);
  const methods = byId(type.methods).filter((method) => method.access !== "server" || (mask & SERVER_ONLY) !== 0);
  return {
    id: type.id,
    name: type.name,
    kind: type.kind,
    properties: properties.map((property) => describeProperty(property, mask)),
    methods: methods.map(describeMethod),
    ...(type.viewShape === undefined ? {} : { viewShape: type.viewShape }),
  };
}

function describeProperty(property: PropertyDefinition, mask: ScopeMask): JsonValue {
  const { id, name, scope, persist } = property;
  const type = describeType(visibleType(property.type, scope, mask));
  const shown = { id, name, scope, persist, type };
  // Defaults of containers are empty containers; those of bytes are empty bytes: neither is written.
  return property.default === undefined || property.default instanceof Uint8Array
    ? shown
    : { ...shown, default: property.default as JsonValue };
}

function describeMethod(method: MethodDefinition): JsonValue {
  const { id, name, access, reentrant, timeoutMs } = method;
  const args = method.args.map(describeType);
  const returns = method.returns === null ? null : describeType(method.returns);
  return { id, name, access, reentrant, args, returns, ...(timeoutMs === undefined ? {} : { timeoutMs }) };
}

function definitionFrom(value: JsonValue | undefined): TypeDefinition {
  const object = parseObject(value);
  return {
    id: numberOf(object.id),
    name: textOf(object.name),
    kind: oneOf(object.kind, KINDS) as EntityKind,
    properties: listOf(object.properties).map(propertyFrom),
    methods: listOf(object.methods).map(methodFrom),
    ...(object.viewShape === undefined ? {} : { viewShape: oneOf(object.viewShape, VIEW_SHAPES) as ViewShape }),
  };
}

function propertyFrom(value: JsonValue): PropertyDefinition {
  const object = parseObject(value);
  return {
    id: numberOf(object.id),
    name: textOf(object.name),
    type: typeFromDescription(object.type),
    scope: numberOf(object.scope),
    persist: object.persist === true,
    default: object.default,
  };
}

function methodFrom(value: JsonValue): MethodDefinition {
  const object = parseObject(value);
  const method = {
    id: numberOf(object.id),
    name: textOf(object.name),
    args: listOf(object.args).map(typeFromDescription),
    returns: object.returns === null ? null : typeFromDescription(object.returns),
    access: oneOf(object.access, ACCESSES) as MethodAccess,
    reentrant: object.reentrant === true,
  };
  return object.timeoutMs === undefined ? method : { ...method, timeoutMs: numberOf(object.timeoutMs) };
}

function checkDefinition(definition: TypeDefinition): void {
  const fail = (what: string): never => {
    throw new AeonError("ENTITY_DEFINITION", `${definition.name}: ${what}`);
  };
  checkIds("type", [definition], fail);
  checkIds("property", definition.properties, fail);
  checkIds("method", definition.methods, fail);
  for (const property of definition.properties) checkProperty(property, fail);
  for (const { name, args, returns } of definition.methods)
    if (![...args, ...(returns === null ? [] : [returns])].every(isPlain))
      fail(`${name}: an argument or result cannot hold a customMap or customList`);
}

function checkProperty(property: PropertyDefinition, fail: (what: string) => never): void {
  const { name, type, scope } = property;
  if (scope !== 1 && scope !== 2 && scope !== 4) fail(`${name} has no single scope`);
  if (scope !== SERVER_ONLY && hidesPlainField(type))
    fail(`${name}: a struct in an array or optional is sent whole and cannot have fields with a scope`);
  if (property.default === undefined) return;
  if (isContainer(type)) fail(`${name}: a container has no default`);
  const problem = checkValue(type, property.default);
  if (problem !== null) fail(`${name}: the default: ${problem}`);
}

function checkIds(
  what: string,
  items: readonly { readonly id: number; readonly name: string }[],
  fail: (what: string) => never,
): void {
  const ids = new Set<number>();
  const names = new Set<string>();
  for (const { id, name } of items) {
    if (!Number.isInteger(id) || id < 1 || id > ID_MAX) fail(`the ${what} ${name} has the id ${id}`);
    if (ids.has(id) || names.has(name)) fail(`the ${what} ${name} (${id}) stands twice`);
    ids.add(id);
    names.add(name);
  }
}

function byId<T extends { readonly id: number }>(items: readonly T[]): T[] {
  return [...items].sort((a, b) => a.id - b.id);
}

function parseJson(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch (cause) {
    throw new AeonError("BYTES_MALFORMED", "definitions are not JSON", { cause });
  }
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  if (!Array.isArray(value)) throw new AeonError("BYTES_MALFORMED", "a definition lacks a list");
  return value as readonly JsonValue[];
}
function textOf(value: JsonValue | undefined): string {
  if (typeof value !== "string") throw new AeonError("BYTES_MALFORMED", "a definition lacks a text");
  return value;
}
function numberOf(value: JsonValue | undefined): number {
  if (typeof value !== "number") throw new AeonError("BYTES_MALFORMED", "a definition lacks a number");
  return value;
}
function oneOf(value: JsonValue | undefined, names: readonly string[]): string {
  const name = textOf(value);
  if (!names.includes(name)) throw new AeonError("BYTES_MALFORMED", `"${name}" is none of ${names.join(", ")}`);
  return name;
}
