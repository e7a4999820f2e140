/** The gate's process: a WebSocket listener that also serves the web page, around the Gate class. */
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { AeonError, errorText } from "../engine/base/errors.js";
import type { ProcessEnv } from "../engine/cluster/process-env.js";
import { runProcess } from "../engine/cluster/process-shell.js";
import type { AeonConfig } from "../engine/config/config.js";
import { nodeSeal } from "../engine/net/node-seal.js";
import { gateKeyPair } from "../engine/net/seal.js";
import { createUdpListener } from "../engine/net/udp-listener.js";
import { createWebSocketListener, type HttpRequest, type HttpResponse } from "../engine/net/websocket-server.js";
import { CLIENT_FRAME_BYTES_MAX } from "../engine/protocol/limits.js";
import { Gate } from "./gate.js";
import { isQuery, queryReply } from "./query-reply.js";
import { WebFiles } from "./web-files.js";

/** Somewhat larger frames still reach the gate, so that their sender is told CLIENT_OVERSIZED; past this the connection just closes. */
const FRAME_BYTES_MAX = 2 * CLIENT_FRAME_BYTES_MAX;
/** The example world's page: client/web beside gate in dist. */
const EXAMPLE_WEB = join(dirname(fileURLToPath(import.meta.url)), "..", "client", "web");

function makeGate(env: ProcessEnv, dataDir: string): Gate {
  const { web } = env.config.world;
  const config = env.config.gate;
  const files = new WebFiles({
    root: web === "" ? EXAMPLE_WEB : resolve(dataDir, web),
    gates: () => gate.clientUrls(),
  });
  const clients = createWebSocketListener({
    httpHandler: (request) => answer(files, gate, config, request),
    allowedOrigins: config.allowedOrigins,
    pagePorts: () => gate.clientUrls().map((url) => Number(new URL(url).port)),
    trustedProxies: config.trustedProxies,
    ...(config.tlsCertFile === "" ? {} : { tls: readTls(config, dataDir) }),
    admits: (host) => gate.core.admitsHandshake(host),
    maxFrameBytes: FRAME_BYTES_MAX,
    log: env.log,
  });
  const staticKey = gateKeyPair(nodeSeal, env.secret);
  const datagrams = createUdpListener({
    ...env,
    config,
    primitives: nodeSeal,
    staticKey,
    frameBytesMax: FRAME_BYTES_MAX,
    admits: (host) => gate.core.admitsHandshake(host),
    gates: () => gate.offers(),
  });
  const gate = new Gate(env, {
    clients,
    ...(config.udp === "off" ? {} : { datagrams }),
    seal: { primitives: nodeSeal, staticKey, random: env.random },
  });
  return gate;
}

/** Throws CONFIG_INVALID. */
function readTls({ tlsCertFile, tlsKeyFile }: AeonConfig["gate"], dataDir: string) {
  const read = (file: string) => {
    try {
      return readFileSync(resolve(dataDir, file));
    } catch (cause) {
      throw new AeonError("CONFIG_INVALID", `${file} cannot be read: ${errorText(cause)}`, { cause });
    }
  };
  return { cert: read(tlsCertFile), key: read(tlsKeyFile) };
}

function answer(files: WebFiles, gate: Gate, config: AeonConfig["gate"], request: HttpRequest): HttpResponse {
  const { method, path } = request;
  if (method === "GET" && isQuery(path)) return queryReply(request, gate.offers(), config.allowedOrigins);
  if (method === "GET" || method === "HEAD") return files.reply(path);
  return { status: 405, type: "text/plain", body: "only GET and HEAD\n", headers: { allow: "GET, HEAD" } };
}

await runProcess("gate", (env, { dataDir }) => makeGate(env, dataDir));
