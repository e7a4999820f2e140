/** The example's spaces: a meadow and a cave, each with its monsters, joined by portals. */
import { type AreaEntity, defineEntity, Space } from "../engine/index.js";
import { Monster } from "./monster.js";
import { type MonsterGround, mapOf } from "./world-map.js";

const RESPAWN_MS = 6_000;
const TITLES = { slime: "Slime", wolf: "Wolf", boar: "Boar" } as const;

/** A space with a map: keeps as many monsters on each ground as the map says. */
class Scene extends Space {
  override onCreate(): void {
    for (const ground of mapOf(this.typeName).monsterGrounds) {
      for (let i = 0; i < ground.count; i++) this.addMonster(ground);
    }
  }

  override onEntityLeave(entity: AreaEntity): void {
    if (!(entity instanceof Monster) || entity.ground === null || this.destroyed) return;
    this.after(RESPAWN_MS, "addMonster", entity.ground);
  }

  addMonster(ground: MonsterGround): void {
    const { kind, x, z, radius } = ground;
    const angle = this.random() * Math.PI * 2;
    const away = Math.sqrt(this.random()) * radius;
    const monster = this.spawn<Monster>("Monster", {
      values: { kind, name: TITLES[kind] },
      space: this,
      position: { x: x + Math.cos(angle) * away, y: 0, z: z + Math.sin(angle) * away, yaw: angle },
    });
    monster.ground = ground;
    monster.hpMax = monster.nature.hp;
    monster.hp = monster.hpMax;
  }
}

export class Meadow extends defineEntity(Scene, "Meadow", {}) {}
export class Cave extends defineEntity(Scene, "Cave", {}) {}
