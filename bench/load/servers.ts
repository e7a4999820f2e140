/** The servers under load: a cluster of our own with its own data folder and ports, and the peer's room. Each stops what it started. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { compiledFolder, mainProgram, packageFolder } from "../../cli/package-files.js";
import { GATE_PORT_OFFSET } from "../../cli/ports.js";
import { LineProcess } from "./processes.js";

export interface ServerUnderLoad {
  readonly port: number;
  /** All of its processes. */
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

const GATE_PORT = GATE_PORT_OFFSET + 1;
const VIEW_MARGIN = 0.25;

export interface AeonOptions {
  /** Sections of aeon.config.json. */
  readonly config?: Readonly<Record<string, object>>;
  /** The module of bench/world; without: "world". */
  readonly world?: string;
  /** Of every process. */
  readonly env?: NodeJS.ProcessEnv;
}

export async function startAeon(portBase: number, options: AeonOptions = {}): Promise<ServerUnderLoad> {
  const folder = mkdtempSync(join(tmpdir(), "aeon-bench-"));
  const data = join(folder, "data");
  const config = join(folder, "aeon.config.json");
  writeFileSync(config, JSON.stringify(configOf(folder, options)));
  const up = new LineProcess(
    [mainProgram, ...["up", "--detach", "--json", "--data", data, "--config", config, "--port-base", String(portBase)]],
    options.env,
  );
  const stop = async (): Promise<void> => {
    const down = new LineProcess([mainProgram, "down", "--json", "--data", data]);
    await down.next("down").catch(() => undefined);
    await down.end();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await up.next("open");
    return { port: portBase + GATE_PORT, pids: await pidsOf(data), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The world is named by a module of the data folder's own, so that no rpc-index.json of another world is taken for its. */
function configOf(folder: string, { config = {}, world = "world" }: AeonOptions): object {
  const worldFolder = join(folder, "world");
  mkdirSync(worldFolder);
  writeFileSync(join(worldFolder, "package.json"), '{"type":"module"}');
  const module = pathToFileURL(join(compiledFolder, "bench", "world", `${world}.js`)).href;
  writeFileSync(join(worldFolder, "world.js"), `export { world } from ${JSON.stringify(module)};\n`);
  return {
    world: { module: join(worldFolder, "world.js") },
    database: { store: "memory" },
    ...config,
    game: { viewMargin: VIEW_MARGIN, ...config.game },
  };
}

async function pidsOf(data: string): Promise<number[]> {
  const status = new LineProcess([mainProgram, "status", "--json", "--data", data]);
  return (await status.all()).map(({ pid }) => Number(pid));
}

/** Needs `npm ci` in bench/peers. */
export async function startColyseus(portBase: number): Promise<ServerUnderLoad> {
  const port = portBase + GATE_PORT;
  const server = new LineProcess([join(packageFolder(), "bench", "peers", "server.mjs"), "--port", String(port)]);
  const stop = () => server.end("SIGTERM");
  try {
    await server.next("open");
    return { port, pids: [server.pid], stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A port base whose ports are free now. */
export async function freePortBase(): Promise<number> {
  for (let base = 21_000; base < 30_000; base += 100) {
    if ((await isFree(base)) && (await isFree(base + GATE_PORT))) return base;
  }
  throw new Error("no free ports");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host: "127.0.0.1", port }, () => server.close(() => resolve(true)));
  });
}
