/** A self-signed certificate made on the spot, so that no private key lies in the tree: X.509 v1, P-256. */
import { generateKeyPairSync, sign } from "node:crypto";

const SEQUENCE = 0x30;
const SET = 0x31;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const OID_COMMON_NAME = [0x06, 3, 0x55, 4, 3];
const OID_ECDSA_SHA256 = [0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];

export interface TestCertificate {
  /** PEM. */
  readonly cert: Buffer;
  readonly key: Buffer;
}

export function makeTestCertificate(): TestCertificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, OID_COMMON_NAME, der(UTF8_STRING, ascii("localhost")))));
  const algorithm = der(SEQUENCE, OID_ECDSA_SHA256);
  const validity = der(SEQUENCE, der(UTC_TIME, ascii("200101000000Z")), der(UTC_TIME, ascii("491231235959Z")));
  const toSign = der(
    SEQUENCE,
    der(INTEGER, [1]),
    algorithm,
    name,
    validity,
    name,
    publicKey.export({ format: "der", type: "spki" }),
  );
  const signature = sign("sha256", Uint8Array.from(toSign), privateKey);
  const certificate = Buffer.from(der(SEQUENCE, toSign, algorithm, der(BIT_STRING, [0], signature)));
  const lines = certificate.toString("base64").replace(/.{64}/g, "$&\n");
  return {
    cert: Buffer.from(`-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`),
    key: Buffer.from(privateKey.export({ format: "pem", type: "pkcs8" }) as string),
  };
}

function der(tag: number, ...parts: readonly Iterable<number>[]): number[] {
  const content = parts.flatMap((part) => [...part]);
  const { length } = content;
  const head = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return [tag, ...head, ...content];
}

function ascii(text: string): Buffer {
  return Buffer.from(text, "ascii");
}
