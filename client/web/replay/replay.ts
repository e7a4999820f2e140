/** `?replay=NAME`: shows a recording that lies beside the page, instead of a game. No connection is made but the one for the file. */
import { errorText } from "../../../engine/base/errors.js";
import { realScheduler } from "../../../engine/base/real-scheduler.js";
import { RecordingPlayer } from "../../../engine/recording/player.js";
import { Recording } from "../../../engine/recording/recording.js";
import { element } from "../ui/dom.js";
import { Scene } from "../view/scene.js";
import { Show } from "./show.js";
import { TimeLine } from "./time-line.js";

/** A name in the page's own folder, and nothing else. */
const FILE_NAME = /^[\w-][\w.-]*$/;

/** A page that was in the background goes on where it was. */
const PASSED_SECONDS_MAX = 1;

/** What tests and the curious see of it. */
export interface ReplayState {
  readonly atMs: number;
  readonly durationMs: number;
  readonly isPlaying: boolean;
  readonly entities: number;
  readonly shown: number;
  readonly watched: string;
}

declare global {
  interface Window {
    aeonReplay?: { state(): ReplayState; seek(ms: number): void };
  }
}

export async function startReplay(name: string, stage: HTMLElement, ui: HTMLElement): Promise<void> {
  const note = element("p", "replay-note", { role: "status" }, "Reading the recording…");
  ui.append(note);
  try {
    const recording = Recording.open(await fetchFile(name));
    const scene = await Scene.create(stage);
    show(recording, scene, stage, ui);
    note.remove();
  } catch (error) {
    note.setAttribute("role", "alert");
    note.textContent = `This recording cannot be shown. ${errorText(error)}`;
  }
}

async function fetchFile(name: string): Promise<Uint8Array> {
  if (!FILE_NAME.test(name)) throw new Error("Its name is not one.");
  const answer = await fetch(name);
  if (!answer.ok) throw new Error(`The server answers ${answer.status}.`);
  return new Uint8Array(await answer.arrayBuffer());
}

function show(recording: Recording, scene: Scene, stage: HTMLElement, ui: HTMLElement): void {
  const player = new RecordingPlayer(recording);
  const stageShow = new Show(scene, player);
  const timeLine = new TimeLine(player, {
    onWatch: (choice) => stageShow.watch(choice),
    onSeek: (ms) => player.seek(ms),
  });
  ui.append(timeLine.root);
  listenToDrags(stage, (dx, dy) => stageShow.pan(dx, dy));
  player.isPlaying = true;
  let shownMs = realScheduler.nowMs();
  scene.onFrame((seconds) => {
    // A frame's own seconds are cut at a tenth: the recording keeps time on slow screens, too.
    const nowMs = realScheduler.nowMs();
    const passedS = Math.min(PASSED_SECONDS_MAX, (nowMs - shownMs) / 1000);
    shownMs = nowMs;
    try {
      player.advance(passedS);
    } catch (error) {
      player.isPlaying = false;
      timeLine.showError(errorText(error));
    }
    stageShow.update(seconds);
    timeLine.update(seconds, stageShow.choices(), stageShow.choice);
  });
  window.aeonReplay = {
    state: () => ({
      atMs: player.atMs,
      durationMs: player.durationMs,
      isPlaying: player.isPlaying,
      entities: player.world.entities.size,
      shown: stageShow.shownCount,
      watched: stageShow.choice,
    }),
    seek: (ms) => player.seek(ms),
  };
}

/** Pixels of each move while a pointer is held on the stage. */
function listenToDrags(stage: HTMLElement, onDrag: (dx: number, dy: number) => void): void {
  stage.addEventListener("pointerdown", (event) => stage.setPointerCapture(event.pointerId));
  stage.addEventListener("pointermove", (event) => {
    if (stage.hasPointerCapture(event.pointerId)) onDrag(event.movementX, event.movementY);
  });
}
