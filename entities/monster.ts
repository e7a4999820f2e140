/** Something that wanders about its ground or walks its round, and bites back: it follows who hurt it around walls. */
import { AreaEntity, defineEntity, int16, type NavPoint, type Space, text } from "../engine/index.js";
import type { Avatar } from "./avatar.js";
import { collisionOf } from "./map-collision.js";
import { Route } from "./route.js";
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
/** How far the prey may go from where the way to it ends before another way is asked for, and how often that may be. */
const PREY_MOVED = 1.2;
const PLAN_INTERVAL_MS = 300;

export class Monster extends defineEntity(AreaEntity, "Monster", {
  properties: {
    name: text({ max: 32, scope: "ALL_CLIENTS" }),
    kind: text({ max: 16, default: "slime", scope: "ALL_CLIENTS" }),
    hp: int16({ default: 40, scope: "ALL_CLIENTS" }),
    hpMax: int16({ default: 40, scope: "ALL_CLIENTS" }),
  },
}) {
  ground: MonsterGround | null = null;
  readonly route = new Route();
  private isResting = false;
  private restUntilMs = 0;
  private plannedMs = Number.NEGATIVE_INFINITY;
  private prey: Avatar | null = null;
  private bitMs = 0;
  /** Of its round, the corner it walks to. */
  private corner = -1;

  get nature(): Nature {
    return NATURES[this.kind as MonsterKind] ?? NATURES.slime;
  }

  override onTick(dtMs: number): void {
    const { space, ground } = this;
    if (space === null || ground === null) return;
    if (this.prey !== null) this.chase(this.prey, space);
    else this.wander(space, ground);
    this.walk(dtMs, space);
  }

  override onLeaveSpace(): void {
    this.route.stop();
  }

  /** Takes the blow; returns what the killer earns, 0 while it lives. */
  suffer(from: Avatar, damage: number): number {
    this.hp = Math.max(0, this.hp - damage);
    this.prey = from;
    if (this.hp > 0) return 0;
    void this.destroy("killed");
    return this.nature.bounty;
  }

  private chase(prey: Avatar, space: Space): void {
    const at = this.position;
    const to = prey.position;
    const away = Math.hypot(to.x - at.x, to.z - at.z);
    if (prey.destroyed || prey.space !== space || away > GIVE_UP_RANGE) {
      this.prey = null;
      this.route.stop();
      return;
    }
    if (away < BITE_RANGE * 0.7) this.route.stop();
    else if (this.isPlanStale(to)) this.plan(space, to);
    if (away > BITE_RANGE || this.nowMs - this.bitMs < BITE_INTERVAL_MS) return;
    this.bitMs = this.nowMs;
    prey.suffer(this.nature.bite);
  }

  /** Whether the way it walks does not lead to its prey any more. */
  private isPlanStale(to: NavPoint): boolean {
    if (this.route.isAsking || this.nowMs - this.plannedMs < PLAN_INTERVAL_MS) return false;
    const { end } = this.route;
    return end === null || !this.route.isWalking || Math.hypot(end.x - to.x, end.z - to.z) > PREY_MOVED;
  }

  private wander(space: Space, ground: MonsterGround): void {
    if (this.route.isAsking || this.route.isWalking) return;
    if (!this.isResting) {
      this.isResting = true;
      const restMs = ground.patrol === undefined ? REST_MS_MIN + this.random() * REST_MS_SPREAD : 0;
      this.restUntilMs = this.nowMs + restMs;
    }
    if (this.nowMs < this.restUntilMs) return;
    this.isResting = false;
    this.plan(space, this.newGoal(ground));
  }

  private newGoal({ x, z, radius, patrol }: MonsterGround): NavPoint {
    if (patrol !== undefined) {
      this.corner = (this.corner + 1) % (patrol.length / 2);
      return { x: patrol[this.corner * 2] as number, y: 0, z: patrol[this.corner * 2 + 1] as number };
    }
    const angle = this.random() * Math.PI * 2;
    const away = Math.sqrt(this.random()) * radius;
    return { x: x + Math.cos(angle) * away, y: 0, z: z + Math.sin(angle) * away };
  }

  private plan(space: Space, goal: NavPoint): void {
    this.plannedMs = this.nowMs;
    this.route.plan(this, space, goal);
  }

  private walk(dtMs: number, space: Space): void {
    const at = this.position;
    const corner = this.route.next(at);
    if (corner === null) return;
    const dx = corner.x - at.x;
    const dz = corner.z - at.z;
    const away = Math.hypot(dx, dz);
    const step = Math.min(away, (this.nature.speed * dtMs) / 1000);
    const collision = collisionOf(space.typeName);
    const next = collision.slide(at, at.x + (dx / away) * step, at.z + (dz / away) * step, RADIUS);
    // Something is in the way that the mesh does not know of.
    if (Math.hypot(next.x - at.x, next.z - at.z) < step * 0.2) this.route.stop();
    else this.moveTo(next.x, 0, next.z, Math.atan2(dz, dx));
  }
}
