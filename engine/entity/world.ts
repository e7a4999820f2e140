/** A world: the entity types that an author lists, the type that greets a client, and the spaces that are always there. */
import { AeonError } from "../base/errors.js";
import type { EntityClass, HandlersOf } from "./define.js";
import type { ServerEntity } from "./server-entity.js";
import type { WantedSpace } from "./space-manager.js";

export interface World {
  readonly entities: readonly EntityClass[];
  /** The type of the entity that every new client is bound to until `giveClientTo`. */
  readonly account: string;
  readonly spaces: readonly WantedSpace[];
  /** See `defineWorld`. */
  readonly navmeshes: Readonly<Record<string, string>>;
}

/** Each class must have a method for everything its definition lets others call. */
type Checked<C> = C extends { new (...args: never): infer E extends ServerEntity }
  ? E extends HandlersOf<E["$definition"]>
    ? C
    : { readonly "a method of the definition is missing or has other arguments": HandlersOf<E["$definition"]> }
  : never;

/**
 * Throws ENTITY_DEFINITION when a type stands twice or the account type is not listed. `navmeshes`: navigation meshes by name, as files from
 * the folder of the nearest package.json above the world's module; spaces of a type use the mesh that has the type's name.
 */
export function defineWorld<const C extends readonly unknown[]>(world: {
  readonly entities: C & { readonly [K in keyof C]: Checked<C[K]> };
  readonly account: string;
  readonly spaces?: readonly WantedSpace[];
  readonly navmeshes?: Readonly<Record<string, string>>;
}): World {
  const entities = world.entities as unknown as readonly EntityClass[];
  const names = entities.map((entity) => entity.$definitions.at(-1)?.name ?? "");
  names.forEach((name, i) => {
    if (name === "") throw new AeonError("ENTITY_DEFINITION", "a class of the world was not made by defineEntity");
    if (names.indexOf(name) !== i) throw new AeonError("ENTITY_DEFINITION", `type ${name} stands twice`);
  });
  if (!names.includes(world.account))
    throw new AeonError("ENTITY_DEFINITION", `the account type ${world.account} is not listed`);
  return { entities, account: world.account, spaces: world.spaces ?? [], navmeshes: world.navmeshes ?? {} };
}
