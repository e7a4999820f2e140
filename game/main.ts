/** Starts a game: `node main.js --data DIR --name NAME`. */
import { runProcess } from "../engine/cluster/process-shell.js";
import { Game } from "./game.js";
import { openSyncThread } from "./sync-thread.js";
import { loadRegistry } from "./world-loader.js";

await runProcess(
  "game",
  async (env) => new Game(env, await loadRegistry(env.config.world.module), { openStream: openSyncThread }),
);
