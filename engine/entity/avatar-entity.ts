/** AvatarEntity: a ServerEntity with a client. AvatarAreaEntity: the same with a position, and a client that sees what is near. */
import type { EntityId } from "../base/ids.js";
import type { MailboxData, ProxyData } from "../property/types.js";
import { AreaEntity } from "./area-entity.js";
import type { EntityClass } from "./define.js";
import type { Position } from "./runtime.js";
import { ServerEntity } from "./server-entity.js";

/** What a client brings to an entity. */
export interface WithClient {
  /** Whether there is a client and its connection stands. */
  readonly clientConnected: boolean;
  /** Reaches this avatar's client and, wherever it moves, the avatar. Null without a client. */
  readonly proxy: ProxyData | null;
  /** Hands the client to another entity, of this game or another. Everything sent before arrives before. */
  giveClientTo(target: ServerEntity | MailboxData): void;
  /** Closes the client after everything sent before; it is told the code and the reason. */
  kickClient(reason: string): void;
  onClientAttached(): void | Promise<void>;
  /** The connection is cut; the client may come back within the gate's resume window. */
  onClientInterrupted(): void | Promise<void>;
  onClientResumed(): void | Promise<void>;
  /** The client is gone for good. By default the entity ends. */
  onClientLost(code: string): void | Promise<void>;
  /** Where the client says it is, already checked to be finite. By default the entity goes there. Return false to refuse. */
  onMove(position: Position): boolean;
}

function withClient<B extends EntityClass>(base: B) {
  const Base = base as unknown as EntityClass;
  class ClientEntity extends Base implements WithClient {
    get clientConnected(): boolean {
      return this.$.client?.connected ?? false;
    }
    get proxy(): ProxyData | null {
      const { client } = this.$;
      return client === null ? null : { clientId: client.clientId, gate: client.gate };
    }
    giveClientTo(target: ServerEntity | MailboxData): void {
      this.$host.giveClient(this, target instanceof ServerEntity ? target.mailbox : target);
    }
    kickClient(reason: string): void {
      this.$host.kickClient(this, "CLIENT_KICKED", reason);
    }
    onClientAttached(): void | Promise<void> {}
    onClientInterrupted(): void | Promise<void> {}
    onClientResumed(): void | Promise<void> {}
    async onClientLost(code: string): Promise<void> {
      await this.destroy(`client lost: ${code}`);
    }
    onMove(position: Position): boolean {
      const area = this as unknown as AreaEntity;
      if (area.space === null || area.space === undefined) return false;
      area.moveTo(position.x, position.y, position.z, position.yaw);
      return true;
    }
  }
  return ClientEntity as unknown as {
    new (...args: ConstructorParameters<B>): InstanceType<B> & WithClient;
    readonly $definitions: EntityClass["$definitions"];
  };
}

export class AvatarEntity extends withClient(ServerEntity) {}

export class AvatarAreaEntity extends withClient(AreaEntity) {
  /** How far the client sees, in units; 0: nothing. The default is `game.viewRadius`. */
  setViewRadius(radius: number): void {
    this.$host.setViewRadius(this, radius);
  }
  /** How many others the client sees at most; 0: as many as are near. The nearest ones, and by turns all others. Default: `game.viewLimit`. */
  setViewLimit(limit: number): void {
    this.$host.setViewLimit(this, limit);
  }

  /** The client begins to see another entity; only for types that define it. `entityHere(id)` has it, unless it has ended since. */
  onEnterView?(id: EntityId): void | Promise<void>;
  /** The client ceases to see it. Only for types that define it. */
  onLeaveView?(id: EntityId): void | Promise<void>;
}
