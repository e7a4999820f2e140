/** What a client is bound to before it has an avatar: it can log in by a name, and nothing else. */
import { AeonError, AvatarEntity, defineEntity, SPACE_MANAGER, type SpaceManager, text } from "../engine/index.js";
import type { Avatar } from "./avatar.js";
import type { NameRegistry } from "./name-registry.js";
import { MEADOW, NAME_CHARS_MAX } from "./world-map.js";

export const MEADOW_NAME = "meadow";
const NAME_PATTERN = /^[\p{L}\p{N}_][\p{L}\p{N}_ -]*$/u;

export class Account extends defineEntity(AvatarEntity, "Account", {
  anonymous: { login: [text({ max: 64 })] },
}) {
  /** The name it holds or is about to; "" none. */
  private claimed = "";

  /**
   * Resolves when the client has been given its avatar. Throws LOGIN_NAME_INVALID, LOGIN_NAME_IN_USE, SPACE_UNKNOWN, and RPC_NOT_EXPOSED
   * to a client that is logged in.
   */
  async login(wanted: string): Promise<void> {
    if (this.claimed !== "") throw new AeonError("RPC_NOT_EXPOSED", "the client has logged in");
    const name = wanted.trim();
    if (name.length > NAME_CHARS_MAX || !NAME_PATTERN.test(name)) throw new AeonError("LOGIN_NAME_INVALID", wanted);
    const key = name.toLowerCase();
    const names = this.stub<NameRegistry>("NameRegistry", key);
    this.claimed = key;
    try {
      await names.call.claim(key, this.id, this.game);
      if (this.destroyed) throw new AeonError("CLIENT_DISCONNECTED");
      await this.enterWorld(name, key);
    } catch (error) {
      // Also what was claimed after the answer was given up, or after this account ended.
      names.send.release(key, this.id);
      this.claimed = "";
      throw error;
    }
  }

  override onDestroy(): void {
    if (this.claimed !== "") this.stub<NameRegistry>("NameRegistry", this.claimed).send.release(this.claimed, this.id);
  }

  private async enterWorld(name: string, key: string): Promise<void> {
    const meadow = await this.stub<SpaceManager>(SPACE_MANAGER).call.find(MEADOW_NAME);
    if (meadow === null) throw new AeonError("SPACE_UNKNOWN", MEADOW_NAME);
    const { x, z, radius } = MEADOW.spawn;
    const angle = this.random() * Math.PI * 2;
    const away = Math.sqrt(this.random()) * radius;
    const avatar = await this.spawnOn(meadow.game, "Avatar", {
      space: meadow.entity,
      key,
      values: { name },
      position: { x: x + Math.cos(angle) * away, y: 0, z: z + Math.sin(angle) * away, yaw: 0 },
    });
    try {
      await this.stub<NameRegistry>("NameRegistry", key).call.pass(key, this.id, avatar.entity, meadow.game);
      if (this.destroyed) throw new AeonError("CLIENT_DISCONNECTED");
    } catch (error) {
      this.remote<Avatar>("Avatar", avatar).send.leave();
      throw error;
    }
    this.giveClientTo(avatar);
    this.after(0, "end");
  }

  /** The client has gone on to its avatar. */
  async end(): Promise<void> {
    await this.destroy("logged in");
  }
}
