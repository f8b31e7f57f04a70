import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { UsageError } from "../core/errors.ts";
import { sha256 } from "./digest.ts";

/** A DSSE envelope. Source: https://github.com/secure-systems-lab/dsse/blob/master/envelope.md */
export interface Envelope {
  readonly payloadType: string;
  /** Base64. */
  readonly payload: string;
  readonly signatures: readonly { readonly keyid: string; readonly sig: string }[];
}

/** The bytes that are signed: their lengths are part of them, so that no other split gives the same bytes. */
export function preAuthEncoding(type: string, body: Uint8Array): Buffer {
  const bytes = Buffer.byteLength(type);
  return Buffer.concat([Buffer.from(`DSSEv1 ${bytes} ${type} ${body.length} `), body]);
}

function ed25519(key: KeyObject): KeyObject {
  if (key.asymmetricKeyType !== "ed25519")
    throw new UsageError(`The key is ${key.asymmetricKeyType}; use an Ed25519 key.`);
  return key;
}

function parse(pem: string, read: (pem: string) => KeyObject, what: string): KeyObject {
  try {
    return ed25519(read(pem));
  } catch (cause) {
    if (cause instanceof UsageError) throw cause;
    throw new UsageError(`The ${what} key is not a PEM text of an Ed25519 key.`, [], { cause });
  }
}

export const privateKey = (pem: string): KeyObject => parse(pem, createPrivateKey, "private");
export const publicKey = (pem: string): KeyObject => parse(pem, createPublicKey, "public");

/** The digest of the public half, hex: a hint for finding the key, never a reason to trust it. */
export const keyId = (key: KeyObject): string => {
  const half = key.type === "private" ? createPublicKey(key) : key;
  return sha256(half.export({ type: "spki", format: "der" }));
};

export function signEnvelope(payloadType: string, body: Uint8Array, keys: readonly KeyObject[]): Envelope {
  const message = preAuthEncoding(payloadType, body);
  return {
    payloadType,
    payload: Buffer.from(body).toString("base64"),
    signatures: keys.map((key) => ({ keyid: keyId(key), sig: sign(null, message, key).toString("base64") })),
  };
}

/** The bytes that were signed and the trusted keys that signed them. Both base64 alphabets are read. */
export function openEnvelope(
  envelope: Envelope,
  trusted: readonly KeyObject[],
): { body: Buffer; signers: KeyObject[] } {
  const body = Buffer.from(envelope.payload, "base64");
  const message = preAuthEncoding(envelope.payloadType, body);
  const signatures = envelope.signatures.map(({ sig }) => Buffer.from(sig, "base64"));
  return {
    body,
    signers: trusted.filter((key) => signatures.some((signature) => verify(null, message, key, signature))),
  };
}
