import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { isOpenToOthers, readConfigFile } from "../../../cli/config-file.js";
import { temporaryFolder } from "./temporary-folder.js";

function written(t: TestContext, text: string): string {
  const file = join(temporaryFolder(t), "aeon.config.json");
  writeFileSync(file, text);
  return file;
}

test("config file: the command line goes over the file, the file over the defaults", (t) => {
  const file = written(t, '{"cluster":{"games":3,"portBase":9000}}');
  const { config } = readConfigFile(file, { games: 2 });
  assert.equal(config.cluster.games, 2);
  assert.equal(config.cluster.portBase, 9000);
  assert.equal(config.cluster.gates, 1);
});

test("config file: an unknown key is refused in one line that names it", (t) => {
  const file = written(t, '{"cluster":{"gmaes":3}}');
  assert.throws(() => readConfigFile(file), { code: "CONFIG_INVALID", message: /cluster\.gmaes: unknown key/ });
});

test("config file: a wrong value is refused by its key", (t) => {
  const file = written(t, '{"cluster":{"games":"many"}}');
  assert.throws(() => readConfigFile(file), { code: "CONFIG_INVALID", message: /cluster\.games/ });
});

test("config file: what is not JSON, or is not there, is refused (the file was named)", (t) => {
  const file = written(t, "{");
  assert.throws(() => readConfigFile(file), { code: "CONFIG_INVALID" });
  assert.throws(() => readConfigFile(`${file}.other`), { code: "CONFIG_INVALID", message: /there is no file/ });
});

test("config file: paths count from the file's folder", (t) => {
  const file = written(t, '{"world":{"module":"dist/world.js"}}');
  const { config, folder } = readConfigFile(file);
  assert.equal(config.world.module, join(folder, "dist", "world.js"));
  assert.equal(config.world.web, "");
});

test("config file: only another address than loopback opens the gates to others", (t) => {
  const file = written(t, "{}");
  assert.equal(isOpenToOthers(readConfigFile(file).config), false);
  assert.equal(isOpenToOthers(readConfigFile(file, { host: "0.0.0.0" }).config), true);
});

test("config file: every relation between options still holds after overriding (port base out of range)", (t) => {
  const file = written(t, "{}");
  assert.throws(() => readConfigFile(file, { portBase: 80 }), { code: "CONFIG_INVALID", message: /cluster\.portBase/ });
});
