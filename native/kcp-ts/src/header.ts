/**
 * The head of a segment, as on the wire (little endian), and its commands. A datagram is one segment behind the other.
 *
 *   0 conv u32 | 4 cmd u8 | 5 frg u8 | 6 wnd u16 | 8 ts u32 | 12 sn u32 | 16 una u32 | 20 len u32 | 24 the bytes (len; of PUSH)
 *
 * conv  the conversation's number, the same at both ends
 * cmd   what it is, see COMMAND
 * frg   how many fragments of the message follow this one, 0 for the last
 * wnd   segments that the sender of this has room for
 * ts    ms, the sender's clock; an ACK repeats the ts of what it acknowledges
 * sn    number of the segment; of an ACK: the one it acknowledges
 * una   the sender has everything below this number
 */
export const HEADER_BYTES = 24;

export const COMMAND = {
  /** Data. */
  push: 81,
  /** Acknowledges one segment. */
  ack: 82,
  /** Asks for the window. */
  askWindow: 83,
  /** Says it. */
  tellWindow: 84,
} as const;

/** Where the fields stand. */
export const AT = { conv: 0, command: 4, fragment: 5, window: 6, time: 8, number: 12, una: 16, length: 20 } as const;

/** Commands and their fragment numbers share a 16-bit word, and the window the other half of it: one write. */
export function writeHeader(
  view: DataView,
  at: number,
  conv: number,
  command: number,
  fragment: number,
  window: number,
  time: number,
  number: number,
  una: number,
  length: number,
): void {
  view.setInt32(at + AT.conv, conv, true);
  view.setInt32(at + AT.command, command | (fragment << 8) | (window << 16), true);
  view.setInt32(at + AT.time, time, true);
  view.setInt32(at + AT.number, number, true);
  view.setInt32(at + AT.una, una, true);
  view.setInt32(at + AT.length, length, true);
}

/** Reads a u32 of the wire as an int32, in which sequence numbers and times are kept here. */
export function readInt32(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}

/** The conversation of a datagram, unsigned; −1 when it is too short to say. */
export function convOf(bytes: Uint8Array, start = 0, end = bytes.length): number {
  return end - start < HEADER_BYTES ? -1 : readInt32(bytes, start) >>> 0;
}
