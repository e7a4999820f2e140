/** Bodies that may be lost: what a client takes of them, and what it does not. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ClientEvents } from "../../../client/client-events.js";
import { EarlyLoose } from "../../../client/early-loose.js";
import { Emitter } from "../../../client/events.js";
import { Mirror } from "../../../client/mirror.js";
import { DownstreamBody } from "../../../engine/protocol/client-link.js";
import { body } from "./fake-gate.js";
import {
  AVATAR_ID,
  Avatar,
  definitions,
  definitionsBody,
  FakeEntity,
  OTHER_ID,
  shortTransforms,
  spaceEnter,
  tick,
  transforms,
} from "./fake-world.js";

function joined(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function mirrored() {
  const events = new Emitter<ClientEvents>((_, error) => {
    throw error;
  });
  const mirror = new Mirror({
    events,
    entityDoor: {
      callTimeoutMs: 1,
      call: () => Promise.resolve(),
      send: () => undefined,
      onHandlerThrow: () => undefined,
    },
    readDefinitions: () => definitions,
    onReply: () => undefined,
    ask: () => false,
    onServerTime: () => undefined,
    onOwn: () => undefined,
    serverMs: () => 0,
  });
  mirror.readBodies(joined(definitionsBody(), new FakeEntity(Avatar, AVATAR_ID).ownEnter(), spaceEnter()), 1);
  const ticks: number[] = [];
  events.on("tick", (number) => ticks.push(number));
  const other = new FakeEntity(Avatar, OTHER_ID);
  const x = () => mirror.entities.get(OTHER_ID)?.position.x;
  return { mirror, other, x, ticks };
}

test("loose: a position that stands on what has arrived is taken, exact or short", () => {
  const { mirror, other, x } = mirrored();
  mirror.readBodies(other.viewEnter(4, 1, 1), 2);
  mirror.readLooseBodies(joined(tick(7, 100), shortTransforms({ target: 4, x: 2, z: 1 })), 2);
  assert.equal(x(), 2);
  mirror.readLooseBodies(transforms({ target: 4, x: 3, z: 1 }), 3);
  assert.equal(x(), 3);
});

test("loose: it is not taken by one that entered later under the same short id, nor by nobody", () => {
  const { mirror, other, x } = mirrored();
  mirror.readLooseBodies(shortTransforms({ target: 4, x: 2, z: 1 }, { target: 0, x: 1, z: 1 }), 1);
  mirror.readBodies(other.viewEnter(4, 1, 1), 3);
  mirror.readLooseBodies(shortTransforms({ target: 4, x: 2, z: 1 }, { target: 9, x: 1, z: 1 }), 2);
  assert.equal(x(), 1);
});

test("loose: it never takes an entity back from where a later packet put it in order", () => {
  const { mirror, other, x } = mirrored();
  mirror.readBodies(other.viewEnter(4, 1, 1), 2);
  mirror.readBodies(shortTransforms({ target: 4, x: 5, z: 1 }), 4);
  mirror.readLooseBodies(shortTransforms({ target: 4, x: 2, z: 1 }), 3);
  assert.equal(x(), 5);
  mirror.readLooseBodies(shortTransforms({ target: 4, x: 6, z: 1 }), 4);
  assert.equal(x(), 6);
});

test("loose: time does not go back with a tick that comes late", () => {
  const { mirror, ticks } = mirrored();
  mirror.readBodies(tick(8, 400), 2);
  mirror.readLooseBodies(tick(7, 350), 1);
  mirror.readLooseBodies(tick(9, 450), 2);
  assert.deepEqual(ticks, [8, 9]);
});

test("loose: what must not be lost is refused there, and nothing loose is left behind by the throw", () => {
  const { mirror, other } = mirrored();
  mirror.readBodies(other.viewEnter(4, 1, 1), 2);
  const leave = body(DownstreamBody.viewLeave, { target: 4 });
  assert.throws(() => mirror.readLooseBodies(leave, 2), { code: "BYTES_MALFORMED" });
  assert.throws(() => mirror.readBodies(shortTransforms({ target: 9, x: 1, z: 1 }), 3), { code: "BYTES_MALFORMED" });
});

test("early loose: what comes too early waits in order for what it stands on; of many the oldest go", () => {
  const early = new EarlyLoose();
  const got: [number, number][] = [];
  const handOn = (bytes: Uint8Array, after: number) => got.push([bytes[0] as number, after]);
  for (let i = 1; i <= 6; i++) early.keep(Uint8Array.of(i), i);
  early.release(2, handOn);
  assert.deepEqual(got, []);
  early.release(4, handOn);
  early.release(4, handOn);
  assert.deepEqual(got, [
    [3, 3],
    [4, 4],
  ]);
  early.clear();
  early.release(9, handOn);
  assert.equal(got.length, 2);
});
