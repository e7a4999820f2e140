import assert from "node:assert/strict";
import { test } from "node:test";
import { AvatarAreaEntity, defineEntity, defineWorld, type EntityId } from "../../../engine/index.js";
import { Account } from "./cast.js";
import { TestCluster } from "./rig.js";

const heard: string[] = [];

class Scout extends defineEntity(AvatarAreaEntity, "Scout", {}) {
  override async onEnterView(id: EntityId): Promise<void> {
    heard.push(`${this.id} sees ${id}`);
  }
  override onLeaveView(id: EntityId): void {
    heard.push(`${this.id} lost ${id}`);
    throw new Error("contained");
  }
}
class Walker extends defineEntity(AvatarAreaEntity, "Walker", {}) {}

const world = defineWorld({ entities: [Account, Scout, Walker], account: "Account" });

function setUp() {
  heard.length = 0;
  const game = new TestCluster(world).game(1);
  const { host } = game;
  return { game, host, scout: host.spawn("Scout", {}) as Scout, walker: host.spawn("Walker", {}) as Walker };
}

test("view events: only types that define the hooks ask for them", () => {
  const { game, scout } = setUp();
  assert.deepEqual(game.ops.named("viewEvents"), [["viewEvents", scout.$.slot, true]]);
});

test("view events: the hooks run in order; what they throw is contained; one that has ended hears nothing", async () => {
  const { host, scout, walker } = setUp();
  host.handleViewChange(scout.id, walker.id, true);
  host.handleViewChange(scout.id, walker.id, false);
  host.handleViewChange(walker.id, scout.id, true);
  host.handleViewChange("nobody", scout.id, true);
  await Promise.resolve();
  await Promise.resolve();
  assert.deepEqual(heard, [`${scout.id} sees ${walker.id}`, `${scout.id} lost ${walker.id}`]);
  void scout.destroy();
  host.handleViewChange(scout.id, walker.id, true);
  assert.equal(heard.length, 2);
});

test("view rule: parts that are left out stay, masks are 32 bits without sign", () => {
  const { game, scout } = setUp();
  scout.setViewRule({ teams: 0x80000000, hidden: true });
  scout.setViewRule({ hidden: false, seenBy: "someone" });
  const rules = game.ops.named("viewRule").map((op) => op[2]);
  assert.deepEqual(rules, [
    { teams: 2 ** 31, seenByTeams: 0, seenBy: "", hidden: true },
    { teams: 2 ** 31, seenByTeams: 0, seenBy: "someone", hidden: false },
  ]);
  scout.setViewLimit(12);
  assert.deepEqual(game.ops.named("viewLimit"), [["viewLimit", scout.$.slot, 12]]);
});
