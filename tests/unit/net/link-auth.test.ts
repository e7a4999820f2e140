import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteReader, ByteWriter } from "../../../engine/base/bytes.js";
import { LinkAuth } from "../../../engine/net/link-auth.js";
import type { Connection } from "../../../engine/net/transport.js";
import { HANDSHAKE_FRAME_BYTES_MAX, LINK_MAGIC, LinkFrame } from "../../../engine/protocol/link-frame.js";
import { encodeMessage, type Message } from "../../../engine/protocol/message.js";
import { ADDRESS, dialRecorded, LinkWorld, type PartyOptions, recordAccepted } from "./link-fixture.js";

async function meet(dialler: PartyOptions, acceptor: PartyOptions, expectedIncarnation = 0, refused = 0) {
  const world = new LinkWorld();
  const server = world.party("server", acceptor);
  const client = world.party("client", dialler);
  if (refused !== 0) server.host.refuse(refused);
  const accepted = recordAccepted(server);
  await server.host.listen(ADDRESS);
  const dialled = dialRecorded(client, expectedIncarnation);
  await world.scheduler.run(1_000);
  return { world, server, accepted, dialled };
}

test("link authentication: another secret is refused (LINK_AUTH_FAILED), and the acceptor makes no link", async () => {
  const { accepted, dialled } = await meet({ secret: "some other secret" }, {});
  assert.equal(dialled.code, "LINK_AUTH_FAILED");
  assert.equal(accepted.length, 0);
});

test("link authentication: another cluster's name is refused (LINK_AUTH_FAILED)", async () => {
  const { accepted, dialled } = await meet({ clusterName: "other" }, {});
  assert.equal(dialled.code, "LINK_AUTH_FAILED");
  assert.equal(accepted.length, 0);
});

test("link authentication: another process at the address is a stranger (kind, incarnation)", async () => {
  const kind = await meet({}, { kind: "dbmanager" });
  assert.equal(kind.dialled.code, "LINK_STRANGER");
  const incarnation = await meet({}, { incarnation: 8 }, 7);
  assert.equal(incarnation.dialled.code, "LINK_STRANGER");
  const meant = await meet({}, { incarnation: 7 }, 7);
  assert.equal(meant.dialled.link.state, "up");
});

test("link authentication: a process that has no incarnation yet is dialled again until it has the expected one", async () => {
  const { world, server, dialled } = await meet({}, {}, 7);
  assert.equal(dialled.link.state, "connecting");
  server.host.setSelf({ kind: "game", name: "game1", incarnation: 7 });
  await world.scheduler.run(4_000);
  assert.equal(dialled.link.state, "up");
});

test("link authentication: a removed incarnation is refused (LINK_STALE)", async () => {
  const { accepted, dialled } = await meet({ incarnation: 5 }, {}, 0, 5);
  assert.equal(dialled.code, "LINK_STALE");
  assert.equal(accepted.length, 0);
});

test("link authentication: an interrupted peer that was removed meanwhile is refused when it comes back", async () => {
  const { world, server, dialled } = await meet({ incarnation: 5 }, {});
  assert.equal(dialled.link.state, "up");
  server.host.refuse(5);
  world.network.cut("client", "server");
  await world.scheduler.run(2_000);
  assert.equal(dialled.code, "LINK_STALE");
});

test("link authentication: a proof is bound to its direction and to every byte before it", () => {
  const auth = new LinkAuth("secret", "aeon");
  const parts = [Uint8Array.of(1, 2), Uint8Array.of(3)];
  const mac = auth.mac("dialler", parts);
  assert.ok(auth.verify(mac, "dialler", parts));
  assert.ok(!auth.verify(mac, "acceptor", parts));
  assert.ok(!auth.verify(mac, "dialler", [Uint8Array.of(1), Uint8Array.of(2, 3)]));
  assert.ok(!auth.verify(mac.subarray(0, 31), "dialler", parts));
  assert.ok(!auth.verify(new Uint8Array(32), "dialler", parts));
});

/** A peer without the secret that says what it likes. */
class Stranger {
  readonly world = new LinkWorld();
  readonly connection: Connection;
  readonly answers: Uint8Array[] = [];
  readonly accepted;
  closed = false;

  constructor() {
    const server = this.world.party("server");
    this.accepted = recordAccepted(server);
    void server.host.listen(ADDRESS);
    const node = this.world.network.node("stranger", this.world.scheduler.process("stranger"));
    this.connection = node.connect(ADDRESS);
    this.connection.onFrame = (frame) => this.answers.push(frame);
    this.connection.onClose = () => {
      this.closed = true;
    };
  }

  async say<T>(kind: Message<T>, value: T): Promise<void> {
    const writer = new ByteWriter();
    encodeMessage(writer, kind, value);
    await this.sayBytes(writer.copy());
  }

  async sayBytes(bytes: Uint8Array): Promise<void> {
    await this.settle();
    this.connection.send(bytes);
    await this.settle();
  }

  settle(): Promise<void> {
    return this.world.scheduler.run(this.world.scheduler.nowMs() + 50);
  }
}

const hello = { magic: LINK_MAGIC, versionMin: 1, versionMax: 1, nonce: new Uint8Array(16) };

test("link authentication: a stranger that only connects learns a nonce and nothing else", async () => {
  const stranger = new Stranger();
  await stranger.say(LinkFrame.linkHello, hello);
  assert.equal(stranger.answers.length, 1);
  const reader = new ByteReader(stranger.answers[0] as Uint8Array);
  assert.equal(reader.u8(), LinkFrame.linkChallenge.id);
  assert.equal(LinkFrame.linkChallenge.body.read(reader).nonce.length, 16);
  assert.equal(reader.remaining, 0);
});

test("link authentication: no common version is refused (LINK_VERSION)", async () => {
  const stranger = new Stranger();
  await stranger.say(LinkFrame.linkHello, { ...hello, versionMin: 900, versionMax: 901 });
  const reader = new ByteReader(stranger.answers[0] as Uint8Array);
  assert.equal(reader.u8(), LinkFrame.linkRefuse.id);
  assert.equal(LinkFrame.linkRefuse.body.read(reader).code, "LINK_VERSION");
  assert.ok(stranger.closed);
});

test("link authentication: a dialler that meets a peer of another version goes down (LINK_VERSION)", async () => {
  const world = new LinkWorld();
  const node = world.network.node("server", world.scheduler.process("server"));
  await node.listen(ADDRESS, (connection) => {
    connection.onFrame = () => {
      const writer = new ByteWriter();
      encodeMessage(writer, LinkFrame.linkChallenge, { version: 900, nonce: new Uint8Array(16) });
      connection.send(writer.written());
    };
  });
  const dialled = dialRecorded(world.party("client"));
  await world.scheduler.run(100);
  assert.equal(dialled.code, "LINK_VERSION");
});

test("link authentication: a dialler believes no welcome without the right proof (LINK_AUTH_FAILED)", async () => {
  const world = new LinkWorld();
  const node = world.network.node("server", world.scheduler.process("server"));
  await node.listen(ADDRESS, (connection) => {
    connection.onFrame = (frame) => {
      const writer = new ByteWriter();
      if (frame[0] === LinkFrame.linkHello.id) {
        encodeMessage(writer, LinkFrame.linkChallenge, { version: 1, nonce: new Uint8Array(16) });
      } else {
        encodeMessage(writer, LinkFrame.linkWelcome, { mac: new Uint8Array(32), claim: Uint8Array.of(2, 0, 0) });
      }
      connection.send(writer.written());
    };
  });
  const dialled = dialRecorded(world.party("client"));
  await world.scheduler.run(100);
  assert.equal(dialled.code, "LINK_AUTH_FAILED");
});

test("link authentication: frames out of order, unknown, cut short or too large end the connection", async () => {
  const batch = new ByteWriter();
  encodeMessage(batch, LinkFrame.linkBatch, { sequence: 1, ack: 0, messages: new Uint8Array(0) });
  const wrong = [
    batch.copy(),
    Uint8Array.of(),
    Uint8Array.of(99),
    Uint8Array.of(LinkFrame.linkHello.id, 1, 2),
    new Uint8Array(HANDSHAKE_FRAME_BYTES_MAX + 1).fill(LinkFrame.linkHello.id),
    Uint8Array.of(LinkFrame.linkProof.id, 1, 2, 3),
  ];
  for (const bytes of wrong) {
    const stranger = new Stranger();
    await stranger.sayBytes(bytes);
    assert.ok(stranger.closed, `frame of ${bytes.length} bytes`);
    assert.equal(stranger.answers.length, 0);
    assert.equal(stranger.accepted.length, 0);
  }
});

test("link authentication: a recorded handshake is worth nothing a second time (replay)", async () => {
  const world = new LinkWorld();
  const server = world.party("server");
  const accepted = recordAccepted(server);
  await server.host.listen(ADDRESS);
  const recorded: Uint8Array[] = [];
  const client = world.party("client");
  const { connect } = client.node;
  client.node.connect = (address) => {
    const connection = connect.call(client.node, address);
    const send = connection.send.bind(connection);
    connection.send = (frame) => {
      recorded.push(frame.slice());
      send(frame);
    };
    return connection;
  };
  dialRecorded(client);
  await world.scheduler.run(100);
  assert.equal(accepted.length, 1);
  const thief = world.network.node("thief", world.scheduler.process("thief")).connect(ADDRESS);
  await world.scheduler.run(200);
  for (const frame of recorded) thief.send(frame);
  await world.scheduler.run(1_000);
  assert.equal(accepted.length, 1);
  assert.equal(thief.state, "closed");
  assert.equal(accepted[0]?.link.state, "up");
});
