/**
 * The C reference behind Node's binding, for tests and benches only: `node-kcp` of the repository's bench/peers. It is native, so where it
 * was not built, `loadNodeKcp` says so. `peerOf` gives it the interface of Kcp, as far as both are compared.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { KcpOptions } from "../src/index.js";

/** Of node-kcp's own API. Times and numbers are whole; a Buffer that comes out is a copy. */
export interface NativeKcp {
  output(handle: (bytes: Buffer, length: number) => void): void;
  send(bytes: Buffer): number;
  recv(): Buffer | undefined;
  input(bytes: Buffer): number;
  update(nowMs: number): void;
  check(nowMs: number): number;
  flush(): void;
  waitsnd(): number;
  setmtu(bytes: number): number;
  wndsize(send: number, receive: number): number;
  nodelay(nodelay: number, intervalMs: number, resend: number, noCongestion: number): number;
  stream(isOn: number): number;
  release(): void;
}

export type NodeKcp = new (conv: number) => NativeKcp;

/** What drives ours and the reference's in the same way. */
export interface Peer {
  send(bytes: Uint8Array): void;
  receive(): Uint8Array | null;
  input(bytes: Uint8Array): number;
  update(nowMs: number): void;
  check(nowMs: number): number;
  readonly waitingSegments: number;
}

const PACKAGE = join("bench", "peers", "package.json");

/** The class, or why it cannot be had. */
export function loadNodeKcp(): NodeKcp | string {
  const root = repositoryRoot();
  if (root === null) return "no bench/peers above this folder";
  try {
    return (createRequire(join(root, PACKAGE))("node-kcp/index.js") as { KCP: NodeKcp }).KCP;
  } catch (error) {
    const reason = error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error);
    return `node-kcp is not built (npm ci --prefix bench/peers; npm rebuild --prefix bench/peers node-kcp): ${reason}`;
  }
}

function repositoryRoot(): string | null {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    if (existsSync(join(folder, PACKAGE))) return folder;
    if (dirname(folder) === folder) return null;
    folder = dirname(folder);
  }
}

/** A reference session with the options of ours that it knows; its other numbers are the same by default. */
export function makeNative(
  Native: NodeKcp,
  conv: number,
  options: KcpOptions,
  output: (bytes: Uint8Array) => void,
): NativeKcp {
  const native = new Native(conv);
  const congestion = options.congestionControl ?? true;
  native.nodelay(options.nodelay ?? 0, options.intervalMs ?? 100, options.fastResend ?? 0, congestion ? 0 : 1);
  native.wndsize(options.sendWindow ?? 32, options.receiveWindow ?? 128);
  native.setmtu(options.mtuBytes ?? 1_400);
  native.stream(options.stream === true ? 1 : 0);
  native.output(output);
  return native;
}

export function peerOf(
  Native: NodeKcp,
  conv: number,
  options: KcpOptions,
  output: (bytes: Uint8Array) => void,
): Peer & { release(): void } {
  const native = makeNative(Native, conv, options, output);
  return {
    send: (bytes) => void native.send(asBuffer(bytes)),
    receive: () => native.recv() ?? null,
    input: (bytes) => native.input(asBuffer(bytes)),
    update: (nowMs) => native.update(nowMs),
    check: (nowMs) => native.check(nowMs),
    get waitingSegments() {
      return native.waitsnd();
    },
    release: () => native.release(),
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
