/** The server side behind a fake gate: sample definitions, entities with real property trees, and the bodies that a game would send. */
import { ByteReader, ByteWriter } from "../../../engine/base/bytes.js";
import { DefinitionTable, type MethodDefinition, type TypeDefinition } from "../../../engine/property/definition.js";
import { OWN_SCOPES, Scope, VIEW_SCOPES } from "../../../engine/property/op-sink.js";
import { PropertyTree } from "../../../engine/property/properties.js";
import { Shadow } from "../../../engine/property/shadow.js";
import {
  customList,
  customMap,
  entityId,
  int16,
  int32,
  readValue,
  struct,
  text,
  type ValueType,
  writeValue,
} from "../../../engine/property/types.js";
import { DownstreamBody } from "../../../engine/protocol/client-link.js";
import { stepsOf } from "../../../engine/protocol/short-transforms.js";
import { body, type Call } from "./fake-gate.js";

function method(
  id: number,
  name: string,
  access: MethodDefinition["access"],
  args: readonly ValueType<unknown>[],
  returns: ValueType<unknown> | null = null,
): MethodDefinition {
  return { id, name, access, args, returns, reentrant: false };
}

const property = (id: number, name: string, type: ValueType<unknown>) => ({
  id,
  name,
  type,
  scope: Scope[type.scope ?? "SERVER_ONLY"],
  persist: false,
  default: type.default,
});

export const Account: TypeDefinition = {
  id: 1,
  name: "Account",
  kind: "avatar",
  properties: [],
  methods: [method(10, "login", "anonymous", [text({ max: 24 })])],
};
export const Avatar: TypeDefinition = {
  id: 2,
  name: "Avatar",
  kind: "avatarArea",
  properties: [
    property(1, "name", text({ scope: "ALL_CLIENTS" })),
    property(2, "hp", int16({ scope: "ALL_CLIENTS", default: 100 })),
    property(3, "school", customMap(struct({ number: int32() }), { scope: "OWN_CLIENT" })),
    property(4, "board", customList(text(), { scope: "OWN_CLIENT" })),
  ],
  methods: [
    method(20, "say", "exposed", [text({ max: 200 })]),
    method(21, "buy", "exposed", [text(), int32({ min: 1 })], int32()),
    method(22, "wave", "exposedToView", [], text()),
    method(23, "onSay", "client", [entityId(), text()]),
  ],
};
export const Meadow: TypeDefinition = { id: 3, name: "Meadow", kind: "space", properties: [], methods: [] };

export const ACCOUNT_ID = "AAAAAAAAAAAAAAAA";
export const AVATAR_ID = "BBBBBBBBBBBBBBBB";
export const OTHER_ID = "CCCCCCCCCCCCCCCC";
export const SPACE_ID = "DDDDDDDDDDDDDDDD";

export const definitions = new DefinitionTable();
for (const type of [Account, Avatar, Meadow]) definitions.add(type);

/** One entity of the server and what is known of it by others. */
export class FakeEntity {
  readonly tree: PropertyTree;
  readonly id: string;
  private readonly type: TypeDefinition;
  private readonly shadow = new Shadow(definitions);

  constructor(type: TypeDefinition, id: string, values: Record<string, unknown> = {}) {
    this.type = type;
    this.id = id;
    this.tree = new PropertyTree(type);
    this.tree.load(values);
    this.tree.attach(this.shadow, 1, id);
    this.shadow.clearChanges(1);
  }

  ownEnter(): Uint8Array {
    return body(DownstreamBody.ownEnter, { type: this.type.id, entity: this.id, state: this.state(OWN_SCOPES) });
  }

  viewEnter(target: number, x = 0, z = 0, generation = 1): Uint8Array {
    const at = { x, y: 0, z, yaw: 0 };
    const state = this.state(VIEW_SCOPES);
    return body(DownstreamBody.viewEnter, { target, generation, type: this.type.id, entity: this.id, ...at, state });
  }

  /** What changed since the last time, for its own client (target 0) or for others. */
  changes(target: number): Uint8Array {
    const writer = new ByteWriter();
    this.shadow.writeChanges(1, target === 0 ? OWN_SCOPES : VIEW_SCOPES, writer);
    this.shadow.clearChanges(1);
    return body(DownstreamBody.propertyOps, { target, ops: writer.copy() });
  }

  /** Changes of which nobody hears. */
  forget(change: () => void): void {
    change();
    this.shadow.clearChanges(1);
  }

  hashes(target: number): Uint8Array {
    const hash = this.shadow.hash(1, target === 0 ? OWN_SCOPES : VIEW_SCOPES);
    return body(DownstreamBody.viewHashes, { records: [{ target, hash }] });
  }

  nodeHashes(target: number): Uint8Array {
    const writer = new ByteWriter();
    this.shadow.writeNodeHashes(1, target === 0 ? OWN_SCOPES : VIEW_SCOPES, writer);
    return body(DownstreamBody.nodeHashes, { target, hashes: writer.copy() });
  }

  repair(target: number, parts: readonly number[]): Uint8Array {
    const writer = new ByteWriter();
    this.shadow.writeRepair(1, parts, target === 0 ? OWN_SCOPES : VIEW_SCOPES, writer);
    return body(DownstreamBody.repairOps, { target, ops: writer.copy() });
  }

  private state(mask: number): Uint8Array {
    const writer = new ByteWriter();
    this.shadow.writeState(1, mask, writer);
    return writer.copy();
  }
}

export function definitionsBody(table = definitions): Uint8Array {
  const json = new TextEncoder().encode(table.toJson(OWN_SCOPES));
  return body(DownstreamBody.definitions, { hash: table.hash, json });
}

export function spaceEnter(x = 5, z = 6): Uint8Array {
  const at = { x, y: 0, z, yaw: 0 };
  return body(DownstreamBody.spaceEnter, {
    space: 1,
    spaceType: Meadow.id,
    spaceEntity: SPACE_ID,
    ownShortId: 9,
    tickMs: 50,
    ...at,
  });
}

export function tick(number: number, serverMs: number): Uint8Array {
  return body(DownstreamBody.tick, { tick: number, serverMs });
}

export function transforms(...records: { target: number; x: number; z: number }[]): Uint8Array {
  return body(DownstreamBody.transforms, { records: records.map((record) => ({ y: 0, yaw: 0, ...record })) });
}

/** With whole steps for coordinates; `y` is told only where it is named. */
export function shortTransforms(...records: { target: number; x: number; z: number; y?: number }[]): Uint8Array {
  const writer = new ByteWriter();
  const sorted = [...records].sort((a, b) => Number(a.y !== undefined) - Number(b.y !== undefined));
  for (const { target, x, z, y } of sorted) {
    writer.u16(target);
    writer.u16(stepsOf(x));
    writer.u16(stepsOf(z));
    writer.u8(0);
    if (y !== undefined) writer.u16(stepsOf(y));
  }
  const levelCount = records.filter(({ y }) => y === undefined).length;
  return body(DownstreamBody.shortTransforms, { cellX: 0, cellY: 0, cellZ: 0, levelCount, records: writer.copy() });
}

export function clientCall(target: number, called: MethodDefinition, args: readonly unknown[]): Uint8Array {
  const writer = new ByteWriter();
  called.args.forEach((type, i) => {
    writeValue(type, writer, args[i]);
  });
  return body(DownstreamBody.clientCall, { target, method: called.id, arguments: writer.copy() });
}

export function methodOf(type: TypeDefinition, name: string): MethodDefinition {
  const found = type.methods.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no method ${name}`);
  return found;
}

export function argumentsOf(type: TypeDefinition, call: Call): unknown[] {
  const called = type.methods.find((candidate) => candidate.id === call.method);
  const reader = new ByteReader(call.arguments);
  return (called?.args ?? []).map((argument) => readValue(argument, reader));
}
