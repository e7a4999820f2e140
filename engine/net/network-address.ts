/**
 * Addresses of clients as limits see them: which network a host is in, whether it is this machine, which of a proxy's headers to believe.
 * Pure, for both transports. A host is what stands before the port of `Connection.remote`: IPv4, IPv6, or a name in simulations.
 */
const IPV4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;
const MAPPED_IPV4 = /^::ffff:(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})$/i;
const GROUP = /^[0-9a-f]{1,4}$/;
const GROUP_COUNT = 8;
const BYTE_MAX = 255;
/** Of 16-bit groups: what one customer of a network has to itself, and what is usually given to a site. */
const HOST_GROUPS = 4;
const SITE_GROUPS = 3;
const SITE_LAST_GROUP_MASK = 0xff00;

/** The groups of limits that a host belongs to. */
export interface AddressGroups {
  /** IPv4: the address. IPv6: its /64, since whoever has one address there has all of them. */
  readonly host: string;
  /** IPv4: its /24. IPv6: its /56. */
  readonly prefix: string;
}

/** The host of "host:port"; an IPv6 host may stand in brackets. */
export function hostOf(remote: string): string {
  const colon = remote.lastIndexOf(":");
  const host = colon < 0 ? remote : remote.slice(0, colon);
  return host.startsWith("[") && host.endsWith("]") ? host.slice(1, -1) : host;
}

/** An IPv4 address that came in by IPv6 as itself, without a zone, in lower case. */
export function plainHost(host: string): string {
  const mapped = MAPPED_IPV4.exec(host);
  if (mapped !== null) return mapped[1] as string;
  return host.toLowerCase().split("%", 1)[0] as string;
}

export function isIpAddress(host: string): boolean {
  const plain = plainHost(host);
  return isIpv4(plain) || ipv6Groups(plain) !== null;
}

export function isLoopback(host: string): boolean {
  const plain = plainHost(host);
  return (isIpv4(plain) && plain.startsWith("127.")) || plain === "::1" || plain === "localhost";
}

/** What is no IP address is a group of its own. */
export function addressGroups(host: string): AddressGroups {
  const plain = plainHost(host);
  if (isIpv4(plain)) return { host: plain, prefix: `${plain.slice(0, plain.lastIndexOf("."))}.0/24` };
  const groups = ipv6Groups(plain);
  if (groups === null) return { host: plain, prefix: plain };
  const siteEnd = (groups[SITE_GROUPS] as number) & SITE_LAST_GROUP_MASK;
  return {
    host: `${textOf(groups.slice(0, HOST_GROUPS))}::/64`,
    prefix: `${textOf([...groups.slice(0, SITE_GROUPS), siteEnd])}::/56`,
  };
}

/**
 * The client behind trusted proxies: `peer` itself unless it is one of them; else the last address of X-Forwarded-For that no trusted
 * proxy has. What stands further left was said by the client, and so is never believed. `proxies`: plain hosts.
 */
export function forwardedHost(
  peer: string,
  forwardedFor: string | readonly string[] | undefined,
  proxies: readonly string[],
): string {
  let host = plainHost(peer);
  const said = (typeof forwardedFor === "string" ? [forwardedFor] : (forwardedFor ?? [])).join(",").split(",");
  while (proxies.includes(host)) {
    const before = plainHost(withoutPort(said.pop()?.trim() ?? ""));
    if (!isIpAddress(before)) return host;
    host = before;
  }
  return host;
}

/** Some proxies write the port too. */
function withoutPort(text: string): string {
  if (text.startsWith("[")) return text.slice(1).split("]", 1)[0] as string;
  const [host = "", ...rest] = text.split(":");
  return rest.length === 1 ? host : text;
}

function isIpv4(host: string): boolean {
  const parts = IPV4.exec(host);
  return parts?.slice(1).every((part) => Number(part) <= BYTE_MAX) ?? false;
}

/** [16 bits] * 8; null: no IPv6 address. */
function ipv6Groups(host: string): number[] | null {
  const halves = host.split("::");
  if (!host.includes(":") || halves.length > 2) return null;
  const [left = [], right = []] = halves.map((half) => (half === "" ? [] : half.split(":")));
  const missing = GROUP_COUNT - left.length - right.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  const groups = [...left, ...new Array<string>(missing).fill("0"), ...right];
  return groups.every((group) => GROUP.test(group)) ? groups.map((group) => Number.parseInt(group, 16)) : null;
}

function textOf(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(":");
}
