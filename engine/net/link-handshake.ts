/**
 * The two sides of the handshake drawn in protocol/link-frame.ts. Each owns its connection's handlers until it reports its end, which it
 * does once: proved, refused or failed. A frame out of order or that cannot be read ends it. Whether a proved dialler gets a link is
 * the host's decision.
 */
import { ByteReader, ByteWriter } from "../base/bytes.js";
import { AeonError, type ErrorCode, errorText, isErrorCode } from "../base/errors.js";
import type { TimerHandle } from "../base/scheduler.js";
import { LINK_PROTOCOL_VERSION, LINK_PROTOCOL_VERSION_MIN } from "../protocol/limits.js";
import {
  HANDSHAKE_FRAME_BYTES_MAX,
  LINK_MAGIC,
  LinkFrame,
  NONCE_BYTES,
  proofClaim,
  welcomeClaim,
} from "../protocol/link-frame.js";
import {
  type Dispatch,
  dispatcher,
  encodeMessage,
  type Field,
  type Handlers,
  type Message,
} from "../protocol/message.js";
import { HANDSHAKE_TIMEOUT_MS, type LinkContext, shortReason } from "./link-context.js";
import type { Connection } from "./transport.js";

type ClaimOf<F> = F extends Field<infer T> ? T : never;
export type ProofClaim = ClaimOf<typeof proofClaim>;
export type WelcomeClaim = ClaimOf<typeof welcomeClaim>;

export type DialResult =
  | { readonly end: "welcomed"; readonly connection: Connection; readonly claim: WelcomeClaim }
  /** Dialling again cannot help. */
  | { readonly end: "refused"; readonly code: ErrorCode; readonly reason: string }
  /** Nobody there, cut, too slow, or no link at that address: dialling again may help. */
  | { readonly end: "failed"; readonly reason: string };

export type AcceptResult =
  | { readonly end: "proved"; readonly claim: ProofClaim }
  | { readonly end: "failed"; readonly reason: string };

/** What both sides share: the connection, the clock, the transcript. */
abstract class Handshake<R extends { readonly end: string }> {
  protected readonly context: LinkContext;
  protected readonly connection: Connection;
  protected readonly transcript: Uint8Array[] = [];
  private readonly report: (result: R | { end: "failed"; reason: string }) => void;
  private readonly timer: TimerHandle;
  private readonly dispatch: Dispatch;
  private isOver = false;

  constructor(
    context: LinkContext,
    connection: Connection,
    handlers: Partial<Handlers<typeof LinkFrame>>,
    report: (result: R | { end: "failed"; reason: string }) => void,
  ) {
    this.context = context;
    this.connection = connection;
    this.report = report;
    this.dispatch = dispatcher(LinkFrame, { ...OUT_OF_ORDER, ...handlers });
    this.timer = context.scheduler.setTimer(HANDSHAKE_TIMEOUT_MS, () => this.handleEnd("the handshake took too long"));
    connection.frameBytesMax = HANDSHAKE_FRAME_BYTES_MAX;
    connection.onFrame = (frame) => this.handleFrame(frame);
    connection.onClose = (reason) => this.handleEnd(reason);
  }

  /** Ends it from outside; nothing is reported. */
  cancel(reason: string): void {
    if (this.end()) this.connection.close(reason);
  }

  protected finish(result: R): void {
    if (this.end()) this.report(result);
  }

  protected abandon(reason: string): void {
    if (!this.end()) return;
    this.connection.close(reason);
    this.report({ end: "failed", reason });
  }

  protected sendFrame<T>(kind: Message<T>, value: T): Uint8Array {
    const writer = new ByteWriter();
    encodeMessage(writer, kind, value);
    const frame = writer.copy();
    this.connection.send(frame);
    return frame;
  }

  private handleEnd(reason: string): void {
    if (this.context.noteRunning()) this.abandon(reason);
  }

  private handleFrame(frame: Uint8Array): void {
    if (!this.context.noteRunning()) return;
    if (frame.length > HANDSHAKE_FRAME_BYTES_MAX) {
      this.abandon("a handshake frame is too large");
      return;
    }
    try {
      this.dispatch(new ByteReader(frame));
    } catch (error) {
      this.abandon(errorText(error));
    }
  }

  private end(): boolean {
    if (this.isOver) return false;
    this.isOver = true;
    this.context.scheduler.clearTimer(this.timer);
    this.connection.onOpen = null;
    this.connection.onFrame = null;
    this.connection.onClose = null;
    return true;
  }
}

const outOfOrder = () => {
  throw new AeonError("LINK_MALFORMED", "a handshake frame is out of order");
};
const OUT_OF_ORDER: Handlers<typeof LinkFrame> = {
  linkHello: outOfOrder,
  linkChallenge: outOfOrder,
  linkProof: outOfOrder,
  linkWelcome: outOfOrder,
  linkRefuse: outOfOrder,
  linkBatch: outOfOrder,
  linkHeartbeat: outOfOrder,
  linkBye: outOfOrder,
};

export class DiallerHandshake extends Handshake<DialResult> {
  private readonly claim: ProofClaim;
  private awaits: "challenge" | "welcome" = "challenge";

  constructor(context: LinkContext, connection: Connection, claim: ProofClaim, report: (result: DialResult) => void) {
    const handlers = {
      linkChallenge: (message: { version: number; nonce: Uint8Array }) => this.handleChallenge(message),
      linkWelcome: (message: { mac: Uint8Array; claim: Uint8Array }) => this.handleWelcome(message),
      linkRefuse: (message: { code: string; reason: string }) => this.handleRefuse(message),
    };
    super(context, connection, handlers, report);
    this.claim = claim;
    if (connection.state === "open") this.sendHello();
    else connection.onOpen = () => this.handleOpen();
  }

  private handleOpen(): void {
    if (this.context.noteRunning()) this.sendHello();
  }

  private sendHello(): void {
    const hello = this.sendFrame(LinkFrame.linkHello, {
      magic: LINK_MAGIC,
      versionMin: LINK_PROTOCOL_VERSION_MIN,
      versionMax: LINK_PROTOCOL_VERSION,
      nonce: this.context.random.bytes(NONCE_BYTES),
    });
    this.transcript.push(hello);
  }

  private handleChallenge(message: { version: number; nonce: Uint8Array }): void {
    if (this.awaits !== "challenge") outOfOrder();
    const { version, nonce } = message;
    if (version < LINK_PROTOCOL_VERSION_MIN || version > LINK_PROTOCOL_VERSION) {
      this.refused("LINK_VERSION", `the peer chose version ${version}`);
      return;
    }
    this.awaits = "welcome";
    const claim = encodeClaim(proofClaim, this.claim);
    this.transcript.push(challengeBytes(version, nonce), claim);
    this.sendFrame(LinkFrame.linkProof, { mac: this.context.auth.mac("dialler", this.transcript), claim });
  }

  private handleWelcome(message: { mac: Uint8Array; claim: Uint8Array }): void {
    if (this.awaits !== "welcome") outOfOrder();
    this.transcript.push(message.claim);
    if (!this.context.auth.verify(message.mac, "acceptor", this.transcript)) {
      this.refused("LINK_AUTH_FAILED", `at ${this.connection.remote}`);
      return;
    }
    const claim = decodeClaim(welcomeClaim, message.claim);
    const { expectedKind, expectedIncarnation } = this.claim;
    const isExpected = expectedIncarnation === 0 || expectedIncarnation === claim.self.incarnation;
    if (claim.self.kind !== expectedKind || !isExpected) {
      this.refused("LINK_STRANGER", `${claim.self.kind} ${claim.self.name} answers at ${this.connection.remote}`);
      return;
    }
    this.finish({ end: "welcomed", connection: this.connection, claim });
  }

  private handleRefuse(message: { code: string; reason: string }): void {
    this.refused(isErrorCode(message.code) ? message.code : "LINK_DOWN", message.reason);
  }

  private refused(code: ErrorCode, reason: string): void {
    const { connection } = this;
    this.finish({ end: "refused", code, reason });
    connection.close(code);
  }
}

export class AcceptorHandshake extends Handshake<AcceptResult> {
  private awaits: "hello" | "proof" | "decision" = "hello";

  constructor(context: LinkContext, connection: Connection, report: (result: AcceptResult) => void) {
    const handlers = {
      linkHello: (message: { magic: number; versionMin: number; versionMax: number; nonce: Uint8Array }) =>
        this.handleHello(message),
      linkProof: (message: { mac: Uint8Array; claim: Uint8Array }) => this.handleProof(message),
    };
    super(context, connection, handlers, report);
  }

  /** The decision over a proved dialler. The connection is the link's from here on. */
  welcome(received: number): void {
    const claim = encodeClaim(welcomeClaim, { self: this.context.self, received });
    this.transcript.push(claim);
    this.sendFrame(LinkFrame.linkWelcome, { mac: this.context.auth.mac("acceptor", this.transcript), claim });
  }

  /** The decision over a proved dialler, or the answer to one that cannot be. */
  refuse(code: ErrorCode, reason: string): void {
    this.context.counters.refusals.add();
    this.context.log.warn("link refused", { remote: this.connection.remote, code, reason });
    this.sendFrame(LinkFrame.linkRefuse, { code, reason: shortReason(reason) });
    this.connection.close(code);
  }

  private handleHello(message: { magic: number; versionMin: number; versionMax: number; nonce: Uint8Array }): void {
    if (this.awaits !== "hello" || message.magic !== LINK_MAGIC) outOfOrder();
    const version = Math.min(message.versionMax, LINK_PROTOCOL_VERSION);
    if (version < Math.max(message.versionMin, LINK_PROTOCOL_VERSION_MIN)) {
      this.refuse("LINK_VERSION", `${LINK_PROTOCOL_VERSION_MIN} … ${LINK_PROTOCOL_VERSION} are spoken here`);
      this.abandon("no common version");
      return;
    }
    this.awaits = "proof";
    const nonce = this.context.random.bytes(NONCE_BYTES);
    this.transcript.push(helloBytes(message), challengeBytes(version, nonce));
    this.sendFrame(LinkFrame.linkChallenge, { version, nonce });
  }

  private handleProof(message: { mac: Uint8Array; claim: Uint8Array }): void {
    if (this.awaits !== "proof") outOfOrder();
    this.awaits = "decision";
    this.transcript.push(message.claim.slice());
    if (!this.context.auth.verify(message.mac, "dialler", this.transcript)) {
      this.refuse("LINK_AUTH_FAILED", "another secret or another cluster's name");
      this.abandon("the proof is wrong");
      return;
    }
    this.finish({ end: "proved", claim: decodeClaim(proofClaim, message.claim.slice()) });
  }
}

function encodeClaim<T>(field: Field<T>, value: T): Uint8Array {
  const writer = new ByteWriter();
  field.write(writer, value);
  return writer.copy();
}

function decodeClaim<T>(field: Field<T>, bytes: Uint8Array): T {
  const reader = new ByteReader(bytes);
  const value = field.read(reader);
  if (reader.remaining > 0) throw new AeonError("BYTES_MALFORMED", `${reader.remaining} bytes too many`);
  return value;
}

function challengeBytes(version: number, nonce: Uint8Array): Uint8Array {
  const writer = new ByteWriter();
  encodeMessage(writer, LinkFrame.linkChallenge, { version, nonce });
  return writer.copy();
}

function helloBytes(message: { magic: number; versionMin: number; versionMax: number; nonce: Uint8Array }): Uint8Array {
  const writer = new ByteWriter();
  encodeMessage(writer, LinkFrame.linkHello, message);
  return writer.copy();
}
