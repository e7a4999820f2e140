/** Clients over KCP, sealed, before a cluster of real processes: they see each other, a gate dies, and UDP comes and goes. */
import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Client, ClientTransport } from "../../client/index.js";
import { type BotProgress, type BotSummary, runBots } from "../../client/node/bots.js";
import { createNodeClient, openTransport } from "../../client/node/index.js";
import { kcpMetrics, nodeTransport } from "../../client/node/kcp-transport.js";
import type { DatagramSocket } from "../../engine/net/datagram-socket.js";
import type { Connection } from "../../engine/net/transport.js";
import { noSignals, TestCluster, until } from "./cluster.js";

const BOTS = 12;
const quick = {
  link: { heartbeatIntervalMs: 200, peerTimeoutMs: 1_500, closedGraceMs: 300 },
  cluster: { restartDelayMs: 50, shutdownTimeoutMs: 2_000 },
  // What is not sealed is refused.
  gate: { encryption: "required", heartbeatIntervalMs: 200 },
};

test("kcp: clients over UDP see each other, come back when their gate is killed, and keep their session from UDP to WebSocket and back", {
  skip: noSignals,
}, async (t) => {
  const cluster = new TestCluster(t, quick);
  await cluster.up();
  const gate = `127.0.0.1:${cluster.portBase + 11}`;
  await t.test("the session goes on from UDP to WebSocket and back: each call once, in order", (t) =>
    switches(t, gate),
  );
  await t.test("bots move and see each other; their gate is killed (kill -9), and all are back", () =>
    survivesGate(cluster, gate),
  );
});

/** A client's way that can be cut, and that says which it took. */
class Line {
  readonly ways: string[] = [];
  isUdpBlocked = false;
  private socket: DatagramSocket | null = null;
  private webSocket: Connection | null = null;
  readonly transport: ClientTransport;

  constructor() {
    const overWebSocket = openTransport({ via: "ws", encryption: "on" });
    this.transport = nodeTransport("auto", {
      webSocket: (url) => {
        this.ways.push("ws");
        this.webSocket = overWebSocket(url);
        return this.webSocket;
      },
      wrapSocket: (socket) => this.wrap(socket),
    });
  }

  get way(): string {
    return this.ways.at(-1) ?? "";
  }

  /** From now on no datagram passes, as behind a firewall that has changed its mind. */
  blockUdp(): void {
    this.isUdpBlocked = true;
    if (this.socket === null) return;
    this.socket.send = () => undefined;
    this.socket.onDatagram = null;
  }

  cutWebSocket(): void {
    this.webSocket?.close("the line was cut");
  }

  private wrap(socket: DatagramSocket): DatagramSocket {
    if (this.isUdpBlocked) {
      void socket.close();
      throw new Error("no datagram passes here");
    }
    this.ways.push("kcp");
    this.socket = socket;
    return socket;
  }
}

async function player(t: TestContext, transport: ClientTransport, gate: string, name: string): Promise<Client> {
  const client = createNodeClient({ gates: [`ws://${gate}`], transport, query: false });
  t.after(() => client.close());
  await client.connect();
  await client.own?.call.login?.(name);
  await until(`${name} is in the world`, () => client.own?.typeName === "Avatar" && client.space !== null);
  return client;
}

async function switches(t: TestContext, gate: string): Promise<void> {
  const line = new Line();
  const speaker = await player(t, line.transport, gate, "Ada");
  const listener = await player(t, openTransport({ via: "kcp" }), gate, "Bea");
  const heard: string[] = [];
  listener.on("call", (_, method, args) => method === "onSay" && heard.push(args[1] as string));
  const sessions: boolean[] = [];
  speaker.on("session", ({ resumed }) => sessions.push(resumed));
  await until("they see each other", () => [listener, speaker].every((one) => playersSeenBy(one) === 2));
  assert.equal(line.way, "kcp");
  const said: string[] = [];
  const say = (count: number) => {
    for (let i = 0; i < count; i++) {
      said.push(`word ${said.length}`);
      speaker.own?.send.say?.(said.at(-1) as string);
    }
  };
  say(5);
  line.blockUdp();
  say(5);
  await until("it is on a WebSocket", () => sessions.length === 1 && speaker.state === "online");
  assert.equal(line.way, "ws");
  say(5);
  line.isUdpBlocked = false;
  line.cutWebSocket();
  say(5);
  await until("it is on UDP again", () => sessions.length === 2 && speaker.state === "online");
  assert.equal(line.way, "kcp");
  say(5);
  await until("all was heard", () => heard.length >= said.length);
  assert.deepEqual(heard, said);
  assert.deepEqual(sessions, [true, true]);
}

function playersSeenBy({ entities }: Client): number {
  return [...entities.values()].filter(({ typeName }) => typeName === "Avatar").length;
}

async function survivesGate(cluster: TestCluster, gate: string): Promise<void> {
  const progress: BotProgress[] = [];
  const stop = new AbortController();
  const sentBefore = datagramsSent();
  const run = runBots({
    gates: [`ws://${gate}`],
    count: BOTS,
    seconds: 0,
    seed: 1,
    transport: openTransport({ via: "kcp" }),
    signal: stop.signal,
    onLine: (line) => line.event === "progress" && progress.push(line),
  });
  const last = () => progress.at(-1);
  await until("all are in", () => last()?.loggedIn === BOTS);
  const pid = cluster.signal("gate1", "SIGKILL");
  await cluster.untilReady("gate1", pid);
  await until("all are back", () => (last()?.disconnects ?? 0) >= BOTS && last()?.loggedIn === BOTS);
  stop.abort();
  const summary: BotSummary = await run;
  assert.equal(summary.loggedIn, BOTS);
  assert.equal(summary.disconnects, BOTS, "each was cut once");
  assert.equal(summary.errors, 0);
  assert.ok(summary.seeMsP50 > 0, "moves of others were seen");
  assert.ok(datagramsSent() - sentBefore > BOTS * 20);
}

function datagramsSent(): number {
  return kcpMetrics().udp_datagrams_out_total ?? 0;
}
