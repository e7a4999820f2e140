/** Starts a game: `node main.js --data DIR --name NAME`. */
import { runProcess } from "../engine/cluster/process-shell.js";
import { Game } from "./game.js";
import { loadNav } from "./nav-loader.js";
import { openSyncThread } from "./sync-thread.js";
import { loadRegistry } from "./world-loader.js";

await runProcess("game", async (env) => {
  const { module } = env.config.world;
  const nav = await loadNav(module, env.config.nav.workers);
  return new Game(env, await loadRegistry(module), { openStream: openSyncThread, ...(nav === null ? {} : { nav }) });
});
