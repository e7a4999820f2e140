/** A datagram in words, for messages of tests that failed. */
import { createHash } from "node:crypto";
import { AT, COMMAND, HEADER_BYTES, readInt32 } from "../src/header.js";

const NAMES = new Map<number, string>(Object.entries(COMMAND).map(([name, number]) => [number, name]));

/** Each segment's fields, and a hash over all bytes, so that texts are equal only if the datagrams are. */
export function describeDatagram(bytes: Uint8Array): string {
  const parts: string[] = [];
  for (let at = 0; bytes.length - at >= HEADER_BYTES; ) {
    const [time, number, una, length] = [AT.time, AT.number, AT.una, AT.length].map((field) =>
      readInt32(bytes, at + field),
    ) as [number, number, number, number];
    const name = NAMES.get(bytes[at + AT.command] ?? 0) ?? "?";
    const window = (bytes[at + AT.window] ?? 0) | ((bytes[at + AT.window + 1] ?? 0) << 8);
    parts.push(`${name} ${number} of ${time} una ${una} room ${window} frg ${bytes[at + AT.fragment]} len ${length}`);
    at += HEADER_BYTES + Math.max(0, length);
  }
  return `[${parts.join(" | ")}] ${createHash("sha1").update(bytes).digest("hex").slice(0, 12)}`;
}
