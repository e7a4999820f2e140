import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteReader, ByteWriter } from "../../../engine/base/bytes.js";
import { type Random, randomIndex, SeededRandom } from "../../../engine/base/random.js";
import { DefinitionTable } from "../../../engine/property/definition.js";
import { OWN_SCOPES, Scope, type ScopeMask, VIEW_SCOPES } from "../../../engine/property/op-sink.js";
import { PropertyTree } from "../../../engine/property/properties.js";
import { type Divergence, Shadow } from "../../../engine/property/shadow.js";
import { isNode, type ShadowEntity, type ShadowNode } from "../../../engine/property/shadow-node.js";
import { normalValue } from "../../../engine/property/types.js";
import { randomChange, randomKey, randomValue, testTable } from "./world.js";

const ENTITY = 3;
const ID = "AAAAAAAAAAAAAAAB";
const S = Scope.ALL_CLIENTS;
const FRESH_NODE = 1_000_000;
const table = testTable();

interface Pair {
  readonly random: Random;
  readonly mask: ScopeMask;
  readonly tree: PropertyTree;
  readonly server: Shadow;
  readonly mirror: Shadow;
}

/** A server's shadow with random contents and a mirror that is equal to it. */
function pair(seed: number): Pair {
  const random = new SeededRandom(seed);
  const mask = seed % 2 === 0 ? OWN_SCOPES : VIEW_SCOPES;
  const tree = new PropertyTree(table.byId(7)!);
  const server = new Shadow(table);
  tree.attach(server, ENTITY, ID);
  for (let i = 0; i < 40; i++) randomChange(random, tree);
  server.clearChanges(ENTITY);
  const out = new ByteWriter();
  server.writeState(ENTITY, mask, out);
  const mirror = new Shadow(DefinitionTable.fromJson(table.toJson(mask)));
  mirror.applyState(ENTITY, 7, ID, new ByteReader(out.written()));
  return { random, mask, tree, server, mirror };
}

function entityOf(shadow: Shadow): ShadowEntity {
  return (shadow as unknown as { roots: { entity: ShadowEntity }[] }).roots[ENTITY]!.entity;
}

/** Changes one node of the mirror behind the protocol's back; the part that is wrong then, or −1 when nothing is. */
function corrupt({ mirror, random }: Pair): number {
  const entity = entityOf(mirror);
  const nodes = [entity.root, ...entity.nodes.values()].filter((node) => node.isInTree);
  const node = nodes[randomIndex(random, nodes.length)] as ShadowNode;
  const before = dump(entity.root);
  const part = corruptNode(mirror, random, node);
  return dump(entity.root) === before ? -1 : part;
}

/** Everything in the tree, with the numbers of the nodes: a container in the place of an equal one is wrong too. */
function dump(node: ShadowNode): string {
  const plain = (value: unknown) => JSON.stringify(value) ?? String(value);
  const inside = (value: unknown) => (isNode(value) ? dump(value) : plain(value));
  if (node.kind === "fields") return `${node.number}{${node.layout.fields.map((field) => inside(node.get(field)))}}`;
  if (node.kind === "list") return `${node.number}[${node.items.map(inside)}]`;
  const entries = [...node.entries.keys()].filter((key) => node.get(key) !== undefined).sort();
  return `${node.number}(${entries.map((key) => `${key}:${inside(node.get(key))}`)})`;
}

function corruptNode(mirror: Shadow, random: Random, node: ShadowNode): number {
  const { number } = node;
  if (node.kind === "fields") {
    const field = node.layout.fields[randomIndex(random, node.layout.fields.length)]!;
    if (field.child === null) {
      const value = normalValue(field.type, randomValue(random, field.type));
      mirror.fieldSet(ENTITY, number, field.id, S, value as number);
      return number * 2;
    }
    mirror.fieldNode(ENTITY, number, field.id, S, FRESH_NODE + randomIndex(random, 1_000_000));
    return number * 2 + 1;
  }
  const { element } = node.layout;
  const value = () => normalValue(element.type, randomValue(random, element.type)) as number;
  const fresh = FRESH_NODE + randomIndex(random, 1_000_000);
  if (node.kind === "map") {
    const key = [...node.entries.keys()][0] ?? randomKey(random, node.layout.type);
    if (randomIndex(random, 3) === 0) mirror.mapDelete(ENTITY, number, key, S);
    else if (element.child === null) mirror.mapSet(ENTITY, number, key, S, value());
    else mirror.mapNode(ENTITY, number, randomKey(random, node.layout.type), S, fresh);
  } else if (node.items.length > 1 && randomIndex(random, 2) === 0) mirror.listMove(ENTITY, number, 0, 1, S);
  else if (element.child === null) mirror.listInsert(ENTITY, number, 0, S, value());
  else mirror.listInsertNode(ENTITY, number, 0, S, fresh);
  return number * 2;
}

function divergences({ server, mirror, mask }: Pair): Divergence[] {
  const hashes = new ByteWriter();
  server.writeNodeHashes(ENTITY, mask, hashes);
  return mirror.findDivergences(ENTITY, mask, new ByteReader(hashes.written()));
}

/** How many bytes were sent again. */
function repair({ server, mirror, mask }: Pair, found: readonly Divergence[]): number {
  const out = new ByteWriter();
  server.writeRepair(
    ENTITY,
    found.map(({ part }) => part),
    mask,
    out,
  );
  mirror.applyRepair(ENTITY, new ByteReader(out.written()));
  return out.length;
}

function assertEqual({ server, mirror, mask }: Pair, where: string): void {
  assert.deepEqual(mirror.plain(ENTITY, mask), server.plain(ENTITY, mask), where);
  assert.equal(mirror.hash(ENTITY, mask), server.hash(ENTITY, mask), where);
}

test("repair: just the node that went wrong is found and mended (random places)", () => {
  let wrongCount = 0;
  for (let seed = 1; seed <= 600; seed++) {
    const copies = pair(seed);
    assert.deepEqual(divergences(copies), [], `seed ${seed}`);
    const part = corrupt(copies);
    const found = divergences(copies);
    assert.deepEqual(
      found.map((each) => each.part),
      part < 0 ? [] : [part],
      `seed ${seed}`,
    );
    repair(copies, found);
    assertEqual(copies, `seed ${seed}`);
    if (part >= 0) wrongCount++;
  }
  assert.ok(wrongCount > 300, `${wrongCount}`);
});

test("repair: a mirror with many faults is equal again, and follows the changes that come then (random programs)", () => {
  for (let seed = 1; seed <= 300; seed++) {
    const copies = pair(seed);
    for (let i = 0; i < 8; i++) corrupt(copies);
    repair(copies, divergences(copies));
    assertEqual(copies, `seed ${seed}`);
    const { random, tree, server, mirror, mask } = copies;
    for (let i = 0; i < 20; i++) randomChange(random, tree);
    const out = new ByteWriter();
    server.writeChanges(ENTITY, mask, out);
    mirror.applyWire(ENTITY, new ByteReader(out.written()));
    mirror.sweep();
    assertEqual(copies, `seed ${seed}, later`);
  }
});

test("repair: changes that come between finding and mending do no harm (random programs)", () => {
  for (let seed = 1; seed <= 200; seed++) {
    const copies = pair(seed);
    for (let i = 0; i < 4; i++) corrupt(copies);
    const found = divergences(copies);
    const { random, tree, server, mirror, mask } = copies;
    for (let i = 0; i < 6; i++) randomChange(random, tree);
    const out = new ByteWriter();
    server.writeChanges(ENTITY, mask, out);
    server.clearChanges(ENTITY);
    try {
      mirror.applyWire(ENTITY, new ByteReader(out.written()));
    } catch {
      // What is wrong may be where the change goes: then the session ends.
      continue;
    }
    repair(copies, found);
    // What the change built on a fault is found at the next check.
    repair(copies, divergences(copies));
    assertEqual(copies, `seed ${seed}`);
  }
});

test("repair: the whole entity can be asked for, whatever its mirror holds", () => {
  for (let seed = 1; seed <= 100; seed++) {
    const copies = pair(seed);
    for (let i = 0; i < 6; i++) corrupt(copies);
    const out = new ByteWriter();
    copies.server.writeRepair(ENTITY, [0, 1], copies.mask, out);
    copies.mirror.applyRepair(ENTITY, new ByteReader(out.written()));
    assertEqual(copies, `seed ${seed}`);
  }
});

test("repair: what the mask does not see is not told, whatever is asked for", () => {
  const copies = pair(2);
  const { server } = copies;
  const hidden = [...entityOf(server).nodes.values()].filter((node) => (node.layout.scope & VIEW_SCOPES) === 0);
  assert.ok(hidden.length > 0);
  const out = new ByteWriter();
  server.writeRepair(
    ENTITY,
    hidden.flatMap(({ number }) => [number * 2, number * 2 + 1]),
    VIEW_SCOPES,
    out,
  );
  assert.equal(out.length, 0);
  server.writeRepair(ENTITY, [2 ** 40, 123_456_789], OWN_SCOPES, out);
  assert.equal(out.length, 0);
});

test("repair: a divergence names its path and the last op that came for it", () => {
  const copies = pair(4);
  const { tree, server, mirror, mask } = copies;
  tree.set("a_school", { "room.1": { number: 1 } });
  const send = () => {
    const out = new ByteWriter();
    server.writeChanges(ENTITY, mask, out);
    server.clearChanges(ENTITY);
    mirror.applyWire(ENTITY, new ByteReader(out.written()));
  };
  send();
  (tree.get("a_school") as Map<string, { number: number }>).get("room.1")!.number = 2;
  send();
  const school = entityOf(mirror).root.values.find(
    (value) => (value as ShadowNode)?.kind === "map" && (value as { size?: number }).size === 1,
  ) as ShadowNode;
  const room = (school as { get(key: string): ShadowNode }).get("room.1");
  mirror.fieldSet(ENTITY, room.number, 1, S, 77);
  const [found] = divergences(copies);
  assert.deepEqual(
    { path: found?.path, op: found?.op, part: found?.part },
    { path: "a_school.room\\.1", op: "fields", part: room.number * 2 },
  );
  assert.equal(server.nameOfPart(ENTITY, found!.part, found!.opNumber), "a_school.room\\.1 (fields)");
  assert.equal(server.nameOfPart(ENTITY, 0, 0), "(root) (no op)");
});

test("repair: hashes that are cut short or of another kind are refused", () => {
  const copies = pair(6);
  const hashes = new ByteWriter();
  copies.server.writeNodeHashes(ENTITY, copies.mask, hashes);
  const cut = new ByteReader(hashes.bytes, 0, hashes.length - 1);
  assert.throws(() => copies.mirror.findDivergences(ENTITY, copies.mask, cut), { code: "BYTES_TRUNCATED" });
  const kind = new ByteReader(Uint8Array.of(0, 1, 2, 3, 4));
  assert.throws(() => copies.mirror.findDivergences(ENTITY, copies.mask, kind), { code: "BYTES_MALFORMED" });
});
