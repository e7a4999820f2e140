import assert from "node:assert/strict";
import { test } from "node:test";
import type { Client, ClientEntity, ClientEvents, ClientState } from "../../../../../client/index.js";
import { Session, type SessionState, sentenceOf } from "../../../../../client/web/game/session.js";
import { AeonError, type ErrorCode } from "../../../../../engine/base/errors.js";
import type { Scheduler } from "../../../../../engine/base/scheduler.js";

/** Timers run when told; time jumps to each. */
class ManualScheduler implements Scheduler {
  private at = 0;
  private timers: { readonly dueMs: number; readonly run: () => void }[] = [];
  nowMs = () => this.at;
  wallMs = () => this.at;
  defer = (run: () => void) => queueMicrotask(run);
  setTimer(delayMs: number, run: () => void): object {
    const timer = { dueMs: this.at + delayMs, run };
    this.timers.push(timer);
    return timer;
  }
  clearTimer(handle: object | number): void {
    this.timers = this.timers.filter((timer) => timer !== handle);
  }
  /** Runs timers in order, and what follows from them, until none is due before `untilMs`. */
  async advance(untilMs: number): Promise<void> {
    for (;;) {
      await settled();
      const next = this.timers.sort((a, b) => a.dueMs - b.dueMs)[0];
      if (next === undefined || next.dueMs > untilMs) break;
      this.at = next.dueMs;
      this.clearTimer(next);
      next.run();
    }
    this.at = untilMs;
    await settled();
  }
}

const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** As much of a Client as a session uses, led by the test. */
class ScriptedClient {
  state: ClientState = "idle";
  own: ClientEntity | null = null;
  isClosed = false;
  logins: string[] = [];
  /** What the next logins end with; "" succeeds. */
  loginCodes: (ErrorCode | "")[] = [];
  connectCode: ErrorCode | "" = "";
  private readonly handlers = new Map<string, ((...args: never[]) => void)[]>();

  on(event: keyof ClientEvents, handler: (...args: never[]) => void): () => void {
    this.handlers.set(event, [...(this.handlers.get(event) ?? []), handler]);
    return () => undefined;
  }
  emit(event: keyof ClientEvents, argument: unknown): void {
    for (const handler of this.handlers.get(event) ?? []) (handler as (argument: unknown) => void)(argument);
  }
  async connect(): Promise<void> {
    if (this.connectCode !== "") throw new AeonError(this.connectCode);
    this.become("online");
    this.beginSession();
  }
  close(): void {
    this.isClosed = true;
  }
  become(state: ClientState): void {
    this.state = state;
    this.emit("state", state);
  }
  beginSession(): void {
    this.own = this.entity("Account");
    this.emit("own", this.own);
  }
  giveAvatar(): void {
    this.own = this.entity("Avatar");
    this.emit("own", this.own);
  }
  private entity(typeName: string): ClientEntity {
    const login = async (name: string) => {
      this.logins.push(name);
      const code = this.loginCodes.shift() ?? "";
      if (code !== "") throw new AeonError(code);
      queueMicrotask(() => this.giveAvatar());
    };
    return { typeName, is: (name: string) => name === typeName, call: { login } } as unknown as ClientEntity;
  }
}

function scripted(prepare: (client: ScriptedClient, index: number) => void = () => undefined) {
  const scheduler = new ManualScheduler();
  const clients: ScriptedClient[] = [];
  const states: SessionState[] = [];
  const ends: string[] = [];
  const make = () => {
    const client = new ScriptedClient();
    prepare(client, clients.push(client) - 1);
    return client as unknown as Client;
  };
  const session = new Session(make, scheduler, {
    onState: (state) => states.push(state),
    onClient: () => undefined,
    onEnd: (sentence) => ends.push(sentence),
  });
  return { scheduler, clients, states, ends, session };
}

test("session: a login ends with the avatar", async () => {
  const { session, clients, states } = scripted();
  await session.login("Wren");
  assert.deepEqual(clients[0]?.logins, ["Wren"]);
  assert.deepEqual(states, ["entering", "in"]);
  assert.notEqual(session.avatar, null);
});

test("session: a refused name is told in a sentence with its code, and the client is let go", async () => {
  const { session, clients, states } = scripted((client, index) => {
    client.loginCodes = index === 0 ? ["LOGIN_NAME_INVALID"] : [];
  });
  await assert.rejects(session.login("!"), /wrong length or a character.*\(LOGIN_NAME_INVALID\)/);
  assert.equal(clients[0]?.isClosed, true);
  assert.equal(states.at(-1), "out");
  await session.login("Wren");
  assert.equal(clients.length, 2);
});

test("session: it waits while the world is not open yet", async () => {
  const { session, scheduler, clients } = scripted((client, index) => {
    client.connectCode = index < 2 ? "CLIENT_NOT_OPEN" : "";
  });
  const entered = session.login("Wren");
  await scheduler.advance(5_000);
  await entered;
  assert.equal(clients.length, 3);
});

test("session: a name that stays in use is refused after some seconds", async () => {
  const { session, scheduler, clients } = scripted((client) => {
    client.loginCodes = new Array<ErrorCode>(60).fill("LOGIN_NAME_IN_USE");
  });
  const refused = assert.rejects(session.login("Wren"), /LOGIN_NAME_IN_USE/);
  await scheduler.advance(10_000);
  await refused;
  assert.ok((clients[0]?.logins.length ?? 0) <= 5);
});

test("session: after a cut it comes back by itself (resumed)", async () => {
  const { session, clients, states } = scripted();
  await session.login("Wren");
  clients[0]?.become("reconnecting");
  clients[0]?.become("online");
  assert.deepEqual(states.slice(1), ["in", "returning", "in"]);
  assert.deepEqual(clients[0]?.logins, ["Wren"]);
});

test("session: after a cut it logs in again until its name is free (new session)", async () => {
  const { session, scheduler, clients, states } = scripted();
  await session.login("Wren");
  const client = clients[0] as ScriptedClient;
  client.become("reconnecting");
  client.own = null;
  client.become("online");
  client.loginCodes = ["LOGIN_NAME_IN_USE", "LOGIN_NAME_IN_USE"];
  client.beginSession();
  await scheduler.advance(6_000);
  assert.deepEqual(client.logins, ["Wren", "Wren", "Wren", "Wren"]);
  assert.deepEqual(states, ["entering", "in", "returning", "in"]);
});

test("session: when the server closes the client for good, the player hears why", async () => {
  const { session, clients, states, ends } = scripted();
  await session.login("Wren");
  clients[0]?.emit("close", { code: "CLIENT_KICKED", reason: "kicked" });
  assert.deepEqual(ends, ["The server closed this client."]);
  assert.equal(states.at(-1), "out");
});

test("session: leaving on purpose closes the client and says nothing", async () => {
  const { session, clients, states, ends } = scripted();
  await session.login("Wren");
  session.logout();
  clients[0]?.emit("close", { code: "CLIENT_CLOSED", reason: "" });
  assert.equal(clients[0]?.isClosed, true);
  assert.deepEqual([states.at(-1), ends.length], ["out", 0]);
});

test("session: what is no AeonError is shown as it is", () => {
  assert.equal(sentenceOf(new Error("boom")), "boom");
});
