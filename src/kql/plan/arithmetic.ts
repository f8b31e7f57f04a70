import type { ScalarType } from "../../core/kusto.ts";
import { MAX_DATETIME_TICKS } from "../../core/ticks.ts";
import { once } from "../functions/support/sql.ts";
import type { SyntaxNode } from "../syntax/node.ts";
import { asType, atom, isNumber, long, real, ticks, wrapLong } from "./coerce.ts";
import type { Context } from "./context.ts";
import type { Scalar } from "./types.ts";

export type Operator = "+" | "-" | "*" | "/" | "%";

const RANKS: readonly ScalarType[] = ["int", "long", "real", "decimal"];

/** A dynamic operand takes the other operand's type; text and bool count as numbers. */
function operand(value: Scalar, other: Scalar): Scalar {
  if (value.type === "dynamic") {
    if (other.type === "datetime" || other.type === "timespan") return asType(value, other.type);
    return asType(
      value,
      other.type === "long" || other.type === "int" ? "real" : isNumber(other.type) ? other.type : "real",
    );
  }
  if (value.type === "bool") return asType(value, "long");
  return value;
}

/** The type of a result; undefined where the operator does not work on the two types. */
export function resultType(op: Operator, left: ScalarType, right: ScalarType): ScalarType | undefined {
  if (isNumber(left) && isNumber(right)) {
    const rank = Math.max(RANKS.indexOf(left), RANKS.indexOf(right), 1);
    return RANKS[rank];
  }
  const pair = `${left} ${op} ${right}`;
  if (isNumber(left) && right === "timespan") return op === "*" ? "timespan" : undefined;
  if (left === "timespan" && isNumber(right)) return op === "*" || op === "/" ? "timespan" : undefined;
  const known: Readonly<Record<string, ScalarType>> = {
    "datetime + timespan": "datetime",
    "timespan + datetime": "datetime",
    "datetime - timespan": "datetime",
    "datetime - datetime": "timespan",
    "timespan + timespan": "timespan",
    "timespan - timespan": "timespan",
    "timespan / timespan": "real",
    "timespan % timespan": "timespan",
    "datetime % timespan": "timespan",
  };
  return known[pair];
}

const absolute = (x: bigint): bigint => (x < 0n ? -x : x);

function foldWhole(op: Operator, a: bigint, b: bigint): bigint | null {
  switch (op) {
    case "+":
      return wrapLong(a + b);
    case "-":
      return wrapLong(a - b);
    case "*":
      return wrapLong(a * b);
    case "/":
      return b === 0n ? null : wrapLong(a / b);
    case "%":
      return b === 0n ? null : ((a % b) + absolute(b)) % absolute(b);
  }
}

function foldReal(op: Operator, a: number, b: number): number {
  switch (op) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return a / b;
    case "%":
      return ((a % b) + Math.abs(b)) % Math.abs(b);
  }
}

const asNumber = (value: Scalar): number | undefined =>
  typeof value.constant === "bigint" || typeof value.constant === "number" ? Number(value.constant) : undefined;

function fold(op: Operator, left: Scalar, right: Scalar, type: ScalarType): Scalar | undefined {
  const { constant: a } = left;
  const { constant: b } = right;
  if (type === "real") {
    const [x, y] = [asNumber(left), asNumber(right)];
    return x === undefined || y === undefined ? undefined : real(foldReal(op, x, y));
  }
  if (typeof a !== "bigint" || typeof b !== "bigint") return undefined;
  const value = foldWhole(op, a, b);
  if (value === null) return undefined;
  if (type === "long") return long(value);
  if (type === "timespan") return ticks(type, value);
  return type === "datetime" && value >= 0n && value <= MAX_DATETIME_TICKS ? ticks(type, value) : undefined;
}

/** DuckDB does not try a subquery; its values are far from the ends of a long. */
const SUBQUERY = /\(SELECT\b/;

const wrapped = (wide: string): string =>
  `(((${wide} + 9223372036854775808::HUGEINT) % 18446744073709551616::HUGEINT + 18446744073709551616::HUGEINT) % 18446744073709551616::HUGEINT - 9223372036854775808::HUGEINT)::BIGINT`;

/** Kusto's longs wrap where DuckDB raises an error. Sums stay far from the ends of a HUGEINT, products may not. */
function wrapping(op: Operator, left: Scalar, right: Scalar): Scalar {
  const [a, b] = [left, right].map((value) => asType(value, value.type === "timespan" ? "timespan" : "long"));
  const fast = [a, b].map((value) => value?.whole?.fast ?? atom(value?.sql ?? "")).join(` ${op} `);
  const wide = [a, b].map((value) => {
    if (!value?.whole) return `${atom(value?.sql ?? "")}::HUGEINT`;
    return op === "*" ? `${wrapped(value.whole.wide)}::HUGEINT` : value.whole.wide;
  });
  const whole = { fast: `(${fast})`, wide: `(${wide.join(` ${op} `)})` };
  const sql = SUBQUERY.test(fast) ? wrapped(whole.wide) : `COALESCE(TRY(${whole.fast}), ${wrapped(whole.wide)})`;
  return { sql, type: "long", whole };
}

const remainder = (a: string, b: string): string => once(b, (y) => `((${a} % ${y}) + abs(${y})) % abs(${y})`, "kql_m");

function whole(op: Operator, left: Scalar, right: Scalar): Pick<Scalar, "sql" | "whole"> {
  const [a, b] = [atom(asType(left, "long").sql), atom(asType(right, "long").sql)];
  switch (op) {
    // By zero DuckDB gives null, as Kusto does.
    case "/":
      return { sql: `(${a} // ${b})` };
    case "%":
      return { sql: remainder(a, b) };
    case "*":
      return wrapping(op, left, right);
    default:
      return isSmall(left) || isSmall(right) ? { sql: `(${a} ${op} ${b})` } : wrapping(op, left, right);
  }
}

/** Text lengths, counts and parts of a date are far from the ends of a long. */
const isSmall = (value: Scalar): boolean => value.type === "int" && value.constant !== undefined;

function timeSql(op: Operator, left: Scalar, right: Scalar, type: ScalarType): string {
  const [a, b] = [atom(left.sql), atom(right.sql)];
  if (op === "*" || (op === "/" && isNumber(right.type))) {
    const [x, y] = [asType(left, left.type === "timespan" ? "timespan" : "real"), asType(right, "real")];
    const whole = left.type !== "real" && right.type !== "real" && left.type !== "decimal" && right.type !== "decimal";
    if (whole) return op === "*" ? wrapping("*", left, right).sql : `(${a} // NULLIF(${b}, 0))`;
    return `TRY_CAST(trunc(${atom(x.sql)}::DOUBLE ${op} ${atom(y.sql)}::DOUBLE) AS BIGINT)`;
  }
  if (type === "real") return `(${a}::DOUBLE / ${b}::DOUBLE)`;
  if (op === "%") return remainder(a, `NULLIF(${b}, 0)`);
  const sum = SUBQUERY.test(a + b) ? `(${a} ${op} ${b})` : `TRY(${a} ${op} ${b})`;
  if (type !== "datetime")
    return left.constant !== undefined || right.constant !== undefined ? `(${a} ${op} ${b})` : sum;
  return once(sum, (x) => `CASE WHEN ${x} BETWEEN 0 AND ${MAX_DATETIME_TICKS} THEN ${x} END`, "kql_t");
}

function decimalSql(op: Operator, a: string, b: string): string {
  if (op === "%") return `TRY_CAST(${remainder(a, `NULLIF(${b}, 0)`)} AS DECIMAL(38,18))`;
  if (op === "+" || op === "-") return `TRY_CAST(${a} ${op} ${b} AS DECIMAL(38,18))`;
  return `TRY_CAST(${a}::DOUBLE ${op} ${b}::DOUBLE AS DECIMAL(38,18))`;
}

/** Kusto's arithmetic: null with null, whole numbers wrap, the remainder is never negative, time is exact. */
export function arithmetic(node: SyntaxNode, op: Operator, first: Scalar, second: Scalar, context: Context): Scalar {
  if (first.type === "dynamic" && second.type === "dynamic" && context.unknown)
    return arithmetic(node, op, asType(first, "real"), asType(second, "real"), context);
  if (first.type === "dynamic" && second.type === "dynamic")
    return context.refuse(
      node,
      `${op} needs types: both sides are dynamic.`,
      "Convert with tolong(), toreal(), todatetime()…",
    );
  const left = operand(first, second);
  const right = operand(second, first);
  const type = resultType(op, left.type, right.type);
  if (type === undefined) return context.refuse(node, `${op} does not work on ${left.type} and ${right.type}.`);
  const notNull = left.notNull === true && right.notNull === true && op !== "/" && op !== "%" && type !== "datetime";
  const folded = fold(op, left, right, type);
  if (folded) return folded;
  if (type === "datetime" || type === "timespan" || left.type === "timespan")
    return { sql: timeSql(op, left, right, type), type, notNull: false };
  if (type === "long") return { ...whole(op, left, right), type, notNull };
  const [a, b] = [atom(asType(left, type).sql), atom(asType(right, type).sql)];
  if (type === "decimal") return { sql: decimalSql(op, a, b), type };
  return { sql: op === "%" ? remainder(a, b) : `(${a} ${op} ${b})`, type, notNull };
}

/** Unary minus. */
export function negate(node: SyntaxNode, value: Scalar, context: Context): Scalar {
  if (typeof value.constant === "bigint") {
    if (value.type === "timespan") return ticks("timespan", -value.constant);
    return long(wrapLong(-value.constant));
  }
  if (typeof value.constant === "number") return real(-value.constant);
  if (value.type === "timespan") return { sql: `(-${atom(value.sql)})`, type: "timespan" };
  const number = asType(
    value,
    value.type === "dynamic" ? "real" : value.type === "int" || value.type === "bool" ? "long" : value.type,
  );
  if (!isNumber(number.type)) return context.refuse(node, `- does not work on ${value.type}.`);
  const sql = number.type === "long" ? `(0 - ${atom(number.sql)})` : `(-${atom(number.sql)})`;
  return { sql, type: number.type, notNull: number.notNull === true };
}
