/** kcp-ts: KCP, a reliable protocol over datagrams, as a pure state machine. Everything of it that is public. */

export { KCP_CODE, type KcpCode } from "./codes.js";
export { convOf, HEADER_BYTES } from "./header.js";
export { Kcp, type KcpCounters, type KcpOutput } from "./kcp.js";
export type { KcpOptions } from "./options.js";
export { SegmentPool } from "./segment-pool.js";
