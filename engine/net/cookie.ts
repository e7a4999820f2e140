/**
 * Cookies of the UDP handshake: an HMAC over a peer's address and key under a secret that changes every COOKIE_LIFE_MS and that nobody
 * else knows. Whoever sends one back receives at that address; the gate keeps nothing meanwhile. The secret before the present one is
 * good, too. Pure but for the randomness that is passed in.
 */
import type { Random } from "../base/random.js";
import { COOKIE_BYTES } from "../protocol/datagram.js";
import { ADDRESS_BYTES } from "./ip-address.js";
import { isSameBytes, KEY_BYTES, type SealPrimitives } from "./seal.js";

/** A cookie is good for one to two of these. */
export const COOKIE_LIFE_MS = 30_000;
const SECRET_BYTES = 32;
const EPOCH_COUNT = 256;

interface Secret {
  readonly epoch: number;
  readonly bytes: Uint8Array;
}

export class CookieJar {
  private readonly primitives: SealPrimitives;
  private readonly random: Random;
  private current: Secret;
  private previous: Secret | null = null;
  private readonly message = new Uint8Array(ADDRESS_BYTES + KEY_BYTES);

  constructor(primitives: SealPrimitives, random: Random, nowMs: number) {
    this.primitives = primitives;
    this.random = random;
    this.current = this.makeSecret(Math.floor(nowMs / COOKIE_LIFE_MS));
  }

  /** What the wire says the present epoch is: u8. */
  epoch(nowMs: number): number {
    this.turn(nowMs);
    return this.current.epoch % EPOCH_COUNT;
  }

  /** COOKIE_BYTES for ADDRESS_BYTES at `addresses[addressAt]` and a client's key. */
  bake(addresses: Uint8Array, addressAt: number, clientKey: Uint8Array, nowMs: number): Uint8Array {
    this.turn(nowMs);
    return this.bakeWith(this.current, addresses, addressAt, clientKey);
  }

  isGood(
    epoch: number,
    cookie: Uint8Array,
    addresses: Uint8Array,
    addressAt: number,
    clientKey: Uint8Array,
    nowMs: number,
  ): boolean {
    this.turn(nowMs);
    for (const secret of [this.current, this.previous]) {
      if (secret === null || secret.epoch % EPOCH_COUNT !== epoch) continue;
      return isSameBytes(cookie, this.bakeWith(secret, addresses, addressAt, clientKey));
    }
    return false;
  }

  private bakeWith({ bytes }: Secret, addresses: Uint8Array, addressAt: number, clientKey: Uint8Array): Uint8Array {
    const { message } = this;
    for (let i = 0; i < ADDRESS_BYTES; i++) message[i] = addresses[addressAt + i] as number;
    message.set(clientKey, ADDRESS_BYTES);
    return this.primitives.hmacSha256(bytes, message).subarray(0, COOKIE_BYTES);
  }

  private turn(nowMs: number): void {
    const epoch = Math.floor(nowMs / COOKIE_LIFE_MS);
    if (epoch === this.current.epoch) return;
    this.previous = epoch === this.current.epoch + 1 ? this.current : null;
    this.current = this.makeSecret(epoch);
  }

  private makeSecret(epoch: number): Secret {
    return { epoch, bytes: this.random.bytes(SECRET_BYTES) };
  }
}
