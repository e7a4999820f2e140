/** Script and a consumer without clients: players, their op log and a Shadow that has applied what was written. */
import { OpLog } from "../../engine/property/op-log.js";
import type { OpSink } from "../../engine/property/op-sink.js";
import { Shadow } from "../../engine/property/shadow.js";
import { benchDefinitions, entityIdOf, PLAYER_CLASSES, PlayerFactory } from "./player.js";

export function benchWorld(playerCount: number, logBytes: number) {
  const definitions = benchDefinitions();
  const log = new OpLog({ bytes: logBytes });
  const shadow = new PlainConsumer(definitions);
  const factory = new PlayerFactory(definitions);
  const players = Array.from({ length: playerCount }, (_, slot) => {
    const player = factory.make(slot, slot % PLAYER_CLASSES);
    player.properties.attach(log, slot, entityIdOf(slot));
    return player;
  });
  drain(log, shadow);
  return { definitions, log, shadow, players };
}

/** Takes ops of properties; there are no others here. */
class PlainConsumer extends Shadow {
  flush(): void {}
}

export function drain(log: OpLog, shadow: Shadow): void {
  log.flush();
  log.drain(shadow as unknown as OpSink);
  for (const slot of shadow.takeChanged()) shadow.clearChanges(slot);
}
