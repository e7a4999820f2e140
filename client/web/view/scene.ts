/**
 * The drawn world: layers, camera and everything that stands in it but the actors, whose layers it offers. One Pixi application; few draw
 * calls, and less of everything on machines that are slow (WebGL in software).
 */
import { Application, Container, WebGLRenderer } from "pixi.js";
import { MEADOW, type SpaceMap } from "../../../entities/world-map.js";
import { Atlas } from "../paint/atlas.js";
import { PIXELS_PER_UNIT } from "../paint/drawing.js";
import { groundStyleOf } from "../paint/ground-style.js";
import { Ambience } from "./ambience.js";
import { Camera, type ViewBox } from "./camera.js";
import { Effects } from "./effects.js";
import { Ground } from "./ground.js";
import { installLabelFont } from "./label-font.js";
import { NavOverlay } from "./nav-overlay.js";
import { Ponds } from "./pond.js";
import { Portals } from "./portals.js";
import { Quality } from "./quality.js";
import { Trees } from "./trees.js";
import { Walls } from "./walls.js";

export interface SceneLayers {
  readonly shadows: Container;
  /** Sorted by z: what stands nearer hides what stands behind. */
  readonly standing: Container;
  /** Names, bars, words: a higher zIndex hides a lower one. */
  readonly overhead: Container;
}

const VIEW_MARGIN_UNITS = 1;

export class Scene {
  readonly camera = new Camera();
  readonly atlas = new Atlas();
  readonly layers: SceneLayers;
  readonly effects: Effects;
  readonly nav: NavOverlay;
  readonly quality: Quality;
  readonly view: ViewBox = { left: 0, top: 0, right: 0, bottom: 0 };
  map: SpaceMap = MEADOW;
  timeS = 0;
  private readonly app: Application;
  private readonly host: HTMLElement;
  private readonly world = new Container();
  private readonly ground: Ground;
  private readonly ponds: Ponds;
  private readonly portals: Portals;
  private readonly trees: Trees;
  private readonly walls: Walls;
  private readonly ambience: Ambience;

  private constructor(app: Application, host: HTMLElement) {
    this.app = app;
    this.host = host;
    this.quality = new Quality(new URLSearchParams(location.search).get("quality") === "full", isSoftware(app));
    const decals = new Container();
    const lights = new Container();
    const shadows = new Container();
    const standing = new Container({ sortableChildren: true });
    const overhead = new Container({ sortableChildren: true });
    this.layers = { shadows, standing, overhead };
    this.ground = new Ground(this.map);
    this.ponds = new Ponds(this.atlas, this.map);
    this.portals = new Portals(this.atlas, this.map, lights, standing);
    this.trees = new Trees(this.atlas, this.map, shadows, standing);
    this.walls = new Walls(this.map, shadows, standing);
    this.nav = new NavOverlay(this.map);
    this.ambience = new Ambience(this.atlas, this.map);
    this.effects = new Effects(this.atlas, overhead, decals);
    this.world.addChild(
      this.ground.layer,
      this.ponds.layer,
      decals,
      this.nav.layer,
      lights,
      shadows,
      standing,
      this.ambience.layer,
      overhead,
    );
    app.stage.addChild(this.world);
    this.applyQuality();
  }

  /** Rejects when the browser offers no WebGL. */
  static async create(host: HTMLElement): Promise<Scene> {
    const app = new Application();
    await app.init({
      preference: "webgl",
      background: groundStyleOf("Meadow").background,
      resolution: Math.min(window.devicePixelRatio || 1, 2),
      autoDensity: true,
      antialias: false,
      autoStart: true,
      resizeTo: host,
      eventFeatures: { move: false, globalMove: false, click: false, wheel: false },
    });
    host.append(app.canvas);
    installLabelFont();
    const scene = new Scene(app, host);
    scene.camera.setMap(scene.map.width, scene.map.depth);
    return scene;
  }

  /** `run` once per frame of the screen with the seconds since the last one, at most a tenth. */
  onFrame(run: (seconds: number) => void): void {
    this.app.ticker.add((ticker) => run(Math.min(0.1, ticker.deltaMS / 1000)));
  }

  get fps(): number {
    return this.app.ticker.FPS;
  }

  setMap(map: SpaceMap): void {
    if (map === this.map) return;
    this.map = map;
    this.camera.setMap(map.width, map.depth);
    this.ground.setMap(map);
    this.ponds.setMap(map);
    this.portals.setMap(map);
    this.trees.setMap(map);
    this.walls.setMap(map);
    this.nav.setMap(map);
    this.ambience.setMap(map, this.atlas);
    this.app.renderer.background.color = groundStyleOf(map.name).background;
    document.body.dataset.map = map.name;
  }

  /** Moves the camera and everything but the actors; `seconds` 0 jumps. */
  update(seconds: number, x: number, z: number, jump: boolean): void {
    this.timeS += seconds;
    if (this.quality.update(seconds, this.app.ticker.deltaMS)) this.applyQuality();
    this.camera.resize(this.host.clientWidth, this.host.clientHeight);
    this.camera.follow(x, z, jump ? 0 : seconds);
    const { scale } = this.camera;
    this.world.scale.set(scale / PIXELS_PER_UNIT);
    this.world.position.set(
      Math.round(this.camera.screenWidth / 2 - this.camera.x * scale),
      Math.round(this.camera.screenHeight / 2 - this.camera.z * scale),
    );
    this.camera.view(VIEW_MARGIN_UNITS, this.view);
    this.ground.update(this.view, jump ? 24 : 1);
    this.ponds.update(this.view, this.timeS);
    this.portals.update(this.timeS);
    this.trees.update(this.view, this.timeS, x, z, this.quality.isFull);
    if (this.quality.isFull) this.ambience.update(this.view, this.timeS);
    this.effects.update(seconds);
    this.nav.update(seconds);
  }

  isInView(x: number, z: number): boolean {
    const { left, right, top, bottom } = this.view;
    return x > left - 1 && x < right + 1 && z > top - 1 && z < bottom + 3;
  }

  private applyQuality(): void {
    this.ambience.layer.visible = this.quality.isFull;
    this.app.renderer.resolution = Math.min(window.devicePixelRatio || 1, 2) * this.quality.resolutionFactor;
    this.app.resize();
  }
}

function isSoftware(app: Application): boolean {
  if (!(app.renderer instanceof WebGLRenderer)) return false;
  const { gl } = app.renderer;
  const names = gl.getExtension("WEBGL_debug_renderer_info");
  const renderer: unknown = gl.getParameter(names === null ? gl.RENDERER : names.UNMASKED_RENDERER_WEBGL);
  return /swiftshader|llvmpipe|software/i.test(String(renderer));
}
