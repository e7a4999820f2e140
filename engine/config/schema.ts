/**
 * Every option of aeon.config.json: unit, range, default, what raising it costs. docs/reference/config.md lists this table and a test
 * holds the two together. Relations between options are checked in `checkRelations`.
 */
import { z } from "zod";

const ms = (defaultMs: number, min: number, max: number, about: string) =>
  z.number().int().min(min).max(max).default(defaultMs).describe(about);
const count = (fallback: number, min: number, max: number, about: string) =>
  z.number().int().min(min).max(max).default(fallback).describe(about);
const section = <S extends z.ZodRawShape>(shape: S) => z.strictObject(shape).prefault({} as never);

export const configSchema = z.strictObject({
  cluster: section({
    name: z.string().min(1).max(64).default("aeon").describe("Name of the cluster; peers of another name are refused."),
    secret: z
      .string()
      .min(16)
      .max(256)
      .optional()
      .describe(
        "Shared by the cluster's processes. Absent: `aeon up` makes one and keeps it in the data folder, readable by its owner.",
      ),
    host: z
      .string()
      .default("127.0.0.1")
      .describe("Where processes take links. Another address opens them to the network."),
    portBase: count(
      7700,
      1024,
      65_000,
      "The gamemanager's port; gate n takes clients on portBase + 10 + n. All other ports are chosen by the system.",
    ),
    games: count(1, 1, 256, "Games at the start. Each costs a process: some 80 MB."),
    gates: count(1, 1, 64, "Gates at the start. Each costs a process: some 70 MB."),
    bootTimeoutMs: ms(30_000, 1_000, 600_000, "How long `aeon up` waits for the cluster to open before it gives up."),
    bootStallMs: ms(2_000, 100, 60_000, "A boot step that takes longer names what is missing."),
    shutdownTimeoutMs: ms(
      10_000,
      100,
      600_000,
      "How long each stage of an orderly stop (gates, games, dbmanager) may take before the next begins without it.",
    ),
    restartDelayMs: ms(
      500,
      0,
      60_000,
      "Pause before `aeon up` starts a process again that died; doubles up to 10 s while it keeps dying.",
    ),
  }),
  link: section({
    heartbeatIntervalMs: ms(
      1_000,
      50,
      60_000,
      "Between heartbeats on an idle link. Lower finds silent peers earlier, costs packets.",
    ),
    peerTimeoutMs: ms(
      15_000,
      500,
      600_000,
      "A peer silent for this long is dead. Lower fails over earlier, and mistakes a long pause for death.",
    ),
    closedGraceMs: ms(2_500, 100, 60_000, "A peer whose link closed and did not come back for this long is gone."),
    flushIntervalMs: ms(
      1,
      0,
      50,
      "A link that sent less than this long ago gathers until then; one that was quiet sends at once. Higher saves writes under load, costs latency; 0: every turn of the event loop.",
    ),
    redialMs: ms(100, 10, 10_000, "First pause before a lost link is dialled again; doubles up to ten times this."),
    queueBytesMax: count(
      67_108_864,
      65_536,
      2_147_483_647,
      "Bytes kept for a peer until it confirms them. At the bound the peer counts as gone.",
    ),
  }),
  gate: section({
    host: z.string().default("127.0.0.1").describe("Where gates take clients. `aeon up --host` sets it."),
    publicHost: z.string().default("").describe("The name clients reach a gate by, when it differs from `host`."),
    clientsMax: count(10_000, 1, 1_000_000, "Clients per gate. Each costs some 20 KB plus its queues."),
    allowedOrigins: z
      .array(z.string())
      .default([])
      .describe('Origins of pages that may connect besides the gate\'s own; "*" allows every page.'),
    heartbeatIntervalMs: ms(2_000, 100, 60_000, "Between a client's heartbeats."),
    clientTimeoutMs: ms(10_000, 500, 600_000, "A client silent for this long is cut."),
    helloTimeoutMs: ms(5_000, 100, 60_000, "Time to say hello after connecting."),
    handshakesMax: count(
      1_024,
      1,
      100_000,
      "Connections per gate that have not said hello; past it the oldest is closed. Raising it lets strangers hold more memory.",
    ),
    resumeWindowMs: ms(
      10_000,
      0,
      600_000,
      "How long a cut client may come back and miss nothing. Costs its resume buffer meanwhile.",
    ),
    resumeBytesMax: count(
      262_144,
      4_096,
      67_108_864,
      "Bytes kept for a client until it confirms them. Past it a resume is refused and a new session begins.",
    ),
    queueBytesMax: count(
      1_048_576,
      16_384,
      268_435_456,
      "Bytes waiting for a slow client; at the bound it is closed with CLIENT_SLOW.",
    ),
    messagesPerSecondMax: count(
      120,
      1,
      100_000,
      "Messages a client may send each second, averaged over `rateWindowMs`.",
    ),
    bytesPerSecondMax: count(65_536, 256, 100_000_000, "Bytes a client may send each second, averaged likewise."),
    rateWindowMs: ms(4_000, 100, 60_000, "Window of the two limits above. Longer forgives longer bursts."),
    refusalsPerMinuteMax: count(60, 1, 1_000_000, "Refused calls per minute that close a client."),
  }),
  game: section({
    tickMs: ms(50, 5, 1_000, "One tick. Lower moves more smoothly and costs script and bandwidth in proportion."),
    flush: z
      .enum(["callback", "frame", "change"])
      .default("callback")
      .describe("When changes are published: after each callback, once per tick, or at once."),
    workers: count(
      1,
      0,
      8,
      "Sync workers per game: threads that serve clients. 0: the script thread does it. Each costs some 10 MB and 0.2 s at the start; more than there are free cores gain nothing.",
    ),
    opLogBytes: count(
      4_194_304,
      65_536,
      1_073_741_824,
      "First size of each worker's op log. It grows when it is full; large enough, it never has to.",
    ),
    opLogBytesMax: count(
      268_435_456,
      65_536,
      1_073_741_824,
      "Bytes of an op log that its worker has not read; past it the game stops with OP_LOG_FULL.",
    ),
    callTimeoutMs: ms(5_000, 10, 600_000, "How long a call waits for its reply unless it says otherwise."),
    handlerTimeoutMs: ms(30_000, 10, 3_600_000, "A handler that awaits longer is given up with RPC_HANDLER_ABORTED."),
    mailboxMax: count(10_000, 1, 10_000_000, "Calls that wait for one entity; more are refused with RPC_QUEUE_FULL."),
    quarantineThrows: count(5, 1, 1_000_000, "Throws within `quarantineWindowMs` that put an entity into quarantine."),
    quarantineWindowMs: ms(10_000, 100, 3_600_000, "See `quarantineThrows`."),
    saveIntervalMs: ms(
      30_000,
      100,
      3_600_000,
      "Between saves of an entity whose persistent properties changed. Lower loses less at a crash, costs writes.",
    ),
    viewRadius: z
      .number()
      .min(1)
      .max(100_000)
      .default(40)
      .describe("How far an avatar sees, in units, unless its type says otherwise."),
    viewMargin: z
      .number()
      .min(0)
      .max(10_000)
      .default(4)
      .describe("Added to the radius before what is in view leaves it, so that nothing flickers at the edge."),
    viewLimit: count(
      0,
      0,
      65_535,
      "How many others an avatar's client sees at most, unless its type says otherwise; 0: as many as are near. The nearest, and the rest by turns.",
    ),
    viewHalfRateFrom: z
      .number()
      .min(0)
      .max(1)
      .default(0.5)
      .describe(
        "Share of the view radius beyond which movements are sent every second tick only; 1: nowhere. Lower saves bandwidth, costs smoothness.",
      ),
    viewQuarterRateFrom: z
      .number()
      .min(0)
      .max(1)
      .default(1)
      .describe(
        "Likewise every fourth tick. Smooth only where clients show what was five ticks ago; the demo shows what was two ticks ago.",
      ),
    viewCheckIntervalMs: ms(
      60_000,
      0,
      86_400_000,
      "Between checks of each client's copies of what it sees; what differs is sent again and logged. 0: only when a client asks. Costs a hash, some 0.2 µs an entity, and 10 bytes each.",
    ),
    loadReportIntervalMs: ms(1_000, 50, 60_000, "Between load reports to the gamemanager."),
    recordFolder: z
      .string()
      .default("")
      .describe(
        'Where each game writes recordings of its op streams, from the config file\'s folder; "": nowhere. `aeon up --record` sets it.',
      ),
    recordBytesMax: count(
      268_435_456,
      65_536,
      2_147_483_647,
      "Size of one recording; it ends there. Whoever replays it needs as much memory.",
    ),
    stubRecoverMs: ms(
      1_500,
      0,
      60_000,
      "How long a stub that was created again listens for what it must relearn before it answers.",
    ),
  }),
  database: section({
    store: z.enum(["lmdb", "memory"]).default("lmdb").describe("`memory` forgets everything at the end; for tests."),
    mapSizeMb: count(1_024, 16, 1_048_576, "The largest size of the embedded store. Address space, not disk."),
    requestTimeoutMs: ms(10_000, 100, 600_000, "How long a game waits for the dbmanager."),
    queueBytesMax: count(
      67_108_864,
      65_536,
      2_147_483_647,
      "Bytes of documents that wait to be written; at the bound more are refused with STORE_FAILED.",
    ),
  }),
  log: section({
    level: z.enum(["debug", "info", "warn", "error"]).default("info").describe("What is written to the log files."),
  }),
  world: section({
    module: z
      .string()
      .default("")
      .describe(
        "The author's module with the world definition, from the config file's folder; \"\": the example world.",
      ),
    web: z.string().default("").describe('A folder that gates serve as web page; "": the example\'s page.'),
  }),
});

export type AeonConfig = z.infer<typeof configSchema>;

/** Between options: each row must hold, or CONFIG_INVALID names it. */
export const RELATIONS: readonly { readonly holds: (c: AeonConfig) => boolean; readonly text: string }[] = [
  {
    holds: (c) => c.link.heartbeatIntervalMs * 3 <= c.link.peerTimeoutMs,
    text: "link.peerTimeoutMs must be at least 3 × link.heartbeatIntervalMs",
  },
  {
    holds: (c) => c.link.closedGraceMs <= c.link.peerTimeoutMs,
    text: "link.closedGraceMs must not exceed link.peerTimeoutMs",
  },
  {
    holds: (c) => c.gate.heartbeatIntervalMs * 2 <= c.gate.clientTimeoutMs,
    text: "gate.clientTimeoutMs must be at least 2 × gate.heartbeatIntervalMs",
  },
  {
    holds: (c) => c.game.opLogBytes <= c.game.opLogBytesMax,
    text: "game.opLogBytes must not exceed game.opLogBytesMax",
  },
  {
    holds: (c) => c.game.viewHalfRateFrom <= c.game.viewQuarterRateFrom,
    text: "game.viewHalfRateFrom must not exceed game.viewQuarterRateFrom",
  },
  {
    holds: (c) => c.game.callTimeoutMs <= c.game.handlerTimeoutMs,
    text: "game.callTimeoutMs must not exceed game.handlerTimeoutMs",
  },
];
