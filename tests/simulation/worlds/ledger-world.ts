/**
 * The example world, whose avatar also keeps books: a coin that is spent leaves a receipt, and the client gets its answer when both are
 * durable. Whatever dies, coins and receipts of a name always make the same sum, and no answered purchase is ever missing.
 */

import { customMap, defineEntity, defineWorld, int32, rpc, text } from "../../../engine/index.js";
import { Account } from "../../../entities/account.js";
import { Avatar as ExampleAvatar } from "../../../entities/avatar.js";
import { Monster } from "../../../entities/monster.js";
import { NameRegistry } from "../../../entities/name-registry.js";
import { RankBoard } from "../../../entities/rank-board.js";
import { Cave, Meadow } from "../../../entities/scene.js";
import { world as exampleWorld } from "../../../entities/world.js";
import { currentLedger } from "./ledger.js";

export const COINS_AT_FIRST = 1_000;

export class Avatar extends defineEntity(ExampleAvatar, "Avatar", {
  properties: {
    coins: int32({ default: COINS_AT_FIRST, scope: "OWN_CLIENT", persist: true }),
    /** Token → its number. */
    receipts: customMap(int32(), { scope: "OWN_CLIENT", persist: true }),
    picked: int32({ scope: "ALL_CLIENTS", persist: true }),
  },
  exposed: {
    /** Durable before the answer, which is the number of receipts. */
    spend: rpc([text({ max: 64 })], { returns: int32() }),
    /** Saved some time later. */
    pick: rpc([text({ max: 64 })], { returns: int32() }),
  },
}) {
  async spend(token: string): Promise<number> {
    currentLedger().note(token);
    this.coins -= 1;
    this.receipts.set(token, this.receipts.size + 1);
    const count = this.receipts.size;
    await this.save();
    return count;
  }

  pick(token: string): number {
    currentLedger().note(token);
    currentLedger().notePicked(this.name);
    this.picked += 1;
    return this.picked;
  }
}

export const world = defineWorld({
  entities: [Account, Avatar, Monster, Meadow, Cave, NameRegistry, RankBoard],
  account: "Account",
  spaces: exampleWorld.spaces,
});
