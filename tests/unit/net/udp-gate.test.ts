/** A gate's UDP end with clients of it, in virtual time: handshakes, what passes, and what strangers and liars get. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteWriter } from "../../../engine/base/bytes.js";
import { PacketPool } from "../../../engine/net/packet-buffer.js";
import { SealKind } from "../../../engine/net/seal.js";
import type { Connection } from "../../../engine/net/transport.js";
import {
  Channel,
  DATAGRAM_VERSION,
  DatagramType,
  encodeDatagram,
  HELLO_BYTES,
  helloDatagram,
  OPEN_BYTES,
  openDatagram,
  QUERY_BYTES,
  queryDatagram,
  writeDataHead,
  writePacketNumber,
} from "../../../engine/protocol/datagram.js";
import { Kcp } from "../../../native/kcp-ts/src/index.js";
import { GATE_ADDRESS, patternBytes, UdpRig } from "./udp-rig.js";

const BAD_LINE = { lost: 0.2, doubled: 0.1, latencyMinMs: 5, latencyMaxMs: 60 };
const clientKey = patternBytes(5, 32);

for (const [name, sealKind] of Object.entries(SealKind)) {
  test(`udp: a handshake, then frames of any size both ways, in order (${name}; lost, doubled, out of order)`, async () => {
    const rig = new UdpRig({ weather: BAD_LINE });
    const { client, pipe, heard } = await rig.connected({ sealKind });
    const sizes = [1, 0, 100, 1_200, 5_000, 64_000, 300_000, 7];
    for (const [i, size] of sizes.entries()) client.connection.send(patternBytes(i, size));
    for (const [i, size] of sizes.entries()) pipe.send(patternBytes(i + 100, size));
    await rig.pass(20_000);
    const lengths = (frames: readonly Uint8Array[]) => frames.map((frame) => frame.length);
    assert.deepEqual(lengths(heard), sizes);
    assert.deepEqual(lengths(client.heard), sizes);
    for (const [i, frame] of heard.entries()) assert.deepEqual(frame, patternBytes(i, frame.length));
    for (const [i, frame] of client.heard.entries()) assert.deepEqual(frame, patternBytes(i + 100, frame.length));
    assert.equal(pipe.isSecure, sealKind !== SealKind.none);
    assert.deepEqual(rig.errors, []);
  });
}

test("udp: a connection with nothing to say costs neither datagrams nor timers", async () => {
  const rig = new UdpRig();
  const { client } = await rig.connected();
  await rig.pass(1_000);
  const [sent, events] = [client.socket.sentCount + rig.gateSocket.sentCount, rig.scheduler.eventCount];
  await rig.pass(60_000);
  assert.equal(client.socket.sentCount + rig.gateSocket.sentCount, sent);
  assert.ok(rig.scheduler.eventCount - events < 5, `${rig.scheduler.eventCount - events} events`);
});

test("udp: what one turn sends leaves in one datagram, loose frames with it", async () => {
  const rig = new UdpRig();
  const { client, pipe } = await rig.connected();
  const before = rig.gateSocket.sentCount;
  for (let i = 0; i < 5; i++) pipe.send(patternBytes(i, 100));
  pipe.sendLoose(patternBytes(9, 50));
  await rig.pass(8);
  assert.equal(rig.gateSocket.sentCount - before, 1);
  assert.deepEqual(
    client.heard.map((frame) => frame.length),
    [50, 100, 100, 100, 100, 100],
  );
});

test("udp: a loose frame is never behind a newer one, and never waits for a lost one (30 % loss, out of order)", async () => {
  const rig = new UdpRig({ weather: { lost: 0.3, latencyMinMs: 5, latencyMaxMs: 100 } });
  const { client, pipe } = await rig.connected();
  client.heard.length = 0;
  for (let i = 0; i < 300; i++) {
    pipe.sendLoose(Uint8Array.of(i & 0xff, i >> 8));
    await rig.pass(20);
  }
  await rig.pass(500);
  const numbers = client.heard.map(([low = 0, high = 0]) => low + 256 * high);
  assert.ok(
    numbers.every((number, i) => i === 0 || number > (numbers[i - 1] as number)),
    numbers.join(" "),
  );
  assert.ok(numbers.length > 60 && numbers.length < 300, `${numbers.length} arrived`);
  assert.ok(rig.clientMetrics.counter("udp_loose_late_total").value > 0);
});

test("udp: a loose frame that no datagram holds goes the ordered way", async () => {
  const rig = new UdpRig();
  const { client, pipe } = await rig.connected();
  pipe.sendLoose(patternBytes(1, pipe.looseBytesMax));
  pipe.sendLoose(patternBytes(2, pipe.looseBytesMax + 1));
  await rig.pass(100);
  const longestFirst = client.heard.sort((a, b) => b.length - a.length);
  assert.deepEqual(longestFirst, [patternBytes(2, pipe.looseBytesMax + 1), patternBytes(1, pipe.looseBytesMax)]);
});

test("udp: a packet is held until its bytes are in segments, and let go of then, also when the line is cut", async () => {
  const rig = new UdpRig();
  const { client, pipe } = await rig.connected();
  const pool = new PacketPool();
  const packet = pool.take(100_000);
  packet.end = packet.start + 90_000;
  packet.bytes.set(patternBytes(3, 90_000), packet.start);
  client.socket.isCut = true;
  for (let i = 0; i < 20; i++) pipe.sendPacket(packet);
  packet.release();
  await rig.pass(50);
  assert.ok(packet.isHeld, "more than KCP takes");
  assert.ok(pipe.bufferedBytes > 20 * 60_000, String(pipe.bufferedBytes));
  client.socket.isCut = false;
  await rig.pass(20_000);
  assert.equal(client.heard.length, 20);
  assert.deepEqual(client.heard[19], patternBytes(3, 90_000));
  assert.ok(!packet.isHeld);
  assert.equal(pipe.bufferedBytes, 0);
});

test("udp: a session stays when its client's address changes, and follows it", async () => {
  const rig = new UdpRig();
  const { client, pipe, heard } = await rig.connected();
  heard.length = 0;
  client.socket.move({ host: "203.0.113.50", port: 1234 });
  pipe.send(patternBytes(1, 10));
  await rig.pass(300);
  assert.equal(client.heard.length, 0, "the gate cannot know yet");
  client.connection.send(patternBytes(2, 10));
  await rig.pass(500);
  assert.deepEqual(heard, [patternBytes(2, 10)]);
  assert.deepEqual(client.heard, [patternBytes(1, 10)]);
  assert.equal(pipe.remote, "203.0.113.50:1234");
  assert.equal(rig.counter("moved"), 1);
});

test("udp: an old datagram of a session, sent again from elsewhere, moves nothing and is taken once", async () => {
  const rig = new UdpRig();
  const { client, pipe, heard } = await rig.connected();
  const copies: Uint8Array[] = [];
  const send = client.socket.send.bind(client.socket);
  client.socket.send = (bytes, host, port) => {
    copies.push(bytes.slice());
    send(bytes, host, port);
  };
  for (let i = 0; i < 5; i++) {
    client.connection.send(patternBytes(i, 20));
    await rig.pass(50);
  }
  heard.length = 0;
  const thief = rig.network.open({ host: "203.0.113.66", port: 6666 });
  for (const copy of copies) thief.send(copy, GATE_ADDRESS.host, GATE_ADDRESS.port);
  await rig.pass(200);
  assert.equal(heard.length, 0);
  assert.equal(rig.counter("replayed"), copies.length);
  assert.ok(pipe.remote.startsWith("198.51.100.7:"));
});

test("udp: a datagram that was changed in any byte is dropped, and the session goes on", async () => {
  const rig = new UdpRig();
  const { client, heard } = await rig.connected();
  const sent: Uint8Array[] = [];
  const send = client.socket.send.bind(client.socket);
  client.socket.send = (bytes) => void sent.push(bytes.slice());
  client.connection.send(patternBytes(7, 20));
  await rig.pass(5);
  const [original] = sent;
  assert.ok(original !== undefined);
  for (let at = 0; at < original.length; at++) {
    const changed = original.slice();
    changed[at] = (changed[at] as number) ^ 0x10;
    client.socket.sentCount = 0;
    send(changed, GATE_ADDRESS.host, GATE_ADDRESS.port);
  }
  await rig.pass(20);
  assert.deepEqual(heard.slice(1), []);
  client.socket.send = send;
  await rig.pass(2_000);
  assert.deepEqual(heard.at(-1), patternBytes(7, 20));
});

test("udp: a sealed session takes nothing in the clear", async () => {
  const rig = new UdpRig();
  const { client, pipe, heard } = await rig.connected();
  heard.length = 0;
  let head = new Uint8Array(0);
  const send = client.socket.send.bind(client.socket);
  client.socket.send = (bytes, host, port) => {
    head = bytes.slice(0, 9);
    send(bytes, host, port);
  };
  client.connection.send(Uint8Array.of(1));
  await rig.pass(100);
  const forged = new Uint8Array(40);
  forged.set(head);
  forged[0] = DatagramType.plain;
  forged[9] = Channel.close;
  rig.network.open({ host: "203.0.113.66", port: 6666 }).send(forged, GATE_ADDRESS.host, GATE_ADDRESS.port);
  await rig.pass(100);
  assert.equal(pipe.state, "open");
  assert.equal(rig.counter("malformed"), 1);
});

test("udp: a spoofed hello leaves nothing at the gate, and gets fewer bytes than it sent", async () => {
  const rig = new UdpRig({ gate: { strangersPerSecondMax: 100 } });
  const stranger = rig.network.open({ host: "203.0.113.1", port: 999 });
  const writer = new ByteWriter();
  for (let i = 0; i < 1_000; i++) {
    const hello = encodeDatagram(writer, helloDatagram, { version: 1, clientKey: patternBytes(i, 32) });
    stranger.send(hello.slice(), GATE_ADDRESS.host, GATE_ADDRESS.port);
  }
  await rig.pass(100);
  assert.equal(rig.counter("openings"), 0);
  assert.equal(
    rig.counter("cookies_sent") + rig.counter("strangers_over_budget") + rig.counter("strangers_dropped"),
    1_000,
  );
  assert.ok(rig.counter("cookies_sent") <= 111, "no more than the budget");
  assert.ok(
    rig.counter("strangers_over_budget") >= 889,
    "the others are dropped on arrival and take no room in the queue",
  );
  assert.ok(rig.gateSocket.sentBytes < rig.counter("cookies_sent") * HELLO_BYTES);
});

test("udp: an open with a made-up or another address's cookie is answered by a cookie only", async () => {
  const rig = new UdpRig();
  const stranger = rig.network.open({ host: "203.0.113.1", port: 999 });
  const other = rig.network.open({ host: "203.0.113.2", port: 999 });
  const writer = new ByteWriter();
  const answers: Uint8Array[] = [];
  stranger.onDatagram = (bytes) => void answers.push(bytes);
  stranger.send(
    encodeDatagram(writer, helloDatagram, { version: DATAGRAM_VERSION, clientKey }).slice(),
    GATE_ADDRESS.host,
    GATE_ADDRESS.port,
  );
  await rig.pass(50);
  const [cookie] = answers;
  assert.equal(cookie?.[0], DatagramType.cookie);
  const open = {
    version: DATAGRAM_VERSION,
    clientKey,
    epoch: cookie?.[9] as number,
    cookie: (cookie as Uint8Array).slice(10),
    sealKind: SealKind.aes256Gcm,
  };
  other.send(encodeDatagram(writer, openDatagram, open).slice(), GATE_ADDRESS.host, GATE_ADDRESS.port);
  await rig.pass(50);
  assert.equal(rig.counter("openings"), 0);
  assert.equal(rig.counter("cookies_wrong"), 1);
  assert.ok(rig.gateSocket.sentBytes <= HELLO_BYTES + OPEN_BYTES);
  stranger.send(encodeDatagram(writer, openDatagram, open).slice(), GATE_ADDRESS.host, GATE_ADDRESS.port);
  stranger.send(encodeDatagram(writer, openDatagram, open).slice(), GATE_ADDRESS.host, GATE_ADDRESS.port);
  await rig.pass(50);
  assert.equal(rig.counter("openings"), 1, "a repeated OPEN is the same session");
  const accepts = answers.filter((bytes) => bytes[0] === DatagramType.accept);
  assert.equal(accepts.length, 2);
  assert.deepEqual(accepts[0], accepts[1]);
  assert.ok((accepts[0] as Uint8Array).length <= OPEN_BYTES);
  await rig.pass(7_000);
  assert.equal(rig.counter("openings_expired"), 1, "whoever never uses its keys is forgotten");
  assert.equal(rig.accepted.length, 0);
});

test("udp: a client's bad key is refused (all zeros: of low order)", async () => {
  const rig = new UdpRig();
  const stranger = rig.network.open({ host: "203.0.113.1", port: 999 });
  const answers: Uint8Array[] = [];
  stranger.onDatagram = (bytes) => void answers.push(bytes);
  const writer = new ByteWriter();
  const badKey = new Uint8Array(32);
  const say = (bytes: Uint8Array) => stranger.send(bytes.slice(), GATE_ADDRESS.host, GATE_ADDRESS.port);
  say(encodeDatagram(writer, helloDatagram, { version: DATAGRAM_VERSION, clientKey: badKey }));
  await rig.pass(50);
  const cookie = answers[0] as Uint8Array;
  say(
    encodeDatagram(writer, openDatagram, {
      version: DATAGRAM_VERSION,
      clientKey: badKey,
      epoch: cookie[9] as number,
      cookie: cookie.slice(10),
      sealKind: SealKind.aes256Gcm,
    }),
  );
  await rig.pass(50);
  assert.equal(answers[1]?.[0], DatagramType.refuse);
  assert.equal(rig.counter("openings"), 0);
});

test("udp: openings beyond their bound push out the oldest, and handshakes beyond the budget are refused", async () => {
  const rig = new UdpRig({ gate: { openingsMax: 3 }, budget: { handshakesPerAddressMax: 10 } });
  const clients = Array.from({ length: 30 }, () => rig.client());
  await rig.pass(5_000);
  assert.equal(rig.accepted.length, 0, "nobody sent a packet");
  assert.ok(rig.counter("refused") > 0);
  assert.ok(clients.some(({ closedWith }) => closedWith?.includes("handshakes") === true));
  assert.ok(rig.counter("openings") > 3);
  assert.ok((rig.metrics.snapshot().udp_openings as number) <= 3);
  await rig.pass(20_000);
  assert.equal(rig.metrics.snapshot().udp_openings, 0);
});

test("udp: a pinned key keeps a client from any other gate", async () => {
  const rig = new UdpRig();
  const right = await rig.connected({ pinnedKey: rig.staticKey.publicKey });
  assert.equal(right.client.connection.state, "open");
  const wrong = rig.client({ pinnedKey: patternBytes(1, 32) });
  await rig.pass(5_000);
  assert.equal(wrong.connection.state, "closed");
  assert.equal(wrong.closedWith, "the gate does not answer");
});

test("udp: a gate takes what its policy says (plain refused where required, sealed refused where off)", async () => {
  for (const [encryption, sealKind] of [
    ["required", SealKind.none],
    ["off", SealKind.aes256Gcm],
  ] as const) {
    const rig = new UdpRig({ gate: { encryption } });
    const client = rig.client({ sealKind });
    await rig.pass(1_000);
    assert.equal(client.closedWith, "the gate takes no such encryption");
    assert.equal(rig.accepted.length, 0);
  }
});

test("udp: closing delivers what was sent, then tells the other end why (10 % loss)", async () => {
  for (const from of ["gate", "client"] as const) {
    const rig = new UdpRig({ weather: { lost: 0.1 } });
    const { client, pipe, heard } = await rig.connected();
    let gateHeard: string | null = null;
    pipe.onClose = (reason) => {
      gateHeard = reason;
    };
    const end = from === "gate" ? pipe : client.connection;
    end.send(patternBytes(4, 20_000));
    end.close("enough");
    assert.equal(end.state, "closed");
    await rig.pass(5_000);
    assert.deepEqual((from === "gate" ? client.heard : heard).at(-1), patternBytes(4, 20_000));
    assert.equal(from === "gate" ? client.closedWith : gateHeard, "enough");
    assert.equal(rig.gate.pipes.size, 0);
  }
});

test("udp: a client of a gate that was started again is told so, by a token that only they know", async () => {
  const rig = new UdpRig();
  const { client } = await rig.connected();
  rig.restartGate();
  client.connection.send(patternBytes(1, 100));
  await rig.pass(300);
  assert.equal(client.closedWith, "the gate does not know this connection");
  assert.ok(rig.counter("resets_sent") >= 1);
});

test("udp: a reset with a made-up token does nothing", async () => {
  const rig = new UdpRig();
  const { client } = await rig.connected();
  let head = new Uint8Array(9);
  const send = client.socket.send.bind(client.socket);
  client.socket.send = (bytes, host, port) => {
    head = bytes.slice(0, 9);
    send(bytes, host, port);
  };
  client.connection.send(Uint8Array.of(1));
  await rig.pass(100);
  const reset = new Uint8Array(25);
  reset.set(head);
  reset[0] = DatagramType.reset;
  client.socket.take(reset, GATE_ADDRESS);
  await rig.pass(100);
  assert.equal(client.connection.state, "open");
});

test("udp: data of an unknown session gets a reset no larger than itself, or nothing", async () => {
  const rig = new UdpRig();
  const stranger = rig.network.open({ host: "203.0.113.1", port: 999 });
  const answers: Uint8Array[] = [];
  stranger.onDatagram = (bytes) => void answers.push(bytes);
  for (const length of [1, 10, 24, 25, 26, 60]) {
    const bytes = new Uint8Array(length);
    if (length >= 15) writePacketNumber(bytes, writeDataHead(bytes, 0, DatagramType.data, { low: 5, high: 6 }), 1);
    else bytes[0] = DatagramType.data;
    stranger.send(bytes, GATE_ADDRESS.host, GATE_ADDRESS.port);
  }
  await rig.pass(50);
  assert.deepEqual(
    answers.map((bytes) => [bytes[0], bytes.length]),
    [
      [DatagramType.reset, 25],
      [DatagramType.reset, 25],
    ],
  );
});

test("udp: an authenticated client that sends rubbish is closed, and nobody else is", async () => {
  const rig = new UdpRig();
  const honest = await rig.connected();
  for (const rubbish of [
    Uint8Array.of(9, 1, 2, 3),
    Uint8Array.of(Channel.loose, 0, 0),
    Uint8Array.of(Channel.loose, 1, 0, 0, 0, 255, 255, 1),
    Uint8Array.of(Channel.kcp, 1, 2, 3),
  ]) {
    const { client, pipe } = await rig.connected();
    const { host } = pipe as unknown as { host: { handleSlot: unknown } };
    assert.ok(host !== undefined);
    pipe.input(rubbish, 0, rubbish.length, rig.scheduler.nowMs());
    await rig.pass(100);
    assert.equal(pipe.state, "closed");
    assert.equal(client.connection.state, "closed");
  }
  assert.equal(rig.counter("failed"), 4);
  honest.client.connection.send(patternBytes(1, 10));
  await rig.pass(100);
  assert.deepEqual(honest.heard.at(-1), patternBytes(1, 10));
});

test("udp: a client that sends more datagrams than allowed is closed; one that sends as many as it may is not", async () => {
  const rig = new UdpRig({ tuning: { datagramsPerSecondMax: 100, rateWindowMs: 1_000 } });
  const [calm, busy] = [await rig.connected(), await rig.connected()];
  for (let i = 0; i < 300; i++) {
    if (i % 2 === 0) calm.client.connection.sendLoose(patternBytes(i, 10));
    busy.client.connection.sendLoose(patternBytes(i, 10));
    await rig.pass(6);
  }
  assert.equal(calm.pipe.state, "open");
  assert.equal(busy.pipe.state, "closed");
  assert.equal(rig.counter("failed"), 1);
});

test("udp: a frame larger than allowed closes its client before it is gathered", async () => {
  const rig = new UdpRig();
  const { client, pipe } = await rig.connected();
  pipe.frameBytesMax = 1_000;
  client.connection.send(patternBytes(1, 1_000));
  client.connection.send(patternBytes(1, 1_001));
  await rig.pass(1_000);
  assert.equal(pipe.state, "closed");
  // By its goodbye, or by the answer to what was on its way still.
  assert.match(client.closedWith ?? "", /larger than 1000|does not know this connection/);
});

test("udp: a throw of whoever hears a client ends that client only", async () => {
  const rig = new UdpRig();
  const [first, second] = [await rig.connected(), await rig.connected()];
  first.pipe.onFrame = () => {
    throw new Error("boom");
  };
  first.client.connection.send(Uint8Array.of(1));
  second.client.connection.send(Uint8Array.of(2));
  await rig.pass(100);
  assert.equal(first.pipe.state, "closed");
  assert.equal(rig.counter("throws"), 1);
  assert.equal(second.pipe.state, "open");
  assert.deepEqual(second.heard.at(-1), Uint8Array.of(2));
});

test("udp: a query is answered with gates that fit into what it sent", async () => {
  const gates = Array.from({ length: 100 }, (_, i) => ({ url: `ws://192.0.2.${i}:7711`, load: i }));
  const rig = new UdpRig({ gate: { gates: () => gates } });
  const stranger = rig.network.open({ host: "203.0.113.1", port: 999 });
  const answers: Uint8Array[] = [];
  stranger.onDatagram = (bytes) => void answers.push(bytes);
  const query = encodeDatagram(new ByteWriter(), queryDatagram, { echo: patternBytes(1, 8) }).slice();
  stranger.send(query, GATE_ADDRESS.host, GATE_ADDRESS.port);
  stranger.send(query.slice(0, 100), GATE_ADDRESS.host, GATE_ADDRESS.port);
  await rig.pass(50);
  assert.equal(answers.length, 1);
  assert.equal(answers[0]?.[0], DatagramType.answer);
  assert.ok((answers[0] as Uint8Array).length <= QUERY_BYTES);
});

test("udp: a peer that acknowledges nothing any more is given up, and the packets for it are let go of", async () => {
  const rig = new UdpRig();
  const { client, pipe } = await rig.connected();
  client.socket.isCut = true;
  let reason = "";
  pipe.onClose = (said) => {
    reason = said;
  };
  pipe.send(patternBytes(1, 100));
  await rig.pass(3_600_000);
  assert.equal(reason, "the peer does not acknowledge");
  assert.equal(rig.gate.pipes.size, 0);
});

test("udp: a gate for reference clients talks plain KCP, by address and conv, and nothing else (10 % loss)", async () => {
  const heard: number[] = [];
  const onConnection = (connection: Connection) => {
    connection.onFrame = (frame) => {
      heard.push(frame[0] as number);
      connection.send(frame);
    };
  };
  const rig = new UdpRig({ gate: { isReference: true }, weather: { lost: 0.1 }, onConnection });
  const clients = [11, 12].map((conv, i) => {
    const socket = rig.network.open({ host: "198.51.100.9", port: 5_000 + i });
    const options = { nodelay: 1, intervalMs: 10, fastResend: 2, congestionControl: false, stream: true } as const;
    const kcp = new Kcp(conv, options, (bytes) => socket.send(bytes.slice(), GATE_ADDRESS.host, GATE_ADDRESS.port));
    socket.onDatagram = (bytes) => void kcp.input(bytes);
    kcp.send(Uint8Array.of(2, 0, 0, 0, conv, 1));
    return { kcp, socket };
  });
  const stranger = rig.network.open({ host: "203.0.113.66", port: 6_666 });
  for (let i = 0; i < 100; i++) {
    for (const { kcp } of clients) kcp.update(rig.scheduler.nowMs());
    stranger.send(patternBytes(i, i % 24), GATE_ADDRESS.host, GATE_ADDRESS.port);
    await rig.pass(10);
  }
  assert.deepEqual(heard.sort(), [11, 12]);
  for (const { kcp } of clients) assert.deepEqual(kcp.receive(), Uint8Array.of(2, 0, 0, 0, kcp.conv, 1));
  assert.equal(rig.gate.pipes.size, 2);
});
