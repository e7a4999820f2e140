/** What a client is bound to at first: it can log in by a name, which gives it an avatar. */
import { AvatarEntity, AeonError, defineEntity, SPACE_MANAGER, type SpaceManager, text } from "aeon-engine";

export class Account extends defineEntity(AvatarEntity, "Account", {
  anonymous: { login: [text({ max: 24 })] },
}) {
  /** Resolves when the client has its avatar. The avatar is loaded under this name, with what was saved of it. */
  async login(name: string): Promise<void> {
    const meadow = await this.stub<SpaceManager>(SPACE_MANAGER).call.find("meadow");
    if (meadow === null) throw new AeonError("SPACE_UNKNOWN", "meadow");
    const avatar = await this.spawnOn(meadow.game, "Avatar", {
      space: meadow.entity,
      key: name.toLowerCase(),
      values: { name },
      position: { x: 100, y: 0, z: 100, yaw: 0 },
    });
    this.giveClientTo(avatar);
    this.after(0, "leave");
  }

  async leave(): Promise<void> {
    await this.destroy("logged in");
  }
}
