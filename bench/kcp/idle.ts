/** What sessions cost that have nothing to do: `update` of each, every 10 ms, for a second. */
import { Kcp, SegmentPool } from "../../native/kcp-ts/src/index.js";
import { makeNative, type NodeKcp } from "../../native/kcp-ts/testing/node-kcp.js";
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
