/**
 * `GET /querygate`: which gate to connect to, as JSON, best first: `{"gates":[{"ws":"ws://host:port","load":0.2}]}`, load as a share of what
 * the gate takes. 503 while none takes clients. A page of another origin may read it where it may connect.
 */
import type { HttpRequest, HttpResponse } from "../engine/net/websocket-server.js";
import type { GateOffer } from "../engine/protocol/datagram.js";

const PATH_END = "/querygate";
const LOAD_MAX = 255;
const TYPE = "application/json; charset=utf-8";

/** Also below a proxy's path. */
export function isQuery(path: string): boolean {
  return (path.split(/[?#]/, 1)[0] ?? "").endsWith(PATH_END);
}

export function queryReply(
  { headers }: HttpRequest,
  offers: readonly GateOffer[],
  allowedOrigins: readonly string[],
): HttpResponse {
  const gates = offers.map(({ url, load }) => ({ ws: url, load: Math.round((load / LOAD_MAX) * 1_000) / 1_000 }));
  const { origin } = headers;
  const isAllowed = typeof origin === "string" && (allowedOrigins.includes(origin) || allowedOrigins.includes("*"));
  return {
    status: gates.length === 0 ? 503 : 200,
    type: TYPE,
    body: JSON.stringify({ gates }),
    headers: {
      "cache-control": "no-store",
      vary: "Origin",
      ...(isAllowed ? { "access-control-allow-origin": origin } : {}),
    },
  };
}
