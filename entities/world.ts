/** The example world. */
import { defineWorld } from "../engine/index.js";
import { Account, MEADOW_NAME } from "./account.js";
import { Avatar } from "./avatar.js";
import { Monster } from "./monster.js";
import { NameRegistry } from "./name-registry.js";
import { RankBoard } from "./rank-board.js";
import { Cave, Meadow } from "./scene.js";

export const world = defineWorld({
  entities: [Account, Avatar, Monster, Meadow, Cave, NameRegistry, RankBoard],
  account: "Account",
  // The build makes them out of the maps (scripts/levels.mjs).
  navmeshes: { Meadow: "dist/entities/levels/meadow.nav", Cave: "dist/entities/levels/cave.nav" },
  spaces: [
    { name: MEADOW_NAME, type: "Meadow" },
    { name: "cave", type: "Cave", beside: MEADOW_NAME },
  ],
});
