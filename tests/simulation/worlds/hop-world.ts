/**
 * A world of one kind of avatar that each client gets at once, and that goes from space to space all the time: with several streams per
 * game nearly every step takes its client to another stream. At each step it counts up a property, keeps a trail, and says its number to
 * everybody around, so that a loss, a repetition and a wrong order show at the client.
 */
import {
  AvatarAreaEntity,
  customList,
  customMap,
  defineEntity,
  defineWorld,
  int32,
  Space,
} from "../../../engine/index.js";

const STEP_MS = 25;
const TRAIL_MAX = 6;
const SPACES_PER_GAME = 3;
const STAY_SHARE = 0.3;

/** The spaces of each game, by the host of its entities; the avatars of one run share them. */
const spacesOf = new WeakMap<object, Space[]>();

export class Room extends defineEntity(Space, "Room", {}) {}

export class Hopper extends defineEntity(AvatarAreaEntity, "Hopper", {
  properties: {
    step: int32({ scope: "ALL_CLIENTS" }),
    trail: customList(int32(), { scope: "ALL_CLIENTS" }),
    visits: customMap(int32(), { scope: "OWN_CLIENT" }),
  },
  exposed: { rest: [] },
  client: { onStep: [int32()] },
}) {
  private isResting = false;

  override onCreate(): void {
    this.rooms();
    this.every(STEP_MS, "act");
  }

  rest(): void {
    this.isResting = true;
  }

  act(): void {
    if (this.isResting) return;
    this.step += 1;
    this.trail.push(this.step);
    if (this.trail.length > TRAIL_MAX) this.trail.remove(0, 1);
    this.allClients.onStep(this.step);
    if (this.space !== null && this.random() < STAY_SHARE) this.moveTo(this.random() * 20, 0, this.random() * 20, 0);
    else this.hop();
  }

  private hop(): void {
    const rooms = this.rooms();
    const room = rooms[Math.floor(this.random() * rooms.length)] as Space;
    this.visits.set(room.id, (this.visits.get(room.id) ?? 0) + 1);
    this.enterSpace(room, { x: this.random() * 20, y: 0, z: this.random() * 20, yaw: 0 });
  }

  private rooms(): Space[] {
    const known = spacesOf.get(this.$host) ?? Array.from({ length: SPACES_PER_GAME }, (_, i) => this.newRoom(i));
    spacesOf.set(this.$host, known);
    return known;
  }

  private newRoom(number: number): Room {
    return this.spawn<Room>("Room", { values: { spaceName: `room ${number} of game ${this.game}` } });
  }
}

export const world = defineWorld({ entities: [Hopper, Room], account: "Hopper" });
