/**
 * Client and gate over UDP: every datagram, little-endian. Pure; runs in browsers too.
 *
 *   1 HELLO    C→G   u8 type | u16 version | 32 client key | zeros to 128 bytes
 *   2 COOKIE   G→C   u8 type | 8 echo | u8 epoch | 16 cookie
 *   3 OPEN     C→G   u8 type | u16 version | 32 client key | u8 epoch | 16 cookie | u8 seal kind | zeros to 256 bytes
 *   4 ACCEPT   G→C   u8 type | 8 echo | u64 session | u8 seal kind | 32 gate key | 32 gate static key | 16 reset token, sealed | 16 tag
 *   5 DATA     both  u8 type | u64 session | u48 packet number | parts, sealed | 16 tag
 *   6 PLAIN    both  u8 type | u64 session | parts                     (encryption off)
 *   7 REFUSE   G→C   u8 type | 8 echo | u8 reason
 *   8 QUERY    C→G   u8 type | 8 echo | zeros to 512 bytes             (which gates are there?)
 *   9 ANSWER   G→C   u8 type | 8 echo | u8 count | count × (u8 load | text url)
 *  10 RESET    G→C   u8 type | u64 session | 16 reset token            (no such session here)
 *
 * The gate keeps nothing of a peer that has not sent back a cookie from the address it claims, and never answers with more bytes than
 * it got: HELLO ≥ COOKIE, OPEN ≥ ACCEPT, COOKIE and REFUSE, QUERY ≥ ANSWER, and RESET only for what is longer. `echo` is the first 8
 * bytes of the client's key (of QUERY: random), so that only who saw the question can answer it. HELLO and OPEN are repeated until they
 * are answered; an OPEN that came twice gets the same ACCEPT twice. The client's first DATA that opens right makes the session.
 *
 * A session is found by its id, which is random; its low half is the `conv` of its KCP. The address is an attribute: a DATA that opens
 * right and is the newest so far moves the session to where it came from. DATA's head needs no place in what is authenticated: the session
 * says which key, and the packet number, from 1, is the nonce (engine/net/seal.ts), so that nothing opens under another head. A DATA or PLAIN of an unknown session is answered with RESET, whose token only the
 * gate and that session's client know.
 *
 * Parts, one or more; those that reach to the end come last:
 *   1 LOOSE    u8 channel | u32 sequence | u16 length | one frame, unreliable; a sequence that is not above the last is dropped, so a frame may be sent again
 *   2 CLOSE    u8 channel | reason, UTF-8, to the end
 *   0 KCP      u8 channel | KCP segments (native/kcp-ts), to the end
 *
 * KCP runs in stream mode over `u32 length | frame`: its message mode ends at 255 fragments and at the receiver's window, a frame does not.
 * Types and channels are never used again; retired: none.
 */
import { type ByteReader, ByteWriter } from "../base/bytes.js";
import { AeonError } from "../base/errors.js";
import { ADDRESS_BYTES_MAX } from "./limits.js";

export const DATAGRAM_VERSION = 1;

export const DatagramType = {
  hello: 1,
  cookie: 2,
  open: 3,
  accept: 4,
  data: 5,
  plain: 6,
  refuse: 7,
  query: 8,
  answer: 9,
  reset: 10,
} as const;

export const Channel = { kcp: 0, loose: 1, close: 2 } as const;

/** Why a gate refuses an OPEN. */
export const Refusal = { version: 1, full: 2, busy: 3, seal: 4, shutdown: 5, key: 6 } as const;
export type Refusal = (typeof Refusal)[keyof typeof Refusal];

const TYPE_BYTES = 1;
const KEY_BYTES = 32;
const TAG_BYTES = 16;
export const ECHO_BYTES = 8;
export const SESSION_ID_BYTES = 8;
export const COOKIE_BYTES = 16;
export const RESET_TOKEN_BYTES = 16;

export const HELLO_BYTES = 128;
export const OPEN_BYTES = 256;
export const QUERY_BYTES = 512;

/** Where the parts begin. */
export const DATA_HEAD_BYTES = TYPE_BYTES + SESSION_ID_BYTES + 6;
export const DATA_OVERHEAD_BYTES = DATA_HEAD_BYTES + TAG_BYTES;
export const PLAIN_HEAD_BYTES = TYPE_BYTES + SESSION_ID_BYTES;
export const RESET_BYTES = TYPE_BYTES + SESSION_ID_BYTES + RESET_TOKEN_BYTES;
export const LOOSE_HEAD_BYTES = 7;
export const CLOSE_REASON_BYTES_MAX = 64;
/** Of ACCEPT: authenticated with the reset token. */
export const ACCEPT_HEAD_BYTES = TYPE_BYTES + ECHO_BYTES + SESSION_ID_BYTES + 1 + 2 * KEY_BYTES;

const SESSION_AT = 1;
const NUMBER_AT = SESSION_AT + SESSION_ID_BYTES;

/** A session id as two halves: `low` is its KCP's conv. Both u32. */
export interface SessionId {
  readonly low: number;
  readonly high: number;
}

export interface Hello {
  readonly version: number;
  readonly clientKey: Uint8Array;
}

export interface Cookie {
  readonly echo: Uint8Array;
  readonly epoch: number;
  readonly cookie: Uint8Array;
}

export interface Open {
  readonly version: number;
  readonly clientKey: Uint8Array;
  readonly epoch: number;
  readonly cookie: Uint8Array;
  readonly sealKind: number;
}

export interface Accept {
  readonly echo: Uint8Array;
  readonly session: SessionId;
  readonly sealKind: number;
  readonly gateKey: Uint8Array;
  readonly gateStaticKey: Uint8Array;
  /** The reset token, sealed under packet number 0 and the bytes before it; in the clear, and zeros, when nothing is sealed. */
  readonly confirmation: Uint8Array;
}

export interface Refuse {
  readonly echo: Uint8Array;
  readonly refusal: number;
}

/** A gate as ANSWER tells of it. */
export interface GateOffer {
  /** Where clients reach it, such as "ws://203.0.113.7:7711". */
  readonly url: string;
  /** Clients as a share of what it takes: 0 … 255. */
  readonly load: number;
}

/** One kind of datagram, for the handshake: `bytesMin` is checked before `read`. */
interface DatagramKind<T> {
  readonly type: number;
  readonly bytesMin: number;
  write(writer: ByteWriter, value: T): void;
  read(reader: ByteReader): T;
}

/** The first bytes of the client's key. */
export function echoOf(clientKey: Uint8Array): Uint8Array {
  return clientKey.subarray(0, ECHO_BYTES);
}

function writeSession(writer: ByteWriter, { low, high }: SessionId): void {
  writer.u32(low);
  writer.u32(high);
}

function readSession(reader: ByteReader): SessionId {
  return { low: reader.u32(), high: reader.u32() };
}

function kind<T>(definition: DatagramKind<T>): DatagramKind<T> {
  return definition;
}

export const helloDatagram = kind<Hello>({
  type: DatagramType.hello,
  bytesMin: HELLO_BYTES,
  write(writer, { version, clientKey }) {
    writer.u16(version);
    writer.raw(clientKey);
  },
  read: (reader) => ({ version: reader.u16(), clientKey: reader.raw(KEY_BYTES) }),
});

export const cookieDatagram = kind<Cookie>({
  type: DatagramType.cookie,
  bytesMin: TYPE_BYTES + ECHO_BYTES + 1 + COOKIE_BYTES,
  write(writer, { echo, epoch, cookie }) {
    writer.raw(echo);
    writer.u8(epoch);
    writer.raw(cookie);
  },
  read: (reader) => ({ echo: reader.raw(ECHO_BYTES), epoch: reader.u8(), cookie: reader.raw(COOKIE_BYTES) }),
});

export const openDatagram = kind<Open>({
  type: DatagramType.open,
  bytesMin: OPEN_BYTES,
  write(writer, { version, clientKey, epoch, cookie, sealKind }) {
    writer.u16(version);
    writer.raw(clientKey);
    writer.u8(epoch);
    writer.raw(cookie);
    writer.u8(sealKind);
  },
  read: (reader) => ({
    version: reader.u16(),
    clientKey: reader.raw(KEY_BYTES),
    epoch: reader.u8(),
    cookie: reader.raw(COOKIE_BYTES),
    sealKind: reader.u8(),
  }),
});

export const acceptDatagram = kind<Accept>({
  type: DatagramType.accept,
  bytesMin: ACCEPT_HEAD_BYTES + RESET_TOKEN_BYTES + TAG_BYTES,
  write(writer, { echo, session, sealKind, gateKey, gateStaticKey, confirmation }) {
    writer.raw(echo);
    writeSession(writer, session);
    writer.u8(sealKind);
    writer.raw(gateKey);
    writer.raw(gateStaticKey);
    writer.raw(confirmation);
  },
  read: (reader) => ({
    echo: reader.raw(ECHO_BYTES),
    session: readSession(reader),
    sealKind: reader.u8(),
    gateKey: reader.raw(KEY_BYTES),
    gateStaticKey: reader.raw(KEY_BYTES),
    confirmation: reader.raw(RESET_TOKEN_BYTES + TAG_BYTES),
  }),
});

export const refuseDatagram = kind<Refuse>({
  type: DatagramType.refuse,
  bytesMin: TYPE_BYTES + ECHO_BYTES + 1,
  write(writer, { echo, refusal }) {
    writer.raw(echo);
    writer.u8(refusal);
  },
  read: (reader) => ({ echo: reader.raw(ECHO_BYTES), refusal: reader.u8() }),
});

export const queryDatagram = kind<{ readonly echo: Uint8Array }>({
  type: DatagramType.query,
  bytesMin: QUERY_BYTES,
  write: (writer, { echo }) => writer.raw(echo),
  read: (reader) => ({ echo: reader.raw(ECHO_BYTES) }),
});

export const answerDatagram = kind<{ readonly echo: Uint8Array; readonly gates: readonly GateOffer[] }>({
  type: DatagramType.answer,
  bytesMin: TYPE_BYTES + ECHO_BYTES + 1,
  write(writer, { echo, gates }) {
    writer.raw(echo);
    const countAt = writer.length;
    writer.u8(0);
    writer.bytes[countAt] = writeOffers(writer, gates);
  },
  read(reader) {
    const echo = reader.raw(ECHO_BYTES);
    const gates = Array.from({ length: reader.u8() }, () => ({
      load: reader.u8(),
      url: reader.text(ADDRESS_BYTES_MAX),
    }));
    return { echo, gates };
  },
});

export const resetDatagram = kind<{ readonly session: SessionId; readonly token: Uint8Array }>({
  type: DatagramType.reset,
  bytesMin: RESET_BYTES,
  write(writer, { session, token }) {
    writeSession(writer, session);
    writer.raw(token);
  },
  read: (reader) => ({ session: readSession(reader), token: reader.raw(RESET_TOKEN_BYTES) }),
});

/** As many as fit into what a QUERY may be answered with; returns how many. */
function writeOffers(writer: ByteWriter, gates: readonly GateOffer[]): number {
  const entry = new ByteWriter(ADDRESS_BYTES_MAX);
  let count = 0;
  for (const { url, load } of gates) {
    entry.reset();
    entry.u8(load);
    entry.text(url);
    if (writer.length + entry.length > QUERY_BYTES) break;
    writer.raw(entry.written());
    count++;
  }
  return count;
}

const PADDED: Readonly<Record<number, number>> = {
  [DatagramType.hello]: HELLO_BYTES,
  [DatagramType.open]: OPEN_BYTES,
  [DatagramType.query]: QUERY_BYTES,
};
const PADDING = new Uint8Array(QUERY_BYTES);

/** The whole datagram, padded as its kind asks for; valid until `writer` is used again. */
export function encodeDatagram<T>(writer: ByteWriter, { type, write }: DatagramKind<T>, value: T): Uint8Array {
  writer.reset();
  writer.u8(type);
  write(writer, value);
  const missing = (PADDED[type] ?? 0) - writer.length;
  if (missing > 0) writer.raw(PADDING.subarray(0, missing));
  return writer.written();
}

/** Null: it is too short for its kind, or its fields are no such. Its parts are views into `reader`'s bytes. */
export function decodeDatagram<T>(reader: ByteReader, { bytesMin, read }: DatagramKind<T>): T | null {
  if (reader.remaining < bytesMin) return null;
  reader.u8();
  try {
    return read(reader);
  } catch (error) {
    if (error instanceof AeonError) return null;
    throw error;
  }
}

/** For DATA and PLAIN: the type and the session; returns where what follows begins. */
export function writeDataHead(bytes: Uint8Array, at: number, type: number, { low, high }: SessionId): number {
  bytes[at] = type;
  writeU32(bytes, at + SESSION_AT, low);
  writeU32(bytes, at + SESSION_AT + 4, high);
  return at + NUMBER_AT;
}

/** DATA's packet number, 0 … 2^48−1, behind its session. */
export function writePacketNumber(bytes: Uint8Array, at: number, packetNumber: number): void {
  writeU32(bytes, at, packetNumber >>> 0);
  const high = Math.floor(packetNumber / 2 ** 32);
  bytes[at + 4] = high & 0xff;
  bytes[at + 5] = high >>> 8;
}

/** Low half of the session id of a DATA, PLAIN or RESET, as an i32: a key for a map that makes no heap number. */
export function sessionKeyOf(bytes: Uint8Array): number {
  return readI32(bytes, SESSION_AT);
}

/** Its high half, likewise. */
export function sessionHighOf(bytes: Uint8Array): number {
  return readI32(bytes, SESSION_AT + 4);
}

export function packetNumberOf(bytes: Uint8Array): number {
  const high = (bytes[NUMBER_AT + 4] as number) | ((bytes[NUMBER_AT + 5] as number) << 8);
  return high * 2 ** 32 + (readI32(bytes, NUMBER_AT) >>> 0);
}

export function writeU32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >>> 8;
  bytes[at + 2] = value >>> 16;
  bytes[at + 3] = value >>> 24;
}

export function readI32(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}
