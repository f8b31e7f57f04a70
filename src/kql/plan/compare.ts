import type { ScalarType } from "../../core/kusto.ts";
import { quoteLiteral } from "../../core/text/sql.ts";
import type { SyntaxNode } from "../syntax/node.ts";
import { asType, atom, isNumber, text } from "./coerce.ts";
import type { Context } from "./context.ts";
import type { Scalar } from "./types.ts";

/** Both sides in a type in which they can be compared: a literal takes the other side's type, dynamic too. */
function unify(node: SyntaxNode, left: Scalar, right: Scalar, context: Context): [Scalar, Scalar] {
  if (left.type === right.type) {
    if (left.type !== "dynamic") return [left, right];
    if (left.constant === null || right.constant === null) return [left, right];
    if (context.unknown) return [asType(left, "string"), asType(right, "string")];
    return context.refuse(node, "Two dynamic values cannot be compared.", "Convert one with tostring(), tolong()…");
  }
  if (isNumber(left.type) && isNumber(right.type)) return [left, right];
  if (left.type === "dynamic") return [asType(left, comparedAs(right.type)), right];
  if (right.type === "dynamic") return [left, asType(right, comparedAs(left.type))];
  if (left.type === "string") return textSide(left, right);
  if (right.type === "string") return textSide(right, left).reverse() as [Scalar, Scalar];
  if (left.type === "bool" || right.type === "bool") return [asType(left, "long"), asType(right, "long")];
  return [left, right];
}

const comparedAs = (type: ScalarType): ScalarType => (type === "long" || type === "int" ? "real" : type);

function textSide(side: Scalar, other: Scalar): [Scalar, Scalar] {
  if (side.constant === undefined && other.constant !== undefined && other.constant !== null)
    return [side, asType(other, "string")];
  return [asType(side, other.type), other];
}

const OPPOSITE: Readonly<Record<string, string>> = { "<": ">", ">": "<", "<=": ">=", ">=": "<=" };

/** DuckDB sorts NaN above all numbers, in Kusto every comparison with it but != is false. */
function notNan(value: Scalar): string {
  const { type, constant } = value;
  const never = typeof constant === "number" && !Number.isNaN(constant);
  return type === "real" && constant !== null && !never ? ` AND NOT isnan(${atom(value.sql)})` : "";
}

function ordered(op: string, left: Scalar, right: Scalar): Scalar {
  const [big, sql] = op === "<" || op === "<=" ? [right, OPPOSITE[op]] : [left, op];
  const small = big === left ? right : left;
  const plain = `${atom(big.sql)} ${sql} ${atom(small.sql)}`;
  const guard = notNan(big) + (op.endsWith("=") ? notNan(small) : "");
  return {
    sql: guard === "" ? `(${plain})` : `(${plain}${guard})`,
    type: "bool",
    notNull: left.notNull === true && right.notNull === true,
  };
}

/** `==` and `!=`: one null is unequal, two nulls are null. */
function equality(negative: boolean, left: Scalar, right: Scalar, loose: boolean): Scalar {
  const [a, b] = [atom(left.sql), atom(right.sql)];
  const nan = left.type === "real" && right.type === "real" && notNan(right) !== "" ? notNan(left) : "";
  const equal = nan === "" ? `${a} = ${b}` : `(${a} = ${b}${nan})`;
  const safe = left.notNull === true && right.notNull === true;
  if (safe)
    return {
      sql: negative ? (nan === "" ? `(${a} <> ${b})` : `(NOT ${equal})`) : `(${equal})`,
      type: "bool",
      notNull: true,
    };
  if (loose && !negative) return { sql: `(${equal})`, type: "bool" };
  const one = left.notNull === true || right.notNull === true;
  const decided = negative ? `COALESCE(NOT (${equal}), true)` : `COALESCE(${equal}, false)`;
  if ((one || loose) && negative && nan === "")
    return { sql: `(${a} IS DISTINCT FROM ${b})`, type: "bool", notNull: true };
  if (one) return { sql: decided, type: "bool", notNull: true };
  return { sql: `CASE WHEN ${a} IS NULL AND ${b} IS NULL THEN NULL ELSE ${decided} END`, type: "bool" };
}

export type Comparison = "==" | "!=" | "<" | "<=" | ">" | ">=";

/** A comparison by Kusto's three-valued rules. `loose` lets false stand for null. */
export function compare(
  node: SyntaxNode,
  op: Comparison,
  first: Scalar,
  second: Scalar,
  loose: boolean,
  context: Context,
): Scalar {
  const [left, right] = unify(node, first, second, context);
  return op === "==" || op === "!=" ? equality(op === "!=", left, right, loose) : ordered(op, left, right);
}

/** `between`: both ends belong to it. */
export function between(
  node: SyntaxNode,
  value: Scalar,
  low: Scalar,
  high: Scalar,
  negative: boolean,
  context: Context,
): Scalar {
  const parts = [compare(node, ">=", value, low, true, context), compare(node, "<=", value, high, true, context)];
  const sql = `(${parts.map((part) => part.sql).join(" AND ")})`;
  return { sql: negative ? `(NOT ${sql})` : sql, type: "bool", notNull: parts.every((part) => part.notNull === true) };
}

/** Membership in values: null is in no list. */
export function member(
  node: SyntaxNode,
  value: Scalar,
  values: readonly Scalar[],
  folded: boolean,
  negative: boolean,
  loose: boolean,
  context: Context,
): Scalar {
  if (values.length === 0) return { sql: String(negative), type: "bool", notNull: true };
  const pairs = values.map((item) =>
    unify(node, folded ? asType(value, "string") : value, folded ? asType(item, "string") : item, context),
  );
  const groups = new Map<string, { side: Scalar; items: Scalar[] }>();
  for (const [side, item] of pairs) {
    const group = groups.get(side.sql) ?? { side, items: [] };
    groups.set(side.sql, group);
    group.items.push(item);
  }
  const tests = [...groups.values()].map(({ side, items }) => {
    const a = folded ? `lower(${side.sql})` : atom(side.sql);
    const list = items.map((item) => (folded ? lowered(item) : item.sql)).join(", ");
    return `${a} IN (${list})`;
  });
  const sql = tests.length === 1 ? (tests[0] ?? "") : tests.map((test) => `(${test})`).join(" OR ");
  const safe = [...groups.values()].every(({ side, items }) => side.notNull && items.every((item) => item.notNull));
  if (safe) return { sql: negative ? `(NOT (${sql}))` : `(${sql})`, type: "bool", notNull: true };
  if (loose && !negative) return { sql: `(${sql})`, type: "bool" };
  return { sql: negative ? `(NOT COALESCE(${sql}, false))` : `COALESCE(${sql}, false)`, type: "bool", notNull: true };
}

/** The lower-case form of a text. */
export const lowered = (value: Scalar): string =>
  typeof value.constant === "string" && /^[\x20-\x7e]*$/.test(value.constant)
    ? quoteLiteral(value.constant.toLowerCase())
    : `lower(${value.sql})`;

/** Elements of a constant dynamic array as scalars; undefined when the value is not one. */
export function constantElements(value: Scalar): Scalar[] | undefined {
  if (value.type !== "dynamic" || typeof value.constant !== "string") return undefined;
  const parsed: unknown = JSON.parse(value.constant);
  if (!Array.isArray(parsed)) return undefined;
  return parsed.map((item): Scalar => {
    if (typeof item === "string") return text(item);
    const json = JSON.stringify(item);
    if (typeof item === "number" || typeof item === "boolean")
      return {
        sql: json,
        type: typeof item === "boolean" ? "bool" : Number.isInteger(item) ? "long" : "real",
        notNull: true,
      };
    return text(item === null ? "" : json);
  });
}
