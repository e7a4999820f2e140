/** Who bears which name: at most one entity in the whole cluster. Sharded by name. */
import {
  AeonError,
  defineEntity,
  type EntityId,
  entityId,
  float64,
  type Incarnation,
  rpc,
  StubEntity,
  text,
} from "../engine/index.js";
import type { Avatar } from "./avatar.js";

const RECOVER_MS = 1_500;
const ASK_TIMEOUT_MS = 2_000;
const name = text({ max: 64 });

interface Holder {
  readonly entity: EntityId;
  readonly game: Incarnation;
}

export class NameRegistry extends defineEntity(StubEntity, "NameRegistry", {
  server: {
    /** Throws LOGIN_NAME_IN_USE when another entity holds the name. */
    claim: rpc([name, entityId(), float64()], { reentrant: true }),
    /** From one holder to the next. */
    pass: rpc([name, entityId(), entityId(), float64()], { reentrant: true }),
    release: rpc([name, entityId()], { reentrant: true }),
    /** What a holder tells a registry that has forgotten. */
    hold: rpc([name, entityId(), float64()], { reentrant: true }),
  },
}) {
  static readonly shards = 2;
  readonly holders = new Map<string, Holder>();
  private recovered: Promise<void> = Promise.resolve();
  private endRecovery: () => void = () => undefined;

  override onCreate(): void {
    if (!this.restarted) return;
    this.recovered = new Promise((resolve) => {
      this.endRecovery = resolve;
    });
    this.after(RECOVER_MS, "recover");
  }

  recover(): void {
    this.endRecovery();
  }

  /** A new registry first listens to those who hold a name. One that is held is given on when its holder is no more. */
  async claim(wanted: string, entity: EntityId, game: Incarnation): Promise<void> {
    await this.recovered;
    const holder = this.holders.get(wanted);
    const isFree = holder === undefined || holder.entity === entity || !(await this.isThere(holder));
    if (!isFree || this.holders.get(wanted) !== holder) throw new AeonError("LOGIN_NAME_IN_USE", wanted);
    this.holders.set(wanted, { entity, game });
  }

  pass(held: string, from: EntityId, to: EntityId, game: Incarnation): void {
    const holder = this.holders.get(held);
    if (holder !== undefined && holder.entity !== from) throw new AeonError("LOGIN_NAME_IN_USE", held);
    this.holders.set(held, { entity: to, game });
  }

  release(held: string, entity: EntityId): void {
    if (this.holders.get(held)?.entity === entity) this.holders.delete(held);
  }

  hold(held: string, entity: EntityId, game: Incarnation): void {
    if (!this.holders.has(held)) this.holders.set(held, { entity, game });
  }

  /** Its release may have been lost with a gate that died: who is asked and does not exist any more holds nothing. */
  private async isThere({ entity, game }: Holder): Promise<boolean> {
    try {
      const holder = this.remote<Avatar>("Avatar", { entity, game, gate: 0 });
      return await holder.within(ASK_TIMEOUT_MS).call.isInWorld();
    } catch (error) {
      const code = error instanceof AeonError ? error.code : "INTERNAL";
      if (code === "MAILBOX_GAME_GONE") return this.games.includes(game);
      return code !== "RPC_ENTITY_GONE";
    }
  }

  override onGameGone(game: Incarnation): void {
    for (const [held, holder] of this.holders) if (holder.game === game) this.holders.delete(held);
  }
}
