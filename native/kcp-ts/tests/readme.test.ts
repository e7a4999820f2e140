/** The README's table of options says what the code does: each option, its range and its default's being within it. */
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Kcp } from "../src/index.js";

const readme = readFileSync(findReadme(), "utf8");
const rows = [...readme.matchAll(/^\| `(\w+)` \| ([\d,]+)–([\d,]+)[^(|]*\(([\d,]+)/gm)].map(
  ([, name, least, most, usual]) => ({ name: name ?? "", numbers: [least, most, usual].map(asNumber) }),
);

/** Of the package, or of the repository that holds it. */
function findReadme(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (; folder !== dirname(folder); folder = dirname(folder)) {
    for (const path of [join(folder, "native", "kcp-ts", "README.md"), join(folder, "README.md")]) {
      if (existsSync(path) && readFileSync(path, "utf8").startsWith("# kcp-ts")) return path;
    }
  }
  throw new Error("no README.md of kcp-ts above this folder");
}

function asNumber(text: string | undefined): number {
  return Number(text?.replaceAll(",", ""));
}

const make = (option: string, value: number) => new Kcp(1, { [option]: value }, () => {});

test("readme: each range of an option is the one that is checked", () => {
  assert.ok(rows.length >= 10, `${rows.length} rows`);
  for (const { name, numbers } of rows) {
    const [least = 0, most = 0, usual = 0] = numbers;
    for (const good of [least, most, usual]) assert.doesNotThrow(() => make(name, good), `${name} ${good}`);
    for (const wrong of [least - 1, most + 1]) assert.throws(() => make(name, wrong), RangeError, `${name} ${wrong}`);
  }
});

test("readme: each option of the type is in the table", () => {
  const options = [
    "nodelay",
    "intervalMs",
    "fastResend",
    "fastResendLimit",
    "congestionControl",
    "minRtoMs",
    "sendWindow",
  ];
  options.push("receiveWindow", "mtuBytes", "stream", "deadLink", "redundancy", "queueSegmentsMax", "datagramBytesMax");
  options.push("receiveBytesMax");
  for (const option of [...options, "pool"]) assert.match(readme, new RegExp(`^\\| \`${option}\` \\|`, "m"), option);
});
