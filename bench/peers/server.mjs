/**
 * The peer of bench/world: a Colyseus room of walkers on a ring, each client with a view of the same neighbours. Patches at 20 Hz.
 *
 *   node bench/peers/server.mjs --port P        prints {"event":"open"} and runs until SIGTERM
 */

import { parseArgs } from "node:util";
import { matchMaker, Room, Server } from "@colyseus/core";
import { Encoder, StateView, schema, t } from "@colyseus/schema";
import { WebSocketTransport } from "@colyseus/ws-transport";
import { Ring } from "../../dist/bench/sync/ring.js";
import { VISIBLE } from "../../dist/bench/world/world.js";

Encoder.BUFFER_SIZE = 1024 * 1024;
const PATCH_MS = 50;
const MOVE_TYPE = 0;
const CLIENTS_MAX = 10_000;

const { values } = parseArgs({ options: { port: { type: "string" } } });

const Walker = schema({ x: t.float32(), z: t.float32() }, "Walker");
const FieldState = schema({ walkers: t.map(Walker).view() }, "FieldState");

class FieldRoom extends Room {
  maxClients = CLIENTS_MAX;
  /** Of clients, by their place on the ring. */
  atPlace = new Map();

  onCreate() {
    this.state = new FieldState();
    this.patchRate = PATCH_MS;
    this.onMessage(MOVE_TYPE, (client, { x, z }) => {
      const { walker } = client.userData;
      walker.x = x;
      walker.z = z;
    });
  }

  onJoin(client, { place, places }) {
    const ring = new Ring(places);
    const walker = new Walker();
    walker.x = ring.x(place);
    walker.z = ring.z(place);
    this.state.walkers.set(client.sessionId, walker);
    client.view = new StateView();
    client.userData = { walker, place };
    client.view.add(walker);
    for (let away = 1; away <= VISIBLE / 2; away++) {
      for (const neighbour of [(place + away) % places, (place - away + places) % places]) {
        const other = this.atPlace.get(neighbour);
        if (other === undefined) continue;
        client.view.add(other.userData.walker);
        other.view.add(walker);
      }
    }
    this.atPlace.set(place, client);
  }

  onLeave(client) {
    this.atPlace.delete(client.userData.place);
    this.state.walkers.delete(client.sessionId);
  }
}

const server = new Server({ transport: new WebSocketTransport({ pingInterval: 3_000 }), greet: false });
server.define("field", FieldRoom);
await server.listen(Number(values.port), "127.0.0.1");
await matchMaker.createRoom("field", {});
process.stdout.write(`${JSON.stringify({ event: "open" })}\n`);
process.on("SIGTERM", () => process.exit(0));
