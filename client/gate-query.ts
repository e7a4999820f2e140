/**
 * Asking any gate that is known which one to connect to (`GET /querygate`; over UDP, `kcp://`, a datagram). The functions that ask are
 * passed in by scheme: a page has one for `ws` and `wss`, Node has one for `kcp` too.
 */
import { AeonError } from "../engine/base/errors.js";
import { asReachedFrom } from "./gate-address.js";

/** Asks the gate at `url`; gives the addresses it names, the best first. Rejects when it does not answer. */
export type AskGate = (url: string) => Promise<readonly string[]>;
/** Asks the gates in turn until one answers. Rejects with why the last did not. */
export type QueryGates = (urls: readonly string[]) => Promise<readonly string[]>;

/** Named by one answer; more are not looked at. */
const GATES_MAX = 64;
const QUERY_PATH = "/querygate";

/** What a gate says of itself: `fetch` of the platform, as far as it is needed. */
export type FetchJson = (url: string) => Promise<unknown>;

/** `ask`: by scheme, such as "ws:". A gate of another scheme is passed over. */
export function gateQuery(ask: Readonly<Record<string, AskGate>>): QueryGates {
  return async (urls) => {
    let failure: unknown = new AeonError("CLIENT_DISCONNECTED", "no gate can be asked");
    for (const url of urls) {
      const askGate = URL.canParse(url) ? ask[new URL(url).protocol] : undefined;
      if (askGate === undefined) continue;
      try {
        const named = (await askGate(url)).map((told) => asReachedFrom(url, told));
        const answer = named.filter((found) => isAsSafe(url, found)).slice(0, GATES_MAX);
        if (answer.length > 0) return answer;
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  };
}

/** Who asked by TLS is not sent to where there is none. */
export function isAsSafe(asked: string, told: string): boolean {
  return !asked.startsWith("wss:") || told.startsWith("wss:");
}

/** Over HTTP, on the port that takes WebSockets. */
export function askOverHttp(fetchJson: FetchJson): AskGate {
  return async (url) => {
    const answer = await fetchJson(
      `${url
        .replace(/^ws/, "http")
        .replace(/[?#].*$/, "")
        .replace(/\/$/, "")}${QUERY_PATH}`,
    );
    const gates: unknown = Object(answer).gates;
    if (!Array.isArray(gates)) throw new AeonError("BYTES_MALFORMED", "that is no answer to a query");
    return gates.flatMap((gate: unknown) => {
      const ws: unknown = Object(gate).ws;
      return typeof ws === "string" && /^wss?:\/\//.test(ws) ? [ws] : [];
    });
  };
}

/** With the platform's own fetch. */
export const fetchJson: FetchJson = async (url) => {
  const response = await fetch(url, { redirect: "error", cache: "no-store" });
  if (!response.ok) throw new AeonError("CLIENT_NOT_OPEN", `${url} answered ${response.status}`);
  return response.json();
};
