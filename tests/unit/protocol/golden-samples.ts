/** A value of every message of every protocol, and the bytes it has on the wire for ever. Leaving a message out does not compile. */
import { ClientToGate, DownstreamBody, GateToClient, UpstreamBody } from "../../../engine/protocol/client-link.js";
import { DatabaseToGame, GameToDatabase } from "../../../engine/protocol/database-link.js";
import { EntityMessage } from "../../../engine/protocol/entity-message.js";
import { GameToGate, GateToGame } from "../../../engine/protocol/game-link.js";
import { LINK_MAGIC, LinkFrame } from "../../../engine/protocol/link-frame.js";
import { ManagerInbound, ManagerOutbound } from "../../../engine/protocol/manager-link.js";
import type { MessageValue } from "../../../engine/protocol/message.js";
import { SecureToClient, SecureToGate } from "../../../engine/protocol/secure-link.js";

/** Each message: a value, and `u8 id | body` in hexadecimal. */
export type Golden<P> = { readonly [K in keyof P]: readonly [value: MessageValue<P[K]>, hex: string] };

const clientId = "AAECAwQFBgcICQoLDA0ODw";
const entity = "AAECAwQFBgcICQoL";
const bytes = Uint8Array.of(0xca, 0xfe);
const position = { x: 1, y: -2, z: 0.5, yaw: 3 };

const clientToGate: Golden<typeof ClientToGate> = {
  clientHello: [
    {
      protocolVersion: 1,
      clientId,
      connectionNumber: 2,
      token: bytes,
      ack: 300,
      definitionsHash: "d",
      indexHash: "i",
      compression: "deflate",
    },
    "010100000102030405060708090a0b0c0d0e0f0200000002cafeac020164016901",
  ],
  clientPacket: [{ sequence: 5, ack: 6, messages: [bytes, Uint8Array.of(1)] }, "0205060202cafe0101"],
  clientHeartbeat: [{ clientMs: 1.5, ack: 7 }, "03000000000000f83f07"],
  clientBye: [{}, "04"],
};

const gateToClient: Golden<typeof GateToClient> = {
  serverWelcome: [
    {
      token: bytes,
      resumed: true,
      ack: 4,
      heartbeatIntervalMs: 2_000,
      serverMs: 1_767_225_600_000,
      gates: ["ws://a"],
      ownAddresses: ["b"],
    },
    "0102cafe0104d0070000000080aa6db77942010677733a2f2f61010162",
  ],
  serverPacket: [{ sequence: 1, ack: 2, bodies: bytes }, "020102cafe"],
  serverHeartbeat: [{ clientMs: 1, serverMs: 2, ack: 3 }, "03000000000000f03f000000000000004003"],
  serverClose: [{ code: "C", reason: "r", retry: false }, "040143017200"],
  serverLoose: [{ after: 300, bodies: bytes }, "05ac02cafe"],
  serverDeflated: [{ inflatedBytes: 4_096, deflated: bytes }, "0600100000cafe"],
};

const secureToGate: Golden<typeof SecureToGate> = {
  secureHello: [{ version: 1, kinds: [2, 1], clientKey: bytes }, "400102020102cafe"],
};

const secureToClient: Golden<typeof SecureToClient> = {
  secureAccept: [
    { kind: 2, gateKey: bytes, gateStaticKey: Uint8Array.of(1), confirmation: Uint8Array.of(2) },
    "400202cafe01010102",
  ],
};

const upstreamBody: Golden<typeof UpstreamBody> = {
  entityCall: [{ target: 300, generation: 2, method: 17, callId: 5, arguments: bytes }, "01ac0202110005000000cafe"],
  viewCheck: [{ target: 3, generation: 1, stage: "repair", parts: [{ part: 5, op: 3 }] }, "03030102010503"],
  entityMove: [{ moveNumber: 9, placement: 258, ...position }, "020900000002010000803f000000c00000003f00004040"],
};

const downstreamBody: Golden<typeof DownstreamBody> = {
  definitions: [{ hash: "h", json: bytes }, "01016802cafe"],
  ownEnter: [{ type: 3, entity, state: bytes }, "0203001041414543417751464267634943516f4ccafe"],
  spaceEnter: [
    { space: 2, spaceType: 4, spaceEntity: entity, ownShortId: 130, tickMs: 50, ...position },
    "030200000004001041414543417751464267634943516f4c820132000000803f000000c00000003f00004040",
  ],
  viewEnter: [
    { target: 5, generation: 1, type: 3, entity, ...position, state: bytes },
    "04050103001041414543417751464267634943516f4c0000803f000000c00000003f00004040cafe",
  ],
  viewLeave: [{ target: 200 }, "05c801"],
  propertyOps: [{ target: 5, ops: bytes }, "0605cafe"],
  transforms: [{ records: [{ target: 5, ...position }] }, "0701050000803f000000c00000003f00004040"],
  clientCall: [{ target: 0, method: 12, arguments: bytes }, "08000c00cafe"],
  callReply: [{ callId: 5, code: "", payload: bytes }, "090500000000cafe"],
  tick: [{ tick: 7, serverMs: 1_000.5 }, "0a070000000000000000448f40"],
  viewHashes: [{ records: [{ target: 3, hash: 1 }] }, "0e0103000000000000f03f"],
  nodeHashes: [{ target: 3, hashes: bytes }, "0f03cafe"],
  repairOps: [{ target: 3, ops: bytes }, "1003cafe"],
  nearChanges: [{ records: bytes }, "0dcafe"],
  shortTransforms: [{ cellX: -1, cellY: 0, cellZ: 300, levelCount: 1, records: bytes }, "0cffff00002c010100cafe"],
  moveCorrect: [
    { moveNumber: 9, placement: 258, cause: "corrected", ...position },
    "0b090000000201010000803f000000c00000003f00004040",
  ],
};

const gateToGame: Golden<typeof GateToGame> = {
  clientConnected: [
    { handle: 1, clientId, bindNumber: 2, address: "::1", definitionsHash: "d" },
    "0101000000000102030405060708090a0b0c0d0e0f02000000033a3a310164",
  ],
  clientBound: [
    { handle: 1, clientId, bindNumber: 2, entity, definitionsHash: "" },
    "0201000000000102030405060708090a0b0c0d0e0f02000000000102030405060708090a0b00",
  ],
  clientInterrupted: [{ handle: 1, bindNumber: 2 }, "030100000002000000"],
  clientResumed: [{ handle: 1, bindNumber: 2 }, "040100000002000000"],
  clientLost: [{ handle: 1, bindNumber: 2, code: "C" }, "0501000000020000000143"],
  clientMessage: [{ handle: 1, bindNumber: 2, arrivedMs: 3, payload: bytes }, "06010000000200000003000000cafe"],
  routed: [{ fromGame: 1_809_639_014_407_168, payload: bytes }, "0780b880d5b6bb9b03cafe"],
  routeFailed: [{ token: 1, targetGame: 2, code: "C" }, "0801000000020143"],
  gateSlept: [{ sleptMs: 5_000 }, "0b88130000"],
  clientCredit: [
    { clients: [{ handle: 1, bindNumber: 2, confirmedBytes: 300, isLossy: true }] },
    "0a010100000002000000ac0201",
  ],
  proxied: [{ fromGame: 300, handle: 1, bindNumber: 2, payload: bytes }, "09ac020100000002000000cafe"],
};

const gameToGate: Golden<typeof GameToGate> = {
  clientFrames: [{ payload: bytes }, "01cafe"],
  clientBind: [{ handle: 1, bindNumber: 2, targetGame: 300, entity }, "020100000002000000ac02000102030405060708090a0b"],
  clientKick: [{ handle: 1, bindNumber: 2, code: "C", reason: "r" }, "03010000000200000001430172"],
  route: [{ targetGame: 300, token: 1, payload: bytes }, "04ac0201000000cafe"],
  routeToClientEntity: [{ clientId, token: 1, payload: bytes }, "05000102030405060708090a0b0c0d0e0f01000000cafe"],
  routeToClient: [{ clientId, token: 0, payload: bytes }, "06000102030405060708090a0b0c0d0e0f00000000cafe"],
  clientRefused: [{ handle: 1, bindNumber: 2 }, "070100000002000000"],
  acceptClients: [{ accept: true, load: 128 }, "080180"],
  streamOffer: [{ streams: [{ stream: 1, host: "h", port: 7_700 }] }, "0901010168141e"],
  streamSwitch: [{ handle: 1, bindNumber: 2, toStream: 3 }, "0a010000000200000003"],
};

const entityMessage: Golden<typeof EntityMessage> = {
  entityCall: [{ entity, method: 17, callId: 5, arguments: bytes }, "01000102030405060708090a0b110005000000cafe"],
  callReply: [{ callId: 5, code: "RPC_TIMEOUT", payload: bytes }, "02050000000b5250435f54494d454f5554cafe"],
  entityCreate: [
    { type: "T", entity, callId: 5, space: "s", key: "k", ...position, values: bytes },
    "030154000102030405060708090a0b050000000173016b0000803f000000c00000003f00004040cafe",
  ],
  stubCreate: [{ name: "S", shard: 1, assignment: 2 }, "040153010002"],
  proxyCall: [{ method: 17, callId: 5, arguments: bytes }, "05110005000000cafe"],
};

const gameToDatabase: Golden<typeof GameToDatabase> = {
  documentLoad: [{ requestId: 1, collection: "Avatar", key: "bob" }, "01010000000641766174617203626f62"],
  documentsPut: [
    {
      requestId: 1,
      puts: [{ collection: "A", key: "k", expectedEpoch: 1, epoch: 2, schemaVersion: 3, value: bytes }],
    },
    "0201000000010141016b0102030002cafe",
  ],
};

const databaseToGame: Golden<typeof DatabaseToGame> = {
  documentLoaded: [{ requestId: 1, found: true, epoch: 2, schemaVersion: 3, value: bytes }, "01010000000102030002cafe"],
  documentsPutDone: [{ requestId: 1, codes: ["", "STORE_FAILED"] }, "020100000002000c53544f52455f4641494c4544"],
  requestFailed: [{ requestId: 1, code: "C", reason: "r" }, "030100000001430172"],
};

const stub = { name: "S", shard: 1, game: 300, entity, assignment: 2 };
const process = {
  kind: "game",
  name: "game1",
  incarnation: 300,
  pid: 4,
  host: "h",
  linkPort: 7_700,
  clientUrl: "",
  state: "ready",
} as const;

const managerInbound: Golden<typeof ManagerInbound> = {
  processRegister: [
    {
      kind: "gate",
      name: "g",
      pid: 1,
      host: "h",
      linkPort: 2,
      clientUrl: "u",
      incarnation: 0,
      indexHash: "i",
      stubs: [{ name: "S", shards: 2 }],
      ready: true,
      primary: false,
      open: true,
      hosts: [stub],
      known: [{ name: "g", incarnation: 300 }],
    },
    "010301670100000001680200017500016901015302000100010101530100ac021041414543417751464267634943516f4c02010167ac02",
  ],
  linksChanged: [{ games: [300, 301] }, "0202ac02ad02"],
  processReady: [{}, "03"],
  stubCreated: [{ entry: stub }, "0401530100ac021041414543417751464267634943516f4c02"],
  stubFailed: [{ entry: stub, reason: "r" }, "0501530100ac021041414543417751464267634943516f4c020172"],
  loadReport: [{ cpu: 0.5, rssMb: 80, entities: 3, clients: 2 }, "06000000000000e03f00000000000054400300000002000000"],
  statusRequest: [{ requestId: 1 }, "0701000000"],
  bootWatch: [{}, "08"],
  shutdownRequest: [{}, "09"],
  processStopped: [{}, "0a"],
};

const managerOutbound: Golden<typeof ManagerOutbound> = {
  processRegistered: [{ name: "game1", incarnation: 300 }, "010567616d6531ac02"],
  processRefused: [{ code: "C", reason: "r" }, "0201430172"],
  processList: [
    { version: 1, primary: 300, open: true, processes: [process] },
    "0301ac020101020567616d6531ac02040000000168141e0001",
  ],
  stubsCreate: [{ stubs: [stub] }, "040101530100ac021041414543417751464267634943516f4c02"],
  stubTable: [{ version: 1, entries: [stub] }, "05010101530100ac021041414543417751464267634943516f4c02"],
  bootStep: [{ step: 9, name: "gates opened", ms: 24.5 }, "06090c6761746573206f70656e65640000000000803840"],
  bootStalled: [{ step: 4, name: "n", missing: ["game2"] }, "0704016e010567616d6532"],
  processGone: [{ kind: "game", name: "game1", incarnation: 300, reason: "r" }, "08020567616d6531ac020172"],
  statusReply: [
    {
      requestId: 1,
      open: true,
      primary: 300,
      processes: [{ process, cpu: 0.5, rssMb: 80, entities: 3, clients: 2 }],
      stubs: [stub],
    },
    "090100000001ac0201020567616d6531ac02040000000168141e0001000000000000e03f000000000000544003000000020000000101530100ac021041414543417751464267634943516f4c02",
  ],
  shutdown: [{}, "0a"],
  gateLoads: [{ gates: [{ gate: 300, clients: 7 }] }, "0b01ac0207000000"],
};

const nonce = new Uint8Array(16).fill(0xaa);
const mac = new Uint8Array(32).fill(0xbb);

const linkFrame: Golden<typeof LinkFrame> = {
  linkHello: [
    { magic: LINK_MAGIC, versionMin: 1, versionMax: 2, nonce },
    "0141454f4e0100020010aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
  ],
  linkChallenge: [{ version: 1, nonce }, "02010010aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"],
  linkProof: [{ mac, claim: bytes }, "0320bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbcafe"],
  linkWelcome: [{ mac, claim: bytes }, "0420bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbcafe"],
  linkRefuse: [{ code: "C", reason: "r" }, "0501430172"],
  linkBatch: [{ sequence: 1, ack: 2, messages: bytes }, "06000000000000f03f0000000000000040cafe"],
  linkHeartbeat: [{ ack: 2 }, "070000000000000040"],
  linkBye: [{ reason: "r" }, "080172"],
};

/** Every protocol by its name. */
export const goldenProtocols = {
  ClientToGate: [ClientToGate, clientToGate],
  GateToClient: [GateToClient, gateToClient],
  SecureToGate: [SecureToGate, secureToGate],
  SecureToClient: [SecureToClient, secureToClient],
  UpstreamBody: [UpstreamBody, upstreamBody],
  DownstreamBody: [DownstreamBody, downstreamBody],
  GateToGame: [GateToGame, gateToGame],
  GameToGate: [GameToGate, gameToGate],
  EntityMessage: [EntityMessage, entityMessage],
  GameToDatabase: [GameToDatabase, gameToDatabase],
  DatabaseToGame: [DatabaseToGame, databaseToGame],
  ManagerInbound: [ManagerInbound, managerInbound],
  ManagerOutbound: [ManagerOutbound, managerOutbound],
  LinkFrame: [LinkFrame, linkFrame],
} as const;
