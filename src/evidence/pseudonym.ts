import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from "node:crypto";
import { isIP } from "node:net";
import { UsageError } from "../core/errors.ts";

export const KINDS = ["user", "host", "ip", "id"] as const;
export type Kind = (typeof KINDS)[number];

const LEAST_KEY_BYTES = 16;
/** Bytes of the synthetic initialisation vector at the start of a token. */
const VECTOR = 8;
const ALPHABET = "abcdefghijklmnopqrstuvwxyz234567";
const TOKEN = /\b(user|host|ip|id)-([a-z2-7]{15,})(?![a-z2-7])/g;

/** RFC 4648 base32 in lower case without padding: what a log, a file name and a double click keep in one piece. */
function base32(bytes: Uint8Array): string {
  let [out, bits, value] = ["", 0, 0];
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xffff;
    bits += 8;
    for (; bits >= 5; bits -= 5) out += ALPHABET[(value >>> (bits - 5)) & 31];
  }
  return bits > 0 ? out + ALPHABET[(value << (5 - bits)) & 31] : out;
}

function unbase32(text: string): Buffer {
  const bytes: number[] = [];
  let [bits, value] = [0, 0];
  for (const letter of text) {
    value = ((value << 5) | ALPHABET.indexOf(letter)) & 0xffff;
    bits += 5;
    if (bits < 8) continue;
    bits -= 8;
    bytes.push((value >>> bits) & 255);
  }
  return Buffer.from(bytes);
}

const MAIL = /[^\s@<>"'`(),;:=[\]{}|]+@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+/gu;
const IPV4 = /(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w]|\.\d)/g;
const IPV6 = /(?<![\w:.])(?:[0-9a-f]{0,4}:){2,7}(?:[0-9a-f]{1,4}|(?:\d{1,3}\.){3}\d{1,3})?(?![\w:])/gi;
const MACHINE = /(?<=\/virtualmachines\/)[^/\s"']+/gi;
const WORD = /[^\s"'`(),;=[\]{}|<>]+/g;
const EDGES = /^[.:!?]+|[.:!?]+$/g;

/**
 * Replaces names by keyed tokens such as `user-mzxw6…`. The same key and name give the same token, so that rows still
 * join; who holds the key reads the name out of the token, since it is its encryption under a synthetic initialisation
 * vector: an HMAC over kind and name, which also shows whether the token is whole.
 */
export class Pseudonymiser {
  readonly #mac: Buffer;
  readonly #cipher: Buffer;
  /** What was replaced in a field of its own, to be found again in sentences. */
  readonly #known = new Map<string, string>();

  /** Throws `UsageError` for a key of fewer than 16 bytes. */
  constructor(key: string) {
    const secret = Buffer.from(key.trim());
    if (secret.length < LEAST_KEY_BYTES)
      throw new UsageError("The key for pseudonyms is shorter than 16 bytes; write one with: openssl rand -hex 32");
    const derive = (use: string): Buffer => Buffer.from(hkdfSync("sha256", secret, "ztlens pseudonyms", use, 32));
    this.#mac = derive("mac");
    this.#cipher = derive("cipher");
  }

  /** Users and hosts are the same in upper and lower case. An empty name stays empty, a token stays a token. */
  token(kind: Kind, name: string): string {
    const value = kind === "ip" || kind === "id" ? name : name.toLowerCase();
    if (value.trim() === "") return name;
    if (this.#isToken(value)) return name;
    const bytes = Buffer.from(value.toWellFormed());
    const vector = this.#vector(kind, bytes);
    const cipher = createCipheriv("aes-256-ctr", this.#cipher, Buffer.concat([vector], 16));
    const token = `${kind}-${base32(Buffer.concat([vector, cipher.update(bytes), cipher.final()]))}`;
    if (value.length > 2) this.#known.set(value.toLowerCase(), token);
    return token;
  }

  /** A keyed identifier in place of one that was derived from a name: hexadecimal, 16 characters. */
  identifier(text: string): string {
    return createHmac("sha256", this.#mac).update(`identifier\0${text}`).digest("hex").slice(0, 16);
  }

  /** A sentence with addresses, mail addresses, virtual machines and every name that was replaced before. */
  text(sentence: string): string {
    return sentence
      .replace(MAIL, (name) => this.token("user", name))
      .replace(IPV4, (name) => (isIP(name) ? this.token("ip", name) : name))
      .replace(IPV6, (name) => (isIP(name) ? this.token("ip", name) : name))
      .replace(MACHINE, (name) => this.token("host", name))
      .replace(WORD, (word) => this.#word(word));
  }

  #word(word: string): string {
    const whole = this.#known.get(word.toLowerCase());
    if (whole !== undefined) return whole;
    const core = word.replace(EDGES, "");
    const token = core === word ? undefined : this.#known.get(core.toLowerCase());
    return token === undefined ? word : word.replace(core, () => token);
  }

  /** A text with every token of this key replaced by its name, and how many they were. */
  reveal(text: string): { readonly text: string; readonly tokens: number } {
    let tokens = 0;
    const revealed = text.replace(TOKEN, (token, kind: Kind, body: string) => {
      const name = this.#name(kind, body);
      if (name === undefined) return token;
      tokens++;
      return name;
    });
    return { text: revealed, tokens };
  }

  #name(kind: Kind, body: string): string | undefined {
    const bytes = unbase32(body);
    const vector = bytes.subarray(0, VECTOR);
    if (bytes.length <= VECTOR) return undefined;
    const decipher = createDecipheriv("aes-256-ctr", this.#cipher, Buffer.concat([vector], 16));
    const name = Buffer.concat([decipher.update(bytes.subarray(VECTOR)), decipher.final()]);
    return this.#vector(kind, name).equals(vector) ? name.toString() : undefined;
  }

  #isToken(value: string): boolean {
    const [match] = value.matchAll(TOKEN);
    return match?.[0] === value && this.#name(match[1] as Kind, match[2] ?? "") !== undefined;
  }

  #vector(kind: Kind, name: Uint8Array): Buffer {
    return createHmac("sha256", this.#mac).update(`${kind}\0`).update(name).digest().subarray(0, VECTOR);
  }
}
