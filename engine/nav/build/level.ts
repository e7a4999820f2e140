/** A level as the builder sees it: triangles and which kind of ground each is. Readers make it, the mesh builder takes it. */
import { AeonError } from "../../base/errors.js";

export interface Level {
  /** [x, y, z] * vertices, in units, y up. */
  readonly positions: Float32Array;
  /** [a, b, c] * triangles; counter-clockwise seen from the side one walks on. */
  readonly indices: Uint32Array;
  /** Name of the material per triangle, as a number in `materials`. */
  readonly triangleMaterials: Uint16Array;
  /** "" for triangles without one. */
  readonly materials: readonly string[];
}

/** What readers refuse: a broken file must not end as a huge allocation. */
export const TRIANGLES_MAX = 20_000_000;

/** Gathers a level while it is read. */
export class LevelBuilder {
  private readonly positions: number[] = [];
  private readonly indices: number[] = [];
  private readonly triangleMaterials: number[] = [];
  private readonly materials: string[] = [];
  private readonly materialNumbers = new Map<string, number>();

  get vertexCount(): number {
    return this.positions.length / 3;
  }

  addVertex(x: number, y: number, z: number): void {
    if (!(Number.isFinite(x) && Number.isFinite(y) && Number.isFinite(z))) throw levelInvalid("a vertex is no number");
    this.positions.push(x, y, z);
  }

  addTriangle(a: number, b: number, c: number, material: string): void {
    const { vertexCount } = this;
    for (const index of [a, b, c]) {
      if (!(Number.isInteger(index) && index >= 0 && index < vertexCount)) throw levelInvalid(`no vertex ${index}`);
    }
    if (this.indices.length >= TRIANGLES_MAX * 3) throw levelInvalid(`more than ${TRIANGLES_MAX} triangles`);
    this.indices.push(a, b, c);
    this.triangleMaterials.push(this.materialNumber(material));
  }

  /** Throws NAV_LEVEL_INVALID when there is nothing in it. */
  finish(): Level {
    if (this.indices.length === 0) throw levelInvalid("there is no triangle in it");
    return {
      positions: Float32Array.from(this.positions),
      indices: Uint32Array.from(this.indices),
      triangleMaterials: Uint16Array.from(this.triangleMaterials),
      materials: this.materials,
    };
  }

  private materialNumber(name: string): number {
    let number = this.materialNumbers.get(name);
    if (number === undefined) {
      number = this.materials.push(name) - 1;
      this.materialNumbers.set(name, number);
    }
    return number;
  }
}

export function levelInvalid(detail: string, cause?: unknown): AeonError {
  return new AeonError("NAV_LEVEL_INVALID", detail, { cause });
}
