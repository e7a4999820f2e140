/**
 * The whole cluster in one process, for `aeon dev`: each role's main.ts on a thread of its own, over the same links as ever. It ends when
 * all have stopped, and with an error as soon as one has failed.
 *
 *   node dist/cli/dev-cluster.js --data DIR
 */
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { processProgram } from "./package-files.js";

const ROLES = ["gamemanager", "dbmanager", "game", "gate"] as const;

const { values } = parseArgs({ options: { data: { type: "string" }, name: { type: "string" } } });
const running = new Set<Worker>();

for (const role of ROLES) {
  const name = role === "game" || role === "gate" ? `${role}1` : role;
  const worker = new Worker(processProgram(role), { argv: ["--data", values.data ?? "", "--name", name] });
  running.add(worker);
  worker.on("error", (error) => {
    process.stderr.write(`aeon ${name}: ${error.message}\n`);
    process.exitCode = 1;
  });
  worker.on("exit", (code) => {
    running.delete(worker);
    if (code !== 0) process.exitCode = 1;
    // Its last words come by a queue of this thread: let them out before this process ends.
    if (running.size === 0 || code !== 0) setImmediate(() => process.exit());
  });
}

process.on("SIGTERM", () => process.exit(0));
