/** The entity types of the cases, and what a script's side of a player is: a property tree with generated accessors. */
import { DefinitionTable, type TypeDefinition } from "../../engine/property/definition.js";
import { Scope } from "../../engine/property/op-sink.js";
import { type CustomMap, definePropertyAccessors, PropertyTree } from "../../engine/property/properties.js";
import {
  customMap,
  float32,
  int32,
  type StructView,
  struct,
  text,
  type ValueType,
} from "../../engine/property/types.js";

const Item = struct({ count: int32(), weight: float32() });

/** Accessors are used by many entity classes in a real game, and code that they share is slower for it. */
export const PLAYER_CLASSES = 10;
export const ITEM_COUNT = 10;
export const CAMERA_TYPE = PLAYER_CLASSES + 1;
export const SPACE_TYPE = PLAYER_CLASSES + 2;

export interface Player {
  readonly properties: PropertyTree;
  hp: number;
  x: number;
  y: number;
  name: string;
  readonly bag: CustomMap<StructView<typeof Item>>;
}

function playerType(id: number): TypeDefinition {
  const types: Record<string, ValueType<unknown>> = {
    hp: int32(),
    x: float32(),
    y: float32(),
    name: text(),
    bag: customMap(Item),
  };
  const properties = Object.entries(types).map(([name, type], at) => ({
    id: at + 1,
    name,
    type,
    scope: Scope.ALL_CLIENTS,
    persist: false,
    default: undefined,
  }));
  return { id, name: `Player${id}`, kind: "avatarArea", properties, methods: [] };
}

export function benchDefinitions(): DefinitionTable {
  const table = new DefinitionTable();
  for (let id = 1; id <= PLAYER_CLASSES; id++) table.add(playerType(id));
  table.add({ id: CAMERA_TYPE, name: "Camera", kind: "avatarArea", properties: [], methods: [] });
  table.add({ id: SPACE_TYPE, name: "Field", kind: "space", properties: [], methods: [] });
  return table;
}

/** Makes players of all classes. */
export class PlayerFactory {
  private readonly makers: (new () => Player)[] = [];

  constructor(definitions: DefinitionTable) {
    for (let id = 1; id <= PLAYER_CLASSES; id++) {
      const type = definitions.byId(id) as TypeDefinition;
      const maker = class {
        readonly properties = new PropertyTree(type);
      };
      definePropertyAccessors(maker.prototype, type);
      this.makers.push(maker as unknown as new () => Player);
    }
  }

  /** `kind`: 0 … PLAYER_CLASSES − 1. */
  make(slot: number, kind: number): Player {
    const player = new (this.makers[kind] as new () => Player)();
    player.hp = 100;
    player.name = `player ${slot}`;
    return player;
  }
}

export function fillBag(player: Player): void {
  for (let item = 0; item < ITEM_COUNT; item++) player.bag.set(`item ${item}`, { count: item, weight: item / 4 });
}

export function entityIdOf(slot: number): string {
  return `AAAAAAAAAAA${String(slot).padStart(5, "A")}`;
}
