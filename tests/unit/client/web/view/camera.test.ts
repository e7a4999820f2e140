import assert from "node:assert/strict";
import { test } from "node:test";
import { Camera } from "../../../../../client/web/view/camera.js";

function camera(width: number, height: number): Camera {
  const made = new Camera();
  made.setMap(200, 200);
  made.resize(width, height);
  return made;
}

test("camera: screen and map are each other's inverse", () => {
  const made = camera(1280, 800);
  made.follow(80, 120, 0);
  assert.ok(Math.abs(made.toMapX(made.toScreenX(83.5)) - 83.5) < 1e-9);
  assert.ok(Math.abs(made.toMapZ(made.toScreenY(117.25)) - 117.25) < 1e-9);
});

test("camera: it never shows what lies beyond the map (player in the corner)", () => {
  const made = camera(1280, 800);
  made.follow(1, 199, 0);
  const view = made.view(0, { left: 0, top: 0, right: 0, bottom: 0 });
  assert.ok(view.left >= -1e-9 && view.bottom <= 200 + 1e-9);
});

test("camera: what is seen stays inside the server's view radius (large screen and phone)", () => {
  for (const [width, height] of [
    [1920, 1080],
    [2560, 1080],
    [390, 844],
  ] as const) {
    const made = camera(width, height);
    made.follow(100, 100, 0);
    assert.ok(Math.hypot(100 - made.toMapX(0), 100 - made.toMapZ(0)) < 40, `${width}×${height}`);
  }
});

test("camera: it follows smoothly and arrives", () => {
  const made = camera(1280, 800);
  made.follow(100, 100, 0);
  made.follow(110, 100, 1 / 60);
  assert.ok(made.x > 100 && made.x < 103);
  for (let i = 0; i < 120; i++) made.follow(110, 100, 1 / 60);
  assert.ok(Math.abs(made.x - 110) < 0.01);
});
