import { deflateSync, gunzipSync, gzipSync, inflateSync } from "node:zlib";
import { DYNAMIC, TEXT } from "./support/entry.ts";
import { tryParseDynamic } from "./support/json.ts";
import { decodePunycode, encodePunycode } from "./support/punycode.ts";
import type { ScalarFunction, Udf, UdfValue } from "./types.ts";

/** The most bytes that a compressed value may unfold to. */
const MAX_OUTPUT = 16_777_216;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The bytes of a base64 text with or without its padding, or undefined. */
function bytesOf(text: string): Buffer | undefined {
  const padded = text + "=".repeat((4 - (text.length % 4)) % 4);
  return BASE64.test(padded) ? Buffer.from(padded, "base64") : undefined;
}

const attempt = <T>(work: () => T): T | undefined => {
  try {
    return work();
  } catch {
    return undefined;
  }
};

const textOfBytes = (bytes: Uint8Array | undefined): string => (bytes && attempt(() => utf8.decode(bytes))) ?? "";
const unfold =
  (open: (bytes: Buffer) => Buffer) =>
  (text: string): string => {
    const bytes = bytesOf(text);
    return textOfBytes(bytes && attempt(() => open(bytes)));
  };

/** A guid's first three groups are stored with their low byte first. */
const GUID_ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
function guidOf(text: string): string | null {
  const bytes = bytesOf(text);
  if (bytes?.length !== 16) return null;
  const hex = GUID_ORDER.map((at) => (bytes[at] ?? 0).toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
const ofGuid = (guid: string): string => {
  const bytes = Buffer.from(guid.replaceAll("-", ""), "hex");
  return Buffer.from(GUID_ORDER.map((at) => bytes[at] ?? 0)).toString("base64");
};

const toArray = (text: string): string | null => {
  const bytes = bytesOf(text);
  return bytes && textOfBytes(bytes) !== "" ? `[${[...bytes].join(",")}]` : null;
};
const ofArray = (json: string): string => {
  const value = tryParseDynamic(json);
  return Array.isArray(value) && value.every((item) => typeof item === "bigint" && item >= 0n && item < 256n)
    ? Buffer.from(value.map(Number)).toString("base64")
    : "";
};

/** Percent-encoding in lower-case hex of every byte that `kept` does not match. */
const percent = (text: string, kept: RegExp): string =>
  [...Buffer.from(text)]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      return byte < 128 && kept.test(char) ? char : `%${byte.toString(16).padStart(2, "0")}`;
    })
    .join("");
const decodeUrl = (text: string): string => {
  const bytes: number[] = [];
  const source = Buffer.from(text.replaceAll("+", " "));
  for (let at = 0; at < source.length; at++) {
    const hex = source[at] === 37 ? source.subarray(at + 1, at + 3).toString("latin1") : "";
    const isEscape = /^[0-9a-f]{2}$/i.test(hex);
    bytes.push(isEscape ? Number.parseInt(hex, 16) : (source[at] ?? 0));
    if (isEscape) at += 2;
  }
  return Buffer.from(bytes).toString("utf8");
};

const DOTS = /[.。．｡]/;
const decodeDomain = (domain: string): string =>
  domain
    .split(".")
    .map((label) => (/^xn--/i.test(label) ? (decodePunycode(label.slice(4)) ?? label) : label))
    .join(".");
const encodeDomain = (domain: string): string =>
  domain
    .split(DOTS)
    .map((label) => (/^[\0-\x7f]*$/.test(label) ? label : `xn--${encodePunycode(label)}`))
    .join(".");

const entry = (
  names: readonly string[],
  fn: (value: string) => UdfValue,
  docs: string,
  returns: ScalarFunction["returns"] = "string",
): ScalarFunction => {
  const udf: Udf = {
    name: `kql_${names[0]}`,
    params: ["VARCHAR"],
    returns: "VARCHAR",
    fn,
  };
  const call = `${udf.name}($1)`;
  return {
    names,
    params: [TEXT],
    returns,
    sql: returns === "string" ? `COALESCE(${call}, '')` : call,
    udfs: [udf],
    docs,
  };
};

export default [
  entry(
    ["base64_decode_tostring", "base64_decodestring"],
    (text) => textOfBytes(bytesOf(text)),
    "base64-decode-tostring-function",
  ),
  entry(
    ["base64_encode_tostring", "base64_encodestring"],
    (text) => Buffer.from(text).toString("base64"),
    "base64-encode-tostring-function",
  ),
  entry(["base64_decode_toarray"], toArray, "base64-decode-toarray-function", "dynamic"),
  {
    ...entry(["base64_encode_fromarray"], ofArray, "base64-encode-fromarray-function"),
    params: [DYNAMIC],
  },
  entry(["base64_decode_toguid"], guidOf, "base64-decode-toguid-function", "guid"),
  {
    ...entry(["base64_encode_fromguid"], ofGuid, "base64-encode-fromguid-function"),
    params: [{ type: "guid" }],
  },
  entry(["gzip_compress_to_base64_string"], (text) => gzipSync(text).toString("base64"), "gzip-base64-compress"),
  entry(
    ["gzip_decompress_from_base64_string"],
    unfold((bytes) => gunzipSync(bytes, { maxOutputLength: MAX_OUTPUT })),
    "gzip-base64-decompress",
  ),
  entry(
    ["zlib_compress_to_base64_string"],
    (text) => deflateSync(text).toString("base64"),
    "zlib-base64-compress-function",
  ),
  entry(
    ["zlib_decompress_from_base64_string"],
    unfold((bytes) => inflateSync(bytes, { maxOutputLength: MAX_OUTPUT })),
    "zlib-base64-decompress-function",
  ),
  entry(["url_encode"], (text) => percent(text, /[A-Za-z0-9\-_.!*() ]/).replaceAll(" ", "+"), "url-encode-function"),
  entry(["url_encode_component"], (text) => percent(text, /[A-Za-z0-9\-_.~]/), "url-encode-component-function"),
  entry(["url_decode"], decodeUrl, "url-decode-function"),
  entry(["punycode_from_string"], encodePunycode, "punycode-from-string-function"),
  entry(["punycode_to_string"], (text) => decodePunycode(text) ?? null, "punycode-to-string-function"),
  entry(["punycode_domain_from_string"], decodeDomain, "punycode-domain-from-string-function"),
  entry(["punycode_domain_to_string"], encodeDomain, "punycode-domain-to-string-function"),
  {
    names: ["new_guid"],
    params: [],
    returns: "guid",
    sql: "gen_random_uuid()::VARCHAR",
    docs: "new-guid-function",
  },
] satisfies ScalarFunction[];
