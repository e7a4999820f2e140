/**
 * A cluster's data folder: who runs from it, its secret and effective configuration, its logs.
 *
 *   cluster.json    who holds the folder; made by `aeon up` before anything else, removed when the cluster has ended
 *   secret          what the cluster's processes prove to each other; readable by its owner
 *   config.json     the effective configuration, as the processes read it
 *   processes/      one record for each process that was started, supervisors among them
 *   recordings/     what games recorded (`aeon up --record`), for `aeon replay`
 *   traces/         what games saw of suspicious moves, for `aeon trace` and `aeon replay`
 *   stopping        there while the cluster ends: what dies now is not started again
 *   logs/  store/   log files; the embedded store
 */
import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { AeonError } from "../engine/base/errors.js";
import { bytesToBase64Url } from "../engine/base/ids.js";
import type { Random } from "../engine/base/random.js";
import { type AeonConfig, parseConfig } from "../engine/config/config.js";
import type { Address } from "../engine/net/transport.js";
import { isRunning, type ProcessRecord } from "./process-identity.js";

export const DEFAULT_DATA_FOLDER = ".aeon";
const OWNER_ONLY_FILE = 0o600;
const OWNER_ONLY_FOLDER = 0o700;
const SECRET_BYTES = 32;
const SUPERVISOR = "supervisor";

export interface ClusterFile {
  readonly supervisorPid: number;
  /** The cluster's name. */
  readonly name: string;
  readonly gamemanager: Address;
  /** Milliseconds since 1970. */
  readonly startedMs: number;
}

export class DataFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = resolve(path);
  }

  private file(...parts: string[]): string {
    return join(this.path, ...parts);
  }

  logFile(name: string): string {
    return this.file("logs", `${name}.log`);
  }

  /** Where a process's standard error goes: what it says when it cannot even log. */
  stderrFile(name: string): string {
    return this.file("logs", `${name}.stderr`);
  }

  logNames(): string[] {
    if (!existsSync(this.file("logs"))) return [];
    const names = readdirSync(this.file("logs")).filter((name) => name.endsWith(".log"));
    return names.map((name) => name.slice(0, -".log".length)).sort();
  }

  makeFolders(): void {
    mkdirSync(this.path, { recursive: true, mode: OWNER_ONLY_FOLDER });
    for (const folder of ["logs", "processes"]) mkdirSync(this.file(folder), { recursive: true });
  }

  /** Takes the folder for one cluster. Throws CLUSTER_DATA_IN_USE while another one's supervisor or any of its processes runs. */
  acquire(cluster: ClusterFile, supervisor: ProcessRecord): void {
    this.makeFolders();
    if (!this.tryClaim(cluster)) {
      const runs = this.processes().find(isRunning);
      if (runs !== undefined || this.isFreshClaim()) {
        const who = runs === undefined ? "another `aeon up` has just begun" : `${runs.name} runs as pid ${runs.pid}`;
        throw new AeonError("CLUSTER_DATA_IN_USE", `${this.path}: ${who}`);
      }
      this.release();
      if (!this.tryClaim(cluster)) throw new AeonError("CLUSTER_DATA_IN_USE", this.path);
    }
    this.record(SUPERVISOR, supervisor);
    this.clearStopping();
  }

  private tryClaim(cluster: ClusterFile): boolean {
    const draft = this.file(`cluster.json.${process.pid}.draft`);
    writeFileSync(draft, JSON.stringify(cluster));
    try {
      linkSync(draft, this.file("cluster.json")); // Unlike a rename, a link never replaces what is there.
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
      throw error;
    } finally {
      rmSync(draft, { force: true });
    }
  }

  /** A claim whose maker lives and has not yet recorded itself. */
  private isFreshClaim(): boolean {
    const cluster = this.cluster();
    const isRecorded = this.processes().some((record) => record.pid === cluster?.supervisorPid);
    return cluster !== null && !isRecorded && isRunning({ name: "", pid: cluster.supervisorPid, startMark: "" });
  }

  /** Forgets who runs here. Secret, store and logs stay. */
  release(): void {
    rmSync(this.file("processes"), { recursive: true, force: true });
    mkdirSync(this.file("processes"), { recursive: true });
    this.clearStopping();
    rmSync(this.file("cluster.json"), { force: true });
  }

  cluster(): ClusterFile | null {
    return this.readJson("cluster.json") as ClusterFile | null;
  }

  processes(): ProcessRecord[] {
    if (!existsSync(this.file("processes"))) return [];
    const records = readdirSync(this.file("processes"))
      .filter((name) => name.endsWith(".json"))
      .map((name) => this.readJson("processes", name) as ProcessRecord | null);
    return records.filter((record) => record !== null);
  }

  record(name: string, record: ProcessRecord): void {
    this.writeWhole(JSON.stringify(record), "processes", `${name}.json`);
  }

  forget(name: string): void {
    rmSync(this.file("processes", `${name}.json`), { force: true });
  }

  markStopping(): void {
    writeFileSync(this.file("stopping"), "");
  }

  clearStopping(): void {
    rmSync(this.file("stopping"), { force: true });
  }

  get isStopping(): boolean {
    return existsSync(this.file("stopping"));
  }

  /** Writes config.json and secret. The secret of the configuration wins; else the folder's own is kept, or made. */
  writeConfig(config: AeonConfig, random: Random): void {
    const { secret, ...cluster } = config.cluster;
    const kept = existsSync(this.file("secret")) ? readFileSync(this.file("secret"), "utf8").trim() : undefined;
    const used = secret ?? kept ?? bytesToBase64Url(random.bytes(SECRET_BYTES));
    this.writeWhole(used, "secret");
    this.writeWhole(JSON.stringify({ ...config, cluster }, null, 2), "config.json");
  }

  config(): AeonConfig {
    const written = this.readJson("config.json");
    if (written === null) throw new AeonError("CLUSTER_NOT_RUNNING", this.path);
    return parseConfig(written);
  }

  secret(): string {
    return readFileSync(this.file("secret"), "utf8").trim();
  }

  /** Null when there is no such file, or it is being written or removed at this moment. */
  private readJson(...parts: string[]): unknown {
    try {
      return JSON.parse(readFileSync(this.file(...parts), "utf8")) as unknown;
    } catch {
      return null;
    }
  }

  /** A reader sees the old file or the new one, never half of one. */
  private writeWhole(text: string, ...parts: string[]): void {
    const file = this.file(...parts);
    const draft = `${file}.${process.pid}.draft`;
    writeFileSync(draft, text, { mode: OWNER_ONLY_FILE });
    renameSync(draft, file);
  }
}
