/**
 * A sync core, a gate and clients of the SDK over KCP that loses datagrams: positions go loosely, all else in order. When everybody has
 * stood for a while each client's copy is the truth.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { Client } from "../../../client/index.js";
import { randomIndex, SeededRandom } from "../../../engine/base/random.js";
import { GameToGate } from "../../../engine/protocol/game-link.js";
import { idOf, TestGame } from "../game/sync/test-game.js";
import { GATE_ADDRESS, UdpRig } from "../net/udp-rig.js";
import { type FakeLink, Rig } from "./rig.js";

const GATE = 7;
const AVATARS = 3;
const MONSTERS = 20;
const TICK_MS = 50;
const MOVING_TICKS = 150;
const CALM_TICKS = 60;
const SEEDS = 3;
const SIDE = 12;

class LossyWorld {
  readonly rig = new Rig();
  readonly udp: UdpRig;
  readonly link: FakeLink;
  readonly game: TestGame;
  readonly clients: Client[] = [];
  readonly places = new Map<number, { x: number; z: number; y: number }>();
  private readonly random: SeededRandom;
  private seen = 0;

  constructor(seed: number) {
    const { rig } = this;
    this.random = new SeededRandom(seed);
    this.link = rig.addGame(1);
    this.udp = new UdpRig({
      seed,
      scheduler: rig.scheduler,
      // What rides again is taken once, and never over what is newer.
      tuning: { looseRedundancy: seed % 3 },
      weather: { lost: 0.25, doubled: 0.05, latencyMinMs: 2, latencyMaxMs: 60 },
      onConnection: (connection) => rig.core.onConnection(connection),
    });
    this.game = new TestGame({
      rates: { halfRateFrom: 0.4, quarterRateFrom: 0.8 },
      onFrames: (_, payload) => this.link.deliver(GameToGate.clientFrames, { payload: payload.slice() }),
    });
    this.game.addSpace(1);
    for (let i = 0; i < AVATARS; i++) this.addClient(i);
  }

  async run(): Promise<void> {
    const { game } = this;
    for (let slot = AVATARS + 1; slot <= AVATARS + MONSTERS; slot++) this.appear(slot);
    for (let tick = 0; tick < MOVING_TICKS; tick++) {
      const movers = [...this.places.keys()].filter(() => this.random.next() < 0.7);
      await this.tick(...movers.map((slot) => this.step(slot)));
      this.changeSome();
    }
    for (let tick = 0; tick < CALM_TICKS; tick++) await this.tick();
    game.end();
  }

  private addClient(index: number): void {
    const line = this.udp.client({ host: `198.51.100.${index + 1}` });
    const client = new Client({
      transport: () => line.connection,
      gates: [`kcp://${GATE_ADDRESS.host}:${GATE_ADDRESS.port}`],
      scheduler: this.rig.scheduler.process(`client${index}`),
      random: this.random,
    });
    client.connect().catch((error) => assert.fail(String(error)));
    this.clients.push(client);
  }

  /** What the gate said since: new clients, and credit. */
  private hearGate(): void {
    for (; this.seen < this.link.seen.length; this.seen++) {
      const { name, value } = this.link.seen[this.seen] as { name: string; value: Record<string, unknown> };
      if (name === "clientConnected") this.attach(value.handle as number);
      if (name !== "clientCredit") continue;
      for (const one of value.clients as Parameters<TestGame["core"]["clientCredit"]>[1][]) {
        this.game.core.clientCredit(GATE, one);
      }
    }
  }

  private attach(handle: number): void {
    const { game } = this;
    game.create(handle, 1);
    game.sink.viewRadius(handle, SIDE, 2);
    this.enter(handle);
    game.sink.clientAttach(handle, GATE, handle, 1, "");
  }

  private appear(slot: number): void {
    this.game.create(slot, 2);
    this.enter(slot);
  }

  private enter(slot: number): void {
    const at = { x: randomIndex(this.random, SIDE), y: 0, z: randomIndex(this.random, SIDE) };
    this.places.set(slot, at);
    this.game.enterSpace(slot, 1, at.x, at.z);
  }

  private step(slot: number): [number, number, number, number] {
    const at = this.places.get(slot) ?? { x: 0, y: 0, z: 0 };
    at.x += (randomIndex(this.random, 33) - 16) / 64;
    at.z += (randomIndex(this.random, 33) - 16) / 64;
    if (this.random.next() < 0.1) at.y = randomIndex(this.random, 100) / 64;
    this.places.set(slot, at);
    return [slot, at.x, at.z, at.y];
  }

  /** Numbers change, and short ids go from one to another. */
  private changeSome(): void {
    const slot = AVATARS + 1 + randomIndex(this.random, MONSTERS);
    this.game.trees[slot]?.set("hp", randomIndex(this.random, 1_000));
    if (this.random.next() > 0.2) return;
    this.game.destroy(slot);
    this.places.delete(slot);
    this.appear(slot);
  }

  private async tick(...moved: [number, number, number, number][]): Promise<void> {
    this.hearGate();
    this.game.tick(...moved);
    this.game.end();
    await this.rig.pass(TICK_MS);
  }
}

test(`loose world: every client's copy is the truth when all have stood (${SEEDS} seeds, a quarter lost)`, async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const world = new LossyWorld(seed);
    await world.run();
    const { places, game, rig } = world;
    assert.equal(world.udp.errors.length, 0);
    for (const [index, client] of world.clients.entries()) {
      assert.equal(client.state, "online", `seed ${seed}`);
      assert.ok(client.entities.size > MONSTERS / 2, `seed ${seed}: sees ${client.entities.size}`);
      for (const entity of client.entities.values()) {
        if (entity.isOwn) continue;
        const slot = [...places.keys()].find((candidate) => idOf(candidate) === entity.id) ?? 0;
        const where = `seed ${seed}: client ${index + 1} sees ${slot}`;
        assert.deepEqual({ ...entity.position, yaw: 0 }, { ...places.get(slot), yaw: 0 }, where);
        assert.equal(entity.props.hp, game.trees[slot]?.get("hp"), where);
      }
    }
    assert.ok(rig.counter("loose_packets") > MOVING_TICKS, `seed ${seed}: positions went loosely`);
  }
});
