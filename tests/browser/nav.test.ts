/** A person stands outside a ruin's wall and hurts a boar inside of it: the page sees how the boar comes round the walls, and its way drawn. */
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { distanceToWall, MEADOW } from "../../entities/world-map.js";
import { TestCluster } from "../cluster/cluster.js";
import { launchBrowser, noBrowser } from "./chromium.js";

interface SeenEntity {
  readonly id: string;
  readonly typeName: string;
  readonly isOwn: boolean;
  readonly position: { readonly x: number; readonly z: number };
  readonly props: { readonly kind?: string; readonly hp?: number };
  readonly call: { attack(target: string): Promise<void> };
}
interface PageDoor {
  state(): { loggedIn: boolean; x: number; z: number };
  walkTo(x: number, z: number): void;
  showNav(isShown: boolean): Promise<void>;
  readonly client: { entities: ReadonlyMap<string, SeenEntity>; own: SeenEntity } | null;
}
type Door = { readonly aeon: PageDoor };

const PATIENCE_MS = 60_000;
/** From the spawn by the path eastwards, then along the ruin's east wall. */
const WAY = [
  [110, 104.5],
  [117, 109],
  [116, 116],
  [114.1, 121.5],
] as const;
/** Beyond it, on the other side of the wall, boars live. */
const WALL_X = 113;
const SOUTH_WALL_Z = 126;

async function walk(page: Page, x: number, z: number): Promise<void> {
  await page.evaluate(([toX, toZ]) => (globalThis as unknown as Door).aeon.walkTo(toX, toZ), [x, z] as const);
  await page.waitForFunction(
    ([toX, toZ]) => {
      const { state } = (globalThis as unknown as Door).aeon;
      return Math.hypot(state().x - toX, state().z - toZ) < 0.6;
    },
    [x, z] as const,
  );
}

/** Hits a boar through the wall; its id. */
function provoke(page: Page): Promise<string> {
  return page.evaluate(async (wallX) => {
    for (;;) {
      const { client } = (globalThis as unknown as Door).aeon;
      for (const entity of client?.entities.values() ?? []) {
        if (entity.props.kind !== "boar" || entity.position.x > wallX) continue;
        const before = entity.props.hp ?? 0;
        await client?.own.call.attack(entity.id);
        await new Promise((resolve) => setTimeout(resolve, 600));
        if ((entity.props.hp ?? before) < before) return entity.id;
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }, WALL_X);
}

/** Where the boar was, frame by frame, until it has come as near as it bites. */
function watch(page: Page, id: string): Promise<[number, number][]> {
  return page.evaluate(async (boar) => {
    const trail: [number, number][] = [];
    for (;;) {
      const { client, state } = (globalThis as unknown as Door).aeon;
      const entity = client?.entities.get(boar);
      if (entity === undefined) return trail;
      const { x, z } = entity.position;
      trail.push([x, z]);
      if (Math.hypot(x - state().x, z - state().z) < 1.8 && x > state().x - 0.7) return trail;
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
  }, id);
}

test("demo: a monster comes round the walls after who hurt it, and the page draws its way", {
  skip: noBrowser,
}, async (t) => {
  const cluster = new TestCluster(t);
  const open = (await cluster.up()).at(-1);
  assert.ok(open?.event === "open");
  const browser = await launchBrowser();
  t.after(() => browser.close());
  const page = await browser.newPage({ viewport: { width: 1_000, height: 700 } });
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.setDefaultTimeout(PATIENCE_MS);
  await page.goto(`${open.web}${open.web.includes("?") ? "&" : "?"}nav`);
  await page.getByLabel("Your name").fill("Hunter");
  await page.getByRole("button", { name: "Play" }).click();
  await page.waitForFunction(() => (globalThis as unknown as Partial<Door>).aeon?.state().loggedIn === true);

  for (const [x, z] of WAY) await walk(page, x, z);
  const boar = await provoke(page);
  const trail = await watch(page, boar);
  if (process.env.AEON_SCREENSHOT !== undefined) await page.screenshot({ path: process.env.AEON_SCREENSHOT });

  assert.ok(trail.length > 20, `${trail.length} places`);
  for (const [x, z] of trail) {
    const nearest = Math.min(...MEADOW.walls.map((wall) => distanceToWall(wall, x, z)));
    assert.ok(nearest > 0.3, `(${x}, ${z}) is ${nearest} from a wall`);
  }
  assert.ok((trail[0]?.[0] ?? 999) < WALL_X, "it began inside");
  assert.ok(
    trail.some(([, z]) => z > SOUTH_WALL_Z),
    "it came by the way out in the south",
  );
  assert.deepEqual(errors, []);
});
