/**
 * The cases of bench/sync on Colyseus' schema (and, for the full state, msgpackr): same sizes, same crowd, same rounds, lines of the
 * same form with the peer's name. Encoding is driven as Colyseus' own SchemaSerializer drives it.
 *
 *   node bench/peers/sync.mjs [--small] [--only TEXT]      needs dist/ and `npm ci` in this folder: `npm run bench:peers` sees to both
 */
import { Decoder, Encoder, MapSchema, Reflection, StateView, schema, t } from "@colyseus/schema";
import { Packr, Unpackr } from "msgpackr";
import { BenchRun, medians, timed } from "../../dist/bench/harness.js";
import { ITEM_COUNT } from "../../dist/bench/sync/player.js";
import { Ring } from "../../dist/bench/sync/ring.js";
import { CASE, FULL_SIZES, SMALL_SIZES } from "../../dist/bench/sync/sizes.js";

Encoder.BUFFER_SIZE = 1024 * 1024;

const Item = schema({ count: t.int32(), weight: t.float32() }, "Item");
const Player = schema({ hp: t.int32(), x: t.float32(), y: t.float32(), name: t.string(), bag: t.map(Item) }, "Player");
const SharedState = schema({ players: t.map(Player) }, "SharedState");
const ViewedState = schema({ players: t.map(Player).view() }, "ViewedState");

function makePlayer(slot) {
  const player = new Player();
  player.hp = 100;
  player.name = `player ${slot}`;
  return player;
}

/** A crowd on the ring, all of it visible to everybody. */
function makeWorld(State, count) {
  const state = new State();
  const encoder = new Encoder(state);
  const ring = new Ring(count);
  const players = Array.from({ length: count }, (_, slot) => {
    const player = makePlayer(slot);
    state.players.set(String(slot), player);
    return player;
  });
  return { state, encoder, ring, players };
}

function move({ players, ring }, walk, tick) {
  for (let slot = 0; slot < players.length; slot++) {
    const place = walk.call(ring, slot, tick);
    players[slot].x = ring.x(place);
    players[slot].y = ring.z(place);
  }
}

/** The patch of one tick for all clients, as SchemaSerializer.applyPatches makes it; bytes of all of them. */
function encodeTick(encoder, views) {
  const it = { offset: 1 };
  const shared = encoder.encode(it);
  let bytes = shared.length;
  if (views.length > 0) {
    bytes = 0;
    const sharedOffset = it.offset;
    for (const view of views) bytes += encoder.encodeView(view, sharedOffset, it).length;
  }
  encoder.discardChanges();
  return bytes;
}

async function runSet(run, sizes) {
  if (!run.wants(CASE.set)) return;
  const { players, encoder } = makeWorld(SharedState, sizes.players);
  encodeTick(encoder, []);
  const own = players.filter((_, slot) => slot % 10 === 0);
  const { setsPerRound } = sizes;
  const [ns] = await medians({ warmUp: 10, repeats: 20 }, (number) => {
    const from = number * setsPerRound;
    const ms = timed(() => {
      for (let i = from; i < from + setsPerRound; i++) own[i % own.length].hp = i;
    });
    encodeTick(encoder, []);
    return [(ms * 1e6) / setsPerRound];
  });
  run.report(CASE.set, "ns", ns);
}

async function runShared(run, sizes) {
  if (!run.wants(CASE.allProperties)) return;
  const world = makeWorld(SharedState, sizes.players);
  encodeTick(world.encoder, []);
  let bytes = 0;
  const parts = await medians(sizes.ticks, (tick) => {
    const script = timed(() => move(world, world.ring.together, tick));
    const encode = timed(() => (bytes = encodeTick(world.encoder, [])));
    return [script, encode];
  });
  reportTick(run, CASE.allProperties, parts, bytes);
}

function reportTick(run, name, [script, encode], bytes) {
  run.report(`${name}: script`, "ms", script);
  run.report(`${name}: sync`, "ms", encode);
  run.report(name, "ms", script + encode);
  run.report(`${name}: bytes`, "bytes", bytes);
}

/** A view for each client, in the order of the players. */
function makeViews(world, stride, visible) {
  const { players, ring } = world;
  const views = [];
  for (let slot = 0; slot < players.length; slot += stride) {
    const view = new StateView();
    for (let away = 1; away <= visible / 2; away++) {
      view.add(players[(slot + away) % ring.count]);
      view.add(players[(slot - away + ring.count) % ring.count]);
    }
    views.push(view);
  }
  return views;
}

async function runViews(run, name, plan, rounds) {
  if (!run.wants(name)) return;
  const world = makeWorld(ViewedState, plan.players);
  const views = makeViews(world, plan.stride, plan.visible);
  encodeTick(world.encoder, views);
  let bytes = 0;
  const parts = await medians(rounds, (tick) => {
    const script = timed(() => move(world, world.ring.together, tick));
    const encode = timed(() => (bytes = encodeTick(world.encoder, views)));
    return [script, encode];
  });
  reportTick(run, name, parts, bytes);
}

/** In each tick each view loses one player and gains another. */
async function runChangingViews(run, sizes) {
  const name = CASE.fewChanging;
  if (!run.wants(name)) return;
  const world = makeWorld(ViewedState, sizes.players);
  const { players, encoder, ring } = world;
  const views = makeViews(world, 1, sizes.visible);
  encodeTick(encoder, views);
  const far = ring.count >> 1;
  let bytes = 0;
  const change = (tick) => {
    for (let slot = 0; slot < views.length; slot++) {
      const one = players[(slot + 1) % ring.count];
      const other = players[(slot + far) % ring.count];
      views[slot].remove(tick % 2 === 0 ? one : other);
      views[slot].add(tick % 2 === 0 ? other : one);
    }
  };
  const parts = await medians(sizes.slowTicks, (tick) => {
    const script = timed(() => move(world, ring.together, tick));
    const encode = timed(() => {
      change(tick);
      bytes = encodeTick(encoder, views);
    });
    return [script, encode];
  });
  reportTick(run, name, parts, bytes);
}

async function runJoin(run, sizes) {
  if (!run.wants(CASE.join)) return;
  const world = makeWorld(ViewedState, sizes.players);
  const { state, players, encoder } = world;
  const neighbours = makeViews(world, 1, sizes.visible).slice(0, sizes.visible);
  encodeTick(encoder, neighbours);
  const buffer = new Uint8Array(Encoder.BUFFER_SIZE);
  let bytes = 0;
  const [ms] = await medians(sizes.joins, (number) => {
    const key = `joiner ${number}`;
    const join = timed(() => {
      const player = makePlayer(number);
      state.players.set(key, player);
      const view = new StateView();
      for (let i = 0; i < sizes.visible; i++) view.add(players[i]);
      const it = { offset: 1 };
      encoder.encodeAll(it, buffer);
      bytes = encoder.encodeAllView(view, it.offset, { ...it }, buffer).length;
      for (const neighbour of neighbours) neighbour.add(player);
      bytes += encodeTick(encoder, neighbours);
    });
    for (const neighbour of neighbours) neighbour.remove(state.players.get(key));
    state.players.delete(key);
    encodeTick(encoder, neighbours);
    return [join];
  });
  run.report(CASE.join, "ms", ms);
  run.report(`${CASE.join}: bytes to the gate`, "bytes", bytes);
}

async function runState(run, sizes) {
  if (!run.wants(CASE.state)) return;
  const { players, encoder, state } = makeWorld(SharedState, sizes.players);
  for (const player of players) {
    player.x = 0.5;
    player.y = -0.25;
    player.bag = new MapSchema();
    for (let item = 0; item < ITEM_COUNT; item++) {
      const made = new Item();
      made.count = item;
      made.weight = item / 4;
      player.bag.set(`item ${item}`, made);
    }
  }
  encodeTick(encoder, []);
  const handshake = Reflection.encode(encoder);
  let bytes = encoder.encodeAll({ offset: 0 }).slice();
  const parts = await medians(sizes.slowTicks, () => {
    const encode = timed(() => (bytes = encoder.encodeAll({ offset: 0 })));
    const copy = bytes.slice();
    const decoder = Reflection.decode(handshake);
    const decode = timed(() => decoder.decode(copy, { offset: 0 }));
    return [encode, decode];
  });
  checkDecoded(bytes.slice(), players.length);
  reportState(run, CASE.state, parts, bytes.length);
  await runMsgpackr(run, sizes, state.toJSON());
}

function checkDecoded(bytes, count) {
  const decoder = new Decoder(new SharedState());
  decoder.decode(bytes, { offset: 0 });
  const seen = decoder.state.players.get("1").bag.get("item 9").count;
  if (decoder.state.players.size !== count || seen !== 9) throw new Error("the peer's state does not come back");
}

async function runMsgpackr(run, sizes, plain) {
  const packr = new Packr({ useRecords: true });
  const unpackr = new Unpackr({ useRecords: true });
  const packed = packr.pack(plain);
  const parts = await medians(sizes.slowTicks, () => [
    timed(() => packr.pack(plain)),
    timed(() => unpackr.unpack(packed)),
  ]);
  reportState(run, `${CASE.state} (msgpackr, plain objects)`, parts, packed.length);
}

function reportState(run, name, [encode, decode], bytes) {
  run.report(`${name}: encode`, "ms", encode);
  run.report(`${name}: decode`, "ms", decode);
  run.report(`${name}: bytes`, "bytes", bytes);
}

function optionOf(name) {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
}

const small = process.argv.includes("--small");
const sizes = small ? SMALL_SIZES : FULL_SIZES;
const run = new BenchRun({ small, only: optionOf("--only") ?? "" }, ({ case: name, value, unit }) =>
  process.stdout.write(`${JSON.stringify({ case: name, peer: "colyseus", value, unit })}\n`),
);
await runSet(run, sizes);
await runShared(run, sizes);
await runViews(run, CASE.fewProperties, { players: sizes.players, stride: 1, visible: sizes.visible }, sizes.slowTicks);
await runChangingViews(run, sizes);
await runViews(run, CASE.large, sizes.large, sizes.slowTicks);
await runJoin(run, sizes);
await runState(run, sizes);
