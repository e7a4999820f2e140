/** The gate's process: a WebSocket listener that also serves the web page, around the Gate class. */
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { ProcessEnv } from "../engine/cluster/process-env.js";
import { runProcess } from "../engine/cluster/process-shell.js";
import { createWebSocketListener, type HttpRequest, type HttpResponse } from "../engine/net/websocket-server.js";
import { CLIENT_FRAME_BYTES_MAX } from "../engine/protocol/limits.js";
import { Gate } from "./gate.js";
import { WebFiles } from "./web-files.js";

/** Somewhat larger frames still reach the gate, so that their sender is told CLIENT_OVERSIZED; past this the connection just closes. */
const FRAME_BYTES_MAX = 2 * CLIENT_FRAME_BYTES_MAX;
/** The example world's page: client/web beside gate in dist. */
const EXAMPLE_WEB = join(dirname(fileURLToPath(import.meta.url)), "..", "client", "web");

function makeGate(env: ProcessEnv, dataDir: string): Gate {
  const { web } = env.config.world;
  const files = new WebFiles({
    root: web === "" ? EXAMPLE_WEB : resolve(dataDir, web),
    gates: () => gate.clientUrls(),
  });
  const clients = createWebSocketListener({
    httpHandler: (request) => answer(files, request),
    allowedOrigins: env.config.gate.allowedOrigins,
    maxFrameBytes: FRAME_BYTES_MAX,
    log: env.log,
  });
  const gate = new Gate(env, { clients });
  return gate;
}

function answer(files: WebFiles, { method, path }: HttpRequest): HttpResponse {
  if (method === "GET" || method === "HEAD") return files.reply(path);
  return { status: 405, type: "text/plain", body: "only GET and HEAD\n", headers: { allow: "GET, HEAD" } };
}

await runProcess("gate", (env, { dataDir }) => makeGate(env, dataDir));
