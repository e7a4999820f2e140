/** The machine's own Chromium, driven by Playwright; nothing is downloaded for it. */
import { existsSync } from "node:fs";
import { type Browser, chromium } from "playwright-core";

const PLACES = [
  process.env.AEON_CHROMIUM ?? "",
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];
const SOFTWARE_GL = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"];

const executablePath = PLACES.find((path) => path !== "" && existsSync(path));

/** Why a browser test cannot run here; false where it can. */
export const noBrowser: string | false = executablePath === undefined ? "no Chromium is installed" : false;

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: executablePath ?? "",
    args: ["--no-sandbox", "--disable-background-networking", "--disable-dev-shm-usage", ...SOFTWARE_GL],
  });
}
