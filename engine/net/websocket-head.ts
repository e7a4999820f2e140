/**
 * The head of a WebSocket frame as a server writes it (RFC 6455, 5.2): one whole binary message, neither masked nor compressed.
 *
 *   u8 0x82 | u8 length                       up to 125 bytes
 *   u8 0x82 | u8 126 | u16 length             up to 65,535 (big-endian)
 *   u8 0x82 | u8 127 | u64 length
 */
export const WEBSOCKET_HEAD_BYTES_MAX = 10;

const WHOLE_BINARY = 0x82;
const LENGTH_16 = 126;
const LENGTH_64 = 127;
const SHORT_BYTES_MAX = 125;
const MEDIUM_BYTES_MAX = 0xffff;
const BYTE_RANGE = 0x100;

/** Writes the head of `payloadBytes` so that it ends before `end`; returns where it starts. The room must be there. */
export function writeWebSocketHead(bytes: Uint8Array, end: number, payloadBytes: number): number {
  if (payloadBytes <= SHORT_BYTES_MAX) {
    bytes[end - 2] = WHOLE_BINARY;
    bytes[end - 1] = payloadBytes;
    return end - 2;
  }
  const isMedium = payloadBytes <= MEDIUM_BYTES_MAX;
  const start = end - (isMedium ? 4 : WEBSOCKET_HEAD_BYTES_MAX);
  bytes[start] = WHOLE_BINARY;
  bytes[start + 1] = isMedium ? LENGTH_16 : LENGTH_64;
  let rest = payloadBytes;
  for (let at = end - 1; at >= start + 2; at--) {
    bytes[at] = rest % BYTE_RANGE;
    rest = Math.floor(rest / BYTE_RANGE);
  }
  return start;
}
