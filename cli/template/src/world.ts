/** The world: every entity type, the one that greets a client, and the spaces that are always there. */
import { defineEntity, defineWorld, Space } from "aeon-engine";
import { Account } from "./account.js";
import { Avatar } from "./avatar.js";

export class Meadow extends defineEntity(Space, "Meadow", {}) {}

export const world = defineWorld({
  entities: [Account, Avatar, Meadow],
  account: "Account",
  spaces: [{ name: "meadow", type: "Meadow" }],
});
