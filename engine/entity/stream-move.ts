/**
 * Moves an entity to another stream of its game: written out on the one it is on, written anew on the other. Its client goes by a
 * numbered barrier: the old stream's last word for it is `clientSwitch`; the new stream speaks under the next bind number, and the gate
 * takes that only behind the old stream's last word. The client notices nothing, since what it has of the entity is what the new stream
 * begins with. Script thread.
 */
import type { OpRouter } from "./op-router.js";
import type { ServerEntity } from "./server-entity.js";
import { OPEN_RULE } from "./view-state.js";

/** Streams are numbered from 1 on the link; 0 is the main link. */
export const STREAM_FIRST = 1;

/** The entity must be in no space. Nothing happens when it is there already. */
export function moveToStream(ops: OpRouter, entity: ServerEntity, place: number): void {
  const { id, slot, properties, client, view } = entity.$;
  if (ops.placeOfEntity(slot) === place) return;
  if (client !== null) ops.clientSwitch(slot, place + STREAM_FIRST);
  properties.detach();
  ops.entityDestroy(slot);
  ops.attach(properties, slot, id, place);
  if (view.radius !== 0) ops.viewRadius(slot, view.radius, view.margin);
  if (view.limit !== 0) ops.viewLimit(slot, view.limit);
  if (view.rule !== OPEN_RULE) ops.viewRule(slot, view.rule);
  if (view.hasEvents) ops.viewEvents(slot, true);
  if (client === null) return;
  client.bindNumber++;
  ops.clientContinue(slot, client.gate, client.handle, client.bindNumber);
}
