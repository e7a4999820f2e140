/** Starts the page: scene, panels, session, game; and `window.aeon`, by which tests and the curious drive it. */

import { systemRandom } from "../../engine/base/random.js";
import { realScheduler } from "../../engine/base/real-scheduler.js";
import { asReachedFrom } from "../gate-address.js";
import { browserWebSocketTransport, type Client, createClient, NetEmulator } from "../index.js";
import { Game, type GameState } from "./game/game.js";
import { Input } from "./game/input.js";
import { Session, type SessionState } from "./game/session.js";
import { element } from "./ui/dom.js";
import { Hud } from "./ui/hud.js";
import { LoginScreen, rememberName } from "./ui/login-screen.js";
import { Scene } from "./view/scene.js";

declare global {
  interface Window {
    aeon?: {
      readonly client: Client | null;
      state(): GameState;
      login(name: string): Promise<void>;
      walkTo(x: number, z: number): void;
      showNav(isShown: boolean): Promise<void>;
      say(words: string): void;
    };
  }
}

/** This page's gate first, then the others it names. */
async function findGates(): Promise<string[]> {
  const own = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}`;
  try {
    const answer: unknown = await (await fetch("gates.json")).json();
    const listed = (answer as { gates?: readonly { ws?: unknown }[] }).gates ?? [];
    const others = listed.flatMap(({ ws }) =>
      typeof ws === "string" ? [asReachedFrom(own, ws.replace(/\/$/, ""))] : [],
    );
    return [...new Set([own, ...others])];
  } catch {
    return [own];
  }
}

async function start(): Promise<void> {
  const stage = document.getElementById("stage") as HTMLElement;
  const ui = document.getElementById("ui") as HTMLElement;
  const gates = await findGates();
  const scene = await Scene.create(stage);

  const conditions = { delayMs: 0, jitterMs: 0, lossShare: 0 };
  const line = new NetEmulator({ conditions, scheduler: realScheduler, random: systemRandom });
  const transport = line.transport(browserWebSocketTransport());
  const hud = new Hud({
    onBuy: (item) => game.buy(item),
    onSay: (words) => game.say(words),
    onAttack: () => game.onAction("attack"),
    onLeave: () => session.logout(),
    line: {
      onConditions: (wanted) => Object.assign(conditions, wanted),
      onCut: (forMs) => line.cut(forMs),
    },
  });
  const login = new LoginScreen((name) => void enter(name));
  const session = new Session(() => createClient({ gates, transport, encryption: "auto" }), realScheduler, {
    onState: (state) => onSessionState(state),
    onClient: (client) => game.bind(client),
    onEnd: (sentence) => login.show(sentence),
  });
  const input = new Input(stage, hud.joystick, {
    onTap: (x, y, isRepeated) => game.onTap(x, y, isRepeated),
    onAction: (action) => game.onAction(action),
  });
  const game = new Game(scene, hud, session, input);
  ui.append(hud.root, login.root);
  login.show("");

  function onSessionState(state: SessionState): void {
    const isPlaying = state === "in" || state === "returning";
    document.body.classList.toggle("is-playing", isPlaying);
    input.isEnabled = isPlaying;
    hud.setShown(isPlaying);
    hud.notices.showBanner(state === "returning" ? "Connection lost. Coming back…" : "");
    if (isPlaying) login.hide();
    else input.releaseAll();
    if (state === "out") {
      game.clear();
      login.show("");
    }
  }

  async function enter(name: string): Promise<void> {
    login.setBusy(true);
    try {
      await session.login(name);
      rememberName(name);
      hud.chat.note(
        `Welcome, ${name}. ${window.matchMedia("(pointer: coarse)").matches ? "Tap ?" : "Press H"} for help.`,
      );
    } catch (error) {
      login.show((error as Error).message);
    }
  }

  window.aeon = {
    get client() {
      return session.client;
    },
    state: () => game.state,
    login: enter,
    walkTo: (x, z) => game.walkTo(x, z),
    showNav: (isShown) => game.showNav(isShown),
    say: (words) => game.say(words),
  };
}

/** The game, or with `?replay=…` a recording. */
async function startPage(): Promise<void> {
  const recording = new URLSearchParams(location.search).get("replay");
  if (recording === null) return start();
  const { startReplay } = await import("./replay/replay.js");
  const [stage, ui] = ["stage", "ui"].map((id) => document.getElementById(id) as HTMLElement);
  if (stage !== undefined && ui !== undefined) await startReplay(recording, stage, ui);
}

startPage().catch((error: unknown) => {
  const reason = error instanceof Error ? error.message : String(error);
  document
    .getElementById("ui")
    ?.append(
      element("p", "fatal", { role: "alert" }, `This page needs WebGL, which this browser does not offer. ${reason}`),
    );
});
