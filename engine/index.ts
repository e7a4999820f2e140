/** The authors' door: everything an entity type, a stub, a space or a world is written with. */
export { AeonError, type ErrorCode } from "./base/errors.js";
export type { ClientId, EntityId, Incarnation } from "./base/ids.js";
export { AreaEntity } from "./entity/area-entity.js";
export { AvatarAreaEntity, AvatarEntity } from "./entity/avatar-entity.js";
export { defineEntity, rpc } from "./entity/define.js";
export type { Remote, RemoteAvatar } from "./entity/remote.js";
export type { MoveFlag, Position, RemoteSpawnOptions, SpawnOptions } from "./entity/runtime.js";
export { ServerEntity } from "./entity/server-entity.js";
export { type Point, SPACE_MANAGER, Space } from "./entity/space.js";
export type { SpaceManager, SpaceReference, WantedSpace } from "./entity/space-manager.js";
export { StubEntity } from "./entity/stub-entity.js";
export { defineWorld, type World } from "./entity/world.js";
export { NAV_ANSWER, type NavCheck } from "./movement/nav-guard.js";
export type { MoveMode, MovementRules } from "./movement/rules.js";
export type { NavBox, NavCylinder, NavObstacle } from "./nav/mesh-changes.js";
export { MoveVerdict } from "./nav/nav-batch.js";
export type { NavFilter } from "./nav/nav-filter.js";
export {
  type NavHit,
  type NavMoveChecks,
  type NavOptions,
  NavPath,
  type NavPoint,
  type NavRays,
  type SpaceNav,
} from "./nav/space-nav.js";
export { wayCheckOf } from "./nav/way-check.js";
export type { ViewRule } from "./property/op-sink.js";
export { CustomList, CustomMap } from "./property/properties.js";
export {
  array,
  bool,
  bytes,
  customList,
  customMap,
  entityId,
  float32,
  float64,
  int8,
  int16,
  int32,
  json,
  type MailboxData,
  mailbox,
  optional,
  type ProxyData,
  proxy,
  struct,
  text,
  uint8,
  uint16,
  uint32,
} from "./property/types.js";
