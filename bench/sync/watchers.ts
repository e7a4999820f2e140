/** Clients that decode what they get as the SDK does, so that a case's hash is that of what players see, whatever the bytes look like. */
import { Emitter } from "../../client/events.js";
import { Mirror } from "../../client/mirror.js";
import { DefinitionTable } from "../../engine/property/definition.js";
import { ClientFramesReader } from "../../engine/protocol/client-frames.js";
import { ResultHash } from "../harness.js";

const STEPS_PER_UNIT = 64;
const CALL_TIMEOUT_MS = 1_000;

export class Watchers {
  private readonly mirrors = new Map<number, Mirror>();
  private readonly reader = new ClientFramesReader();
  /** What clients have been sent so far, all of them together; without the packets' headers. */
  clientBytes = 0;
  /** Set by what a mirror could not take. */
  private failure: unknown = null;

  /** `handle`: the client's at its gate. */
  add(handle: number): void {
    this.mirrors.set(
      handle,
      new Mirror({
        events: new Emitter((_, error) => (this.failure = error)),
        entityDoor: {
          callTimeoutMs: CALL_TIMEOUT_MS,
          call: () => Promise.reject(new Error("nobody is called")),
          send: () => undefined,
          onHandlerThrow: (_, error) => (this.failure = error),
        },
        readDefinitions: (_, json) => DefinitionTable.fromJson(new TextDecoder().decode(json)),
        onReply: () => undefined,
        ask: () => false,
        onServerTime: () => undefined,
        onOwn: () => undefined,
        serverMs: () => 0,
      }),
    );
  }

  /** A payload for a gate. */
  read(payload: Uint8Array): void {
    const { reader } = this;
    reader.begin(payload.slice());
    while (reader.next()) {
      this.clientBytes += reader.bodyBytes;
      const mirror = this.mirrors.get(reader.handle);
      if (mirror === undefined) continue;
      const bodies = new Uint8Array(reader.bodyBytes);
      reader.copyBodies(bodies, 0);
      mirror.readBodies(bodies);
    }
  }

  /** The entities that a client sees, itself left out. */
  seenBy(handle: number): string[] {
    const entities = [...(this.mirrors.get(handle)?.entities.values() ?? [])];
    return entities.filter((entity) => !entity.isOwn).map((entity) => entity.id);
  }

  /** What all of them see: who, where, with which properties. */
  hash(): string {
    if (this.failure !== null) throw this.failure;
    const hash = new ResultHash();
    for (const [handle, mirror] of this.mirrors) {
      hash.add(handle);
      for (const id of [...mirror.entities.keys()].sort()) {
        const entity = mirror.entities.get(id);
        if (entity === undefined) continue;
        hash.add(id).add(JSON.stringify(mirror.plain(entity)));
        if (entity.isOwn) continue;
        for (const value of [entity.position.x, entity.position.z]) hash.add(Math.round(value * STEPS_PER_UNIT));
      }
    }
    return hash.text;
  }
}
