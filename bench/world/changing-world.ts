/** The same field with walkers whose every move changes properties of theirs: what the script thread's profile is taken under. */
import {
  AvatarAreaEntity,
  customMap,
  defineEntity,
  defineWorld,
  float32,
  int32,
  type Position,
  struct,
} from "../../engine/index.js";
import { ringRadius } from "../sync/ring.js";
import { Account, FIELD, Field, VISIBLE } from "./world.js";

const wound = struct({ depth: int32() });
const WOUNDS = ["head", "arm", "leg"];

class Walker extends defineEntity(AvatarAreaEntity, "Walker", {
  properties: {
    stamina: float32({ scope: "ALL_CLIENTS" }),
    steps: int32({ scope: "ALL_CLIENTS" }),
    wounds: customMap(wound, { scope: "OWN_CLIENT" }),
  },
}) {
  override onCreate(): void {
    this.setViewRadius(ringRadius(VISIBLE));
    for (const place of WOUNDS) this.wounds.set(place, { depth: 0 });
  }

  override onMove(position: Position): boolean {
    this.steps += 1;
    this.stamina = 100 - (this.steps % 100);
    const place = this.wounds.get(WOUNDS[this.steps % WOUNDS.length] ?? "");
    if (place !== undefined) place.depth += 1;
    return super.onMove(position);
  }
}

export const world = defineWorld({
  entities: [Account, Walker, Field],
  account: "Account",
  spaces: [{ name: FIELD, type: "Field" }],
});
