import { digest } from "../../core/digest.ts";
import { CONVERSION_UDFS, toText } from "./support/convert.ts";
import { ANY, optional } from "./support/entry.ts";
import { argument, once } from "./support/sql.ts";
import { xxhash64 } from "./support/xxhash.ts";
import type { Argument, ScalarFunction, Udf } from "./types.ts";

const encoder = new TextEncoder();
const HASH_TEXT: Udf = {
  name: "kql_hash_text",
  params: ["VARCHAR"],
  returns: "BIGINT",
  fn: (text: string): bigint => xxhash64(encoder.encode(text)),
};

const buffer = new DataView(new ArrayBuffer(8));
const HASH_LONG: Udf = {
  name: "kql_hash_long",
  params: ["BIGINT"],
  returns: "BIGINT",
  fn: (value: bigint): bigint => {
    buffer.setBigInt64(0, value, true);
    return xxhash64(new Uint8Array(buffer.buffer));
  },
};
const HASH_REAL: Udf = {
  name: "kql_hash_real",
  params: ["DOUBLE"],
  returns: "BIGINT",
  fn: (value: number): bigint => {
    buffer.setFloat64(0, value, true);
    return xxhash64(new Uint8Array(buffer.buffer));
  },
};

/** Numbers and times are hashed as their eight bytes, everything else as its text. */
const raw = (arg: Argument): string => {
  if (arg.type === "long" || arg.type === "int" || arg.type === "datetime" || arg.type === "timespan")
    return `kql_hash_long(${arg.sql}::BIGINT)`;
  return arg.type === "real" ? `kql_hash_real(${arg.sql})` : `kql_hash_text(${toText(arg.sql, arg.type)})`;
};

const hashSql = (args: readonly Argument[]): string => {
  const hash = raw(argument(args, 0));
  const modulus = args[1]?.sql;
  return modulus === undefined ? hash : once(hash, (h) => `((${h} % ${modulus} + ${modulus}) % ${modulus})`);
};

/** The engine gives nothing for empty text. */
const hashing = (name: string, render: (x: string) => string, udfs: readonly Udf[] = []): ScalarFunction => ({
  names: [name],
  params: [ANY],
  returns: "string",
  sql: (args) => {
    const arg = argument(args, 0);
    return once(toText(arg.sql, arg.type), (x) => `CASE WHEN ${x} = '' THEN '' ELSE ${render(x)} END`);
  },
  udfs: [...udfs, ...CONVERSION_UDFS],
  docs: `${name.replaceAll("_", "-")}-function`,
});

const SHA1: Udf = {
  name: "kql_sha1",
  params: ["VARCHAR"],
  returns: "VARCHAR",
  fn: (text: string): string => digest("sha1", text),
};

export default [
  {
    names: ["hash", "hash_xxhash64", "__hash_xxh64"],
    params: [ANY, optional({ type: "long" })],
    returns: "long",
    sql: hashSql,
    udfs: [HASH_TEXT, HASH_LONG, HASH_REAL, ...CONVERSION_UDFS],
    docs: "hash-function",
  },
  hashing("hash_md5", (x) => `md5(${x})`),
  hashing("hash_sha256", (x) => `sha256(${x})`),
  hashing("hash_sha1", (x) => `kql_sha1(${x})`, [SHA1]),
] satisfies ScalarFunction[];
