/**
 * Random programs of property operations, and what must hold after every flush of them: the entity, the server's Shadow behind the op log
 * and the mirrors of clients who came at any time hold the same.
 */
import assert from "node:assert/strict";
import { ByteReader, ByteWriter } from "../../../engine/base/bytes.js";
import { type Random, randomIndex, SeededRandom } from "../../../engine/base/random.js";
import { DefinitionTable } from "../../../engine/property/definition.js";
import { OpLog } from "../../../engine/property/op-log.js";
import { type OpSink, OWN_SCOPES, Scope, type ScopeMask, VIEW_SCOPES } from "../../../engine/property/op-sink.js";
import { PropertyTree } from "../../../engine/property/properties.js";
import { Shadow } from "../../../engine/property/shadow.js";
import { sameValue } from "../../../engine/property/types.js";
import { propertySink } from "./property-sink.js";
import { randomChange, testTable } from "./world.js";

export const ALL = OWN_SCOPES | Scope.SERVER_ONLY;
const CLIENTS_MAX = 3;
export const ENTITY = 3;
const ID = "AAAAAAAAAAAAAAAB";
const table = testTable();
const clientTables = new Map(
  [OWN_SCOPES, VIEW_SCOPES].map((mask) => [mask, DefinitionTable.fromJson(table.toJson(mask))]),
);

/** A mirror that gets a state at some moment and from then on every change. */
class Client {
  readonly mask: ScopeMask;
  readonly shadow: Shadow;
  isIn = false;

  constructor(mask: ScopeMask) {
    this.mask = mask;
    this.shadow = new Shadow(clientTables.get(mask) as DefinitionTable);
  }

  enter(server: Shadow): void {
    const out = new ByteWriter();
    server.writeState(ENTITY, this.mask, out);
    this.shadow.applyState(ENTITY, 7, ID, new ByteReader(out.written()));
    this.isIn = true;
  }

  follow(server: Shadow): void {
    const out = new ByteWriter();
    const wrote = server.writeChanges(ENTITY, this.mask, out);
    assert.equal(wrote, out.length > 0);
    this.shadow.applyWire(ENTITY, new ByteReader(out.written()));
  }
}

export class Run {
  readonly random: Random;
  readonly tree = new PropertyTree(table.byId(7)!);
  readonly server = new Shadow(table);
  readonly log: OpLog;
  readonly clients: Client[] = [];
  private readonly into: OpSink;

  constructor(seed: number) {
    this.random = new SeededRandom(seed);
    this.log = new OpLog({
      bytes: 4096 * (1 + randomIndex(this.random, 8)),
      shared: randomIndex(this.random, 2) === 0,
    });
    this.log.wants = ALL;
    this.log.onFull = () => this.drain();
    this.into = propertySink(this.server);
    this.chance(2, () => Object.assign(this.into, { rootNumbers: this.server }));
    this.chance(3, () => this.change(30));
    this.tree.attach(this.log, ENTITY, ID);
  }

  chance(oneIn: number, run: () => void): void {
    if (randomIndex(this.random, oneIn) === 0) run();
  }

  change(countMax: number): void {
    for (let i = randomIndex(this.random, countMax); i >= 0; i--) randomChange(this.random, this.tree);
  }

  drain(): void {
    this.log.drain(this.into);
  }

  flush(): void {
    this.log.flush();
    this.drain();
    // Amid the changes of a period: whoever enters gets them again.
    this.chance(4, () => this.enter());
    this.chance(4, () => {
      this.change(6);
      this.log.flush();
      this.drain();
    });
    for (const client of this.clients) client.follow(this.server);
    this.server.clearChanges(ENTITY);
    this.chance(4, () => this.enter());
    for (const shadow of [this.server, ...this.clients.map((client) => client.shadow)])
      this.chance(2, () => shadow.sweep(randomIndex(this.random, 20)));
  }

  enter(): void {
    if (this.clients.length === CLIENTS_MAX) this.clients.shift();
    const client = new Client(randomIndex(this.random, 2) === 0 ? OWN_SCOPES : VIEW_SCOPES);
    client.enter(this.server);
    this.clients.push(client);
  }

  check(): void {
    assertSame(this.server.plain(ENTITY, ALL), this.tree.plain(ALL));
    for (const mask of [OWN_SCOPES, VIEW_SCOPES]) {
      const clients = this.clients.filter((client) => client.mask === mask);
      if (clients.length === 0) continue;
      const plain = this.tree.plain(mask);
      const hash = this.server.hash(ENTITY, mask);
      assertSame(this.server.plain(ENTITY, mask), plain);
      for (const client of clients) {
        assertSame(client.shadow.plain(ENTITY, mask), plain);
        assert.equal(client.shadow.hash(ENTITY, mask), hash);
      }
    }
  }
}

/** As deepEqual, whose way of comparing costs ten times as much: it is left to say what differs. */
function assertSame(found: unknown, expected: unknown): void {
  if (!sameValue(found, expected)) assert.deepEqual(found, expected);
}

/** One program; throws, naming the seed, what does not hold. */
export function runProgram(seed: number): void {
  const run = new Run(seed);
  try {
    for (let flush = 0; flush < 5; flush++) {
      run.change(24);
      run.flush();
      run.check();
    }
    assert.equal(run.server.takeChanged().length <= 1, true);
  } catch (error) {
    throw new Error(`seed ${seed}: ${(error as Error).stack}`, { cause: error });
  }
}
