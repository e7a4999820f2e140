/**
 * How a message is drawn: one table of named fields drives its type, its encoder, its decoder and its page in the reference.
 * A protocol is an object of messages; its numbers are written out and never used again for another meaning.
 */
import type { ByteReader, ByteWriter } from "../base/bytes.js";
import { AeonError } from "../base/errors.js";
import { base64UrlToBytes, bytesToBase64Url, CLIENT_ID_BYTES, readEntityId, writeEntityId } from "../base/ids.js";

export interface Field<T> {
  /** As the reference page shows it. */
  readonly shape: string;
  /** The fewest bytes a value takes; checked before anything is read. */
  readonly bytesMin: number;
  write(writer: ByteWriter, value: T): void;
  read(reader: ByteReader): T;
}

function field<T>(
  shape: string,
  bytesMin: number,
  write: (writer: ByteWriter, value: T) => void,
  read: (reader: ByteReader) => T,
): Field<T> {
  return { shape, bytesMin, write, read };
}

export const u8 = field<number>(
  "u8",
  1,
  (w, v) => w.u8(v),
  (r) => r.u8(),
);
export const u16 = field<number>(
  "u16",
  2,
  (w, v) => w.u16(v),
  (r) => r.u16(),
);
export const i16 = field<number>(
  "i16",
  2,
  (w, v) => w.i16(v),
  (r) => r.i16(),
);
export const u32 = field<number>(
  "u32",
  4,
  (w, v) => w.u32(v),
  (r) => r.u32(),
);
export const f32 = field<number>(
  "f32",
  4,
  (w, v) => w.f32(v),
  (r) => r.f32(),
);
export const f64 = field<number>(
  "f64",
  8,
  (w, v) => w.f64(v),
  (r) => r.f64(),
);
/** An integer 0 … 2^53−1 in one to eight bytes. */
export const uvar = field<number>(
  "uvar",
  1,
  (w, v) => w.uvar(v),
  (r) => r.uvar(),
);
export const bool = field<boolean>(
  "bool",
  1,
  (w, v) => w.u8(v ? 1 : 0),
  (r) => {
    const byte = r.u8();
    if (byte > 1) throw new AeonError("BYTES_MALFORMED", "a bool is neither 0 nor 1");
    return byte === 1;
  },
);
export const entityId = field<string>("entityId (12 B)", 12, writeEntityId, readEntityId);
export const clientId = field<string>(
  "clientId (16 B)",
  CLIENT_ID_BYTES,
  (w, v) => {
    const bytes = base64UrlToBytes(v);
    if (bytes.length !== CLIENT_ID_BYTES) throw new AeonError("BYTES_MALFORMED", "a client id has 22 characters");
    w.raw(bytes);
  },
  (r) => bytesToBase64Url(r.raw(CLIENT_ID_BYTES)),
);
/** A process start; see `Incarnation`. */
export const incarnation = field<number>(
  "incarnation (uvar)",
  1,
  (w, v) => w.uvar(v),
  (r) => r.uvar(),
);

export const text = (bytesMax: number): Field<string> =>
  field(
    `text ≤ ${bytesMax} B`,
    1,
    (w, v) => w.text(v),
    (r) => r.text(bytesMax),
  );
/** Bytes behind their length; read as a view into the frame. */
export const blob = (bytesMax: number): Field<Uint8Array> =>
  field(
    `blob ≤ ${bytesMax} B`,
    1,
    (w, v) => w.blob(v),
    (r) => r.blob(bytesMax),
  );
/** What is left of the message, as a view into the frame; only as the last field. */
export const rest: Field<Uint8Array> = field(
  "rest",
  0,
  (w, v) => w.raw(v),
  (r) => r.rest(),
);

export function list<T>(item: Field<T>, countMax: number): Field<T[]> {
  return field(
    `list ≤ ${countMax} of ${item.shape}`,
    1,
    (w, values) => {
      w.uvar(values.length);
      for (const value of values) item.write(w, value);
    },
    (r) => {
      const count = r.uvar();
      if (count > countMax) throw new AeonError("BYTES_MALFORMED", `a list has ${count} items, at most ${countMax}`);
      if (count * item.bytesMin > r.remaining) throw new AeonError("BYTES_TRUNCATED");
      const values: T[] = [];
      for (let i = 0; i < count; i++) values.push(item.read(r));
      return values;
    },
  );
}

export function oneOf<const T extends readonly string[]>(...names: T): Field<T[number]> {
  return field<T[number]>(
    `u8 of ${names.map((name, i) => `${i} ${name}`).join(", ")}`,
    1,
    (w, v) => w.u8(names.indexOf(v)),
    (r) => {
      const name = names[r.u8()];
      if (name === undefined) throw new AeonError("BYTES_MALFORMED", `not one of ${names.join(", ")}`);
      return name;
    },
  );
}

type ValueOf<F> = F extends Field<infer T> ? T : never;
export type RecordOf<F> = { [K in keyof F]: ValueOf<F[K]> };
type AnyFields = Readonly<Record<string, { readonly shape: string; readonly bytesMin: number }>>;

export function record<const F extends AnyFields>(fields: F): Field<RecordOf<F>> {
  const entries = Object.entries(fields) as [string, Field<unknown>][];
  const names = entries.map(([name]) => name);
  const parts = entries.map(([, part]) => part);
  return field(
    `{ ${entries.map(([name, f]) => `${name}: ${f.shape}`).join("; ")} }`,
    entries.reduce((sum, [, f]) => sum + f.bytesMin, 0),
    (w, value) => {
      for (let i = 0; i < parts.length; i++) {
        (parts[i] as Field<unknown>).write(w, (value as Record<string, unknown>)[names[i] as string]);
      }
    },
    (r) => {
      const value: Record<string, unknown> = {};
      for (let i = 0; i < parts.length; i++) value[names[i] as string] = (parts[i] as Field<unknown>).read(r);
      return value as RecordOf<F>;
    },
  );
}

export interface Message<T> {
  /** 0 … 255, written out in the protocol, never reused. */
  readonly id: number;
  readonly body: Field<T>;
  /** The largest body, in bytes; a larger one is refused before it is decoded. */
  readonly bytesMax: number;
  /** One line for the reference page. */
  readonly about: string;
}

export function message<const F extends AnyFields>(
  id: number,
  about: string,
  bytesMax: number,
  fields: F,
): Message<RecordOf<F>> {
  return { id, about, bytesMax, body: record(fields) };
}

export type Protocol = Readonly<Record<string, Message<never>>> | Readonly<Record<string, Message<unknown>>>;
export type MessageValue<M> = M extends Message<infer T> ? T : never;
/** One handler for each message of a protocol: leaving one out does not compile. */
export type Handlers<P> = { readonly [K in keyof P]: (message: MessageValue<P[K]>) => void };

export function encodeMessage<T>(writer: ByteWriter, kind: Message<T>, value: T): void {
  writer.u8(kind.id);
  kind.body.write(writer, value);
}

export type Dispatch = (reader: ByteReader) => void;
/** The same where the number has been read already; the body is all that is left in the reader. */
export type BodyDispatch = (id: number, reader: ByteReader) => void;

/**
 * A function that reads one message (id, then body to the reader's end) and calls its handler.
 * It throws MESSAGE_UNKNOWN, MESSAGE_OVERSIZED, BYTES_TRUNCATED or BYTES_MALFORMED before any handler has run.
 */
export function dispatcher<P extends Readonly<Record<string, object>>>(protocol: P, handlers: Handlers<P>): Dispatch {
  const dispatchBody = bodyDispatcher(protocol, handlers);
  return (reader) => dispatchBody(reader.u8(), reader);
}

/** As `dispatcher`, for bodies whose number stands apart. */
export function bodyDispatcher<P extends Readonly<Record<string, object>>>(
  protocol: P,
  handlers: Handlers<P>,
): BodyDispatch {
  const table: ({ kind: Message<unknown>; handle: (value: unknown) => void } | undefined)[] = [];
  for (const name of Object.keys(protocol)) {
    const kind = protocol[name] as Message<unknown>;
    if (table[kind.id] !== undefined) throw new AeonError("INTERNAL", `message id ${kind.id} stands twice`);
    const handlersByName = handlers as Readonly<Record<string, (value: unknown) => void>>;
    table[kind.id] = { kind, handle: (value) => handlersByName[name]?.(value) };
  }
  return (id, reader) => {
    const entry = table[id];
    if (entry === undefined) throw new AeonError("MESSAGE_UNKNOWN", `number ${id}`);
    const { kind } = entry;
    if (reader.remaining > kind.bytesMax) throw new AeonError("MESSAGE_OVERSIZED", `number ${id}`);
    if (reader.remaining < kind.body.bytesMin) throw new AeonError("BYTES_TRUNCATED");
    const value = kind.body.read(reader);
    if (reader.remaining > 0) throw new AeonError("BYTES_MALFORMED", `${reader.remaining} bytes too many`);
    entry.handle(value);
  };
}
