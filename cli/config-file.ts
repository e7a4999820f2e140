/** Reads aeon.config.json, puts the command line's options over it and makes its paths absolute: the effective configuration. */
import { existsSync, readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { dirname, resolve } from "node:path";
import { AeonError, errorText } from "../engine/base/errors.js";
import { type AeonConfig, parseConfig } from "../engine/config/config.js";

export const CONFIG_FILE_NAME = "aeon.config.json";

/** What the command line may say in the file's place; undefined leaves the file's word. */
export interface ConfigOverrides {
  readonly portBase?: number | undefined;
  readonly games?: number | undefined;
  readonly gates?: number | undefined;
  readonly host?: string | undefined;
  /** Absolute. */
  readonly recordFolder?: string | undefined;
  /** Absolute; where the file names none. */
  readonly traceFolder?: string | undefined;
}

export interface ConfigFile {
  readonly config: AeonConfig;
  /** The folder that relative paths start from: the file's, or the current one without a file. */
  readonly folder: string;
  /** The file that was read; null: none, everything has its default. */
  readonly path: string | null;
}

/** `path` undefined: aeon.config.json in the current folder, if there is one. Throws CONFIG_INVALID. */
export function readConfigFile(path: string | undefined, overrides: ConfigOverrides = {}): ConfigFile {
  const file = resolve(path ?? CONFIG_FILE_NAME);
  const exists = existsSync(file);
  if (!exists && path !== undefined) throw new AeonError("CONFIG_INVALID", `there is no file ${file}`);
  const written = parseConfig(exists ? parseJson(file) : {});
  const folder = dirname(file);
  return { config: effective(written, folder, overrides), folder, path: exists ? file : null };
}

function parseJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as unknown;
  } catch (error) {
    throw new AeonError("CONFIG_INVALID", `${file} cannot be read: ${errorText(error)}`, { cause: error });
  }
}

function effective(written: AeonConfig, folder: string, overrides: ConfigOverrides): AeonConfig {
  const { cluster, gate, game, movement, world } = written;
  const traceFolder = absolute(folder, movement.traceFolder);
  const host = overrides.host ?? gate.host;
  const publicHost = gate.publicHost === "" && isEveryAddress(host) ? ownAddress() : gate.publicHost;
  return parseConfig({
    ...written,
    cluster: {
      ...cluster,
      portBase: overrides.portBase ?? cluster.portBase,
      games: overrides.games ?? cluster.games,
      gates: overrides.gates ?? cluster.gates,
    },
    gate: {
      ...gate,
      host,
      publicHost,
      tlsCertFile: absolute(folder, gate.tlsCertFile),
      tlsKeyFile: absolute(folder, gate.tlsKeyFile),
    },
    game: { ...game, recordFolder: overrides.recordFolder ?? absolute(folder, game.recordFolder) },
    movement: { ...movement, traceFolder: traceFolder === "" ? (overrides.traceFolder ?? "") : traceFolder },
    world: { ...world, module: absolute(folder, world.module), web: absolute(folder, world.web) },
  });
}

function absolute(folder: string, path: string): string {
  return path === "" ? "" : resolve(folder, path);
}

function isEveryAddress(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

/** The first address other machines can reach us by; "" when there is none. */
function ownAddress(): string {
  for (const addresses of Object.values(networkInterfaces())) {
    for (const { family, internal, address } of addresses ?? []) if (family === "IPv4" && !internal) return address;
  }
  return "";
}

/** Whether clients on other machines can reach the gates. */
export function isOpenToOthers(config: AeonConfig): boolean {
  return !["127.0.0.1", "::1", "localhost"].includes(config.gate.host);
}
