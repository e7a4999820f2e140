/**
 * The link between the gamemanager and every other process, and between the gamemanager and the command line.
 *
 *   gate, game, dbmanager, cli ──ManagerInbound──► gamemanager ──ManagerOutbound──► gate, game, dbmanager, cli
 *
 * A message on a link is `u8 id | body`. Ids are never used again; retired ids: none.
 */

import {
  ADDRESS_BYTES_MAX,
  HASH_BYTES_MAX,
  NAME_BYTES_MAX,
  PROCESS_COUNT_MAX,
  REASON_BYTES_MAX,
  STUB_COUNT_MAX,
} from "./limits.js";
import { bool, f64, incarnation, list, message, oneOf, record, text, u8, u16, u32, uvar } from "./message.js";

const name = text(NAME_BYTES_MAX);
const KIB = 1024;

export const processKind = oneOf("gamemanager", "dbmanager", "game", "gate", "cli");
/** `linking`: registered, its links are not all up; `ready`: reported ready (boot step 6). */
export const processState = oneOf("linking", "ready", "stopping");

/** A stub's place: `entity` is "" in a report about a stub that is assigned and not yet created. */
export const stubEntry = record({
  name,
  /** 0 … shards−1 */
  shard: u16,
  game: incarnation,
  entity: text(NAME_BYTES_MAX),
  /** Grows by one each time this stub is given to a game. */
  assignment: uvar,
});

export const processEntry = record({
  kind: processKind,
  name,
  incarnation,
  pid: u32,
  /** Where the process takes links. */
  host: text(ADDRESS_BYTES_MAX),
  linkPort: u16,
  /** Gates: the address clients use, such as "ws://127.0.0.1:7710"; "" elsewhere. */
  clientUrl: text(ADDRESS_BYTES_MAX),
  state: processState,
});

export const ManagerInbound = {
  processRegister: message(
    1,
    "First message of every process; answered by processRegistered or processRefused.",
    512 * KIB,
    {
      kind: processKind,
      /** "" asks the gamemanager for a free name. */
      name,
      pid: u32,
      host: text(ADDRESS_BYTES_MAX),
      linkPort: u16,
      clientUrl: text(ADDRESS_BYTES_MAX),
      /** 0 at a start; what it was given, when it comes back to a restarted gamemanager. */
      incarnation,
      indexHash: text(HASH_BYTES_MAX),
      /** The stubs its entity definitions declare (games). */
      stubs: list(record({ name, shards: u16 }), STUB_COUNT_MAX),
      /** What a restarted gamemanager must learn again. */
      ready: bool,
      primary: bool,
      open: bool,
      hosts: list(stubEntry, STUB_COUNT_MAX),
      /** The processes of its last list: whom a restarted gamemanager must hear before it decides anything. */
      known: list(record({ name, incarnation }), PROCESS_COUNT_MAX),
    },
  ),
  linksChanged: message(2, "A gate says which games it holds a link to (boot step 4).", 16 * KIB, {
    games: list(incarnation, PROCESS_COUNT_MAX),
  }),
  processReady: message(3, "Boot script hook done; the process is ready (boot steps 5 and 6).", 0, {}),
  stubCreated: message(4, "A game has created a stub.", KIB, { entry: stubEntry }),
  stubFailed: message(5, "A game could not create a stub.", KIB, { entry: stubEntry, reason: text(REASON_BYTES_MAX) }),
  loadReport: message(6, "Sent every loadReportIntervalMs.", 64, {
    /** Share of one core, 0 … 1 and above. */
    cpu: f64,
    rssMb: f64,
    entities: u32,
    clients: u32,
  }),
  statusRequest: message(7, "From the command line.", 16, { requestId: u32 }),
  bootWatch: message(8, "From the command line: send the boot steps so far and those to come.", 0, {}),
  shutdownRequest: message(9, "From the command line: stop the whole cluster in order.", 0, {}),
  processStopped: message(10, "The process has stopped what it had to and exits now.", 0, {}),
} as const;

export const ManagerOutbound = {
  processRegistered: message(1, "The process belongs to the cluster now, under this name and incarnation.", KIB, {
    name,
    incarnation,
  }),
  processRefused: message(2, "The process must exit.", KIB, { code: name, reason: text(REASON_BYTES_MAX) }),
  processList: message(3, "Every process that is there; sent to all on each change.", 512 * KIB, {
    version: uvar,
    primary: incarnation,
    /** Gates admit clients (boot step 9). */
    open: bool,
    processes: list(processEntry, PROCESS_COUNT_MAX),
  }),
  stubsCreate: message(4, "To the primary: create these stubs on the games named (boot step 8).", 2048 * KIB, {
    stubs: list(stubEntry, STUB_COUNT_MAX),
  }),
  stubTable: message(5, "Where each created stub lives; sent to games on each change.", 2048 * KIB, {
    version: uvar,
    entries: list(stubEntry, STUB_COUNT_MAX),
  }),
  bootStep: message(6, "To the command line: a boot step is done.", KIB, { step: u8, name, ms: f64 }),
  bootStalled: message(7, "To the command line: a boot step waits for these.", 16 * KIB, {
    step: u8,
    name,
    missing: list(text(ADDRESS_BYTES_MAX), PROCESS_COUNT_MAX),
  }),
  processGone: message(8, "To the command line: a process was removed.", KIB, {
    kind: processKind,
    name,
    incarnation,
    reason: text(REASON_BYTES_MAX),
  }),
  statusReply: message(9, "Answers statusRequest.", 512 * KIB, {
    requestId: u32,
    open: bool,
    primary: incarnation,
    processes: list(
      record({ process: processEntry, cpu: f64, rssMb: f64, entities: u32, clients: u32 }),
      PROCESS_COUNT_MAX,
    ),
    stubs: list(stubEntry, STUB_COUNT_MAX),
  }),
  shutdown: message(10, "Stop in order: sent to gates first, then games, then the dbmanager.", 0, {}),
  gateLoads: message(11, "Answers a gate's loadReport: how many clients each gate had by its last.", 16 * KIB, {
    gates: list(record({ gate: incarnation, clients: u32 }), PROCESS_COUNT_MAX),
  }),
} as const;
