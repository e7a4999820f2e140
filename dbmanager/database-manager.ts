/**
 * The dbmanager: the one process that holds the store, and serves loads and puts to the games over their links.
 * A request is answered once: with its result, or with STORE_FAILED when the store fails, is stuck or the queue is full.
 * Pure: the store is handed in. One thread.
 */
import { AeonError, errorCodeOf, errorText } from "../engine/base/errors.js";
import type { Counter } from "../engine/base/metrics.js";
import { ClusterMember } from "../engine/cluster/member.js";
import { openLinkHost } from "../engine/cluster/open-link-host.js";
import type { ClusterProcess, ProcessEnv } from "../engine/cluster/process-env.js";
import type { Link, LinkHost } from "../engine/net/link.js";
import { DatabaseToGame, GameToDatabase } from "../engine/protocol/database-link.js";
import { dispatcher, type MessageValue } from "../engine/protocol/message.js";
import type { DocumentPut, Store, StoredDocument } from "../engine/store/store.js";
import { LoadDesk } from "./load-desk.js";
import { WriteQueue } from "./write-queue.js";

const BATCH_COUNT_MAX = 4_096;
/** Of all games together; a game keeps far fewer under way. */
const LOADS_UNDER_WAY_MAX = 16_384;
const REASON_CHARS_MAX = 160;

const EMPTY = new Uint8Array(0);

type LoadRequest = MessageValue<typeof GameToDatabase.documentLoad>;
type PutRequest = MessageValue<typeof GameToDatabase.documentsPut>;

export class DatabaseManager implements ClusterProcess {
  readonly member: ClusterMember;
  private readonly env: ProcessEnv;
  private readonly host: LinkHost;
  private readonly store: Store;
  private readonly queue: WriteQueue;
  private readonly loads: LoadDesk;
  private readonly loadCount: Counter;
  private readonly putCount: Counter;
  private readonly refusalCount: Counter;

  constructor(env: ProcessEnv, store: Store) {
    const { scheduler, log, config, metrics } = env;
    this.env = env;
    this.host = openLinkHost(env);
    this.store = store;
    this.queue = new WriteQueue({
      store,
      scheduler,
      log,
      bytesMax: config.database.queueBytesMax,
      batchCountMax: BATCH_COUNT_MAX,
      timeoutMs: config.database.requestTimeoutMs,
    });
    this.loads = new LoadDesk({
      store,
      queue: this.queue,
      scheduler,
      countMax: LOADS_UNDER_WAY_MAX,
      timeoutMs: config.database.requestTimeoutMs,
    });
    this.loadCount = metrics.counter("documents_loaded_total");
    this.putCount = metrics.counter("documents_put_total");
    this.refusalCount = metrics.counter("documents_refused_total");
    metrics.gauge("store_queue_bytes", () => this.queue.queuedBytes);
    this.member = new ClusterMember(
      env,
      this.host,
      {},
      {
        onList: () => undefined,
        onShutdown: () => this.finish(),
        report: () => ({ hosts: [], entities: 0, clients: 0 }),
      },
    );
  }

  async start(): Promise<void> {
    this.host.onLink = (link) => this.handleLink(link);
    const address = await this.host.listen({ host: this.env.config.cluster.host, port: 0 });
    await this.member.start(address);
    this.member.ready();
  }

  stop(): Promise<void> {
    return this.member.leave();
  }

  private async finish(): Promise<void> {
    await this.queue.drained();
    await this.store.close();
  }

  private handleLink(link: Link): void {
    if (link.peer?.kind !== "game") {
      link.close("LINK_STRANGER: only games talk to the dbmanager");
      return;
    }
    link.onMessage = dispatcher(GameToDatabase, {
      documentLoad: (message) => this.handleDocumentLoad(link, message),
      documentsPut: (message) => this.handleDocumentsPut(link, message),
    });
  }

  private handleDocumentLoad(link: Link, { requestId, collection, key }: LoadRequest): void {
    this.loadCount.add();
    this.loads.load(collection, key).then(
      (document) => link.send(DatabaseToGame.documentLoaded, loadedOf(requestId, document)),
      (error) => this.refuse(link, requestId, error),
    );
  }

  private handleDocumentsPut(link: Link, { requestId, puts }: PutRequest): void {
    const owned: DocumentPut[] = puts.map((put) => ({ ...put, value: new Uint8Array(put.value) }));
    this.putCount.add(owned.length);
    const isTaken = this.queue.push(owned, (codes) => {
      this.refusalCount.add(codes.filter((code) => code !== "").length);
      link.send(DatabaseToGame.documentsPutDone, { requestId, codes });
    });
    if (!isTaken) this.refuse(link, requestId, new AeonError("STORE_FAILED", "the write queue is full"));
  }

  private refuse(link: Link, requestId: number, error: unknown): void {
    this.refusalCount.add();
    const reason = errorText(error).slice(0, REASON_CHARS_MAX);
    this.env.log.warn("request.failed", { game: link.peer?.name, reason });
    link.send(DatabaseToGame.requestFailed, { requestId, code: errorCodeOf(error, "STORE_FAILED"), reason });
  }
}

function loadedOf(requestId: number, document: StoredDocument | null) {
  const { epoch, schemaVersion, value } = document ?? { epoch: 0, schemaVersion: 0, value: EMPTY };
  return { requestId, found: document !== null, epoch, schemaVersion, value };
}
