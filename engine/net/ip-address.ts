/**
 * Where a datagram came from, as bytes: `16 IPv6 address (IPv4 as ::ffff:a.b.c.d) | u16 port, big-endian`. So that an address can stand
 * in a slot, be a part of what a cookie is made over, and be cut to its prefix. Pure.
 */
export const IP_BYTES = 16;
export const ADDRESS_BYTES = IP_BYTES + 2;

const IPV4_AT = 12;
const GROUP_COUNT = 8;
const HEX_GROUP = /^[0-9a-fA-F]{1,4}$/;
const IPV4_PARTS = 4;
const BYTE_MAX = 255;
const DIGIT_ZERO = 48;
/** "." less "0". */
const DOT = -2;

/** Writes ADDRESS_BYTES at `at`. False: `host` is no IP address (a name, one with a zone). */
export function writeAddress(bytes: Uint8Array, at: number, host: string, port: number): boolean {
  const isWritten = host.includes(":") ? writeIpv6(bytes, at, host) : writeIpv4(bytes, at, host);
  bytes[at + IP_BYTES] = port >>> 8;
  bytes[at + IP_BYTES + 1] = port;
  return isWritten;
}

/** A buffer of its own; null: `host` is no IP address. */
export function addressBytes(host: string, port: number): Uint8Array | null {
  const bytes = new Uint8Array(ADDRESS_BYTES);
  return writeAddress(bytes, 0, host, port) ? bytes : null;
}

export function hostOf(bytes: Uint8Array, at = 0): string {
  if (isIpv4(bytes, at)) {
    const from = at + IPV4_AT;
    return `${bytes[from]}.${bytes[from + 1]}.${bytes[from + 2]}.${bytes[from + 3]}`;
  }
  const groups: string[] = [];
  for (let i = 0; i < IP_BYTES; i += 2) {
    groups.push((((bytes[at + i] as number) << 8) | (bytes[at + i + 1] as number)).toString(16));
  }
  return groups.join(":");
}

export function portOf(bytes: Uint8Array, at = 0): number {
  return ((bytes[at + IP_BYTES] as number) << 8) | (bytes[at + IP_BYTES + 1] as number);
}

/** Whether it is an IPv4 address in IPv6's clothes. */
export function isIpv4(bytes: Uint8Array, at = 0): boolean {
  for (let i = 0; i < 10; i++) if (bytes[at + i] !== 0) return false;
  return bytes[at + 10] === 0xff && bytes[at + 11] === 0xff;
}

/** By hand: it is asked for each datagram of a stranger. */
function writeIpv4(bytes: Uint8Array, at: number, host: string): boolean {
  bytes.fill(0, at, at + 10);
  bytes.fill(0xff, at + 10, at + IPV4_AT);
  let part = -1;
  let count = 0;
  for (let i = 0; i <= host.length; i++) {
    const digit = i === host.length ? DOT : host.charCodeAt(i) - DIGIT_ZERO;
    if (digit === DOT) {
      if (part < 0 || part > BYTE_MAX || count === IPV4_PARTS) return false;
      bytes[at + IPV4_AT + count++] = part;
      part = -1;
    } else if (digit >= 0 && digit <= 9 && part <= BYTE_MAX) part = Math.max(0, part) * 10 + digit;
    else return false;
  }
  return count === IPV4_PARTS;
}

function writeIpv6(bytes: Uint8Array, at: number, host: string): boolean {
  const dots = host.lastIndexOf(":") + 1;
  if (host.includes(".")) {
    // Only as the system writes it: ::ffff:1.2.3.4.
    return host.slice(0, dots).toLowerCase() === "::ffff:" && writeIpv4(bytes, at, host.slice(dots));
  }
  const halves = host.split("::");
  if (halves.length > 2) return false;
  const [front, back] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const groups = front as string[];
  if (back !== undefined) {
    const missing = GROUP_COUNT - groups.length - back.length;
    if (missing < 1) return false;
    groups.push(...new Array<string>(missing).fill("0"), ...back);
  }
  if (groups.length !== GROUP_COUNT || !groups.every((group) => HEX_GROUP.test(group))) return false;
  for (const [i, group] of groups.entries()) {
    const value = Number.parseInt(group, 16);
    bytes[at + 2 * i] = value >>> 8;
    bytes[at + 2 * i + 1] = value;
  }
  return true;
}
