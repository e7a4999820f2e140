/**
 * The game on this page: takes what the client hears to the scene and the panels, and what the player does to the client. Runs once per
 * frame of the screen; panels are refreshed a few times a second.
 */

import type { Avatar } from "../../../entities/avatar.js";
import { CHAT_CHARS_MAX, mapOf } from "../../../entities/world-map.js";
import type { Client, ClientEntity } from "../../index.js";
import type { ChatLine } from "../ui/chat.js";
import type { Hud } from "../ui/hud.js";
import type { MinimapDot } from "../ui/minimap.js";
import { cssColor, nameColor } from "../view/figure.js";
import type { Scene } from "../view/scene.js";
import { Cast } from "./cast.js";
import { Combat } from "./combat.js";
import { lookOf, nameOf, playerFacts } from "./facts.js";
import type { Input, InputAction } from "./input.js";
import { NetMeter } from "./net-meter.js";
import { Prediction } from "./prediction.js";
import { type Session, sentenceOf } from "./session.js";

const PANEL_INTERVAL_S = 0.2;
const WANTS_NAV = new URLSearchParams(location.search).has("nav");

/** What tests and the curious see of the game. */
export interface GameState {
  readonly loggedIn: boolean;
  readonly name: string;
  readonly x: number;
  readonly z: number;
  /** Others in view. */
  readonly visible: number;
  readonly chat: readonly ChatLine[];
}

export class Game {
  private readonly scene: Scene;
  private readonly hud: Hud;
  private readonly session: Session;
  private readonly input: Input;
  private readonly prediction: Prediction;
  private readonly cast: Cast;
  private readonly combat: Combat;
  private readonly meter = new NetMeter();
  private sincePanelsS = 0;
  private jumps = true;
  /** Has been in a space since the session began. */
  private isPlaced = false;
  private lastGold = -1;
  private lastLevel = -1;

  constructor(scene: Scene, hud: Hud, session: Session, input: Input) {
    this.scene = scene;
    this.hud = hud;
    this.session = session;
    this.input = input;
    this.prediction = new Prediction(scene.map);
    this.cast = new Cast(scene);
    this.combat = new Combat(scene, this.cast, this.prediction, (sentence) => hud.notices.toast(sentence));
    scene.onFrame((seconds) => this.onFrame(seconds));
  }

  /** Called for each new client, before it connects. */
  bind(client: Client): void {
    this.isPlaced = false;
    client.on("session", ({ resumed }) => {
      if (!resumed) this.isPlaced = false;
    });
    client.on("space", () => this.onSpace(client));
    client.on("correct", ({ x, z }, _, cause) => this.prediction.place(x, z, cause === "placed"));
    client.on("call", (entity, method, args) => this.onCall(client, entity, method, args));
  }

  get state(): GameState {
    const { avatar, client } = this.session;
    return {
      loggedIn: avatar !== null && this.session.state === "in",
      name: avatar?.props.name ?? "",
      x: this.prediction.x,
      z: this.prediction.z,
      visible: Math.max(0, (client?.entities.size ?? 0) - (avatar === null ? 0 : 1)),
      chat: [...this.hud.chat.lines],
    };
  }

  walkTo(x: number, z: number): void {
    this.combat.release();
    this.prediction.walkTo(x, z);
  }

  say(words: string): void {
    this.session.avatar?.call.say(words.slice(0, CHAT_CHARS_MAX))?.catch((error: unknown) => this.refuse(error));
  }

  buy(item: string): void {
    const { avatar } = this.session;
    avatar?.call.buy(item).then(
      () => this.scene.effects.sparks(this.prediction.x, this.prediction.z, 54, 0x8df07a),
      (error: unknown) => this.refuse(error),
    );
  }

  /** Draws the navigation mesh and the ways of the monsters near. */
  async showNav(isShown: boolean): Promise<void> {
    await Promise.all([this.scene.nav.show(isShown), this.session.avatar?.call.showRoutes(isShown)]);
  }

  onTap(screenX: number, screenY: number, isRepeated: boolean): void {
    if (this.session.avatar === null) return;
    const x = this.scene.camera.toMapX(screenX);
    const z = this.scene.camera.toMapZ(screenY);
    if (isRepeated) {
      if (this.prediction.isWalkingToTarget && !this.combat.hasTarget) this.prediction.walkTo(x, z);
      return;
    }
    if (this.combat.aimAt(x, z)) return;
    this.prediction.walkTo(x, z);
    this.scene.effects.walkMarker(x, z);
  }

  onAction(action: InputAction): void {
    const { avatar } = this.session;
    if (action === "help") this.hud.help.toggle();
    if (action === "escape") this.hud.help.toggle(false);
    if (action === "chat") this.hud.chat.open();
    if (avatar === null) return;
    if (action === "attack") this.combat.attackNearest(avatar);
    if (action === "potion") this.buy("potion");
  }

  /** After the session ended: nothing of it stays. */
  clear(): void {
    this.cast.clear();
    this.combat.release();
    this.isPlaced = false;
    this.lastGold = -1;
    this.lastLevel = -1;
  }

  private refuse(error: unknown): void {
    this.hud.notices.toast(sentenceOf(error));
  }

  private onSpace(client: Client): void {
    const { space } = client;
    if (space === null || this.session.avatar === null) return;
    const map = mapOf(space.typeName);
    this.combat.release();
    this.prediction.setMap(map);
    this.prediction.place(space.position.x, space.position.z, true);
    this.cast.clear();
    if (this.isPlaced && map === this.scene.map)
      this.hud.notices.toast("You were knocked out, and wake where it began.");
    else this.hud.notices.showPlace(map.title);
    this.scene.setMap(map);
    this.isPlaced = true;
    this.jumps = true;
    if (this.scene.nav.isShown || WANTS_NAV) this.showNav(true).catch((error: unknown) => this.refuse(error));
  }

  private onCall(client: Client, entity: ClientEntity, method: string, args: readonly unknown[]): void {
    const [first, second] = args;
    if (method === "onRoutes") this.scene.nav.showRoutes(first as readonly number[]);
    if (typeof first !== "string") return;
    if (method === "onPutBack") {
      const [, x = 0, z = 0, toX = 0, toZ = 0] = args as readonly number[];
      this.scene.nav.showPutBack(x, z, toX, toZ);
    }
    if (method === "onHit" && typeof second === "number") {
      this.combat.showHit(entity.id, first, second, client.own?.id ?? "");
    }
    if (method !== "onSay" || typeof second !== "string") return;
    this.hud.chat.add(nameOf(client.entities.get(first)), second);
    this.cast.actors.get(first)?.say(second);
  }

  private onFrame(seconds: number): void {
    const { avatar, client } = this.session;
    if (avatar !== null && client !== null) this.play(client, avatar, seconds);
    this.cast.update(avatar === null ? null : client, this.prediction, seconds);
    const { timeS } = this.scene;
    const x = avatar === null ? 106 + Math.sin(timeS * 0.06) * 14 : this.prediction.shownX;
    const z = avatar === null ? 91 + Math.sin(timeS * 0.047) * 9 : this.prediction.shownZ;
    this.scene.update(seconds, x, z, this.jumps);
    this.jumps = false;
    this.sincePanelsS += seconds;
    if (this.sincePanelsS < PANEL_INTERVAL_S || avatar === null || client === null) return;
    this.refreshPanels(client, avatar, this.sincePanelsS);
    this.sincePanelsS = 0;
  }

  private play(client: Client, avatar: ClientEntity<Avatar>, seconds: number): void {
    const { directionX, directionZ } = this.input;
    if (directionX !== 0 || directionZ !== 0) this.combat.release();
    this.prediction.steer(directionX, directionZ);
    this.combat.update(avatar, seconds);
    this.prediction.step(seconds);
    if (client.state !== "online") return;
    const report = this.prediction.takeReport();
    if (report !== null) client.move(report);
  }

  private refreshPanels(client: Client, avatar: ClientEntity<Avatar>, seconds: number): void {
    const facts = playerFacts(avatar);
    this.hud.card.show(facts);
    this.hud.board.show(avatar.props.board ?? [], facts.name);
    this.hud.minimap.show(this.scene.map, this.dots(client), this.scene.view);
    this.meter.update(client.stats.bytesIn, client.stats.bytesOut, seconds);
    this.hud.net.show({
      pingMs: client.rttMs,
      bytesInPerSecond: this.meter.inPerSecond,
      bytesOutPerSecond: this.meter.outPerSecond,
      entityCount: Math.max(0, client.entities.size - 1),
      fps: this.scene.fps,
      serverTimeMs: client.serverTimeMs(),
    });
    this.celebrate(facts.gold, facts.level);
  }

  /** Gold and levels that were won since the last look. */
  private celebrate(gold: number, level: number): void {
    const { x, z } = this.prediction;
    if (this.lastGold >= 0 && gold > this.lastGold) {
      this.scene.effects.hitNumber(x, z, 62, `+${gold - this.lastGold} gold`, 0xffd84a);
    }
    if (this.lastLevel > 0 && level > this.lastLevel) {
      for (let i = 0; i < 3; i++) this.scene.effects.sparks(x, z, 30 + i * 24, 0xffe98a);
      this.hud.notices.toast(`Level ${level}!`);
    }
    this.lastGold = gold;
    this.lastLevel = level;
  }

  private dots(client: Client): MinimapDot[] {
    const dots: MinimapDot[] = [];
    for (const actor of this.cast.actors.values()) {
      const entity = client.entities.get(actor.id);
      const look = entity === undefined ? null : lookOf(entity);
      if (look === null || look.isOwn) continue;
      dots.push({
        x: actor.x,
        z: actor.z,
        color: look.isMonster ? "#ff7a66" : cssColor(nameColor(look.name)),
        isOwn: false,
      });
    }
    dots.push({ x: this.prediction.x, z: this.prediction.z, color: "#fff1a8", isOwn: true });
    return dots;
  }
}
