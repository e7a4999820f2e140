/** Gates' addresses as gates tell of them, and as they can be reached from here. */
import { isLoopback } from "../engine/net/network-address.js";

/**
 * A gate that listens everywhere names itself and its like by loopback: they stand on the machine that was asked. `asked`: how that was
 * reached. An address that is none stays as it is.
 */
export function asReachedFrom(asked: string, told: string): string {
  if (!URL.canParse(asked) || !URL.canParse(told)) return told;
  const url = new URL(told);
  const { hostname } = new URL(asked);
  if (!isLoopback(bare(url.hostname)) || isLoopback(bare(hostname))) return told;
  url.hostname = hostname;
  return url.pathname === "/" && !told.endsWith("/") ? url.href.replace(/\/(?=[?#]|$)/, "") : url.href;
}

function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "");
}
