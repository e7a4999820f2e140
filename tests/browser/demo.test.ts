/** A person opens the printed address, logs in, walks, talks, and sees somebody else do the same. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { TestCluster } from "../cluster/cluster.js";
import { launchBrowser, noBrowser } from "./chromium.js";

/** What the page offers to tests as `window.aeon`. */
interface PageDoor {
  state(): { loggedIn: boolean; name: string; x: number; z: number; visible: unknown; chat: readonly unknown[] };
  walkTo(x: number, z: number): void;
  say(words: string): void;
  readonly client: {
    readonly rttMs: number;
    entities: ReadonlyMap<string, { typeName: string; isOwn: boolean }>;
  } | null;
}
declare global {
  var aeon: PageDoor | undefined;
}

const PATIENCE_MS = 30_000;
const STEP = 6;

async function play(browser: Browser, address: string, name: string): Promise<{ page: Page; errors: string[] }> {
  const page = await browser.newPage({ viewport: { width: 1_000, height: 700 } });
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(address);
  await page.getByLabel("Your name").fill(name);
  await page.getByRole("button", { name: "Play" }).click();
  await page.waitForFunction(() => globalThis.aeon?.state().loggedIn === true);
  return { page, errors };
}

test("demo: two people log in by the page, walk, see each other and talk, on a bad line too", {
  skip: noBrowser,
}, async (t) => {
  const cluster = new TestCluster(t);
  const open = (await cluster.up()).at(-1);
  assert.ok(open?.event === "open");
  const browser = await launchBrowser();
  t.after(() => browser.close());

  const anna = await play(browser, open.web, "Anna");
  const bert = await play(browser, open.web, "Bert");

  const from = await anna.page.evaluate(() => ({
    x: globalThis.aeon?.state().x ?? 0,
    z: globalThis.aeon?.state().z ?? 0,
  }));
  await anna.page.evaluate(([x, z]) => globalThis.aeon?.walkTo(x, z), [from.x + STEP, from.z] as const);
  await anna.page.waitForFunction(
    ([x, z]) => Math.hypot((globalThis.aeon?.state().x ?? x) - x, (globalThis.aeon?.state().z ?? z) - z) > 2,
    [from.x, from.z] as const,
  );

  await bert.page.waitForFunction(() =>
    [...(globalThis.aeon?.client?.entities.values() ?? [])].some(
      ({ typeName, isOwn }) => typeName === "Avatar" && !isOwn,
    ),
  );
  await anna.page.evaluate(() => globalThis.aeon?.say("good evening"));
  await bert.page.waitForFunction(() => JSON.stringify(globalThis.aeon?.state().chat).includes("good evening"));

  await anna.page.getByText("Bad line").click();
  await anna.page.getByLabel("Delay of the line").fill("300");
  await anna.page.waitForFunction(() => (globalThis.aeon?.client?.rttMs ?? 0) > 150);
  assert.deepEqual([...anna.errors, ...bert.errors], []);
});
