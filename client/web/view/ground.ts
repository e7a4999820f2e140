/** The ground under the view: chunks painted when they come near and dropped when they were not seen for long. */
import { CanvasSource, Container, Sprite, Texture } from "pixi.js";
import type { SpaceMap } from "../../../entities/world-map.js";
import { CHUNK_PIXELS, CHUNK_UNITS, GroundPainter } from "../paint/ground-painter.js";
import type { ViewBox } from "./camera.js";

/** One megabyte of texture each. */
const CHUNK_COUNT_MAX = 40;

interface Chunk {
  readonly sprite: Sprite;
  seenAtFrame: number;
}

export class Ground {
  readonly layer = new Container();
  private painter: GroundPainter;
  private readonly chunks = new Map<string, Chunk>();
  private columns: number;
  private rows: number;
  private frame = 0;

  constructor(map: SpaceMap) {
    this.painter = new GroundPainter(map);
    this.columns = Math.ceil(map.width / CHUNK_UNITS);
    this.rows = Math.ceil(map.depth / CHUNK_UNITS);
  }

  setMap(map: SpaceMap): void {
    for (const key of [...this.chunks.keys()]) this.drop(key);
    this.painter = new GroundPainter(map);
    this.columns = Math.ceil(map.width / CHUNK_UNITS);
    this.rows = Math.ceil(map.depth / CHUNK_UNITS);
  }

  /** Paints at most `paintsMax` chunks that are missing, those in the middle first. */
  update(view: Readonly<ViewBox>, paintsMax: number): void {
    this.frame++;
    const missing = this.missingIn(view);
    const middleX = (view.left + view.right) / 2 / CHUNK_UNITS - 0.5;
    const middleZ = (view.top + view.bottom) / 2 / CHUNK_UNITS - 0.5;
    const away = (chunk: { x: number; z: number }) => Math.hypot(chunk.x - middleX, chunk.z - middleZ);
    missing.sort((a, b) => away(a) - away(b));
    for (const { x, z } of missing.slice(0, paintsMax)) this.add(x, z);
    if (this.chunks.size > CHUNK_COUNT_MAX) this.dropOldest();
  }

  private missingIn(view: Readonly<ViewBox>): { x: number; z: number }[] {
    const missing: { x: number; z: number }[] = [];
    for (const chunk of this.chunks.values()) chunk.sprite.visible = false;
    for (
      let z = Math.max(0, Math.floor(view.top / CHUNK_UNITS));
      z <= view.bottom / CHUNK_UNITS && z < this.rows;
      z++
    ) {
      const first = Math.max(0, Math.floor(view.left / CHUNK_UNITS));
      for (let x = first; x <= view.right / CHUNK_UNITS && x < this.columns; x++) {
        const chunk = this.chunks.get(`${x},${z}`);
        if (chunk === undefined) missing.push({ x, z });
        else {
          chunk.sprite.visible = true;
          chunk.seenAtFrame = this.frame;
        }
      }
    }
    return missing;
  }

  private add(x: number, z: number): void {
    const source = new CanvasSource({ resource: this.painter.paint(x, z) });
    const sprite = new Sprite(new Texture({ source }));
    sprite.position.set(x * CHUNK_PIXELS, z * CHUNK_PIXELS);
    this.layer.addChild(sprite);
    this.chunks.set(`${x},${z}`, { sprite, seenAtFrame: this.frame });
  }

  private dropOldest(): void {
    let oldest = "";
    let oldestFrame = this.frame;
    for (const [key, chunk] of this.chunks) {
      if (chunk.seenAtFrame >= oldestFrame) continue;
      oldest = key;
      oldestFrame = chunk.seenAtFrame;
    }
    this.drop(oldest);
  }

  private drop(key: string): void {
    const chunk = this.chunks.get(key);
    if (chunk === undefined) return;
    this.chunks.delete(key);
    chunk.sprite.destroy({ texture: true, textureSource: true });
  }
}
