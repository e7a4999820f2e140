/** A game's entity layer with movers that have clients, fed through its link's handler as a gate would feed it. Its ops go nowhere. */
import { ByteReader, ByteWriter } from "../../engine/base/bytes.js";
import { silentLog } from "../../engine/base/log.js";
import { Metrics } from "../../engine/base/metrics.js";
import { SeededRandom } from "../../engine/base/random.js";
import { TimerWheel } from "../../engine/base/timer-wheel.js";
import { VirtualScheduler } from "../../engine/base/virtual-scheduler.js";
import { defaultConfig } from "../../engine/config/config.js";
import { EntityHost } from "../../engine/entity/entity-host.js";
import { OpRouter } from "../../engine/entity/op-router.js";
import { EntityRegistry } from "../../engine/entity/registry.js";
import type { EntityPorts } from "../../engine/entity/runtime.js";
import {
  AvatarAreaEntity,
  AvatarEntity,
  defineEntity,
  defineWorld,
  type MovementRules,
  Space,
} from "../../engine/index.js";
import type { Link } from "../../engine/net/link.js";
import { OP_NAMES, type OpSink } from "../../engine/property/op-sink.js";
import { UpstreamBody } from "../../engine/protocol/client-link.js";
import { writeClientMessage } from "../../engine/protocol/client-packet.js";
import { encodeMessage } from "../../engine/protocol/message.js";
import { GateLinks } from "../../game/gate-links.js";

const GATE = 7;
const RULES: MovementRules = { foot: { speedMax: 6 } };
const CLIENT_ID = "AAAAAAAAAAAAAAAAAAAAAA";
/** A grid of movers, so far apart. */
const SPACING_UNITS = 4;

class Account extends defineEntity(AvatarEntity, "Account", {}) {}
class Field extends defineEntity(Space, "Field", {}) {}
class Walker extends defineEntity(AvatarAreaEntity, "Walker", {}) {
  override get movementRules(): MovementRules {
    return RULES;
  }
}

export class MovingGame {
  readonly host: EntityHost;
  /** Placements that clients were told for refused moves. */
  corrections = 0;
  private readonly scheduler = new VirtualScheduler();
  private readonly walkers: Walker[] = [];
  private readonly link = { onMessage: null, onState: null, peer: { incarnation: GATE }, send: () => undefined };
  private readonly batch = new ByteWriter(1 << 20);
  private readonly move = new ByteWriter(64);
  private readonly ends: number[] = [];
  private reader = new ByteReader(new Uint8Array(0));
  private readonly placements: number[] = [];
  private readonly moveNumbers: number[] = [];

  constructor(count: number) {
    const world = defineWorld({ entities: [Account, Field, Walker], account: "Account" });
    this.host = new EntityHost(this.ports(), new EntityRegistry(world, null));
    const links = new GateLinks(silentLog, () => []);
    links.add(this.link as unknown as Link, this.host);
    const field = this.host.spawn("Field", { values: { spaceName: "field" } }) as Field;
    const side = Math.ceil(Math.sqrt(count));
    for (let i = 0; i < count; i++) {
      const position = { x: (i % side) * SPACING_UNITS, y: 0, z: Math.floor(i / side) * SPACING_UNITS, yaw: 0 };
      const walker = this.host.spawn("Walker", { space: field, position }) as Walker;
      this.walkers.push(walker);
      const client = { handle: i, bindNumber: 1, clientId: CLIENT_ID, definitionsHash: "" };
      this.host.handleClientBound(GATE, client, walker.id);
    }
  }

  /** Makes the bytes of the next move of movers `from` to `until`, as the gate at `atMs` would send them: one batch of the link. */
  prepare(from: number, until: number, atMs: number, units: number): void {
    const { batch, move } = this;
    batch.reset();
    this.ends.length = 0;
    for (let i = from; i < until; i++) {
      const { x, y, z } = (this.walkers[i] as Walker).position;
      const moveNumber = (this.moveNumbers[i] ?? 0) + 1;
      this.moveNumbers[i] = moveNumber;
      const placement = this.placements[i] ?? 0;
      encodeMessage(move.reset(), UpstreamBody.entityMove, { moveNumber, placement, x: x + units, y, z, yaw: 0 });
      writeClientMessage(batch, i, 1, atMs, move.written());
      this.ends.push(batch.length);
    }
    this.reader = new ByteReader(batch.bytes);
  }

  /** From the link's bytes to the new transform. */
  receive(): void {
    const { reader, ends } = this;
    const handle = this.link.onMessage as unknown as (reader: ByteReader) => void;
    for (let i = 0; i < ends.length; i++) handle(reader.window(ends[i - 1] ?? 0, ends[i] as number));
  }

  tick(): void {
    this.host.tick(50);
  }

  get way(): number {
    return this.walkers.reduce((sum, walker) => sum + walker.position.x, 0);
  }

  private ports(): EntityPorts {
    const sink = Object.fromEntries(OP_NAMES.map((name) => [name, () => undefined])) as unknown as OpSink;
    const told: OpSink["moveCorrect"] = (_slot, _number, placement, cause) => {
      if (cause === "placed") this.placements.push(placement);
      else this.corrections++;
    };
    return {
      incarnation: 1,
      config: defaultConfig().game,
      log: silentLog,
      metrics: new Metrics(),
      random: new SeededRandom(1),
      scheduler: this.scheduler,
      timers: new TimerWheel(this.scheduler),
      ops: new OpRouter([{ ...sink, moveCorrect: told }]),
      nav: null,
      flush: () => undefined,
      games: () => [1],
      gates: () => [GATE],
      isGateUp: () => true,
      route: () => false,
      routeToClientEntity: () => false,
      routeToClient: () => false,
      refuseClient: () => undefined,
      kickClient: () => undefined,
      loadDocument: () => Promise.resolve(null),
      putDocument: () => Promise.reject(new Error("nothing is stored here")),
    };
  }
}
