/** Something that wanders about its ground, and bites back. */
import { AreaEntity, defineEntity, int16, text } from "../engine/index.js";
import type { Avatar } from "./avatar.js";
import { collisionOf } from "./map-collision.js";
import type { MonsterGround, MonsterKind } from "./world-map.js";

interface Nature {
  readonly hp: number;
  readonly speed: number;
  readonly bite: number;
  readonly bounty: number;
}
const NATURES: Readonly<Record<MonsterKind, Nature>> = {
  slime: { hp: 40, speed: 1.2, bite: 4, bounty: 5 },
  boar: { hp: 80, speed: 2.2, bite: 8, bounty: 9 },
  wolf: { hp: 100, speed: 3.4, bite: 11, bounty: 14 },
};
const RADIUS = 0.5;
const REST_MS_MIN = 800;
const REST_MS_SPREAD = 3_500;
const BITE_RANGE = 1.6;
const BITE_INTERVAL_MS = 1_200;
const GIVE_UP_RANGE = 14;
const CLOSE_ENOUGH = 0.3;

export class Monster extends defineEntity(AreaEntity, "Monster", {
  properties: {
    name: text({ max: 32, scope: "ALL_CLIENTS" }),
    kind: text({ max: 16, default: "slime", scope: "ALL_CLIENTS" }),
    hp: int16({ default: 40, scope: "ALL_CLIENTS" }),
    hpMax: int16({ default: 40, scope: "ALL_CLIENTS" }),
  },
}) {
  ground: MonsterGround | null = null;
  private goal: { x: number; z: number } | null = null;
  private restUntilMs = 0;
  private prey: Avatar | null = null;
  private bitMs = 0;

  get nature(): Nature {
    return NATURES[this.kind as MonsterKind] ?? NATURES.slime;
  }

  override onTick(dtMs: number): void {
    const { space } = this;
    if (space === null || this.ground === null) return;
    if (this.prey !== null) this.chase(this.prey);
    if (this.goal === null && this.nowMs < this.restUntilMs) return;
    this.goal ??= this.newGoal();
    this.walk(dtMs);
  }

  /** Takes the blow; returns what the killer earns, 0 while it lives. */
  suffer(from: Avatar, damage: number): number {
    this.hp = Math.max(0, this.hp - damage);
    this.prey = from;
    if (this.hp > 0) return 0;
    void this.destroy("killed");
    return this.nature.bounty;
  }

  private chase(prey: Avatar): void {
    const at = this.position;
    const to = prey.position;
    const away = Math.hypot(to.x - at.x, to.z - at.z);
    if (prey.destroyed || prey.space !== this.space || away > GIVE_UP_RANGE) {
      this.prey = null;
      this.goal = null;
      return;
    }
    this.goal = away > BITE_RANGE * 0.7 ? { x: to.x, z: to.z } : { x: at.x, z: at.z };
    if (away > BITE_RANGE || this.nowMs - this.bitMs < BITE_INTERVAL_MS) return;
    this.bitMs = this.nowMs;
    prey.suffer(this.nature.bite);
  }

  private newGoal(): { x: number; z: number } {
    const { x, z, radius } = this.ground as MonsterGround;
    const angle = this.random() * Math.PI * 2;
    const away = Math.sqrt(this.random()) * radius;
    return { x: x + Math.cos(angle) * away, z: z + Math.sin(angle) * away };
  }

  private walk(dtMs: number): void {
    const goal = this.goal as { x: number; z: number };
    const at = this.position;
    const dx = goal.x - at.x;
    const dz = goal.z - at.z;
    const away = Math.hypot(dx, dz);
    if (away < CLOSE_ENOUGH) return this.rest();
    const step = Math.min(away, (this.nature.speed * dtMs) / 1000);
    const collision = collisionOf(this.space?.typeName ?? "");
    const next = collision.slide(at, at.x + (dx / away) * step, at.z + (dz / away) * step, RADIUS);
    if (Math.hypot(next.x - at.x, next.z - at.z) < step * 0.2) return this.rest();
    this.moveTo(next.x, 0, next.z, Math.atan2(dz, dx));
  }

  private rest(): void {
    if (this.prey !== null) return;
    this.goal = null;
    this.restUntilMs = this.nowMs + REST_MS_MIN + this.random() * REST_MS_SPREAD;
  }
}
