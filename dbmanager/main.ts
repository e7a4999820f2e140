/** The dbmanager's process: opens the store that the configuration names. */
import { join } from "node:path";
import type { ProcessEnv } from "../engine/cluster/process-env.js";
import { runProcess } from "../engine/cluster/process-shell.js";
import { LmdbStore } from "../engine/store/lmdb-store.js";
import { MemoryDisk, MemoryStore } from "../engine/store/memory-store.js";
import type { Store } from "../engine/store/store.js";
import { DatabaseManager } from "./database-manager.js";

function openStore(env: ProcessEnv, dataDir: string): Store {
  const { config, scheduler, random } = env;
  if (config.database.store === "lmdb") {
    return new LmdbStore({ path: join(dataDir, "store"), mapSizeMb: config.database.mapSizeMb });
  }
  return new MemoryStore({ disk: new MemoryDisk(), scheduler, random, latencyMinMs: 0, latencyMaxMs: 0 });
}

await runProcess("dbmanager", (env, { dataDir }) => new DatabaseManager(env, openStore(env, dataDir)));
