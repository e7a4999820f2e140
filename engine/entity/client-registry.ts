/**
 * The clients that this game's entities have, by gate and handle, and what those clients send. What a client says is believed only as far
 * as its session says who it is: what cannot be read or is not listed closes it, what is not valid now is refused with a code.
 */
import { ByteReader } from "../base/bytes.js";
import { AeonError, type ErrorCode, errorCodeOf } from "../base/errors.js";
import type { EntityId, Incarnation } from "../base/ids.js";
import { readArguments } from "../property/call-codec.js";
import type { MethodDefinition } from "../property/definition.js";
import { UpstreamBody } from "../protocol/client-link.js";
import { type Dispatch, dispatcher, type MessageValue } from "../protocol/message.js";
import { AreaEntity } from "./area-entity.js";
import type { WithClient } from "./avatar-entity.js";
import { answerWith, encodeSentence } from "./call-router.js";
import { type Movable, MoveDoor } from "./move-door.js";
import type { ClientBinding, EntityPorts } from "./runtime.js";
import type { HookOptions, Settle } from "./script-runner.js";
import type { ServerEntity } from "./server-entity.js";

export type EntityWithClient = ServerEntity & WithClient;

export interface ClientRegistryOwner {
  readonly accountType: string;
  /** Whom the viewer's client means by a short id, or why nobody. */
  inView(viewer: AreaEntity, shortId: number, generation: number): AreaEntity | ErrorCode;
  methodOf(entity: ServerEntity, number: number): MethodDefinition | undefined;
  isMethodListed(number: number): boolean;
  run(entity: ServerEntity, method: MethodDefinition, args: readonly unknown[], caller: EntityId, settle: Settle): void;
  runHook(entity: ServerEntity, name: string, hook: () => unknown, options?: HookOptions): void;
  destroy(entity: ServerEntity, reason: string): Promise<void>;
}

export class ClientRegistry {
  private readonly ports: EntityPorts;
  private readonly owner: ClientRegistryOwner;
  /** gate → handle → entity */
  private readonly entities = new Map<Incarnation, Map<number, EntityWithClient>>();
  readonly moves: MoveDoor;
  private readonly dispatch: Dispatch;
  private sender: EntityWithClient | null = null;
  private senderGate: Incarnation = 0;
  private senderStamp = 0;
  count = 0;

  constructor(ports: EntityPorts, owner: ClientRegistryOwner) {
    this.ports = ports;
    this.owner = owner;
    this.moves = new MoveDoor(ports, {
      runHook: (entity, name, hook, options) => owner.runHook(entity, name, hook, options),
      refuseMove: (entity) => this.refuse(entity, 0, "VALUE_RANGE"),
      closeClient: (entity, code, reason) => this.close(entity, code, reason),
    });
    this.dispatch = dispatcher(UpstreamBody, {
      entityCall: (m) => this.handleEntityCall(m),
      entityMove: (m) => this.moves.handleMove(this.sender as Movable, this.senderGate, this.senderStamp, m),
      viewCheck: (m) => this.handleViewCheck(m),
    });
  }

  find(gate: Incarnation, handle: number, bindNumber: number): EntityWithClient | undefined {
    const entity = this.entities.get(gate)?.get(handle);
    const client = entity?.$.client;
    const isMeant = client != null && bindNumber >= client.firstBindNumber && bindNumber <= client.bindNumber;
    return isMeant ? entity : undefined;
  }

  attach(entity: EntityWithClient, client: ClientBinding, definitionsHash: string): void {
    if (entity.$.client !== null) this.ports.ops.clientKick(entity.$.slot, "CLIENT_TAKEN_OVER", "");
    this.drop(entity);
    entity.$.client = client;
    const ofGate = this.entities.get(client.gate) ?? new Map<number, EntityWithClient>();
    this.entities.set(client.gate, ofGate.set(client.handle, entity));
    this.count++;
    this.ports.ops.clientAttach(entity.$.slot, client.gate, client.handle, client.bindNumber, definitionsHash);
    this.moves.handleNewClient(entity);
    if (entity instanceof AreaEntity) this.moves.place(entity);
    this.owner.runHook(entity, "onClientAttached", () => entity.onClientAttached());
  }

  /** The entity has no client from now on; nothing is said to the gate. */
  drop(entity: ServerEntity): void {
    const { client } = entity.$;
    if (client === null) return;
    this.moves.handleClientGone(entity);
    entity.$.client = null;
    const ofGate = this.entities.get(client.gate);
    if (ofGate?.get(client.handle) === entity) ofGate.delete(client.handle);
    this.count--;
  }

  handleLost(gate: Incarnation, handle: number, bindNumber: number, code: string): void {
    const entity = this.find(gate, handle, bindNumber);
    if (entity !== undefined) this.lose(entity, code);
  }

  handleConnection(gate: Incarnation, handle: number, bindNumber: number, connected: boolean): void {
    const entity = this.find(gate, handle, bindNumber);
    if (entity === undefined || entity.$.client === null) return;
    entity.$.client.connected = connected;
    if (connected) this.owner.runHook(entity, "onClientResumed", () => entity.onClientResumed());
    else this.owner.runHook(entity, "onClientInterrupted", () => entity.onClientInterrupted());
  }

  /** Everything that came through this gate is gone with it. */
  handleGateGone(gate: Incarnation): void {
    for (const entity of [...(this.entities.get(gate)?.values() ?? [])]) this.lose(entity, "CLIENT_DISCONNECTED");
    this.entities.delete(gate);
    this.moves.handleGateGone(gate);
  }

  /** The gate did not run for so long. */
  handleGateSlept(gate: Incarnation, sleptMs: number): void {
    this.moves.handleGateSlept(gate, sleptMs, this.entities.get(gate)?.values() ?? []);
  }

  /** What a client sent, and when it came to the gate, by the gate's clock modulo 2^32. A body that cannot be read closes that client and nothing else. */
  handleMessage(gate: Incarnation, handle: number, bindNumber: number, stamp: number, payload: Uint8Array): void {
    this.readMessage(gate, handle, bindNumber, stamp, new ByteReader(payload));
  }

  /** The same, of what the reader has left; the bytes are the caller's again when the call returns. */
  readMessage(gate: Incarnation, handle: number, bindNumber: number, stamp: number, reader: ByteReader): void {
    const entity = this.find(gate, handle, bindNumber);
    if (entity === undefined) return;
    this.sender = entity;
    this.senderGate = gate;
    this.senderStamp = stamp;
    try {
      this.dispatch(reader);
    } catch (error) {
      const code = CLOSING[errorCodeOf(error)];
      if (code === undefined) throw error;
      this.ports.log.info("client closed for what it sent", { code, entity: entity.id });
      this.ports.metrics.counter("client_malformed_total").add();
      this.ports.kickClient(gate, handle, bindNumber, code, "");
    }
  }

  private lose(entity: EntityWithClient, code: string): void {
    this.ports.ops.clientDetach(entity.$.slot);
    this.drop(entity);
    // In quarantine it cannot end itself, and nobody is left whom it would be there for.
    if (entity.$.life === "quarantined") void this.owner.destroy(entity, `client lost in quarantine: ${code}`);
    else this.owner.runHook(entity, "onClientLost", () => entity.onClientLost(code));
  }

  private close(entity: EntityWithClient, code: ErrorCode, reason: string): void {
    if (entity.$.client === null) return;
    this.ports.ops.clientKick(entity.$.slot, code, reason);
    this.drop(entity);
    this.owner.runHook(entity, "onClientLost", () => entity.onClientLost(code));
  }

  private handleEntityCall(m: MessageValue<typeof UpstreamBody.entityCall>): void {
    const sender = this.sender as EntityWithClient;
    const target = m.target === 0 ? sender : this.resolve(sender, m.target, m.generation);
    if (typeof target === "string") return this.refuse(sender, m.callId, target);
    const method = this.owner.methodOf(target, m.method);
    if (method === undefined) {
      if (!this.owner.isMethodListed(m.method)) throw new AeonError("MESSAGE_UNKNOWN", `method ${m.method}`);
      return this.refuse(sender, m.callId, "RPC_UNKNOWN");
    }
    if (!this.mayCall(sender, target, method)) return this.refuse(sender, m.callId, "RPC_NOT_EXPOSED");
    let args: unknown[];
    try {
      args = readArguments(method, new ByteReader(m.arguments));
    } catch (error) {
      if (errorCodeOf(error) !== "VALUE_RANGE") throw error;
      return this.refuse(sender, m.callId, "RPC_ARGUMENT", error);
    }
    const { client } = sender.$;
    this.owner.run(target, method, args, sender.id, (error, value) => {
      const wrong = this.reply(sender, client, method, m.callId, error, value);
      if (wrong !== null) target.log.error("a method returned what it must not", { method: method.name, error: wrong });
    });
  }

  private mayCall(sender: ServerEntity, target: ServerEntity, method: MethodDefinition): boolean {
    if (method.access === "exposedToView") return true;
    if (target !== sender) return false;
    return method.access === "exposed" || (method.access === "anonymous" && sender.typeName === this.owner.accountType);
  }

  private resolve(sender: ServerEntity, target: number, generation: number): ServerEntity | ErrorCode {
    return sender instanceof AreaEntity ? this.owner.inView(sender, target, generation) : "RPC_NOT_VISIBLE";
  }

  /** To the client that asked, if the sender still has it. Of an error that is no AeonError the client hears only that there was one. */
  private reply(
    sender: EntityWithClient,
    client: ClientBinding | null,
    method: MethodDefinition,
    callId: number,
    error: unknown,
    value: unknown,
  ): string | null {
    if (callId === 0) return null;
    if (client === null || sender.$.client !== client) {
      this.ports.metrics.counter("client_replies_to_nobody_total").add();
      return null;
    }
    const said = error === undefined || error instanceof AeonError ? error : new AeonError("RPC_HANDLER_THREW");
    const send = (code: string, payload: Uint8Array) =>
      this.ports.ops.clientReply(sender.$.slot, callId, code, payload);
    return answerWith(send, method, said, value);
  }

  private refuse(sender: EntityWithClient, callId: number, code: ErrorCode, why: unknown = ""): void {
    const { client } = sender.$;
    if (client === null) return;
    this.ports.metrics.counter("client_calls_refused_total").add();
    this.ports.refuseClient(client.gate, client.handle, client.bindNumber);
    if (callId !== 0) this.ports.ops.clientReply(sender.$.slot, callId, code, encodeSentence(why));
  }

  /** Answered by who serves the client, in order with what it sends. */
  private handleViewCheck(m: MessageValue<typeof UpstreamBody.viewCheck>): void {
    const sender = this.sender as EntityWithClient;
    this.ports.ops.viewCheck(sender.$.slot, m);
  }
}

/** What is wrong with the bytes → why the client is closed. */
const CLOSING: Partial<Record<ErrorCode, ErrorCode>> = {
  BYTES_TRUNCATED: "CLIENT_MALFORMED",
  BYTES_MALFORMED: "CLIENT_MALFORMED",
  MESSAGE_OVERSIZED: "CLIENT_OVERSIZED",
  MESSAGE_UNKNOWN: "CLIENT_UNLISTED",
};
