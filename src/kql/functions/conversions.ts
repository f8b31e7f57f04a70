import type { ScalarType } from "../../core/kusto.ts";
import { CONVERSION_UDFS, convert } from "./support/convert.ts";
import { store, tryParseDynamic, writeDynamic } from "./support/json.ts";
import { argument, once, sqlOf } from "./support/sql.ts";
import type { Argument, ScalarFunction, Udf } from "./types.ts";

const conversion = (type: ScalarType, names: readonly string[], docs: string): ScalarFunction => ({
  names,
  params: [{ type: "any" }],
  returns: type,
  sql: (args) => {
    const arg = argument(args, 0);
    return convert(arg.sql, arg.type, type);
  },
  udfs: CONVERSION_UDFS,
  docs,
});

const STRICT_JSON: Udf = {
  name: "kql_strict_json",
  params: ["VARCHAR"],
  returns: "VARCHAR",
  fn: (text: string) => {
    const value = tryParseDynamic(text);
    return value === undefined ? writeDynamic(text) : store(value);
  },
};
/** DuckDB reads and writes NaN and Infinity bare, which JSON does not have: they become strings. */
const strict = (x: string, valid: string): string =>
  `CASE WHEN contains(${x}, 'NaN') OR contains(${x}, 'Infinity') THEN kql_strict_json(${x}) ELSE ${valid} END`;

/** Text that is no JSON is itself a dynamic string; nothing is null. */
const readJson = (sql: string, valid: (x: string) => string): string =>
  once(
    sql,
    (x) =>
      `CASE WHEN json_valid(${x}) THEN ${strict(x, valid(x))} WHEN trim(${x}, ' \t\r\n') <> '' THEN to_json(${x})::VARCHAR END`,
  );

/** JSON text is stored compact. */
const parseJson = (args: readonly Argument[]): string => {
  const arg = argument(args, 0);
  if (arg.type !== "string") return convert(arg.sql, arg.type, "dynamic");
  return readJson(arg.sql, (x) => `NULLIF(json(${x})::VARCHAR, 'null')`);
};

const DYNAMIC_TYPES =
  "CASE json_type($1) WHEN 'UBIGINT' THEN 'long' WHEN 'BIGINT' THEN 'long' WHEN 'DOUBLE' THEN 'double'" +
  " WHEN 'VARCHAR' THEN 'string' WHEN 'BOOLEAN' THEN 'bool' WHEN 'ARRAY' THEN 'array' WHEN 'OBJECT' THEN 'dictionary' ELSE 'null' END";

export default [
  conversion("string", ["tostring"], "tostring-function"),
  conversion("int", ["toint"], "toint-function"),
  conversion("long", ["tolong"], "tolong-function"),
  conversion("real", ["todouble", "toreal"], "todouble-function"),
  conversion("decimal", ["todecimal"], "todecimal-function"),
  conversion("bool", ["tobool", "toboolean"], "tobool-function"),
  conversion("datetime", ["todatetime"], "todatetime-function"),
  conversion("timespan", ["totimespan", "totime"], "totimespan-function"),
  conversion("guid", ["toguid"], "toguid-function"),
  {
    names: ["parse_json", "todynamic", "toobject", "parsejson"],
    params: [{ type: "any" }],
    returns: "dynamic",
    sql: parseJson,
    json: (args) => {
      const arg = argument(args, 0);
      return arg.type === "string" ? readJson(arg.sql, (x) => x) : undefined;
    },
    udfs: [STRICT_JSON, ...CONVERSION_UDFS],
    docs: "parse-json-function",
  },
  {
    names: ["gettype"],
    params: [{ type: "any" }],
    returns: "string",
    sql: (args) => {
      const arg = argument(args, 0);
      return arg.type === "dynamic" ? DYNAMIC_TYPES.replace("$1", arg.sql) : `'${arg.type}'`;
    },
    docs: "gettype-function",
  },
  {
    names: ["tohex"],
    params: [{ type: "any" }, { type: "long", optional: true }],
    returns: "string",
    sql: (args) => {
      const arg = argument(args, 0);
      const width = arg.type === "int" ? " & 4294967295" : "";
      const hex = `lower(to_hex(${convert(arg.sql, arg.type, "long")}${width}))`;
      if (args.length < 2) return `COALESCE(${hex}, '')`;
      const size = sqlOf(args, 1);
      return `COALESCE(${once(hex, (x) => `CASE WHEN length(${x}) < ${size} THEN lpad(${x}, least(${size}, 64)::INTEGER, '0') ELSE ${x} END`)}, '')`;
    },
    docs: "tohex-function",
  },
] satisfies ScalarFunction[];
