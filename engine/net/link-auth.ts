/** The proof that a peer holds the cluster's secret: HMAC-SHA256 over a label and the handshake so far. Node only, synchronous. */
import { createHmac, timingSafeEqual } from "node:crypto";

/** Who speaks; a proof of one direction is worth nothing in the other. */
export type LinkRole = "dialler" | "acceptor";

export class LinkAuth {
  private readonly key: Buffer;

  /** Peers with another secret or another cluster name cannot prove anything to each other. */
  constructor(secret: string, clusterName: string) {
    this.key = createHmac("sha256", secret).update(`aeon link of ${clusterName}`).digest();
  }

  /** 32 bytes. */
  mac(role: LinkRole, transcript: readonly Uint8Array[]): Uint8Array {
    const hmac = createHmac("sha256", this.key).update(role);
    for (const part of transcript) hmac.update(lengthOf(part)).update(part);
    return hmac.digest();
  }

  /** In constant time. */
  verify(mac: Uint8Array, role: LinkRole, transcript: readonly Uint8Array[]): boolean {
    const expected = this.mac(role, transcript);
    return mac.length === expected.length && timingSafeEqual(mac, expected);
  }
}

/** Each part behind its length, so that no two transcripts read alike. */
function lengthOf(part: Uint8Array): Uint8Array {
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, part.length, true);
  return length;
}
