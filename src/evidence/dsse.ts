import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { z } from "zod";
import { UsageError } from "../core/errors.ts";
import { sha256 } from "./digest.ts";
import { parseExact } from "./exact.ts";

const envelopeSchema = z.strictObject({
  payloadType: z.string(),
  payload: z.string(),
  signatures: z.array(z.strictObject({ keyid: z.string(), sig: z.string(), publicKey: z.string().exactOptional() })),
});

/**
 * A DSSE envelope; `payload`, `sig` and `publicKey` (SPKI, DER) are base64. The key that is carried along shows whether
 * the signature is whole; only a key that the verifier brings shows whose it is.
 * Source: https://github.com/secure-systems-lab/dsse/blob/master/envelope.md
 */
export type Envelope = z.infer<typeof envelopeSchema>;

/** Throws `UsageError` where it is none. */
export function readEnvelope(text: string, file: string): Envelope {
  const parsed = envelopeSchema.safeParse(parseExact(text, file));
  if (!parsed.success) throw new UsageError(`${file} is not a DSSE envelope.`);
  return parsed.data;
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

const publicHalf = (key: KeyObject): Buffer => {
  const half = key.type === "private" ? createPublicKey(key) : key;
  return half.export({ type: "spki", format: "der" });
};

/** The digest of the public half, hex: a hint for finding the key, never a reason to trust it. */
export const keyId = (key: KeyObject): string => sha256(publicHalf(key));

export function signEnvelope(payloadType: string, body: Uint8Array, keys: readonly KeyObject[]): Envelope {
  const message = preAuthEncoding(payloadType, body);
  return {
    payloadType,
    payload: Buffer.from(body).toString("base64"),
    signatures: keys.map((key) => ({
      keyid: keyId(key),
      sig: sign(null, message, key).toString("base64"),
      publicKey: publicHalf(key).toString("base64"),
    })),
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

const bytesOf = (base64: string): Buffer | undefined => {
  const bytes = Buffer.from(base64, "base64");
  return bytes.toString("base64") === base64 ? bytes : undefined;
};

/** Whether `body` is what is signed, and every signature that carries its key is one of that key. Says nothing of trust. */
export function isWhole({ payloadType, payload, signatures }: Envelope, body: string): boolean {
  if (payload !== Buffer.from(body).toString("base64")) return false;
  const message = preAuthEncoding(payloadType, Buffer.from(body));
  return signatures.every(({ keyid, sig, publicKey: carried }) => {
    const [signature, key] = [bytesOf(sig), bytesOf(carried ?? "")];
    if (!signature || !key || sha256(key) !== keyid) return false;
    return verify(null, message, createPublicKey({ key, format: "der", type: "spki" }), signature);
  });
}
