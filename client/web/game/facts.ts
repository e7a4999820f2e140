/** What the page shows of an entity, with something to show while a property has not come. */
import type { Avatar } from "../../../entities/avatar.js";
import type { Monster } from "../../../entities/monster.js";
import type { ClientEntity } from "../../index.js";
import type { PlayerFacts } from "../ui/player-card.js";
import type { ActorLook } from "../view/actor.js";

/** How the entity is shown; null for one that is not (accounts). */
export function lookOf(entity: ClientEntity): ActorLook | null {
  if (entity.is<Monster>("Monster")) {
    const { kind = "slime", name = "" } = entity.props;
    return { isMonster: true, isOwn: false, name, kind };
  }
  if (!entity.is<Avatar>("Avatar")) return null;
  return { isMonster: false, isOwn: entity.isOwn, name: entity.props.name ?? "?", kind: "" };
}

export function healthOf(entity: ClientEntity): { readonly hp: number; readonly hpMax: number } {
  const { hp = 0, hpMax = 0 } = (entity as ClientEntity<Avatar> | ClientEntity<Monster>).props;
  return { hp, hpMax };
}

export function nameOf(entity: ClientEntity | undefined): string {
  return (entity === undefined ? null : lookOf(entity))?.name ?? "Somebody";
}

export function playerFacts(avatar: ClientEntity<Avatar>): PlayerFacts {
  const { name = "?", hp = 0, hpMax = 0, gold = 0, kills = 0, level = 1 } = avatar.props;
  return { name, hp, hpMax, gold, kills, level };
}
