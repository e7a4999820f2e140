import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { WebFiles, type WebReply } from "../../../gate/web-files.js";

const folder = mkdtempSync(join(tmpdir(), "aeon-web-"));
const root = join(folder, "web");
mkdirSync(join(root, "assets"), { recursive: true });
writeFileSync(join(root, "index.html"), "<h1>page</h1>");
writeFileSync(join(root, "assets", "index-abc.js"), "run()");
writeFileSync(join(root, ".hidden"), "hidden");
writeFileSync(join(folder, "secret"), "secret");
after(() => rmSync(folder, { recursive: true, force: true }));

const files = new WebFiles({ root, gates: () => ["ws://a:1", "ws://b:2"] });
const textOf = (reply: WebReply) => Buffer.from(reply.body as Uint8Array).toString();

test("web files: / is the index page, to be checked for changes", () => {
  const reply = files.reply("/?room=1");
  assert.equal(reply.status, 200);
  assert.equal(reply.type, "text/html; charset=utf-8");
  assert.equal(reply.headers["cache-control"], "no-cache");
  assert.equal(textOf(reply), "<h1>page</h1>");
});

test("web files: hashed assets are cached for good", () => {
  const reply = files.reply("/assets/index-abc.js");
  assert.equal(reply.type, "text/javascript; charset=utf-8");
  assert.match(reply.headers["cache-control"] ?? "", /immutable/);
});

test("web files: /gates.json lists the gates", () => {
  const reply = files.reply("/gates.json");
  assert.equal(reply.type, "application/json; charset=utf-8");
  assert.deepEqual(JSON.parse(reply.body as string), { gates: [{ ws: "ws://a:1" }, { ws: "ws://b:2" }] });
});

test("web files: nothing outside the folder and nothing hidden is served", () => {
  const targets = [
    "/../secret",
    "/..%2fsecret",
    "/%2e%2e/secret",
    "/assets/../../secret",
    "/..\\secret",
    "/%5c..%5csecret",
    "//secret",
    "/.hidden",
    "/index.html%00.js",
    "/%zz",
    "secret",
    "",
  ];
  for (const target of targets) {
    const reply = files.reply(target);
    assert.ok(reply.status === 400 || reply.status === 404, `${target}: ${reply.status}`);
    assert.doesNotMatch(reply.body as string, /secret<|hidden</);
  }
});

test("web files: a link that leads out of the folder is not followed", (t) => {
  try {
    symlinkSync(join(folder, "secret"), join(root, "leak.txt"));
  } catch {
    t.skip("this system does not let us make a link");
    return;
  }
  assert.equal(files.reply("/leak.txt").status, 404);
});

test("web files: an unknown page and a folder are not found", () => {
  assert.equal(files.reply("/nothing").status, 404);
  assert.equal(files.reply("/assets").status, 404);
});

test("web files: a missing folder is said clearly, /gates.json works all the same", () => {
  const missing = new WebFiles({ root: join(folder, "<none>"), gates: () => [] });
  const reply = missing.reply("/");
  assert.equal(reply.status, 503);
  assert.match(reply.body as string, /&#60;none&#62;.*npm run build/);
  assert.equal(missing.reply("/gates.json").status, 200);
});
