/** The gamemanager's process. */
import { runProcess } from "../engine/cluster/process-shell.js";
import { GameManager } from "./game-manager.js";

await runProcess("gamemanager", (env) => new GameManager(env));
