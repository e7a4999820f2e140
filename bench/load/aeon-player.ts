/** A player of our own gates: speaks as much of protocol/client-link as it takes to log in, move and confirm, and decodes nothing after. */
import { ByteReader, ByteWriter } from "../../engine/base/bytes.js";
import { makeClientId } from "../../engine/base/ids.js";
import { systemRandom } from "../../engine/base/random.js";
import { EntityRegistry } from "../../engine/entity/registry.js";
import { ClientToGate, DownstreamBody, GateToClient, UpstreamBody } from "../../engine/protocol/client-link.js";
import { CLIENT_PROTOCOL_VERSION } from "../../engine/protocol/limits.js";
import { encodeMessage, type Message } from "../../engine/protocol/message.js";
import { Ring } from "../sync/ring.js";
import { world } from "../world/world.js";
import { type LoadPlayer, type LoadTarget, type Place, STEP_UNITS } from "./load-player.js";
import { RawSocket } from "./raw-socket.js";

const JOIN_TIMEOUT_MS = 20_000;
const EMPTY = new Uint8Array(0);
const { definitions } = new EntityRegistry(world, null);
const writer = new ByteWriter(1_024);
const inner = new ByteWriter(256);

function loginMethod(): number {
  const method = definitions.byName("Account")?.methods.find(({ name }) => name === "login");
  if (method === undefined) throw new Error("the bench world has no login");
  return method.id;
}

export class AeonPlayer implements LoadPlayer {
  states = 0;
  private readonly target: LoadTarget;
  private readonly place: Place;
  private readonly x: number;
  private readonly z: number;
  private socket: RawSocket | null = null;
  /** The last server packet that arrived, and the last message sent. */
  private received = 0;
  private sent = 0;
  private moveNumber = 0;
  private placement = 0;
  private onJoined: (failure?: Error) => void = () => undefined;

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
    const socket = await RawSocket.connect(this.target.host, this.target.port, "/");
    this.socket = socket;
    const joined = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("not in the world in time")), JOIN_TIMEOUT_MS);
      this.onJoined = (failure) => {
        clearTimeout(timer);
        if (failure === undefined) resolve();
        else reject(failure);
      };
    });
    socket.onMessage = (firstByte, message) => this.onMessage(firstByte, message);
    socket.onClose = () => this.onJoined(new Error("cut while joining"));
    this.sendHello();
    await joined;
  }

  move(): void {
    this.moveNumber++;
    const { moveNumber, placement, x, z } = this;
    const away = moveNumber % 2 === 0 ? STEP_UNITS : -STEP_UNITS;
    this.sendUp(UpstreamBody.entityMove, { moveNumber, placement, x: x + away, y: 0, z: z + away, yaw: 0 });
  }

  leave(): void {
    this.socket?.close();
  }

  private onMessage(firstByte: number, message: Buffer | null): void {
    if (firstByte === GateToClient.serverPacket.id) {
      this.received++;
      this.states++;
      if (message !== null) this.readWhileJoining(message);
    } else if (firstByte === GateToClient.serverClose.id && message !== null) {
      this.onJoined(new Error(`closed: ${message.toString("latin1")}`));
    }
  }

  private sendHello(): void {
    this.send(ClientToGate.clientHello, {
      protocolVersion: CLIENT_PROTOCOL_VERSION,
      clientId: makeClientId(systemRandom),
      connectionNumber: 1,
      token: EMPTY,
      ack: 0,
      definitionsHash: definitions.hash,
      indexHash: "",
      compression: "none",
    });
  }

  /** Logs in when the account is there, is in when it is told where it is; afterwards nothing is read any more. */
  private readWhileJoining(packet: Buffer): void {
    const reader = new ByteReader(packet, 1);
    reader.uvar();
    reader.uvar();
    while (reader.remaining > 0) {
      const id = reader.u8();
      const body = reader.blob();
      if (id === DownstreamBody.ownEnter.id && this.sent === 0) this.logIn();
      else if (id === DownstreamBody.moveCorrect.id) this.enterSpace(body);
      else if (id === DownstreamBody.callReply.id) this.checkReply(body);
    }
  }

  private logIn(): void {
    const { place, places } = this.place;
    const args = new ByteWriter(32);
    args.text(`${place}/${places}`);
    this.sendUp(UpstreamBody.entityCall, {
      target: 0,
      generation: 0,
      method: loginMethod(),
      callId: 1,
      arguments: args.written(),
    });
  }

  private enterSpace(body: Uint8Array): void {
    this.placement = DownstreamBody.moveCorrect.body.read(new ByteReader(body)).placement;
    if (this.socket !== null) this.socket.keepsMessages = false;
    this.onJoined();
  }

  private checkReply(body: Uint8Array): void {
    const { code } = DownstreamBody.callReply.body.read(new ByteReader(body));
    if (code !== "") this.onJoined(new Error(`login refused: ${code}`));
  }

  private sendUp<T>(kind: Message<T>, value: T): void {
    encodeMessage(inner.reset(), kind, value);
    this.sent++;
    this.send(ClientToGate.clientPacket, { sequence: this.sent, ack: this.received, messages: [inner.written()] });
  }

  private send<T>(kind: Message<T>, value: T): void {
    encodeMessage(writer.reset(), kind, value);
    this.socket?.send(writer.written());
  }
}
