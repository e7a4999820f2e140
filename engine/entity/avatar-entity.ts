/** AvatarEntity: a ServerEntity with a client. AvatarAreaEntity: the same with a position, and a client that sees what is near. */
import type { EntityId } from "../base/ids.js";
import type { MovementRules } from "../movement/rules.js";
import type { MailboxData, ProxyData } from "../property/types.js";
import { AreaEntity } from "./area-entity.js";
import type { EntityClass } from "./define.js";
import type { MoveFlag, Position } from "./runtime.js";
import { ServerEntity } from "./server-entity.js";

const MS_PER_S = 1_000;

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
  /** How its client may move it; null: as it likes. The same object each time. */
  readonly movementRules: MovementRules | null;
  /** Where the client says it is, finite and legal by `movementRules`. By default the entity goes there. Return false to refuse. */
  onMove(position: Position): boolean;
  /**
   * Its client's move to `wanted` was undone, by the rules or by a NavCheck: it is, and its client is told to be, where `position` says.
   * Not for what `onMove` refused. Only for types that define it.
   */
  onPutBack?(wanted: Position): void | Promise<void>;
  /** Its client's moves are evidence of a cheat. Only for types that define it. */
  onMoveFlag?(flag: MoveFlag): void | Promise<void>;
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
    get movementRules(): MovementRules | null {
      return null;
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
  get viewRadius(): number {
    return this.$.view.radius;
  }
  setViewRadius(radius: number): void {
    this.$host.setViewRadius(this, radius);
  }
  /** How many others the client sees at most; 0: as many as are near. The nearest ones, and by turns all others. Default: `game.viewLimit`. */
  setViewLimit(limit: number): void {
    this.$host.setViewLimit(this, limit);
  }

  /** Goes there at once, and tells the client so: its moves count again when it has seen that. Throws SPACE_UNKNOWN in no space. */
  teleport(x: number, y: number, z: number, yaw = this.position.yaw): void {
    this.moveTo(x, y, z, yaw);
  }
  /** The name of the row of `movementRules` that holds; the first one unless said. */
  get moveMode(): string {
    return this.$host.moveModeOf(this);
  }
  /** Another row holds from now on: on a mount, in water. A client that has not heard of a slower one is forgiven. Throws VALUE_RANGE. */
  setMoveMode(name: string): void {
    this.$host.setMoveMode(this, name);
  }
  /** It is pushed: up to `speed` units a second further for `forMs`, and up to `rise` units up. */
  allowKnockBack(speed: number, forMs: number, rise = 0): void {
    this.$host.allowWay(this, (speed * forMs) / MS_PER_S, rise, forMs);
  }
  /** A dash, a leap: `units` of way and `rise` units up beyond the limits, within `forMs`. */
  allowDash(units: number, forMs: number, rise = 0): void {
    this.$host.allowWay(this, units, rise, forMs);
  }

  /** The client begins to see another entity; only for types that define it. `entityHere(id)` has it, unless it has ended since. */
  onEnterView?(id: EntityId): void | Promise<void>;
  /** The client ceases to see it. Only for types that define it. */
  onLeaveView?(id: EntityId): void | Promise<void>;
}
