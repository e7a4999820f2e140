/**
 * A built navigation mesh as a file. Runs anywhere; nothing here knows Recast.
 *
 *   "AEON-NAV" | version u32 | header bytes u32 | body bytes u32 | body hash u32 | header (JSON, UTF-8) | 0 … 7 zero bytes | body
 *
 * Little-endian. The body begins at a multiple of 8 and holds the tiles' data as Detour made them, each at a multiple of 8, and the
 * outline for drawing. The hash is FNV-1a over the body. The same input and parameters give the same bytes.
 */
import { AeonError } from "../base/errors.js";

export const NAV_FILE_VERSION = 1;
const MAGIC = "AEON-NAV";
const HEAD_BYTES = 24;
const ALIGN = 8;

/** What a mesh was built for; all lengths in units, all areas in cells. */
export interface NavParameters {
  /** Edge of a cell in the ground plane: what is thinner may be overlooked. Halving it costs four times the build. */
  readonly cellSize: number;
  readonly cellHeight: number;
  readonly agentRadius: number;
  readonly agentHeight: number;
  /** The highest step it takes. */
  readonly agentClimb: number;
  readonly slopeDegrees: number;
  /** Edge of a tile, in cells. */
  readonly tileCells: number;
  /** Islands of fewer cells are left out. */
  readonly regionCellsMin: number;
  /** How far an outline may be off, in cells. */
  readonly outlineError: number;
  /** Temporary obstacles that it can hold at once; 0: none, and heights are exact. */
  readonly obstaclesMax: number;
}

/** A kind of ground; number 0 is the default one, "ground". */
export interface NavArea {
  readonly name: string;
  readonly area: number;
}

export interface NavTileEntry {
  readonly x: number;
  readonly y: number;
  readonly layer: number;
  /** In the body. */
  readonly offset: number;
  readonly bytes: number;
}

export interface NavHeader {
  /** `static`: finished tiles. `dynamic`: layers from which tiles are made around obstacles. */
  readonly kind: "static" | "dynamic";
  /** SHA-256 of the level that it was built from, hexadecimal. */
  readonly inputHash: string;
  readonly parameters: NavParameters;
  readonly areas: readonly NavArea[];
  /** [x, y, z] of the corner with the smallest values, then of the opposite one. */
  readonly boundsMin: readonly [number, number, number];
  readonly boundsMax: readonly [number, number, number];
  /** Edge of a tile in units. */
  readonly tileSize: number;
  readonly tilesMax: number;
  readonly polysPerTileMax: number;
  readonly polygonCount: number;
  readonly tiles: readonly NavTileEntry[];
  /** Per polygon: its number of corners, then per corner x and z in 1/65535 of the bounds; all 16 bits. */
  readonly outline: { readonly offset: number; readonly bytes: number };
}

export interface NavFile {
  readonly header: NavHeader;
  /** Shares memory with what was decoded. */
  readonly body: Uint8Array;
}

/** A tile with its bytes, before it has its place in a body. */
export interface NavTileData {
  readonly x: number;
  readonly y: number;
  readonly layer: number;
  readonly data: Uint8Array;
}

export type NavHeaderBase = Omit<NavHeader, "tiles" | "outline">;

export function encodeNavFile(base: NavHeaderBase, tileData: readonly NavTileData[], outline: Uint16Array): Uint8Array {
  let offset = 0;
  const take = (bytes: number) => {
    const at = offset;
    offset = aligned(offset + bytes);
    return at;
  };
  const tiles = tileData.map(({ x, y, layer, data }) => ({
    x,
    y,
    layer,
    offset: take(data.length),
    bytes: data.length,
  }));
  const header: NavHeader = {
    ...base,
    tiles,
    outline: { offset: take(outline.byteLength), bytes: outline.byteLength },
  };
  const headerBytes = new TextEncoder().encode(JSON.stringify(header));
  const bodyAt = aligned(HEAD_BYTES + headerBytes.length);
  const file = new Uint8Array(bodyAt + offset);
  const body = file.subarray(bodyAt);
  for (const [i, { data }] of tileData.entries()) body.set(data, (tiles[i] as NavTileEntry).offset);
  body.set(new Uint8Array(outline.buffer, outline.byteOffset, outline.byteLength), header.outline.offset);
  file.set(new TextEncoder().encode(MAGIC));
  const view = new DataView(file.buffer);
  view.setUint32(8, NAV_FILE_VERSION, true);
  view.setUint32(12, headerBytes.length, true);
  view.setUint32(16, offset, true);
  view.setUint32(20, hashOf(body), true);
  file.set(headerBytes, HEAD_BYTES);
  return file;
}

/** Throws NAV_FILE_INVALID for what is no such file, is cut short or was changed. */
export function decodeNavFile(file: Uint8Array): NavFile {
  if (file.length < HEAD_BYTES || textOf(file.subarray(0, 8)) !== MAGIC) throw invalid("it is no navigation mesh");
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const version = view.getUint32(8, true);
  if (version !== NAV_FILE_VERSION) throw invalid(`version ${version}, not ${NAV_FILE_VERSION}: build it again`);
  const headerBytes = view.getUint32(12, true);
  const bodyBytes = view.getUint32(16, true);
  const bodyAt = aligned(HEAD_BYTES + headerBytes);
  if (file.length !== bodyAt + bodyBytes) throw invalid(`${file.length} bytes, not ${bodyAt + bodyBytes}`);
  const body = file.subarray(bodyAt);
  if (hashOf(body) !== view.getUint32(20, true)) throw invalid("it was changed or damaged");
  const header = parseHeader(textOf(file.subarray(HEAD_BYTES, HEAD_BYTES + headerBytes)));
  for (const { offset, bytes } of [...header.tiles, header.outline]) {
    if (!(offset >= 0 && bytes >= 0 && offset + bytes <= bodyBytes)) throw invalid("a tile lies outside of it");
  }
  return { header, body };
}

/** The outline as polygons, flat [x, z] * corners in units. */
export function outlinePolygons({ header, body }: NavFile): number[][] {
  const { boundsMin, boundsMax, outline } = header;
  const view = new DataView(body.buffer, body.byteOffset + outline.offset, outline.bytes);
  const place = (at: number, axis: 0 | 2) =>
    boundsMin[axis] + (view.getUint16(at, true) / OUTLINE_STEPS) * (boundsMax[axis] - boundsMin[axis]);
  const polygons: number[][] = [];
  for (let at = 0; at < outline.bytes; ) {
    const corners = view.getUint16(at, true);
    at += 2;
    const polygon: number[] = [];
    for (let i = 0; i < corners; i++, at += 4) polygon.push(place(at, 0), place(at + 2, 2));
    polygons.push(polygon);
  }
  return polygons;
}

export const OUTLINE_STEPS = 65_535;

function parseHeader(text: string): NavHeader {
  try {
    return JSON.parse(text) as NavHeader;
  } catch (cause) {
    throw invalid("its header cannot be read", cause);
  }
}

function textOf(bytes: Uint8Array): string {
  // A copy: a decoder takes no shared memory.
  return new TextDecoder().decode(bytes.slice());
}

function aligned(offset: number): number {
  return Math.ceil(offset / ALIGN) * ALIGN;
}

function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  return hash >>> 0;
}

function invalid(detail: string, cause?: unknown): AeonError {
  return new AeonError("NAV_FILE_INVALID", detail, { cause });
}
