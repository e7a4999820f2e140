/**
 * The game's side of the link to the dbmanager. A request that is under way when the dbmanager dies is sent again to its successor: a put
 * that carries the same epochs and value is answered as the first was, so that repeating one is harmless.
 */
import { AeonError, isErrorCode } from "../engine/base/errors.js";
import type { TimerWheel, WheelTimer } from "../engine/base/timer-wheel.js";
import type { ProcessEntry } from "../engine/cluster/member.js";
import type { Link, LinkHost } from "../engine/net/link.js";
import { DatabaseToGame, GameToDatabase, KEY_BYTES_MAX } from "../engine/protocol/database-link.js";
import { DOCUMENT_BYTES_MAX, NAME_BYTES_MAX } from "../engine/protocol/limits.js";
import { dispatcher } from "../engine/protocol/message.js";
import type { DocumentPut, PutResult, StoredDocument } from "../engine/store/store.js";

/** Requests that wait; more are refused at once. */
const PENDING_MAX = 20_000;

interface Request {
  readonly timer: WheelTimer;
  send(link: Link): void;
  resolve(value: unknown): void;
  reject(error: AeonError): void;
}

export class DatabaseClient {
  private readonly host: LinkHost;
  private readonly timers: TimerWheel;
  private readonly requestTimeoutMs: number;
  private readonly pending = new Map<number, Request>();
  private link: Link | null = null;
  private incarnation = 0;
  private nextId = 1;
  onUp: (() => void) | null = null;
  /** A request was settled; script that it resumes has not run yet. */
  onSettled: (() => void) | null = null;

  constructor(host: LinkHost, timers: TimerWheel, requestTimeoutMs: number) {
    this.host = host;
    this.timers = timers;
    this.requestTimeoutMs = requestTimeoutMs;
  }

  get isUp(): boolean {
    return this.link?.state === "up" || this.link?.state === "interrupted";
  }

  /** The dbmanager of the process list, which may be another than before, or none. */
  use(dbmanager: ProcessEntry | undefined): void {
    if ((dbmanager?.incarnation ?? 0) === this.incarnation) return;
    this.link?.close("another dbmanager");
    this.link = null;
    this.incarnation = dbmanager?.incarnation ?? 0;
    if (dbmanager !== undefined) this.dial(dbmanager);
  }

  async load(collection: string, key: string): Promise<StoredDocument | null> {
    checkSize(collection, key, 0);
    return this.request(`load ${collection}/${key}`, (link, requestId) =>
      link.send(GameToDatabase.documentLoad, { requestId, collection, key }),
    ) as Promise<StoredDocument | null>;
  }

  async put(put: DocumentPut): Promise<PutResult> {
    checkSize(put.collection, put.key, put.value.length);
    const codes = (await this.request(`put ${put.collection}/${put.key}`, (link, requestId) =>
      link.send(GameToDatabase.documentsPut, { requestId, puts: [put] }),
    )) as string[];
    return (codes[0] ?? "STORE_FAILED") as PutResult;
  }

  private dial(dbmanager: ProcessEntry): void {
    const { host, linkPort, incarnation } = dbmanager;
    const link = this.host.dial({ host, port: linkPort }, { kind: "dbmanager", incarnation });
    this.link = link;
    link.onMessage = dispatcher(DatabaseToGame, {
      documentLoaded: ({ requestId, found, epoch, schemaVersion, value }) =>
        this.settle(requestId, found ? { epoch, schemaVersion, value: value.slice() } : null),
      documentsPutDone: ({ requestId, codes }) => this.settle(requestId, codes),
      requestFailed: ({ requestId, code, reason }) => this.fail(requestId, code, reason),
    });
    link.onState = (state) => {
      if (state === "up") this.onUp?.();
      if (state === "down" && link === this.link) this.redial(dbmanager);
    };
    for (const request of this.pending.values()) request.send(link);
  }

  /** The link went down while the list still has this dbmanager: a partition, perhaps. */
  private redial(dbmanager: ProcessEntry): void {
    this.link = null;
    this.timers.set(REDIAL_MS, () => {
      if (this.link === null && this.incarnation === dbmanager.incarnation) this.dial(dbmanager);
    });
  }

  private request(what: string, send: (link: Link, requestId: number) => void): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.pending.size >= PENDING_MAX)
        return reject(new AeonError("STORE_UNAVAILABLE", `${PENDING_MAX} requests wait`));
      const requestId = this.nextId;
      this.nextId = (this.nextId % 0xffff_ffff) + 1;
      const timer = this.timers.set(this.requestTimeoutMs, () =>
        this.fail(requestId, "STORE_UNAVAILABLE", `${what}: no answer in ${this.requestTimeoutMs} ms`),
      );
      const request: Request = { timer, send: (link) => send(link, requestId), resolve, reject };
      this.pending.set(requestId, request);
      if (this.link !== null) request.send(this.link);
    });
  }

  private settle(requestId: number, value: unknown): void {
    this.take(requestId)?.resolve(value);
  }

  private fail(requestId: number, code: string, reason: string): void {
    this.take(requestId)?.reject(new AeonError(isErrorCode(code) ? code : "STORE_FAILED", reason));
  }

  private take(requestId: number): Request | undefined {
    const request = this.pending.get(requestId);
    if (request === undefined) return undefined;
    this.pending.delete(requestId);
    this.timers.clear(request.timer);
    this.onSettled?.();
    return request;
  }
}

const REDIAL_MS = 500;
const encoder = new TextEncoder();

/** What the protocol has no room for would take the link down, and every other request with it. Throws STORE_FAILED. */
function checkSize(collection: string, key: string, valueBytes: number): void {
  const tooLong = (text: string, bytesMax: number) => encoder.encode(text).length > bytesMax;
  if (tooLong(collection, NAME_BYTES_MAX) || tooLong(key, KEY_BYTES_MAX))
    throw new AeonError("STORE_FAILED", `the key is too long: ${collection}/${key.slice(0, 64)}…`);
  if (valueBytes > DOCUMENT_BYTES_MAX)
    throw new AeonError("STORE_FAILED", `${collection}/${key} has ${valueBytes} bytes, at most ${DOCUMENT_BYTES_MAX}`);
}
