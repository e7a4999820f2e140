/**
 * Every option of aeon.config.json: unit, range, default, what raising it costs. docs/reference/config.md lists this table and a test
 * holds the two together. Relations between options are checked in `checkRelations`.
 */
import { z } from "zod";
import { VIEW_SHAPES } from "../base/view-shape.js";

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
    handshakesPerSecondMax: count(
      1_000,
      1,
      1_000_000,
      "Connections per second that a gate begins, of all clients together, averaged over `rateWindowMs`; the others are told to come later. Each costs some 0.2 ms of the gate.",
    ),
    handshakesPerAddressMax: count(
      25,
      1,
      1_000_000,
      "Likewise of one address (of IPv6: one /64). Behind one address there may be a household, a school or a mobile network.",
    ),
    handshakesPerPrefixMax: count(100, 1, 1_000_000, "Likewise of one network: a /24, of IPv6 a /56."),
    sessionsPerAddressMax: count(
      500,
      1,
      1_000_000,
      "Sessions of one address at a time; more are closed with CLIENT_ADDRESS_FULL. Raising it lets one stranger take more of `clientsMax`.",
    ),
    sessionsPerPrefixMax: count(2_000, 1, 1_000_000, "Likewise of one network."),
    limitLoopback: z
      .boolean()
      .default(false)
      .describe(
        "Whether addresses of this machine have the limits by address too. Off: bots and a proxy beside the gate are held to `handshakesPerSecondMax` only.",
      ),
    loginTimeoutMs: ms(
      300_000,
      0,
      86_400_000,
      "A client that is still bound to its account entity after this long is closed with CLIENT_LOGIN_TIMEOUT. 0: never, for worlds whose clients stay with it.",
    ),
    compression: z
      .enum(["none", "deflate"])
      .default("deflate")
      .describe(
        "What packets to clients that can read it are compressed with. Costs 20 to 100 µs of the gate for each packet that is tried.",
      ),
    compressionBytesMin: count(
      2_048,
      64,
      67_108_864,
      "Smaller packets go as they are. Lower saves some bandwidth, costs time for packets that hardly shrink.",
    ),
    compressionSavedShareMin: z
      .number()
      .min(0)
      .max(0.95)
      .default(0.2)
      .describe(
        "A packet that shrinks by less goes as it is, and its client's next ones are tried more rarely. Higher saves clients the work of inflating.",
      ),
    compressionLevel: count(
      1,
      1,
      9,
      "1 is the fastest, 9 the smallest; above 1 hardly a hundredth is won for up to twice the time.",
    ),
    encryption: z
      .enum(["off", "offered", "required"])
      .default("offered")
      .describe(
        "Encryption of connections that are not `wss`: never, when the client asks, or always (what is not encrypted is closed with CLIENT_ENCRYPTION). Costs some 4 to 8 µs a packet, whatever its size, and 0.3 ms a handshake.",
      ),
    tlsCertFile: z
      .string()
      .default("")
      .describe(
        'PEM file with the certificate and its chain, from the config file\'s folder: clients use `wss`. "": no.',
      ),
    tlsKeyFile: z.string().default("").describe("PEM file with its private key, likewise."),
    trustedProxies: z
      .array(z.string())
      .default([])
      .describe(
        "Addresses of reverse proxies: only their X-Forwarded-For (the client's address) and X-Forwarded-Proto are believed. An address that is not a proxy's lets its clients name any address.",
      ),
    publicUrl: z
      .string()
      .default("")
      .describe(
        'Where clients reach a gate behind a proxy, such as "wss://play.example.com/gate{gate}", with the gate\'s number for {gate}; "": as it listens.',
      ),
    udp: z
      .enum(["on", "off", "reference"])
      .default("on")
      .describe(
        "KCP over UDP, on the number of the WebSocket port. `reference`: for clients with KCP's C code and nothing else: no cookie, no key, no encryption whatever `encryption` says; for trusted networks only.",
      ),
    udpDatagramBytesMax: count(
      1_200,
      576,
      2_000,
      "Bytes of a datagram to a client, UDP's own head not counted. Above a path's MTU it is cut by IP and lost more often; lower costs more datagrams.",
    ),
    udpWindowSegments: count(
      256,
      32,
      4_096,
      "Datagrams to a client that may be under way. Lower slows large packets on long lines; each costs its bytes until it is acknowledged.",
    ),
    udpAckWaitMs: ms(
      10,
      10,
      100,
      "How long an acknowledgement waits for a datagram that it can go with. Higher saves datagrams, finds losses later.",
    ),
    udpRedundancy: count(
      0,
      0,
      2,
      "In how many later datagrams a new segment is sent again where there is room. A lost one is then mended without a resend; costs up to three times the bytes.",
    ),
    udpLooseRedundancy: count(
      0,
      0,
      2,
      "In how many later datagrams to the same client each of the last so many loose frames (positions) goes again where there is room. With 20 % loss 80, 96 or 99 of 100 arrive; costs up to three times the bytes of positions, and no datagram more.",
    ),
    udpReceiveBufferBytes: count(
      4_194_304,
      0,
      1_073_741_824,
      "What the system is asked to keep of datagrams that the gate has not read (SO_RCVBUF; net.core.rmem_max bounds it, and what it gave is logged). Lower loses more in a pause. 0: the system's own.",
    ),
    udpDatagramsPerSecondMax: count(
      1_000,
      10,
      1_000_000,
      "Datagrams a client may send each second, averaged over `rateWindowMs`, acknowledgements included; past it the client is cut. What is in them has the limits above. Higher lets one client take more of the gate: some 10 to 15 µs each, half of it to open it.",
    ),
    udpStrangersPerSecondMax: count(
      2_000,
      1,
      1_000_000,
      "HELLOs of strangers that are answered each second; the others are dropped. Each costs some 30 µs of the gate, where a dropped one costs 5. Lower keeps newcomers out in a flood, higher lets it take more from players.",
    ),
    queryStrategy: z
      .enum(["load", "random"])
      .default("load")
      .describe("Which gate a client is told that asks for one: that with the fewest clients, or any."),
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
    viewShape: z
      .enum(VIEW_SHAPES)
      .default("circle")
      .describe(
        "Whether a view reaches as far in every direction, or as far along x and along z: a box, which costs no less and shows more in its corners. A type of space may say otherwise.",
      ),
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
    clientWindowBytes: count(
      65_536,
      49_152,
      16_777_216,
      "Bytes under way to a client. One that has not confirmed as many gets no changes of state, and the difference when it has. Higher lets more pile up for slow clients, and is needed where round trip × bytes a second is half of it. Well below `gate.queueBytesMax` and `gate.resumeBytesMax`, and the same for gates and games.",
    ),
    clientBytesPerSecond: count(
      0,
      0,
      1_000_000_000,
      "What a client is sent each second, but for calls and what else must arrive; whom it sees is told of by turns then, the longest waiting first. 0: no bound. At least some 4,000.",
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
  movement: section({
    lagAllowanceMs: ms(
      1_000,
      100,
      10_000,
      "How much way a client may catch up after nothing came from it. Higher forgives longer stalls, and lets a cheat jump so far once.",
    ),
    catchUpMs: ms(
      400,
      50,
      5_000,
      "How fast what was saved by standing or by a stall melts away. Higher forgives connections that recover slowly, and lets a cheat run on longer after a pause.",
    ),
    speedTolerance: z
      .number()
      .min(0.001)
      .max(0.5)
      .default(0.005)
      .describe(
        "Share by which a client may be too fast for ever: clocks drift, coordinates are rounded. Cheats get it, too.",
      ),
    briskTolerance: z
      .number()
      .min(0.005)
      .max(0.5)
      .default(0.02)
      .describe(
        "Likewise for the shorter of the two averages, which finds large factors soon. Higher forgives uneven steps, and finds 1.2 later.",
      ),
    speedSlackMs: ms(
      170,
      50,
      5_000,
      "How far ahead of its time a client may be at once, on a line without jitter. Higher forgives more, and finds a factor of 1.2 later: by some 6 ms for each.",
    ),
    briskSlackMs: ms(
      230,
      50,
      20_000,
      "Likewise for the shorter average, which finds a factor of 1.2 in those who pause now and then.",
    ),
    averageSlackMs: ms(
      340,
      50,
      20_000,
      "Likewise for the longer average, which finds small factors: each raises the time to find 1.05 by some 25 ms.",
    ),
    jitterFactor: z
      .number()
      .min(0)
      .max(20)
      .default(1.5)
      .describe(
        "How many times the mean jitter of its moves a client may be ahead further. Higher forgives bad lines, and who fakes one.",
      ),
    jitterSlackMaxMs: ms(
      800,
      0,
      10_000,
      "The most that a bad line adds to each slack. Higher forgives very bad lines, and who fakes one.",
    ),
    moveRateMax: count(
      30,
      1,
      1_000,
      "Moves a second; more are dropped, and the next one covers their way. Higher costs script time: some 2 µs a move.",
    ),
    rateSlackMs: ms(
      1_500,
      100,
      60_000,
      "Dropped moves, at 1000 / `moveRateMax` ms each, that are evidence. Higher finds inflated rates later.",
    ),
    stallCountMax: count(
      2,
      0,
      1_000,
      "Stalls beyond `lagAllowanceMs` in `stallWindowMs` that are forgiven; one more is a lag switch. Higher lets it be used more often.",
    ),
    stallWindowMs: ms(60_000, 1_000, 3_600_000, "See `stallCountMax`. Longer remembers stalls of honest clients, too."),
    exceptionSlackMs: ms(
      1_000,
      0,
      10_000,
      "How long what script allows (a faster mode, a knock-back, a dash) holds on beyond its time, for clients that hear of its end late. Higher forgives slower lines, and gives a cheat that much more of it.",
    ),
    flagPauseMs: ms(1_000, 0, 60_000, "Evidence that follows a flag within this time belongs to it."),
    flagsToKick: count(
      5,
      0,
      1_000,
      "Flags within `flagWindowMs` after which the client is closed with CLIENT_MOVEMENT; 0: never, script decides. Higher lets cheats stay longer, put back all the while.",
    ),
    flagWindowMs: ms(60_000, 1_000, 3_600_000, "See `flagsToKick`. Longer kicks slower cheats."),
    traceFolder: z
      .string()
      .default("")
      .describe(
        'Where each game writes a trace of every suspicious stretch, from the config file\'s folder; "": nowhere. `aeon up` sets it.',
      ),
    traceBeforeMs: ms(
      5_000,
      1_000,
      60_000,
      "How much before a verdict stands in its trace. Longer costs 64 to 128 bytes of memory for each move of each client.",
    ),
    traceAfterMs: ms(5_000, 0, 60_000, "How much after it."),
    traceFilesMax: count(
      1_000,
      1,
      1_000_000,
      "Traces that a game writes until it is started again; each has some 10 KB.",
    ),
  }),
  nav: section({
    workers: count(
      1,
      0,
      16,
      "Threads per game that answer navigation queries, started when the world has a navigation mesh. 0: the script thread does it, between two ticks. Each costs some 40 MB; more than there are free cores gain nothing.",
    ),
    timeoutMs: ms(1_000, 10, 60_000, "How long a query waits for its answer unless it says otherwise."),
    queueMax: count(
      10_000,
      64,
      1_000_000,
      "Queries of a game that are under way; more are refused with NAV_QUEUE_FULL. Each costs up to `pathPointsMax` × 12 bytes.",
    ),
    batchQueries: count(
      1_024,
      16,
      4_096,
      "Queries that travel to a worker together at most; with few under way it is fewer, so that all workers have some. A batch costs the script thread 0.1 to 0.4 ms, so higher costs it less, and spreads work less evenly.",
    ),
    batchTimeoutMs: ms(
      10_000,
      100,
      600_000,
      "A batch that has not come back for longer fails, and a worker that is at it is replaced.",
    ),
    searchNodesMax: count(
      2_048,
      64,
      65_535,
      "Places that the search for one path may look at; beyond it the path is partial. Higher finds longer ways round, costs time and 40 bytes each per mesh and worker.",
    ),
    pathPolysMax: count(256, 16, 4_096, "Polygons that a path may cross; a longer one is partial."),
    pathPointsMax: count(128, 16, 4_096, "Corners of the longest path; a longer one is partial."),
    meshesMax: count(
      64,
      1,
      4_096,
      "Meshes that a worker holds; the one that was used longest ago is given up for another, and opened again (some ms) when it is asked for.",
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
    holds: (c) => (c.gate.tlsCertFile === "") === (c.gate.tlsKeyFile === ""),
    text: "gate.tlsCertFile and gate.tlsKeyFile go together",
  },
  {
    holds: (c) => c.gate.publicUrl === "" || /^wss?:\/\/[^/]/.test(c.gate.publicUrl),
    text: "gate.publicUrl must begin with ws:// or wss://",
  },
  {
    holds: (c) => c.gate.publicUrl === "" || c.cluster.gates === 1 || c.gate.publicUrl.includes("{gate}"),
    text: "gate.publicUrl must have {gate} in it when there are several gates",
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
  {
    holds: (c) => c.movement.speedSlackMs <= c.movement.briskSlackMs,
    text: "movement.speedSlackMs must not exceed movement.briskSlackMs",
  },
  {
    holds: (c) => c.movement.briskSlackMs <= c.movement.averageSlackMs,
    text: "movement.briskSlackMs must not exceed movement.averageSlackMs",
  },
];
