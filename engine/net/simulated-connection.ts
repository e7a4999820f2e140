/**
 * One end of a simulated connection. `far` is the other end, null until the network joined them. Made by simulated-network.ts only.
 * Each direction is first in, first out: nothing is delivered before what was sent earlier.
 */
import type { Random } from "../base/random.js";
import type { VirtualProcess, VirtualScheduler } from "../base/virtual-scheduler.js";
import type { Connection, ConnectionState } from "./transport.js";

/** What the system takes for a receiver that does not read; beyond it `bufferedBytes` grows. */
const WINDOW_BYTES = 262_144;

/** What a connection needs of its network. */
export interface SimulatedWire {
  readonly scheduler: VirtualScheduler;
  readonly random: Random;
  latencyMs(): number;
  /** The bytes as they are on the wire, whatever becomes of the sender's. */
  copyOf(frame: Uint8Array): Uint8Array;
  /** The connection no longer counts among the open ones. */
  forget(connection: SimulatedConnection): void;
}

/** The node that a connection's end is at. */
export interface SimulatedSite {
  readonly name: string;
  readonly process: VirtualProcess;
}

export class SimulatedConnection implements Connection {
  state: ConnectionState = "connecting";
  readonly remote: string;
  readonly node: SimulatedSite;
  far: SimulatedConnection | null = null;
  frameBytesMax = Number.MAX_SAFE_INTEGER;
  onOpen: (() => void) | null = null;
  onFrame: ((frame: Uint8Array) => void) | null = null;
  onClose: ((reason: string) => void) | null = null;
  private readonly network: SimulatedWire;
  /** Nothing passes any more, in either direction. Set on both ends. */
  private isSevered = false;
  /** Severed, and sending does not show it. */
  private isSilent = false;
  private isCloseReported = false;
  /** When what was sent last arrives. */
  private lastArrivalMs = 0;
  private inFlightBytes = 0;

  constructor(network: SimulatedWire, node: SimulatedSite, remote: string) {
    this.network = network;
    this.node = node;
    this.remote = remote;
  }

  get bufferedBytes(): number {
    return Math.max(0, this.inFlightBytes - WINDOW_BYTES);
  }

  send(frame: Uint8Array): void {
    const { far } = this;
    if (this.state !== "open" || far === null || this.node.process.killed) return;
    if (this.isSevered) {
      this.noticeSevered();
      return;
    }
    const bytes = this.network.copyOf(frame);
    this.inFlightBytes += bytes.length;
    this.transmit(far, () => {
      this.inFlightBytes -= bytes.length;
      far.receive(bytes);
    });
  }

  close(reason = ""): void {
    if (this.state === "closed") return;
    this.finish(reason);
    this.reportClose(reason);
  }

  /** The end of the sending direction: the far end hears of it after everything that was sent. */
  finish(reason: string): void {
    const { far } = this;
    this.state = "closed";
    this.network.forget(this);
    if (far === null || this.isSevered) return;
    this.network.forget(far);
    this.transmit(far, () => {
      if (!far.isSevered) far.closeWith(reason);
    });
  }

  /** Cuts the wire: what is under way is lost. The ends that notice do so a little later; the other when it sends. */
  sever(noticed: "both" | "one" | "none"): void {
    const ends = this.far === null ? [this] : [this, this.far];
    if (this.far === null) this.state = "closed";
    for (const end of ends) {
      end.isSevered = true;
      end.isSilent = noticed === "none";
      this.network.forget(end);
    }
    if (noticed === "none") return;
    const first = this.network.random.next() < 0.5 ? 0 : 1;
    for (const [i, end] of ends.entries()) if (noticed === "both" || i === first) end.noticeSevered();
  }

  /** Nobody takes the connection. */
  refuse(reason: string): void {
    this.network.forget(this);
    this.node.process.setTimer(this.network.latencyMs(), () => this.closeWith(reason));
  }

  /** Both ends exist from here on: `far` is open at once, this one when the answer has come back. */
  join(far: SimulatedConnection): void {
    this.far = far;
    far.far = this;
    far.state = "open";
    far.transmit(this, () => {
      if (this.state !== "connecting" || this.isSevered) return;
      this.state = "open";
      this.onOpen?.();
    });
  }

  private noticeSevered(): void {
    if (this.isSilent) return;
    this.node.process.setTimer(this.network.latencyMs(), () => this.closeWith("connection cut"));
  }

  private receive(bytes: Uint8Array): void {
    if (this.state !== "open" || this.isSevered) return;
    if (bytes.length > this.frameBytesMax) {
      this.close("frame too large");
      return;
    }
    this.onFrame?.(bytes);
  }

  private transmit(far: SimulatedConnection, run: () => void): void {
    const { scheduler } = this.network;
    const arrivalMs = Math.max(this.lastArrivalMs, scheduler.nowMs() + this.network.latencyMs());
    this.lastArrivalMs = arrivalMs;
    far.node.process.setTimer(arrivalMs - scheduler.nowMs(), run);
  }

  private closeWith(reason: string): void {
    this.state = "closed";
    this.network.forget(this);
    this.reportClose(reason);
  }

  private reportClose(reason: string): void {
    if (this.isCloseReported) return;
    this.isCloseReported = true;
    this.node.process.setTimer(0, () => this.onClose?.(reason));
  }
}
