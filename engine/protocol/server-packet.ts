/**
 * GateToClient.serverPacket, written by hand since it is the hot one: its head is put in front of bodies that already stand in a buffer.
 * What it writes is what encodeMessage writes, and what clients read by the drawing in client-link.ts.
 */
import { GateToClient } from "./client-link.js";

const UVAR_BYTES_MAX = 8;
/** `u8 id | uvar sequence | uvar ack` */
export const SERVER_PACKET_HEAD_BYTES_MAX = 1 + UVAR_BYTES_MAX + UVAR_BYTES_MAX;

/** Writes the head so that it ends before `end`, where the bodies begin; returns where it starts. The room must be there. */
export function writeServerPacketHead(bytes: Uint8Array, end: number, sequence: number, ack: number): number {
  const start = end - 1 - uvarBytes(sequence) - uvarBytes(ack);
  bytes[start] = GateToClient.serverPacket.id;
  writeUvar(bytes, writeUvar(bytes, start + 1, sequence), ack);
  return start;
}

/** `u8 id | uvar after` */
export const SERVER_LOOSE_HEAD_BYTES_MAX = 1 + UVAR_BYTES_MAX;

/** The same for GateToClient.serverLoose. */
export function writeServerLooseHead(bytes: Uint8Array, end: number, after: number): number {
  const start = end - 1 - uvarBytes(after);
  bytes[start] = GateToClient.serverLoose.id;
  writeUvar(bytes, start + 1, after);
  return start;
}

function uvarBytes(value: number): number {
  let count = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) count++;
  return count;
}

/** Returns where it ends. */
function writeUvar(bytes: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes[at++] = (rest % 0x80) | 0x80;
  bytes[at++] = rest;
  return at;
}
