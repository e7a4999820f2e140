/**
 * glTF 2.0, as .gltf (buffers beside it or embedded) and as .glb: triangles of the default scene with their nodes' transforms and their
 * materials' names. No textures, no animation, no compression; a file that needs an extension is refused.
 * Khronos Group, "glTF 2.0 Specification" (2021): https://registry.khronos.org/glTF/specs/2.0/glTF-2.0.html
 */
import { type Level, LevelBuilder, levelInvalid } from "./level.js";

/** Bytes of a file that the level names, by its relative path; throws when there is none. */
export type ReadBeside = (path: string) => Uint8Array;

interface GltfNode {
  readonly mesh?: number;
  readonly children?: readonly number[];
  readonly matrix?: readonly number[];
  readonly translation?: readonly number[];
  readonly rotation?: readonly number[];
  readonly scale?: readonly number[];
}
interface GltfPrimitive {
  readonly attributes: { readonly POSITION?: number };
  readonly indices?: number;
  readonly material?: number;
  readonly mode?: number;
}
interface GltfAccessor {
  readonly bufferView?: number;
  readonly byteOffset?: number;
  readonly componentType: number;
  readonly count: number;
  readonly type: string;
  readonly sparse?: unknown;
}
interface GltfDocument {
  readonly asset?: { readonly version?: string };
  readonly extensionsRequired?: readonly string[];
  readonly scene?: number;
  readonly scenes?: readonly { readonly nodes?: readonly number[] }[];
  readonly nodes?: readonly GltfNode[];
  readonly meshes?: readonly { readonly primitives: readonly GltfPrimitive[] }[];
  readonly materials?: readonly { readonly name?: string }[];
  readonly accessors?: readonly GltfAccessor[];
  readonly bufferViews?: readonly {
    readonly buffer: number;
    readonly byteOffset?: number;
    readonly byteLength: number;
    readonly byteStride?: number;
  }[];
  readonly buffers?: readonly { readonly uri?: string; readonly byteLength: number }[];
}

const GLB_MAGIC = 0x46546c67;
const CHUNK_JSON = 0x4e4f534a;
const CHUNK_BINARY = 0x004e4942;
const GLB_HEAD_BYTES = 12;
const CHUNK_HEAD_BYTES = 8;
const TRIANGLES = 4;
const FLOAT = 5126;
/** Deeper than any scene is; a node that is its own ancestor ends here. */
const DEPTH_MAX = 256;

/** How wide an index is, and how to read it. */
const INDEX_READERS: Readonly<Record<number, { bytes: number; read(view: DataView, at: number): number }>> = {
  5121: { bytes: 1, read: (view, at) => view.getUint8(at) },
  5123: { bytes: 2, read: (view, at) => view.getUint16(at, true) },
  5125: { bytes: 4, read: (view, at) => view.getUint32(at, true) },
};

/** Column by column, as in the file. */
type Matrix = readonly number[];
const IDENTITY: Matrix = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1];

/** Throws NAV_LEVEL_INVALID. */
export function readGltf(file: Uint8Array, readBeside: ReadBeside): Level {
  const { json, binary } = splitGlb(file);
  const document = parse(json);
  if (!(document.asset?.version ?? "").startsWith("2.")) throw levelInvalid("it is not glTF 2");
  const [extension] = document.extensionsRequired ?? [];
  if (extension !== undefined) throw levelInvalid(`it needs the extension ${extension}`);
  try {
    return new GltfReader(document, binary, readBeside).read();
  } catch (cause) {
    if (cause instanceof RangeError || cause instanceof TypeError) throw levelInvalid("its parts do not fit", cause);
    throw cause;
  }
}

function splitGlb(file: Uint8Array): { json: Uint8Array; binary: Uint8Array | null } {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length < GLB_HEAD_BYTES || view.getUint32(0, true) !== GLB_MAGIC) return { json: file, binary: null };
  let json: Uint8Array | null = null;
  let binary: Uint8Array | null = null;
  for (let at = GLB_HEAD_BYTES; at + CHUNK_HEAD_BYTES <= file.length; ) {
    const bytes = view.getUint32(at, true);
    const type = view.getUint32(at + 4, true);
    const chunk = file.subarray(at + CHUNK_HEAD_BYTES, at + CHUNK_HEAD_BYTES + bytes);
    if (chunk.length !== bytes) throw levelInvalid("a chunk is cut short");
    if (type === CHUNK_JSON) json ??= chunk;
    else if (type === CHUNK_BINARY) binary ??= chunk;
    at += CHUNK_HEAD_BYTES + bytes;
  }
  if (json === null) throw levelInvalid("there is no document in it");
  return { json, binary };
}

function parse(json: Uint8Array): GltfDocument {
  try {
    return JSON.parse(new TextDecoder().decode(json)) as GltfDocument;
  } catch (cause) {
    throw levelInvalid("it is no JSON", cause);
  }
}

class GltfReader {
  private readonly document: GltfDocument;
  private readonly binary: Uint8Array | null;
  private readonly readBeside: ReadBeside;
  private readonly buffers = new Map<number, Uint8Array>();
  private readonly level = new LevelBuilder();

  constructor(document: GltfDocument, binary: Uint8Array | null, readBeside: ReadBeside) {
    this.document = document;
    this.binary = binary;
    this.readBeside = readBeside;
  }

  read(): Level {
    const { scenes = [], scene = 0, nodes = [] } = this.document;
    const roots = scenes[scene]?.nodes ?? nodes.map((_, i) => i);
    for (const root of roots) this.readNode(root, IDENTITY, 0);
    return this.level.finish();
  }

  private readNode(number: number, parent: Matrix, depth: number): void {
    const node = this.document.nodes?.[number];
    if (node === undefined || depth > DEPTH_MAX) throw levelInvalid(`node ${number} cannot be there`);
    const place = multiply(parent, matrixOf(node));
    for (const primitive of this.document.meshes?.[node.mesh ?? -1]?.primitives ?? [])
      this.readPrimitive(primitive, place);
    for (const child of node.children ?? []) this.readNode(child, place, depth + 1);
  }

  private readPrimitive(primitive: GltfPrimitive, place: Matrix): void {
    const { mode = TRIANGLES, indices, attributes, material } = primitive;
    if (mode !== TRIANGLES || attributes.POSITION === undefined) return;
    const first = this.level.vertexCount;
    const count = this.readPositions(attributes.POSITION, place);
    const order = indices === undefined ? null : this.readIndices(indices);
    const name = this.document.materials?.[material ?? -1]?.name ?? "";
    // A mirrored mesh is walked on from its other side.
    const [b, c] = determinant(place) < 0 ? [2, 1] : [1, 2];
    const corner = (i: number) => first + (order === null ? i : (order[i] as number));
    const corners = order === null ? count : order.length;
    for (let i = 0; i + 2 < corners; i += 3) {
      this.level.addTriangle(corner(i), corner(i + b), corner(i + c), name);
    }
  }

  /** Returns how many there were. */
  private readPositions(number: number, m: Matrix): number {
    const { accessor, view, stride } = this.view(number, 12);
    if (accessor.componentType !== FLOAT || accessor.type !== "VEC3")
      throw levelInvalid("positions are not three floats");
    const at = (row: number) => [m[row] as number, m[row + 4] as number, m[row + 8] as number, m[row + 12] as number];
    const [rowX, rowY, rowZ] = [at(0), at(1), at(2)] as [number[], number[], number[]];
    for (let i = 0; i < accessor.count; i++) {
      const x = view.getFloat32(i * stride, true);
      const y = view.getFloat32(i * stride + 4, true);
      const z = view.getFloat32(i * stride + 8, true);
      this.level.addVertex(dot(rowX, x, y, z), dot(rowY, x, y, z), dot(rowZ, x, y, z));
    }
    return accessor.count;
  }

  private readIndices(number: number): Uint32Array {
    const reader = INDEX_READERS[this.document.accessors?.[number]?.componentType ?? 0];
    if (reader === undefined) throw levelInvalid("indices are not whole numbers");
    const { accessor, view, stride } = this.view(number, reader.bytes);
    const indices = new Uint32Array(accessor.count);
    for (let i = 0; i < accessor.count; i++) indices[i] = reader.read(view, i * stride);
    return indices;
  }

  private view(number: number, elementBytes: number): { accessor: GltfAccessor; view: DataView; stride: number } {
    const accessor = this.document.accessors?.[number];
    const bufferView = this.document.bufferViews?.[accessor?.bufferView ?? -1];
    if (accessor === undefined || bufferView === undefined) throw levelInvalid(`accessor ${number} has no data`);
    if (accessor.sparse !== undefined) throw levelInvalid("sparse accessors are not read");
    const buffer = this.buffer(bufferView.buffer);
    const from = (bufferView.byteOffset ?? 0) + (accessor.byteOffset ?? 0);
    const stride = bufferView.byteStride ?? elementBytes;
    const bytes = accessor.count === 0 ? 0 : (accessor.count - 1) * stride + elementBytes;
    if (!(from >= 0 && bytes >= 0 && from + bytes <= buffer.length))
      throw levelInvalid(`accessor ${number} is cut short`);
    return { accessor, view: new DataView(buffer.buffer, buffer.byteOffset + from, bytes), stride };
  }

  private buffer(number: number): Uint8Array {
    const known = this.buffers.get(number);
    if (known !== undefined) return known;
    const uri = this.document.buffers?.[number]?.uri;
    let bytes: Uint8Array | null;
    if (uri === undefined) bytes = this.binary;
    else if (uri.startsWith("data:")) bytes = dataOf(uri);
    else bytes = this.readBeside(decodeURIComponent(uri));
    if (bytes === null) throw levelInvalid(`buffer ${number} has no data`);
    this.buffers.set(number, bytes);
    return bytes;
  }
}

function dataOf(uri: string): Uint8Array {
  const [head = "", data = ""] = uri.split(",", 2);
  if (!head.endsWith(";base64")) throw levelInvalid("an embedded buffer is not base64");
  return Uint8Array.from(atob(data), (character) => character.charCodeAt(0));
}

function dot(row: readonly number[], x: number, y: number, z: number): number {
  const [a = 0, b = 0, c = 0, d = 0] = row;
  return a * x + b * y + c * z + d;
}

function matrixOf({ matrix, translation = [0, 0, 0], rotation = [0, 0, 0, 1], scale = [1, 1, 1] }: GltfNode): Matrix {
  if (matrix !== undefined) return matrix;
  const [x = 0, y = 0, z = 0, w = 1] = rotation;
  const [sx = 1, sy = 1, sz = 1] = scale;
  const [tx = 0, ty = 0, tz = 0] = translation;
  return [
    ...[(1 - 2 * (y * y + z * z)) * sx, 2 * (x * y + z * w) * sx, 2 * (x * z - y * w) * sx, 0],
    ...[2 * (x * y - z * w) * sy, (1 - 2 * (x * x + z * z)) * sy, 2 * (y * z + x * w) * sy, 0],
    ...[2 * (x * z + y * w) * sz, 2 * (y * z - x * w) * sz, (1 - 2 * (x * x + y * y)) * sz, 0],
    ...[tx, ty, tz, 1],
  ];
}

function multiply(left: Matrix, right: Matrix): Matrix {
  return IDENTITY.map((_, at) => {
    const row = at % 4;
    const column = at - row;
    let sum = 0;
    for (let i = 0; i < 4; i++) sum += (left[row + i * 4] as number) * (right[column + i] as number);
    return sum;
  });
}

function determinant(m: Matrix): number {
  const [a = 0, b = 0, c = 0, , d = 0, e = 0, f = 0, , g = 0, h = 0, i = 0] = m;
  return a * (e * i - f * h) - d * (b * i - c * h) + g * (b * f - c * e);
}
