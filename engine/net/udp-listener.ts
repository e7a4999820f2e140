/**
 * Where a gate takes clients over UDP: a socket of the system's, its port, and the handshake, as a Transport that only listens. Node
 * only; the shell around udp-gate.ts.
 */
import { SegmentPool } from "../../native/kcp-ts/src/index.js";
import { AeonError } from "../base/errors.js";
import { bytesToBase64Url } from "../base/ids.js";
import type { Log } from "../base/log.js";
import type { Metrics } from "../base/metrics.js";
import type { Random } from "../base/random.js";
import type { Scheduler } from "../base/scheduler.js";
import type { AeonConfig } from "../config/config.js";
import type { GateOffer } from "../protocol/datagram.js";
import { DatagramPort } from "./datagram-port.js";
import { openDgramSocket } from "./dgram-socket.js";
import { PipeDriver } from "./pipe-driver.js";
import type { KeyPair, SealPrimitives } from "./seal.js";
import type { Address, Connection, Listener, Transport } from "./transport.js";
import { UdpGate } from "./udp-gate.js";

/** Datagrams of one turn: the system hands out 32 at a time, timers and other sockets come in between. */
const PEER_QUEUE_MAX = 1_024;
const STRANGER_QUEUE_MAX = 64;
/** Clients send little; KCP takes no less. */
const RECEIVE_WINDOW_SEGMENTS = 128;
/** Of what clients sent too early: a few messages of an honest one's, before and after the login. */
const NEWCOMER_HELD_BYTES_MAX = 8_192;
const HELD_BYTES_MAX = 65_536;
/** The C code may cut a frame into fragments, which are read when all are there. */
const WINDOW_IS_THE_BOUND = 2 ** 30;
/** Of all segments of this gate, under way and held: at the bound who keeps the most is cut. */
const POOL_BYTES_MAX = 268_435_456;

export interface UdpListenerOptions {
  readonly config: AeonConfig["gate"];
  readonly scheduler: Scheduler;
  /** Cryptographic. */
  readonly random: Random;
  readonly primitives: SealPrimitives;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly staticKey: KeyPair;
  /** The cluster's. */
  readonly secret: string;
  readonly frameBytesMax: number;
  /** Whether a peer at this address may have a handshake now. */
  admits(host: string): boolean;
  /** What a client that asks is told; null: nothing. */
  gates?(): readonly GateOffer[] | null;
}

/** Its `listen` rejects with CLUSTER_PORT_IN_USE; its listener's `close` ends the connections that are still open. */
export function createUdpListener(options: UdpListenerOptions): Transport {
  return {
    listen: (address, onConnection) => listen(options, address, onConnection),
    connect: () => {
      throw new AeonError("INTERNAL", "this transport only listens");
    },
  };
}

async function listen(
  options: UdpListenerOptions,
  address: Address,
  onConnection: (connection: Connection) => void,
): Promise<Listener> {
  const { config, metrics, primitives, scheduler, log, staticKey } = options;
  const isReference = config.udp === "reference";
  const socket = await openDgramSocket(address, config.udpReceiveBufferBytes);
  const port = new DatagramPort({
    socket,
    primitives,
    metrics,
    peerQueueMax: PEER_QUEUE_MAX,
    strangerQueueMax: STRANGER_QUEUE_MAX,
    isReference,
  });
  const pool = new SegmentPool(POOL_BYTES_MAX);
  metrics.gauge("udp_pool_bytes", () => pool.heldBytes);
  const gate = new UdpGate({
    ...options,
    port,
    driver: new PipeDriver(scheduler, log),
    tuning: {
      mtuBytes: config.udpDatagramBytesMax,
      windowSegments: config.udpWindowSegments,
      receiveWindowSegments: RECEIVE_WINDOW_SEGMENTS,
      datagramsPerSecondMax: config.udpDatagramsPerSecondMax,
      rateWindowMs: config.rateWindowMs,
      intervalMs: config.udpAckWaitMs,
      redundancy: config.udpRedundancy,
      looseRedundancy: config.udpLooseRedundancy,
      frameBytesMax: options.frameBytesMax,
      heldBytesMax: isReference ? WINDOW_IS_THE_BOUND : HELD_BYTES_MAX,
      newcomerHeldBytesMax: isReference ? WINDOW_IS_THE_BOUND : NEWCOMER_HELD_BYTES_MAX,
      pool,
    },
    encryption: config.encryption,
    isReference,
    strangersPerSecondMax: config.udpStrangersPerSecondMax,
    openingsMax: config.handshakesMax,
    openingTimeoutMs: config.helloTimeoutMs,
    admits: (host) => options.admits(host),
    onConnection,
    gates: () => options.gates?.() ?? null,
  });
  log.info("udp.listening", {
    ...port.address,
    receiveBufferBytes: port.receiveBufferBytes,
    receiveBufferBytesAsked: config.udpReceiveBufferBytes,
    gateKey: bytesToBase64Url(staticKey.publicKey),
  });
  return { address: port.address, close: () => gate.close() };
}
