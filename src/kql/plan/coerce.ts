import type { ScalarType } from "../../core/kusto.ts";
import { quoteLiteral } from "../../core/text/sql.ts";
import { convert } from "../functions/support/convert.ts";
import { literal } from "../functions/support/sql.ts";
import { parseDatetime, parseTimespan } from "../functions/support/times.ts";
import { STORAGE } from "../sql/render.ts";
import type { PlanColumn, Scalar } from "./types.ts";

const LONG = 64;

export const wrapLong = (value: bigint): bigint => BigInt.asIntN(LONG, value);

const LOWEST_LONG = -(2n ** 63n);
const longSql = (value: bigint): string =>
  value === LOWEST_LONG ? "(-9223372036854775807 - 1)::BIGINT" : `${value}::BIGINT`;

const realSql = (value: number): string => {
  if (Number.isNaN(value)) return "'NaN'::DOUBLE";
  if (!Number.isFinite(value)) return value > 0 ? "'Infinity'::DOUBLE" : "'-Infinity'::DOUBLE";
  return `${value}::DOUBLE`;
};

export const nullOf = (type: ScalarType): Scalar =>
  type === "string"
    ? { sql: "''", type, constant: "", notNull: true }
    : { sql: `NULL::${STORAGE[type]}`, type, constant: null };

export const long = (value: bigint): Scalar => ({ sql: longSql(value), type: "long", constant: value, notNull: true });
export const int = (value: bigint): Scalar => ({
  sql: `${BigInt.asIntN(32, value)}::INTEGER`,
  type: "int",
  constant: BigInt.asIntN(32, value),
  notNull: true,
});
export const real = (value: number): Scalar => ({ sql: realSql(value), type: "real", constant: value, notNull: true });
export const bool = (value: boolean): Scalar => ({ sql: String(value), type: "bool", constant: value, notNull: true });
export const text = (value: string): Scalar => ({
  sql: literal(value),
  type: "string",
  constant: value,
  notNull: true,
});
export const ticks = (type: "datetime" | "timespan", value: bigint | null): Scalar =>
  value === null ? nullOf(type) : { sql: longSql(value), type, constant: value, notNull: true };
export const decimal = (value: string): Scalar => ({
  sql: `${quoteLiteral(value)}::DECIMAL(38,18)`,
  type: "decimal",
  constant: value,
  notNull: true,
});
export const dynamic = (json: string): Scalar =>
  json === "null" ? nullOf("dynamic") : { sql: quoteLiteral(json), type: "dynamic", constant: json, notNull: true };

export const columnScalar = ({ id, type }: PlanColumn): Scalar => ({ sql: id, type, notNull: type === "string" });

const isWhole = (type: ScalarType): boolean => type === "int" || type === "long";
export const isNumber = (type: ScalarType): boolean => isWhole(type) || type === "real" || type === "decimal";

/** A constant of another type, where JavaScript can tell it exactly. */
function convertConstant(value: Scalar, type: ScalarType): Scalar | undefined {
  const { constant } = value;
  if (constant === undefined) return undefined;
  if (constant === null) return nullOf(type);
  if (typeof constant === "bigint" && isWhole(value.type)) {
    if (type === "long") return long(constant);
    if (type === "real") return real(Number(constant));
  }
  if (typeof constant !== "string" || value.type !== "string") return undefined;
  if (type === "datetime") return ticks(type, parseDatetime(constant));
  return type === "timespan" ? ticks(type, parseTimespan(constant)) : undefined;
}

/** Nearly all numbers in JSON are written as DuckDB writes them: they are read at once, the rest by the full rules. */
function plainNumber({ json }: Scalar, type: ScalarType, otherwise: string): string {
  if (!json || (!isWhole(type) && type !== "real")) return otherwise;
  const found = `json_extract_string(${json.base}, ${json.path})`;
  if (type === "real") return `COALESCE(TRY_CAST(regexp_extract(${found}, '^-?[0-9]{1,15}$') AS DOUBLE), ${otherwise})`;
  const read = `TRY_CAST(kql_j AS ${STORAGE[type]})`;
  const plain = `CASE WHEN ${read}::VARCHAR = kql_j THEN ${read} END`;
  return `COALESCE(list_transform([${found}], lambda kql_j: ${plain})[1], ${otherwise})`;
}

/** The value as another type, by Kusto's conversion; what cannot be converted is null. */
export function asType(value: Scalar, type: ScalarType): Scalar {
  if (value.type === type) return value;
  const constant = convertConstant(value, type);
  if (constant) return constant;
  if (type === "string" && value.json) {
    const { base, path } = value.json;
    return { sql: `COALESCE(json_extract_string(${base}, ${path}), '')`, type, notNull: true };
  }
  const sql = plainNumber(value, type, convert(value.sql, value.type, type));
  const kept = type === "string" || (isWhole(value.type) && isNumber(type) && value.notNull === true);
  return { sql, type, notNull: kept };
}

const ATOM = /^(?:[A-Za-z_][\w.]*|\d+|'[^']*'|\w+\((?:[^()']|'[^']*')*\))$/;

/** SQL that can stand next to an operator. */
export const atom = (sql: string): string => (ATOM.test(sql) ? sql : `(${sql})`);
