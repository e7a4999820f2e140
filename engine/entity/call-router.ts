/**
 * Calls between entities: from this game to an entity by mailbox, stub or proxy, and what comes from other games. A call to an entity of
 * this very game takes the same way but for the gate. Order from one game to another is kept, since all goes through one gate.
 */
import { ByteReader, ByteWriter } from "../base/bytes.js";
import { AeonError, type ErrorCode, errorCodeOf, errorText, isErrorCode } from "../base/errors.js";
import { base64UrlToBytes, type EntityId, type Incarnation, readEntityId } from "../base/ids.js";
import { randomIndex } from "../base/random.js";
import { encodeArguments, encodeResult, readArguments, readResult } from "../property/call-codec.js";
import type { MethodDefinition, TypeDefinition } from "../property/definition.js";
import type { MailboxData, ProxyData } from "../property/types.js";
import { EntityMessage } from "../protocol/entity-message.js";
import { type Dispatch, dispatcher, encodeMessage, type Message, type MessageValue } from "../protocol/message.js";
import { CallTable } from "./call-table.js";
import type { CallTarget, EntityPorts } from "./runtime.js";
import type { Settle } from "./script-runner.js";
import type { ServerEntity } from "./server-entity.js";
import type { StubDirectory } from "./stub-directory.js";

/** What the router needs of the entities of this game. */
export interface CallRouterOwner {
  entity(id: EntityId): ServerEntity | undefined;
  methodOf(entity: ServerEntity, number: number): MethodDefinition | undefined;
  typeOfMethod(method: MethodDefinition): TypeDefinition;
  /** Runs it in the entity's inbox; `settle` is called once. */
  run(entity: ServerEntity, method: MethodDefinition, args: readonly unknown[], caller: EntityId, settle: Settle): void;
  createFromMessage(message: MessageValue<typeof EntityMessage.entityCreate>): Promise<MailboxData>;
  createStub(name: string, shard: number, assignment: number): void;
}

type Answer = (code: string, payload: Uint8Array) => void;
const NO_ANSWER_MS = 0;
const DONE = Promise.resolve(undefined);

export class CallRouter {
  private readonly ports: EntityPorts;
  private readonly owner: CallRouterOwner;
  private readonly stubs: StubDirectory;
  readonly calls: CallTable;
  private readonly writer = new ByteWriter(1_024);
  /** The gate through which messages to a game go, kept while it is there so that they stay in order. */
  private readonly gateFor = new Map<Incarnation, Incarnation>();
  private readonly dispatch: Dispatch;
  /** Of the message that is being dispatched: the game that sent it, and the gate that brought it. */
  private from: Incarnation = 0;
  private through: Incarnation = 0;
  private proxied: ServerEntity | undefined;

  constructor(ports: EntityPorts, owner: CallRouterOwner, stubs: StubDirectory) {
    this.ports = ports;
    this.owner = owner;
    this.stubs = stubs;
    this.calls = new CallTable(ports.timers);
    this.dispatch = dispatcher(EntityMessage, {
      entityCall: (m) => this.handleEntityCall(m),
      callReply: (m) => this.calls.settle(m.callId, m.code, new ByteReader(m.payload)),
      entityCreate: (m) => this.handleEntityCreate(m),
      stubCreate: (m) => this.owner.createStub(m.name, m.shard, m.assignment),
      proxyCall: (m) => this.handleProxyCall(m),
    });
  }

  /** A gate for mailboxes that are made now; 0 when there is none. */
  gateTo(game: Incarnation): Incarnation {
    const gates = this.ports.gates();
    const kept = this.gateFor.get(game);
    if (kept !== undefined && gates.includes(kept)) return kept;
    const up = gates.filter((gate) => this.ports.isGateUp(gate));
    const among = up.length > 0 ? up : gates;
    const chosen = among[randomIndex(this.ports.random, among.length)] ?? 0;
    if (chosen === 0) this.gateFor.delete(game);
    else this.gateFor.set(game, chosen);
    return chosen;
  }

  /** `timeoutMs` 0: no answer; then only RPC_ARGUMENT is thrown, and what cannot be delivered is counted. */
  call(target: CallTarget, method: MethodDefinition, args: readonly unknown[], timeoutMs: number): Promise<unknown> {
    if (timeoutMs > 0) return this.encodeAndDeliver(target, method, args, timeoutMs);
    const bytes = encodeArguments(this.owner.typeOfMethod(method), method, args);
    this.deliver(target, method, bytes, NO_ANSWER_MS).catch((error) => {
      this.ports.metrics.counter("entity_messages_undelivered_total").add();
      this.ports.log.debug("a message was not delivered", { method: method.name, error: errorText(error) });
    });
    return DONE;
  }

  /** Calls the client of a proxy, whichever game the client belongs to. The body is that of `clientCall` for its own entity. */
  callProxyClient(proxy: ProxyData, body: Uint8Array): void {
    if (!this.ports.routeToClient(proxy.gate, proxy.clientId, 0, body)) {
      throw new AeonError("PROXY_GATE_GONE");
    }
  }

  /** Asks another game to create an entity. */
  async create(
    game: Incarnation,
    value: Omit<MessageValue<typeof EntityMessage.entityCreate>, "callId">,
  ): Promise<MailboxData> {
    const gate = this.gateTo(game);
    const { callId, reply } = this.calls.open(
      `create ${value.type}`,
      { game, gate },
      this.ports.config.callTimeoutMs,
      readEntityId,
    );
    this.sendCall(game, gate, callId, EntityMessage.entityCreate, { ...value, callId });
    return { entity: (await reply) as EntityId, game, gate };
  }

  sendStubCreate(game: Incarnation, name: string, shard: number, assignment: number): void {
    this.send(game, 0, 0, EntityMessage.stubCreate, { name, shard, assignment });
  }

  /**
   * A message from game `from`, brought by the gate `through`; for a proxy's call with the entity that its client is bound to. One that
   * cannot be read is dropped: the gate that carried it is not to blame.
   */
  receive(from: Incarnation, through: Incarnation, payload: Uint8Array, proxied?: ServerEntity): void {
    this.from = from;
    this.through = through;
    this.proxied = proxied;
    try {
      this.dispatch(new ByteReader(payload));
    } catch (error) {
      if (!UNREADABLE.has(errorCodeOf(error))) throw error;
      this.ports.metrics.counter("entity_messages_malformed_total").add();
      this.ports.log.error("a message from another game cannot be read", { from, error: errorText(error) });
    }
  }

  handleGameGone(game: Incarnation): void {
    this.gateFor.delete(game);
    this.calls.gameGone(game);
  }

  handleRouteFailed(token: number, code: string): void {
    this.calls.fail(token, isErrorCode(code) ? code : "MAILBOX_GAME_GONE", "not delivered");
  }

  private async encodeAndDeliver(
    target: CallTarget,
    method: MethodDefinition,
    args: readonly unknown[],
    timeoutMs: number,
  ) {
    const bytes = encodeArguments(this.owner.typeOfMethod(method), method, args);
    return await this.deliver(target, method, bytes, timeoutMs);
  }

  private async deliver(
    target: CallTarget,
    method: MethodDefinition,
    bytes: Uint8Array,
    timeoutMs: number,
  ): Promise<unknown> {
    if (target.kind === "proxy") return this.deliverToProxy(target.proxy, method, bytes, timeoutMs);
    const mailbox =
      target.kind === "mailbox" ? target.mailbox : await this.stubMailbox(target.name, target.shard, timeoutMs);
    if (mailbox.game === this.ports.incarnation) return this.deliverHere(mailbox.entity, method, bytes, timeoutMs);
    const gate = mailbox.gate === 0 ? this.gateTo(mailbox.game) : mailbox.gate;
    const { callId, reply } = this.openCall(method, { game: mailbox.game, gate }, timeoutMs);
    this.sendCall(mailbox.game, gate, callId, EntityMessage.entityCall, {
      entity: mailbox.entity,
      method: method.id,
      callId,
      arguments: bytes,
    });
    return reply;
  }

  private async stubMailbox(name: string, shard: number, timeoutMs: number): Promise<MailboxData> {
    const home =
      this.stubs.home(name, shard) ??
      (await this.stubs.waitForHome(name, shard, timeoutMs === 0 ? this.ports.config.callTimeoutMs : timeoutMs));
    return { entity: home.entity, game: home.game, gate: 0 };
  }

  private deliverToProxy(
    proxy: ProxyData,
    method: MethodDefinition,
    bytes: Uint8Array,
    timeoutMs: number,
  ): Promise<unknown> {
    if (proxy.clientId === "") throw new AeonError("PROXY_CLIENT_GONE", "the proxy is empty");
    const { callId, reply } = this.openCall(method, { game: 0, gate: proxy.gate }, timeoutMs);
    const payload = this.encode(EntityMessage.proxyCall, { method: method.id, callId, arguments: bytes });
    if (!this.ports.routeToClientEntity(proxy.gate, proxy.clientId, callId, payload)) {
      if (callId === 0) throw new AeonError("PROXY_GATE_GONE");
      this.calls.fail(callId, "PROXY_GATE_GONE", "no link to it");
    }
    return reply;
  }

  private deliverHere(
    entity: EntityId,
    method: MethodDefinition,
    bytes: Uint8Array,
    timeoutMs: number,
  ): Promise<unknown> {
    const { callId, reply } = this.openCall(method, { game: this.ports.incarnation, gate: 0 }, timeoutMs);
    this.invoke(this.owner.entity(entity), method.id, new ByteReader(bytes), (code, payload) => {
      if (callId !== 0) this.calls.settle(callId, code, new ByteReader(payload));
    });
    return reply;
  }

  private openCall(method: MethodDefinition, way: { game: Incarnation; gate: Incarnation }, timeoutMs: number) {
    if (timeoutMs === 0) return { callId: 0, reply: DONE as Promise<unknown> };
    const what = `${this.owner.typeOfMethod(method).name}.${method.name}`;
    return this.calls.open(what, way, timeoutMs, (reader) => readResult(method, reader));
  }

  /** As `send`; a call that waits for its answer fails instead of throwing. */
  private sendCall<T>(game: Incarnation, gate: Incarnation, callId: number, kind: Message<T>, value: T): void {
    try {
      this.send(game, gate, callId, kind, value);
    } catch (error) {
      if (callId === 0) throw error;
      this.calls.fail(callId, errorCodeOf(error), errorText(error));
    }
  }

  /** `gate` 0: the one for that game. Throws MAILBOX_GATE_GONE. */
  private send<T>(game: Incarnation, gate: Incarnation, token: number, kind: Message<T>, value: T): void {
    const through = gate === 0 ? this.gateTo(game) : gate;
    if (through === 0 || !this.ports.route(through, game, token, this.encode(kind, value))) {
      throw new AeonError("MAILBOX_GATE_GONE");
    }
  }

  private encode<T>(kind: Message<T>, value: T): Uint8Array {
    encodeMessage(this.writer.reset(), kind, value);
    return this.writer.written();
  }

  private handleEntityCall(m: MessageValue<typeof EntityMessage.entityCall>): void {
    this.invoke(this.owner.entity(m.entity), m.method, new ByteReader(m.arguments), this.answerTo(m.callId));
  }

  private handleProxyCall(m: MessageValue<typeof EntityMessage.proxyCall>): void {
    this.invoke(this.proxied, m.method, new ByteReader(m.arguments), this.answerTo(m.callId));
  }

  private handleEntityCreate(m: MessageValue<typeof EntityMessage.entityCreate>): void {
    const answer = this.answerTo(m.callId);
    const message = { ...m, values: m.values.slice() };
    this.owner.createFromMessage(message).then(
      ({ entity }) => answer("", base64UrlToBytes(entity)),
      (error) => answer(errorCodeOf(error, "ENTITY_CREATE_FAILED"), encodeSentence(error)),
    );
  }

  private invoke(entity: ServerEntity | undefined, number: number, reader: ByteReader, answer: Answer): void {
    const refuse = (code: ErrorCode) => answer(code, encodeSentence(""));
    if (entity === undefined) return refuse("RPC_ENTITY_GONE");
    const method = this.owner.methodOf(entity, number);
    if (method === undefined || method.access !== "server") return refuse("RPC_UNKNOWN");
    let args: unknown[];
    try {
      args = readArguments(method, reader);
    } catch (error) {
      return answer("RPC_ARGUMENT", encodeSentence(error));
    }
    this.owner.run(entity, method, args, "", (error, value) => {
      const wrong = answerWith(answer, method, error, value);
      if (wrong !== null) entity.log.error("a method returned what it must not", { method: method.name, error: wrong });
    });
  }

  /**
   * By the gate that the call came by: when that one dies, the caller's game knows that no answer can come, and fails the call at once.
   */
  private answerTo(callId: number): Answer {
    if (callId === 0) return () => undefined;
    const { from, through } = this;
    return (code, payload) => {
      try {
        this.send(from, through, 0, EntityMessage.callReply, { callId, code, payload });
      } catch (error) {
        this.ports.log.debug("a reply was not delivered", { error: errorText(error) });
      }
    };
  }
}

/** Turns what a handler did into a reply. Returns what is wrong with its result, or null. */
export function answerWith(answer: Answer, method: MethodDefinition, error: unknown, value: unknown): string | null {
  if (error !== undefined) {
    answer(errorCodeOf(error, "RPC_HANDLER_THREW"), encodeSentence(error));
    return null;
  }
  let result: Uint8Array;
  try {
    result = encodeResult(method, value);
  } catch (wrong) {
    answer("RPC_HANDLER_THREW", encodeSentence(wrong));
    return errorText(wrong);
  }
  answer("", result);
  return null;
}

/** What a message that another game wrote badly raises. */
const UNREADABLE: ReadonlySet<ErrorCode> = new Set([
  "BYTES_TRUNCATED",
  "BYTES_MALFORMED",
  "MESSAGE_UNKNOWN",
  "MESSAGE_OVERSIZED",
]);
const SENTENCE_CHARS_MAX = 300;

export function encodeSentence(error: unknown): Uint8Array {
  const writer = new ByteWriter(64);
  writer.text((error === "" ? "" : errorText(error)).slice(0, SENTENCE_CHARS_MAX));
  return writer.copy();
}
