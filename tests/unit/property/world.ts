/** A definition with every kind of property in every scope, and a random program of changes to an entity of it. */
import { type Random, randomIndex } from "../../../engine/base/random.js";
import { DefinitionTable, type PropertyDefinition, type TypeDefinition } from "../../../engine/property/definition.js";
import { Scope, type ScopeName } from "../../../engine/property/op-sink.js";
import {
  CustomList,
  CustomMap,
  definePropertyAccessors,
  type PropertyTree,
  StructView,
} from "../../../engine/property/properties.js";
import * as t from "../../../engine/property/types.js";

type AnyType = t.ValueType<unknown>;

const Room = t.struct({
  number: t.int32(),
  width: t.float32({ scope: "ALL_CLIENTS" }),
  teacher: t.text({ scope: "SERVER_ONLY" }),
  marks: t.customMap(t.uint16()),
  secret: t.customList(t.text(), { scope: "SERVER_ONLY" }),
  log: t.customList(t.struct({ at: t.float64(), who: t.text(), own: t.bool({ scope: "OWN_CLIENT" }) })),
});

const PUBLIC: Record<string, AnyType> = {
  alive: t.bool({ default: true }),
  hp: t.int16({ default: 100, min: -5, max: 500, persist: true }),
  level: t.uint8(),
  shift: t.int8(),
  port: t.uint16(),
  gold: t.int32({ persist: true }),
  big: t.uint32(),
  speed: t.float32({ default: 1.5 }),
  angle: t.float64(),
  name: t.text({ max: 40, persist: true }),
  blob: t.bytes({ max: 64 }),
  target: t.entityId(),
  extra: t.json(),
  title: t.optional(t.text()),
  path: t.array(t.struct({ x: t.float32(), y: t.float32() })),
  stats: t.struct({
    strength: t.uint8({ default: 3 }),
    luck: t.float32({ scope: "OWN_CLIENT" }),
    hidden: t.int32({ scope: "SERVER_ONLY" }),
  }),
  school: t.customMap(Room, { persist: true }),
  tags: t.customMap(t.text()),
  numbers: t.customMap(t.int32(), { key: "int32" }),
  queue: t.customList(t.int16()),
  rooms: t.customList(Room),
  deep: t.customMap(t.customMap(t.customList(t.uint8()))),
};

/** The types above under each scope: names begin with a, o or s. */
export function testDefinition(): TypeDefinition {
  const properties: PropertyDefinition[] = [];
  let id = 1;
  for (const [prefix, scope] of [
    ["a", "ALL_CLIENTS"],
    ["o", "OWN_CLIENT"],
    ["s", "SERVER_ONLY"],
  ] as [string, ScopeName][])
    for (const [name, type] of Object.entries(PUBLIC)) {
      const persist = type.persist === true;
      properties.push({ id, name: `${prefix}_${name}`, type, scope: Scope[scope], persist, default: undefined });
      // Ids with gaps, so that banks of fields are not full.
      id += 1 + (id % 3);
    }
  return { id: 7, name: "Probe", kind: "server", properties, methods: [] };
}

export function testTable(): DefinitionTable {
  const table = new DefinitionTable();
  table.add(testDefinition());
  return table;
}

const WORDS = ["", "a", "Ärger", "日本", "a.b\\c", "__proto__", "constructor", "x".repeat(60), "🙂", "12"];

/** A value that the type allows. */
export function randomValue(random: Random, type: AnyType): unknown {
  const pick = (count: number) => randomIndex(random, count);
  switch (type.kind) {
    case "bool":
      return pick(2) === 1;
    case "text":
      return (WORDS[pick(WORDS.length)] as string).slice(0, type.max === undefined ? 99 : type.max);
    case "bytes":
      return random.bytes(pick(20));
    case "entityId":
      return pick(3) === 0 ? "" : "AAAAAAAAAAAAAAA".concat("BCDE"[pick(4)] as string);
    case "json":
      return randomJson(random, 3);
    case "optional":
      return pick(2) === 0 ? null : randomValue(random, type.element as AnyType);
    case "array":
    case "customList":
      return Array.from({ length: pick(4) }, () => randomValue(random, type.element as AnyType));
    case "struct":
      return Object.fromEntries(
        Object.entries(type.fields ?? {})
          .filter(() => type.element !== undefined || pick(4) > 0)
          .map(([name, field]) => [name, randomValue(random, field)]),
      );
    case "customMap":
      return new Map(
        Array.from({ length: pick(4) }, () => [randomKey(random, type), randomValue(random, type.element as AnyType)]),
      );
    case "float32":
    case "float64":
      return [0, -0, 1.5, random.next() * 1000 - 500, 1e30, 7][pick(6)];
    default: {
      const max = Math.min(type.max ?? 100, 100);
      return pick(4) === 0 ? 0 : Math.max(type.min ?? 0, pick(max + 1));
    }
  }
}

export function randomKey(random: Random, type: AnyType): string | number {
  if (type.key === "int32") return randomIndex(random, 8) - 4;
  return WORDS[randomIndex(random, WORDS.length)] as string;
}

function randomJson(random: Random, depth: number): unknown {
  const pick = randomIndex(random, depth > 0 ? 8 : 6);
  if (pick < 6)
    return [null, true, random.u32() - 2 ** 31, random.next(), WORDS[randomIndex(random, WORDS.length)], -3][pick];
  const count = randomIndex(random, 4);
  const items = Array.from({ length: count }, () => randomJson(random, depth - 1));
  return pick === 6 ? items : Object.fromEntries(items.map((item, at) => [WORDS[at * 2 + 1], item]));
}

const accessorMakers = new WeakMap<TypeDefinition, new (tree: PropertyTree) => Record<string, unknown>>();

/** The tree's properties as the fields of an entity. */
function accessorsOf(tree: PropertyTree): Record<string, unknown> {
  let maker = accessorMakers.get(tree.definition);
  if (maker === undefined) {
    class Accessors {
      readonly properties: PropertyTree;
      constructor(properties: PropertyTree) {
        this.properties = properties;
      }
    }
    definePropertyAccessors(Accessors.prototype, tree.definition);
    maker = Accessors as unknown as new (tree: PropertyTree) => Record<string, unknown>;
    accessorMakers.set(tree.definition, maker);
  }
  return new maker(tree);
}

/** By name or by the generated accessor. */
function setEither(random: Random, tree: PropertyTree, name: string, value: unknown): void {
  if (randomIndex(random, 2) === 0) tree.set(name, value);
  else accessorsOf(tree)[name] = value;
}

/** One change, often of something that changed before. */
export function randomChange(random: Random, tree: PropertyTree): void {
  const { properties } = tree.definition;
  const property = properties[randomIndex(random, properties.length)] as PropertyDefinition;
  if (property.type.element === undefined && property.type.fields === undefined)
    return setEither(random, tree, property.name, randomValue(random, property.type));
  if (randomIndex(random, 12) === 0) return tree.set(property.name, randomValue(random, { ...property.type }));
  changeInside(random, tree.get(property.name), property.type);
}

function changeInside(random: Random, container: unknown, type: AnyType): void {
  if (container instanceof CustomMap) changeMap(random, container as CustomMap<unknown, string | number>, type);
  else if (container instanceof CustomList) changeList(random, container as CustomList<unknown>, type);
  else if (container instanceof StructView) {
    const names = Object.keys(type.fields ?? {});
    const name = names[randomIndex(random, names.length)] as string;
    const field = type.fields?.[name] as AnyType;
    const view = container as unknown as Record<string, unknown>;
    if (t.isContainer(field) && randomIndex(random, 4) > 0) changeInside(random, view[name], field);
    else view[name] = randomValue(random, field);
  }
}

function changeMap(random: Random, map: CustomMap<unknown, string | number>, type: AnyType): void {
  const element = type.element as AnyType;
  const keys = [...map.keys()];
  const key = keys[randomIndex(random, keys.length || 1)];
  const what = randomIndex(random, 20);
  if (key !== undefined && t.isContainer(element) && what < 9) changeInside(random, map.get(key), element);
  else if (key !== undefined && what < 12) map.delete(key);
  else if (what === 12) map.clear();
  else map.set(randomKey(random, type), randomValue(random, element));
}

function changeList(random: Random, list: CustomList<unknown>, type: AnyType): void {
  const element = type.element as AnyType;
  const { length } = list;
  const at = randomIndex(random, length || 1);
  const what = randomIndex(random, 24);
  if (length === 0 || what < 6) list.insert(randomIndex(random, length + 1), randomValue(random, element));
  else if (t.isContainer(element) && what < 13) changeInside(random, list.get(at), element);
  else if (what < 16) list.set(at, randomValue(random, element));
  else if (what < 18) list.remove(at, 1 + randomIndex(random, length - at));
  else if (what < 20) list.move(at, randomIndex(random, length));
  else if (what < 21) list.swap(at, randomIndex(random, length));
  else if (what < 22) list.splice(at, 1, randomValue(random, element));
  else if (what < 23) list.pop();
  else list.clear();
}
