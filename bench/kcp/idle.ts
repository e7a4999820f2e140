/** What sessions cost that have nothing to do, for a second: `update` of each every 10 ms, or at a gate's host. */
import { SealKind } from "../../engine/net/seal.js";
import { Kcp, SegmentPool } from "../../native/kcp-ts/src/index.js";
import { makeNative, type NodeKcp } from "../../native/kcp-ts/testing/node-kcp.js";
import { MemoryGate } from "../gate/memory.js";
import { medians, timed } from "../harness.js";
import { FAST } from "./in-memory.js";

const INTERVAL_MS = 10;
const UPDATES_PER_SECOND = 1_000 / INTERVAL_MS;

interface Updated {
  update(nowMs: number): void;
}

/** Sessions that were used once, as those of players who stand still. */
export function ourIdleSessions(count: number): Updated[] {
  const pool = new SegmentPool();
  return Array.from({ length: count }, (_, conv) => {
    const a: Kcp = new Kcp(conv, { ...FAST, pool }, (bytes) => void b.input(bytes));
    const b: Kcp = new Kcp(conv, { ...FAST, pool }, (bytes) => void a.input(bytes));
    a.send(new Uint8Array(100));
    for (let nowMs = 0; nowMs < 50; nowMs += INTERVAL_MS) {
      a.update(nowMs);
      b.update(nowMs);
      b.receive();
    }
    return a;
  });
}

export function nativeIdleSessions(Native: NodeKcp, count: number): Updated[] {
  return Array.from({ length: count }, (_, conv) => makeNative(Native, conv, FAST, () => {}));
}

/** ms per second of virtual time, for each kind. */
export function measureIdle(kinds: readonly (readonly Updated[])[], isSmall: boolean): Promise<number[]> {
  let nowMs = 1_000;
  return medians({ warmUp: isSmall ? 0 : 3, repeats: 1 }, () => {
    const startMs = nowMs;
    nowMs += 1_000;
    return kinds.map((sessions) =>
      timed(() => {
        for (let i = 0; i < UPDATES_PER_SECOND; i++) {
          const atMs = startMs + i * INTERVAL_MS;
          for (let session = 0; session < sessions.length; session++) sessions[session]!.update(atMs);
        }
      }),
    );
  });
}

/** ms per second of virtual time of the gate's whole UDP end: turns of the event loop and timers that are due. */
export async function measureIdleHost(count: number): Promise<number> {
  const gate = new MemoryGate();
  gate.connect(count, SealKind.none);
  gate.scheduler.pass(1_000);
  const [ms = 0] = await medians({ warmUp: 1, repeats: 3 }, () => [
    timed(() => {
      for (let i = 0; i < UPDATES_PER_SECOND; i++) gate.scheduler.pass(INTERVAL_MS);
    }),
  ]);
  return ms;
}
