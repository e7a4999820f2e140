/** The entity of docs/guides/your-first-entity.md; the guide quotes its regions, a test holds them together. */
// #region imports
import {
  AeonError,
  AvatarEntity,
  customMap,
  defineEntity,
  defineWorld,
  int16,
  int32,
  rpc,
  StubEntity,
  struct,
  text,
} from "../../engine/index.js";

// #endregion

// #region definition
const RIPENING_MS = 3_000;

const Bed = struct({ crop: text({ max: 16 }), ripeness: int16({ max: 3 }) });

export class Farmer extends defineEntity(AvatarEntity, "Farmer", {
  properties: {
    name: text({ max: 24, scope: "ALL_CLIENTS", persist: true }),
    coins: int32({ default: 5, scope: "OWN_CLIENT", persist: true }),
    beds: customMap(Bed, { scope: "OWN_CLIENT", persist: true }),
    harvests: int32({ scope: "SERVER_ONLY", persist: true }),
  },
  exposed: {
    plant: [text({ max: 16 }), text({ max: 16 })],
    /** Returns what the harvest was worth. */
    harvest: rpc([text({ max: 16 })], { returns: int32() }),
  },
  client: { onRipe: [text()] },
}) {
  // #endregion
  // #region methods
  plant(place: string, crop: string): void {
    if (this.coins < 1) throw new AeonError("RPC_ARGUMENT", "a seed costs a coin");
    if (this.beds.has(place)) throw new AeonError("RPC_ARGUMENT", `something grows in ${place}`);
    this.coins -= 1;
    this.beds.set(place, { crop, ripeness: 0 });
    this.after(RIPENING_MS, "ripen", place);
  }
  // #endregion

  // #region timer
  override onCreate(): void {
    for (const [place, bed] of this.beds) if (bed.ripeness < 3) this.after(RIPENING_MS, "ripen", place);
  }

  ripen(place: string): void {
    const bed = this.beds.get(place);
    if (bed === undefined) return;
    bed.ripeness += 1;
    if (bed.ripeness < 3) this.after(RIPENING_MS, "ripen", place);
    else this.client.onRipe(place);
  }
  // #endregion

  // #region stubCall
  async harvest(place: string): Promise<number> {
    const bed = this.beds.get(place);
    if (bed === undefined || bed.ripeness < 3) throw new AeonError("RPC_ARGUMENT", `nothing is ripe in ${place}`);
    const { crop } = bed;
    this.beds.delete(place);
    const price = await this.stub<Market>("Market").within(2_000).call.sell(crop);
    this.coins += price;
    this.harvests += 1;
    await this.save();
    return price;
  }
}
// #endregion

// #region stub
/** One in the whole cluster. The more of a crop is sold, the less it is worth. */
export class Market extends defineEntity(StubEntity, "Market", {
  server: { sell: rpc([text()], { returns: int32() }) },
}) {
  private readonly sold = new Map<string, number>();

  sell(crop: string): number {
    const count = this.sold.get(crop) ?? 0;
    this.sold.set(crop, count + 1);
    return Math.max(1, 10 - count);
  }
}
// #endregion

// #region account
/** What a client is bound to until it has logged in. */
export class Account extends defineEntity(AvatarEntity, "Account", {
  anonymous: { login: [text({ max: 24 })] },
}) {
  async login(name: string): Promise<void> {
    const farmer = await this.spawnOn(this.game, "Farmer", { key: name.toLowerCase(), values: { name } });
    this.giveClientTo(farmer);
    this.after(0, "leave");
  }

  async leave(): Promise<void> {
    await this.destroy("logged in");
  }
}
// #endregion

// #region world
export const world = defineWorld({ entities: [Account, Farmer, Market], account: "Account" });
// #endregion
