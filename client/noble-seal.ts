/**
 * Sealing where there is no WebCrypto, as on pages that did not come by https: the audited @noble libraries. Fetched only when a connection
 * is to be sealed (client/index.ts). ChaCha20-Poly1305 only: AES in JavaScript is slow, and its time depends on the key.
 */
import { chacha20poly1305 } from "@noble/ciphers/chacha.js";
import { x25519 } from "@noble/curves/ed25519.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { assert } from "../engine/base/errors.js";
import { type Aead, NONCE_BYTES, SealKind, type SealPrimitives, writeNonce } from "../engine/net/seal.js";

export const nobleSeal: SealPrimitives = {
  sha256: (data) => sha256(data),
  hmacSha256: (key, data) => hmac(sha256, key, data),
  keyPair: (secret) => ({ publicKey: x25519.getPublicKey(secret), privateKey: secret }),
  agree(own, theirPublicKey) {
    try {
      return x25519.getSharedSecret(own.privateKey as Uint8Array, theirPublicKey);
    } catch {
      // Of low order, or of a wrong length.
      return null;
    }
  },
  aead(kind, key) {
    assert(kind === SealKind.chacha20Poly1305, "a page offers ChaCha20-Poly1305 only");
    return new NobleAead(key);
  },
};

class NobleAead implements Aead {
  private readonly key: Uint8Array;

  constructor(key: Uint8Array) {
    this.key = key;
  }

  seal(packetNumber: number, head: Uint8Array, plain: Uint8Array, out: Uint8Array, outAt: number): void {
    out.set(chacha20poly1305(this.key, nonceOf(packetNumber), head).encrypt(plain), outAt);
  }

  open(packetNumber: number, head: Uint8Array, sealed: Uint8Array, out: Uint8Array, outAt: number): boolean {
    try {
      out.set(chacha20poly1305(this.key, nonceOf(packetNumber), head).decrypt(sealed), outAt);
      return true;
    } catch {
      return false;
    }
  }
}

function nonceOf(packetNumber: number): Uint8Array {
  const nonce = new Uint8Array(NONCE_BYTES);
  writeNonce(nonce, packetNumber);
  return nonce;
}
