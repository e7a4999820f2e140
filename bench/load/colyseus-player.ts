/** A player of the Colyseus room in bench/peers/server.mjs: as much of its protocol as it takes to join and move; it decodes nothing. */
import { Ring } from "../sync/ring.js";
import { type LoadPlayer, type LoadTarget, type Place, STEP_UNITS } from "./load-player.js";
import { RawSocket } from "./raw-socket.js";

/** Numbers of @colyseus/shared-types, Protocol. */
const JOIN_ROOM = 10;
const ROOM_DATA = 13;
const ROOM_STATE = 14;
const ROOM_STATE_PATCH = 15;
/** The room's one message type. */
const MOVE_TYPE = 0;
const ROOM_NAME = "field";
const JOIN_TIMEOUT_MS = 20_000;
/** ROOM_DATA, type, and in MessagePack { x: float64, z: float64 }. */
const MOVE_BYTES = 2 + 1 + (2 + 9) * 2;
const MAP_OF_TWO = 0x82;
const TEXT_OF_ONE = 0xa1;
const FLOAT_64 = 0xcb;

interface Seat {
  readonly sessionId: string;
  readonly roomId?: string;
  readonly processId?: string;
  readonly room?: { readonly roomId: string; readonly processId: string };
}

export class ColyseusPlayer implements LoadPlayer {
  states = 0;
  private readonly target: LoadTarget;
  private readonly place: Place;
  private readonly x: number;
  private readonly z: number;
  private readonly message = Buffer.alloc(MOVE_BYTES);
  private socket: RawSocket | null = null;
  private moveNumber = 0;

  constructor(target: LoadTarget, place: Place) {
    this.target = target;
    this.place = place;
    const ring = new Ring(place.places);
    this.x = ring.x(place.place);
    this.z = ring.z(place.place);
  }

  get bytesIn(): number {
    return this.socket?.bytesIn ?? 0;
  }

  get isCut(): boolean {
    return this.socket?.isClosed ?? false;
  }

  async join(): Promise<void> {
    const { host, port } = this.target;
    const seat = await this.reserveSeat();
    const { roomId = "", processId = "" } = seat.room ?? seat;
    const socket = await RawSocket.connect(host, port, `/${processId}/${roomId}?sessionId=${seat.sessionId}`);
    this.socket = socket;
    socket.keepsMessages = false;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("not in the room in time")), JOIN_TIMEOUT_MS);
      socket.onClose = () => reject(new Error("cut while joining"));
      socket.onMessage = (firstByte) => {
        if (firstByte === JOIN_ROOM) socket.send(Uint8Array.of(JOIN_ROOM));
        else if (firstByte === ROOM_STATE_PATCH) this.states++;
        if (firstByte !== ROOM_STATE) return;
        clearTimeout(timer);
        resolve();
      };
    });
  }

  move(): void {
    this.moveNumber++;
    const { message } = this;
    message[0] = ROOM_DATA;
    message[1] = MOVE_TYPE;
    message[2] = MAP_OF_TWO;
    const away = this.moveNumber % 2 === 0 ? STEP_UNITS : -STEP_UNITS;
    const at = this.putFloat("x", this.x + away, 3);
    this.putFloat("z", this.z + away, at);
    this.socket?.send(message);
  }

  leave(): void {
    this.socket?.close();
  }

  private putFloat(name: string, value: number, at: number): number {
    const { message } = this;
    message[at] = TEXT_OF_ONE;
    message[at + 1] = name.charCodeAt(0);
    message[at + 2] = FLOAT_64;
    return message.writeDoubleBE(value, at + 3);
  }

  private async reserveSeat(): Promise<Seat> {
    const { host, port } = this.target;
    const response = await fetch(`http://${host}:${port}/matchmake/joinOrCreate/${ROOM_NAME}`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(this.place),
    });
    if (!response.ok) throw new Error(`no seat: ${response.status} ${await response.text()}`);
    return (await response.json()) as Seat;
  }
}
