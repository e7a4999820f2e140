/**
 * Game to game, carried by a gate as an opaque payload (`route`, `routed`, `proxied`): `u8 id | body`.
 * Order is kept between two games through one gate. Ids are never used again; retired ids: none.
 */
import { KEY_BYTES_MAX } from "./database-link.js";
import { LINK_MESSAGE_BYTES_MAX, NAME_BYTES_MAX } from "./limits.js";
import { entityId, f32, message, rest, text, u16, u32, uvar } from "./message.js";

const KIB = 1024;

export const EntityMessage = {
  entityCall: message(1, "Calls a server method of an entity.", LINK_MESSAGE_BYTES_MAX, {
    entity: entityId,
    method: u16,
    /** 0: no reply wanted; else the calling game's number for the reply. */
    callId: u32,
    arguments: rest,
  }),
  callReply: message(
    2,
    'The result: code "" and the value, or an error code and its sentence.',
    LINK_MESSAGE_BYTES_MAX,
    {
      callId: u32,
      code: text(NAME_BYTES_MAX),
      payload: rest,
    },
  ),
  entityCreate: message(
    3,
    "Creates an entity there; answered by callReply with the entity's mailbox.",
    LINK_MESSAGE_BYTES_MAX,
    {
      type: text(NAME_BYTES_MAX),
      entity: entityId,
      callId: u32,
      /** "" or the space it is put into. */
      space: text(NAME_BYTES_MAX),
      /** "" or the key of its document, which is loaded before `onCreate`. */
      key: text(KEY_BYTES_MAX),
      x: f32,
      y: f32,
      z: f32,
      yaw: f32,
      /** Initial property values by name, msgpack. */
      values: rest,
    },
  ),
  stubCreate: message(4, "From the primary: create this stub; the creator tells the gamemanager.", KIB, {
    name: text(NAME_BYTES_MAX),
    shard: u16,
    assignment: uvar,
  }),
  proxyCall: message(
    5,
    "Calls a server method of the entity that a proxy's client is bound to.",
    LINK_MESSAGE_BYTES_MAX,
    {
      method: u16,
      callId: u32,
      arguments: rest,
    },
  ),
} as const;
