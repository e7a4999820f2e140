import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { EntityRegistry, indexNames } from "../../../engine/entity/registry.js";
import { buildRpcIndex, type RpcIndex } from "../../../engine/entity/rpc-index.js";
import type { World } from "../../../engine/entity/world.js";
import {
  AreaEntity,
  AvatarAreaEntity,
  AvatarEntity,
  customMap,
  defineEntity,
  defineWorld,
  int16,
  ServerEntity,
  Space,
  StubEntity,
  text,
} from "../../../engine/index.js";
import { world as example } from "../../../entities/world.js";
import { packageRoot } from "../source-files.js";
import { cast, Hero } from "./cast.js";

class Login extends defineEntity(AvatarEntity, "Login", {}) {}

/** A world past the compiler's checks. */
function worldOf(entities: readonly unknown[], rest: Partial<World> = {}): World {
  return { entities: [Login, ...entities], account: "Login", spaces: [], ...rest } as unknown as World;
}

const refused = (entities: readonly unknown[], what: RegExp, rest: Partial<World> = {}) =>
  assert.throws(
    () => new EntityRegistry(worldOf(entities, rest), null),
    (error: Error & { code: string }) => {
      assert.equal(error.code, "ENTITY_DEFINITION");
      assert.match(error.message, what);
      return true;
    },
  );

test("registry: a type of space has the shape of views that it says, or its base", () => {
  class Hall extends defineEntity(Space, "Hall", {}) {}
  class Yard extends defineEntity(Space, "Yard", { viewShape: "box" }) {}
  class Court extends defineEntity(Yard, "Court", {}) {}
  class Well extends defineEntity(Yard, "Well", { viewShape: "circle" }) {}
  const registry = new EntityRegistry(worldOf([Hall, Yard, Court, Well]), null);
  const shapes = ["Hall", "Yard", "Court", "Well"].map((name) => registry.type(name).definition.viewShape);
  assert.deepEqual(shapes, [undefined, "box", "box", "circle"]);
});

test("registry: the kind of a type follows from its base", () => {
  class Here extends defineEntity(AreaEntity, "Here", {}) {}
  class Walker extends defineEntity(AvatarAreaEntity, "Walker", {}) {}
  class Plain extends defineEntity(ServerEntity, "Plain", {}) {}
  class Hall extends defineEntity(Space, "Hall", {}) {}
  class Post extends defineEntity(StubEntity, "Post", {}) {}
  const registry = new EntityRegistry(worldOf([Here, Walker, Plain, Hall, Post, Space]), null);
  const kinds = ["Login", "Here", "Walker", "Plain", "Hall", "Post", "Space", "SpaceManager"].map(
    (name) => registry.type(name).definition.kind,
  );
  assert.deepEqual(kinds, ["avatar", "area", "avatarArea", "server", "space", "stub", "space", "stub"]);
  assert.deepEqual(registry.stubs.map(({ name }) => name).sort(), ["Post", "SpaceManager"]);
});

test("registry: a type has what its bases declare, under numbers of its own", () => {
  class Base extends defineEntity(ServerEntity, "Base", { properties: { a: text() }, server: { go: [] } }) {
    go(): void {}
  }
  class Derived extends defineEntity(Base, "Derived", { properties: { b: int16({ persist: true }) } }) {}
  const registry = new EntityRegistry(worldOf([Base, Derived]), null);
  const [base, derived] = [registry.type("Base"), registry.type("Derived")];
  assert.deepEqual(
    derived.definition.properties.map(({ name, persist, scope }) => [name, persist, scope]),
    [
      ["a", false, 4],
      ["b", true, 4],
    ],
  );
  assert.notEqual(derived.definition.methods[0]?.id, base.definition.methods[0]?.id);
  assert.equal(registry.typeOfMethod(derived.definition.methods[0] as never).name, "Derived");
});

test("registry: numbers come from the index, and a stale one is refused by name (RPC_INDEX_STALE)", () => {
  const { index } = buildRpcIndex(indexNames(cast), null);
  const registry = new EntityRegistry(cast, index);
  for (const [name, { number }] of Object.entries(index.methods)) {
    const [type, method] = name.split(".") as [string, string];
    assert.equal(registry.type(type).definition.methods.find((each) => each.name === method)?.id, number, name);
    assert.ok(registry.hasMethod(number));
  }
  assert.equal(registry.hasMethod(9_999), false);
  const { "Hero.say": _, ...methods } = index.methods;
  assert.throws(() => new EntityRegistry(cast, { ...index, methods }), {
    code: "RPC_INDEX_STALE",
    message: /Hero.say/,
  });
  const changed = { ...index.methods, "Hero.say": { number: 3, signature: "exposed()" } };
  assert.throws(() => new EntityRegistry(cast, { ...index, methods: changed }), { code: "RPC_INDEX_STALE" });
  assert.throws(() => registry.type("Dragon"), { code: "ENTITY_TYPE_UNKNOWN" });
});

test("registry: rpc-index.json is that of the example world", () => {
  const index = JSON.parse(readFileSync(join(packageRoot, "rpc-index.json"), "utf8")) as RpcIndex;
  assert.deepEqual(buildRpcIndex(indexNames(example), index).changes, []);
  assert.deepEqual(buildRpcIndex(indexNames(example), index).index, index);
});

test("registry: names of the engine cannot be taken by a property or by a method that others call", () => {
  for (const name of ["id", "destroy", "save", "log", "properties", "onCreate", "onTick", "constructor"]) {
    refused([defineEntity(ServerEntity, "Bad", { properties: { [name]: text() } })], new RegExp(`Bad.${name}`));
    const Methods = defineEntity(ServerEntity, "Bad", { exposed: { [name]: [] } });
    refused([Methods], new RegExp(`Bad.${name}`));
  }
  refused([defineEntity(AreaEntity, "Bad", { properties: { position: text() } })], /Bad.position/);
  refused([defineEntity(AvatarEntity, "Bad", { exposed: { giveClientTo: [] } })], /Bad.giveClientTo/);
  refused([defineEntity(StubEntity, "Bad", { properties: { shard: text() } })], /Bad.shard/);
  class Fine extends defineEntity(ServerEntity, "Fine", {
    properties: { position: text() },
    client: { destroy: [] },
  }) {}
  assert.ok(new EntityRegistry(worldOf([Fine]), null).type("Fine"));
});

test("registry: a method that the class lacks, a container as an argument, a default that is no value", () => {
  refused([defineEntity(ServerEntity, "Bad", { server: { missing: [] } })], /Bad.missing is not implemented/);
  class Containers extends defineEntity(ServerEntity, "Bad", { server: { take: [customMap(text())] } }) {
    take(): void {}
  }
  refused([Containers], /customMap/);
  refused([defineEntity(ServerEntity, "Bad", { properties: { n: int16({ default: 40_000 }) } })], /default/);
});

test("registry: the account type must have a client, and the world's spaces must be spaces", () => {
  class Plain extends defineEntity(ServerEntity, "Plain", {}) {}
  refused([Plain], /Plain has no client/, { account: "Plain" });
  refused([Plain], /meadow/, { spaces: [{ name: "meadow", type: "Plain" }] });
  refused([Plain], /meadow/, { spaces: [{ name: "meadow", type: "Nowhere" }] });
});

test("world: a type that stands twice, one that nobody defined, an account type that is not listed", () => {
  const define = (entities: readonly unknown[], account = "Login") =>
    (defineWorld as unknown as (world: object) => World)({ entities, account });
  assert.throws(() => define([Login, class Twin extends defineEntity(AvatarEntity, "Login", {}) {}]), {
    code: "ENTITY_DEFINITION",
    message: /Login stands twice/,
  });
  assert.throws(() => define([Login, AvatarEntity]), { message: /not made by defineEntity/ });
  assert.throws(() => define([Login], "Hero"), { message: /Hero is not listed/ });
  refused([defineEntity(StubEntity, "SpaceManager", {})], /SpaceManager/);
});

test("defineEntity: names that cannot stand in a path, or stand twice in the type and its bases", () => {
  assert.throws(() => defineEntity(ServerEntity, "no name", {}), { code: "ENTITY_DEFINITION" });
  assert.throws(() => defineEntity(ServerEntity, "Good", { properties: { "a.b": text() } }), /a\.b/);
  assert.throws(() => defineEntity(ServerEntity, "Good", { properties: { x: text() }, server: { x: [] } }), /twice/);
  assert.throws(() => defineEntity(Hero, "Sub", { client: { say: [] } }), /twice/);
});
