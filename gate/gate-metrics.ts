/** What a gate counts: everything it drops, refuses or closes, and what it carries. Looked up once, incremented in place. */
import { isErrorCode } from "../engine/base/errors.js";
import type { Counter, Metrics } from "../engine/base/metrics.js";

export interface GateCounters {
  readonly connectionsAccepted: Counter;
  /** Before hello: too many of them, no hello in time, or refused by admission. */
  readonly connectionsRefused: Counter;
  /** Connections refused because the gate's own budget was used up, or that of their address or network. */
  readonly handshakesOverAll: Counter;
  readonly handshakesOverAddress: Counter;
  readonly connectionsSealed: Counter;
  readonly sealFailures: Counter;
  readonly sessionsOpened: Counter;
  readonly sessionsResumed: Counter;
  readonly sessionsInterrupted: Counter;
  readonly sessionsReplaced: Counter;
  readonly clientMessages: Counter;
  /** Messages that had arrived before: sent again after a resume. */
  readonly clientDuplicates: Counter;
  readonly clientBytes: Counter;
  readonly serverPackets: Counter;
  readonly loosePackets: Counter;
  readonly serverBytes: Counter;
  /** Packets that compression was tried on, those that it was worth while for, and what it saved. */
  readonly deflateTries: Counter;
  readonly packetsDeflated: Counter;
  readonly deflateSavedBytes: Counter;
  /** Frames, binds, kicks and refusals of a game that the client no longer belongs to. */
  readonly staleBinds: Counter;
  readonly binds: Counter;
  readonly streamSwitches: Counter;
  /** Messages of a stream that had to wait for the last word of the one before. */
  readonly earlyMessages: Counter;
  readonly routed: Counter;
  readonly routesFailed: Counter;
  readonly handlerThrows: Counter;
}

export function gateCounters(metrics: Metrics): GateCounters {
  const counter = (name: string) => metrics.counter(`gate_${name}_total`);
  return {
    connectionsAccepted: counter("connections_accepted"),
    connectionsRefused: counter("connections_refused"),
    handshakesOverAll: counter("handshakes_over_all"),
    handshakesOverAddress: counter("handshakes_over_address"),
    connectionsSealed: counter("connections_sealed"),
    sealFailures: counter("seal_failures"),
    sessionsOpened: counter("sessions_opened"),
    sessionsResumed: counter("sessions_resumed"),
    sessionsInterrupted: counter("sessions_interrupted"),
    sessionsReplaced: counter("sessions_replaced"),
    clientMessages: counter("client_messages"),
    clientDuplicates: counter("client_duplicates"),
    clientBytes: counter("client_bytes"),
    serverPackets: counter("server_packets"),
    loosePackets: counter("loose_packets"),
    serverBytes: counter("server_bytes"),
    deflateTries: counter("deflate_tries"),
    packetsDeflated: counter("packets_deflated"),
    deflateSavedBytes: counter("deflate_saved_bytes"),
    staleBinds: counter("stale_binds"),
    binds: counter("binds"),
    streamSwitches: counter("stream_switches"),
    earlyMessages: counter("early_messages"),
    routed: counter("routed"),
    routesFailed: counter("routes_failed"),
    handlerThrows: counter("handler_throws"),
  };
}

/** Counts a closed client under its code; codes of the world's own are counted together. */
export function countClose(metrics: Metrics, code: string): void {
  const name = isErrorCode(code) ? code.toLowerCase() : "other";
  metrics.counter(`gate_closed_${name}_total`).add();
}
