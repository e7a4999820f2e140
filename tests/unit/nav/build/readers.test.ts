/** Levels from .obj and glTF files; what is broken is refused with a code. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { AeonError } from "../../../../engine/base/errors.js";
import { readGltf } from "../../../../engine/nav/build/gltf-reader.js";
import { readObj } from "../../../../engine/nav/build/obj-reader.js";

const isRefused = (error: unknown) => error instanceof AeonError && error.code === "NAV_LEVEL_INVALID";
const nothingBeside = () => {
  throw new Error("there is no other file");
};

test("obj: polygons become fans, indices may be negative and carry other numbers, materials are kept", () => {
  const level = readObj(
    ["# a comment", "v 0 0 0", "v 1 0 0 1.0", "v 1 0 1", "v 0 0 1", "vt 0 0", "f 1/1 4/1/1 3//1 2", "usemtl wet mud"]
      .concat(["f -4 -1 -2", "o thing", ""])
      .join("\r\n"),
  );
  assert.deepEqual([...level.positions], [0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 1]);
  assert.deepEqual([...level.indices], [0, 3, 2, 0, 2, 1, 0, 3, 2]);
  assert.deepEqual([...level.triangleMaterials], [0, 0, 1]);
  assert.deepEqual(level.materials, ["", "wet mud"]);
});

test("obj: wrong lines are refused with their number", () => {
  for (const [text, line] of [
    ["v 0 0", 1],
    ["v 0 0 0\nf 1 2 3", 2],
    ["v 0 0 0\nv 0 0 1\nf 1 2", 3],
    ["v 0 0 zero", 1],
    ["v 0 0 0\nf 0 0 0", 2],
  ] as const) {
    assert.throws(
      () => readObj(text),
      (error) => isRefused(error) && (error as Error).message.includes(`line ${line}`),
      text,
    );
  }
  assert.throws(() => readObj("v 0 0 0\n"), isRefused);
});

/** Two triangles of one quad, the second indexed, under a node that moves, turns and scales. */
function quadGltf(uri: string | undefined): object {
  return {
    asset: { version: "2.0" },
    scene: 0,
    scenes: [{ nodes: [0] }],
    nodes: [
      { translation: [10, 0, 0], children: [1] },
      // A quarter turn around y: x becomes −z.
      { mesh: 0, rotation: [0, Math.SQRT1_2, 0, Math.SQRT1_2], scale: [2, 2, 2] },
    ],
    meshes: [
      {
        primitives: [
          { attributes: { POSITION: 0 }, indices: 1, material: 0 },
          { attributes: {}, mode: 1 },
        ],
      },
    ],
    materials: [{ name: "grass" }],
    accessors: [
      { bufferView: 0, componentType: 5126, count: 4, type: "VEC3" },
      { bufferView: 1, componentType: 5123, count: 6, type: "SCALAR" },
    ],
    bufferViews: [
      { buffer: 0, byteLength: 48 },
      { buffer: 0, byteOffset: 48, byteLength: 12 },
    ],
    buffers: [{ byteLength: 60, ...(uri === undefined ? {} : { uri }) }],
  };
}
const quadBytes = new Uint8Array(60);
new Float32Array(quadBytes.buffer, 0, 12).set([0, 0, 0, 1, 0, 0, 1, 0, 1, 0, 0, 1]);
new Uint16Array(quadBytes.buffer, 48, 6).set([0, 2, 1, 0, 3, 2]);

const encode = (value: object) => new TextEncoder().encode(JSON.stringify(value));

function glb(document: object, binary: Uint8Array): Uint8Array {
  const json = encode(document);
  const padded = new Uint8Array(Math.ceil(json.length / 4) * 4).fill(32);
  padded.set(json);
  const file = new Uint8Array(12 + 8 + padded.length + 8 + binary.length);
  const view = new DataView(file.buffer);
  [0x46546c67, 2, file.length, padded.length, 0x4e4f534a].forEach((word, i) => {
    view.setUint32(i * 4, word, true);
  });
  file.set(padded, 20);
  view.setUint32(20 + padded.length, binary.length, true);
  view.setUint32(24 + padded.length, 0x004e4942, true);
  file.set(binary, 28 + padded.length);
  return file;
}

test("gltf: embedded, beside it and .glb give the same level, with nodes' transforms and materials", () => {
  const embedded = readGltf(
    encode(quadGltf(`data:application/octet-stream;base64,${Buffer.from(quadBytes).toString("base64")}`)),
    nothingBeside,
  );
  const beside = readGltf(encode(quadGltf("quad%20data.bin")), (path) => {
    assert.equal(path, "quad data.bin");
    return quadBytes;
  });
  const binary = readGltf(glb(quadGltf(undefined), quadBytes), nothingBeside);
  assert.deepEqual(beside, embedded);
  assert.deepEqual(binary, embedded);
  assert.deepEqual(
    [...embedded.positions].map((value) => Math.round(value * 1e4) / 1e4 + 0),
    [10, 0, 0, 10, 0, -2, 12, 0, -2, 12, 0, 0],
  );
  assert.deepEqual([...embedded.indices], [0, 2, 1, 0, 3, 2]);
  assert.deepEqual(embedded.materials, ["grass"]);
});

test("gltf: what is broken is refused (old version, extensions, cut buffers, circles of nodes, no JSON)", () => {
  const broken: object[] = [
    { asset: { version: "1.0" } },
    { ...quadGltf("x"), extensionsRequired: ["KHR_draco_mesh_compression"] },
    { ...quadGltf("x"), nodes: [{ children: [0] }] },
    {
      ...quadGltf("x"),
      bufferViews: [
        { buffer: 0, byteLength: 48 },
        { buffer: 0, byteOffset: 52, byteLength: 12 },
      ],
    },
    { ...quadGltf("x"), accessors: [{ bufferView: 0, componentType: 5120, count: 4, type: "VEC3" }] },
    { ...quadGltf("x"), accessors: [{ bufferView: 0, componentType: 5126, count: 1e9, type: "VEC3" }] },
    { ...quadGltf("data:text/plain,hello") },
  ];
  for (const document of broken) assert.throws(() => readGltf(encode(document), () => quadBytes), isRefused);
  assert.throws(() => readGltf(new TextEncoder().encode("no json"), nothingBeside), isRefused);
  assert.throws(() => readGltf(glb(quadGltf(undefined), quadBytes).subarray(0, 60), nothingBeside), isRefused);
});

test("gltf: a file with changed bytes is read or refused, and nothing else (random changes)", () => {
  const whole = glb(quadGltf(undefined), quadBytes);
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      (changes) => {
        const file = whole.slice();
        for (const [at, value] of changes) file[at] = value;
        try {
          readGltf(file, nothingBeside);
        } catch (error) {
          assert.ok(isRefused(error) || (error as Error).message === "there is no other file", String(error));
        }
      },
    ),
    { numRuns: 500, seed: 5 },
  );
});
