/** Probes of the Colyseus room: decode the state as its SDK does.   node bench/peers/probes.mjs --port P --places M */

import { parseArgs } from "node:util";
import { decode, Reflection } from "@colyseus/schema";
import { pack } from "msgpackr";
import WebSocket from "ws";
import { PROBE_COUNT, ProbeRun } from "../../dist/bench/load/probe-run.js";
import { Ring } from "../../dist/bench/sync/ring.js";

const JOIN_ROOM = 10;
const ROOM_DATA = 13;
const ROOM_STATE = 14;
const ROOM_STATE_PATCH = 15;
const MOVE_TYPE = 0;

const { values } = parseArgs({ options: { port: { type: "string" }, places: { type: "string" } } });
const places = Number(values.places);
const ring = new Ring(places);
const run = new ProbeRun();
const indexBySession = new Map();

class SchemaProbe {
  constructor(index) {
    this.index = index;
    this.x = ring.x(index);
    this.z = ring.z(index);
  }

  async join() {
    const response = await fetch(`http://127.0.0.1:${values.port}/matchmake/joinOrCreate/field`, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ place: this.index, places }),
    });
    const seat = await response.json();
    const { roomId, processId } = seat.room ?? seat;
    this.session = seat.sessionId;
    indexBySession.set(this.session, this.index);
    const url = `ws://127.0.0.1:${values.port}/${processId}/${roomId}?sessionId=${seat.sessionId}`;
    this.socket = new WebSocket(url, { perMessageDeflate: false });
    await new Promise((resolve, reject) => {
      this.socket.on("error", reject);
      this.socket.on("message", (message) => {
        this.onMessage(message);
        if (message[0] === ROOM_STATE) resolve();
      });
    });
  }

  onMessage(message) {
    if (message[0] === JOIN_ROOM) {
      this.decoder = Reflection.decode(handshakeOf(message));
      this.socket.send(Uint8Array.of(JOIN_ROOM));
      return;
    }
    if (message[0] !== ROOM_STATE && message[0] !== ROOM_STATE_PATCH) return;
    this.decoder.decode(message, { offset: 1 });
    const { walkers } = this.decoder.state;
    if (walkers === undefined) return;
    for (const [session, index] of indexBySession) {
      const x = session === this.session ? undefined : walkers.get(session)?.x;
      if (x === undefined || x === this.lastSeen?.[index]) continue;
      this.lastSeen ??= [];
      this.lastSeen[index] = x;
      run.observe(index, x);
    }
  }

  move(x, z) {
    this.socket.send(Buffer.concat([Uint8Array.of(ROOM_DATA, MOVE_TYPE), pack({ x, z })]));
  }

  leave() {
    this.socket.close();
  }
}

/** Behind the message's number: the reconnection token, the serializer's name and the handshake, each behind its length. */
function handshakeOf(message) {
  const it = { offset: 1 };
  it.offset += 1 + message[it.offset];
  it.offset += 1 + message[it.offset];
  const length = decode.number(message, it);
  return message.subarray(it.offset, it.offset + length);
}

await run.run(Array.from({ length: PROBE_COUNT }, (_, index) => new SchemaProbe(index)));
