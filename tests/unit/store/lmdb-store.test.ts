import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { LmdbStore } from "../../../engine/store/lmdb-store.js";
import { storeConformance } from "./conformance.js";

const root = mkdtempSync(join(tmpdir(), "aeon-store-"));
after(() => rmSync(root, { recursive: true, force: true }));

let folders = 0;
let path = "";

function open(): LmdbStore {
  return new LmdbStore({ path, mapSizeMb: 64 });
}

storeConformance("lmdb store", {
  open: async () => {
    path = join(root, `store.${++folders}`);
    return open();
  },
  reopen: async (store) => {
    await store.close();
    return open();
  },
});

test("lmdb store: a folder that cannot be used is an error with a code (a file is in its place)", () => {
  assert.throws(() => new LmdbStore({ path: "/dev/null/store", mapSizeMb: 64 }), { code: "STORE_FAILED" });
});

const writer = fileURLToPath(new URL("./lmdb-writer.child.js", import.meta.url));

/** Lets a child write until it has acknowledged `lineCount` batches, kills it, and notes the highest epoch acknowledged per key. */
async function writeAndKill(folder: string, round: number, lineCount: number, acknowledged: Map<string, number>) {
  const child = spawn(process.execPath, [writer, folder, String(round)], { stdio: ["ignore", "pipe", "inherit"] });
  const lines = createInterface({ input: child.stdout });
  let count = 0;
  lines.on("line", (line) => {
    if (++count === lineCount) child.kill("SIGKILL");
    for (const entry of line.split(" ")) {
      const [key, epoch] = entry.split("=");
      if (key !== undefined && epoch !== undefined) acknowledged.set(key, Number(epoch));
    }
  });
  await Promise.all([once(child, "exit"), once(lines, "close")]);
  assert.ok(count >= lineCount);
}

test("lmdb store: everything acknowledged is there after kill -9 of the writer (5 kills on one file)", async () => {
  const folder = join(root, "killed");
  const acknowledged = new Map<string, number>();
  for (let kill = 1; kill <= 5; kill++) {
    await writeAndKill(folder, kill * 1_000, 20 * kill, acknowledged);
    const store = new LmdbStore({ path: folder, mapSizeMb: 64 });
    for (const [key, epoch] of acknowledged) {
      const document = await store.load("Avatar", key);
      assert.ok((document?.epoch ?? 0) >= epoch, `${key}: epoch ${document?.epoch}, acknowledged ${epoch}`);
      assert.equal(new Set(document?.value).size, 1, "a document is whole");
    }
    await store.close();
  }
  assert.equal(acknowledged.size, 50);
});
