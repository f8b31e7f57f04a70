import type { ScalarType } from "../../core/kusto.ts";
import { formatDatetime } from "../../core/ticks.ts";
import { parseDatetime, parseTimespan } from "../functions/support/times.ts";
import { typeArgument } from "../functions/support/types.ts";
import type { SyntaxNode } from "../syntax/node.ts";
import { bool, decimal, dynamic, int, long, nullOf, real, text, ticks } from "./coerce.ts";
import type { Context } from "./context.ts";
import type { Scalar } from "./types.ts";

const CALL = /^[a-z]+\s*\(\s*([\s\S]*?)\s*\)$/i;

/** What stands inside `long(…)` and its kin; the text itself without them. */
const inner = (source: string): string => {
  const found = CALL.exec(source)?.[1] ?? source;
  const quoted = /^(["'])([\s\S]*)\1$/.exec(found);
  return quoted?.[2] ?? found;
};

const wholeOf = (source: string): bigint | undefined => {
  const sign = source.startsWith("-") ? -1n : 1n;
  const digits = source.replace(/^[+-]\s*/, "");
  return /^(\d+|0x[0-9a-f]+)$/i.test(digits) ? sign * BigInt(digits) : undefined;
};

const MAX_LONG = 2n ** 63n - 1n;

function whole(node: SyntaxNode, context: Context, type: "int" | "long"): Scalar {
  const source = inner(node.text);
  if (source === "null" || source === "") return nullOf(type);
  const value = wholeOf(source) ?? (Number.isNaN(Number(source)) ? undefined : BigInt(Math.trunc(Number(source))));
  if (value === undefined) return nullOf(type);
  if (type === "int") return int(value);
  if (value > MAX_LONG || value < -MAX_LONG - 1n)
    return context.refuse(node, `The number ${source} does not fit into a long.`);
  return long(value);
}

function realLiteral(node: SyntaxNode): Scalar {
  const source = inner(node.text).toLowerCase();
  if (source === "null" || source === "") return nullOf("real");
  const special: Readonly<Record<string, number>> = {
    nan: Number.NaN,
    "+inf": Infinity,
    inf: Infinity,
    "-inf": -Infinity,
  };
  const value = special[source] ?? Number(source);
  return real(value);
}

const INTEGER_COUNT: Readonly<Record<string, bigint>> = { tick: 1n, ticks: 1n };

function timespanLiteral(node: SyntaxNode, context: Context): Scalar {
  const source = inner(node.text);
  if (source === "null" || source === "") return nullOf("timespan");
  const unit = /^(-?\d+)\s*(ticks?)$/.exec(source);
  const value = unit ? BigInt(unit[1] ?? "0") * (INTEGER_COUNT[unit[2] ?? ""] ?? 1n) : parseTimespan(source);
  return value === null ? context.refuse(node, `${node.text} is not a timespan.`) : ticks("timespan", value);
}

const TIME_OF_DAY = /^(\d{1,2})(:\d{2}(?::\d{2}(?:\.\d{1,7})?)?)\s*(am|pm)?$/i;
const [NOON, DATE_LENGTH] = [12, 10];

/** A time without a date is one of the clock's day: `8:00:00 AM`. */
function timeOfDay(source: string, now: bigint): bigint | null {
  const [, hours = "", rest = "", half] = TIME_OF_DAY.exec(source) ?? [];
  const hour = half ? (Number(hours) % NOON) + (half.toLowerCase() === "pm" ? NOON : 0) : Number(hours);
  if (hours === "" || (half && (Number(hours) < 1 || Number(hours) > NOON))) return null;
  return parseDatetime(`${formatDatetime(now).slice(0, DATE_LENGTH)}T${String(hour).padStart(2, "0")}${rest}`);
}

function datetimeLiteral(node: SyntaxNode, context: Context): Scalar {
  const source = inner(node.text);
  if (source === "null" || source === "") return nullOf("datetime");
  if (source === "now") return ticks("datetime", context.now);
  const parts = source.split(",").map((part) => part.trim());
  const value = /^\d{4}$/.test(source)
    ? parseDatetime(`${source}-01-01`)
    : parts.length > 1 && parts.every((part) => /^\d+$/.test(part))
      ? parseDatetime(partsText(parts))
      : (parseDatetime(source) ?? timeOfDay(source, context.now));
  return value === null ? context.refuse(node, `${node.text} is not a datetime.`) : ticks("datetime", value);
}

const partsText = ([
  year = "",
  month = "1",
  day = "1",
  hour = "0",
  minute = "0",
  second = "0",
]: readonly string[]): string =>
  `${year.padStart(4, "0")}-${[month, day].map((n) => n.padStart(2, "0")).join("-")}T${[hour, minute, second].map((n) => n.padStart(2, "0")).join(":")}`;

const guidText = (source: string): string =>
  source
    .replaceAll("-", "")
    .toLowerCase()
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");

function boolLiteral(node: SyntaxNode): Scalar {
  const source = inner(node.text).toLowerCase();
  if (source === "null" || source === "") return nullOf("bool");
  return bool(source === "true" || (source !== "false" && Number(source) !== 0));
}

function guidLiteral(node: SyntaxNode): Scalar {
  const source = inner(node.text);
  if (source === "null" || source === "") return nullOf("guid");
  const value = guidText(source);
  return { sql: `'${value}'`, type: "guid", constant: value, notNull: true };
}

/** The type of a `typeof(T)` or of a declared column, or undefined when it is none. */
export const typeNamed = (name: string): ScalarType | undefined =>
  typeArgument({ sql: "", type: "string", constant: name.trim() });

const JSON_ITEMS: Readonly<Record<string, (node: SyntaxNode, context: Context) => string>> = {
  JsonArrayExpression: (node, context) =>
    `[${node
      .items("Values")
      .map((item) => json(item, context))
      .join(",")}]`,
  JsonObjectExpression: (node, context) => {
    const pairs = new Map<string, string>();
    for (const pair of node.items("Pairs")) pairs.set(pair.get("Name").stringValue, json(pair.get("Value"), context));
    return `{${[...pairs].map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(",")}}`;
  },
  UnaryMinusExpression: (node, context) => `-${json(node.get("Expression"), context)}`,
  NullLiteralExpression: () => "null",
};

/** Compact JSON text of what stands in `dynamic(…)`. */
function json(node: SyntaxNode, context: Context): string {
  const item = JSON_ITEMS[node.kind];
  if (item) return item(node, context);
  if (node.text === "null") return "null";
  const value = literal(node, context);
  if (value === undefined) return context.refuse(node, `${node.text} cannot stand in a dynamic literal.`);
  if (value.constant === null || value.constant === undefined) return "null";
  switch (value.type) {
    case "bool":
    case "int":
    case "long":
    case "timespan":
      return String(value.constant);
    case "real":
      return realJson(Number(value.constant), node.text);
    case "dynamic":
      return String(value.constant);
    case "datetime":
      return JSON.stringify(datetimeText(value.constant as bigint));
    default:
      return JSON.stringify(String(value.constant));
  }
}

const datetimeText = (value: bigint): string => formatDatetime(value);
const realJson = (value: number, source: string): string => {
  if (!Number.isFinite(value)) return JSON.stringify(String(value));
  return /^[\d.eE+-]+$/.test(source) && !source.startsWith(".") && !source.endsWith(".") ? source : String(value);
};

/** DuckDB's decimals have 20 digits before the point. */
const DECIMAL_LIMIT = 1e20;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;

function decimalLiteral(node: SyntaxNode, context: Context): Scalar {
  const source = inner(node.text);
  if (!NUMBER.test(source)) return nullOf("decimal");
  return Math.abs(Number(source)) < DECIMAL_LIMIT
    ? decimal(source)
    : context.unsupported(node, "a decimal of more than 20 digits before the point");
}

/** The value of a literal; undefined when the node is none. */
export function literal(node: SyntaxNode, context: Context): Scalar | undefined {
  switch (node.kind) {
    case "LongLiteralExpression":
      return whole(node, context, "long");
    case "IntLiteralExpression":
      return whole(node, context, "int");
    case "RealLiteralExpression":
      return realLiteral(node);
    case "DecimalLiteralExpression":
      return decimalLiteral(node, context);
    case "BooleanLiteralExpression":
      return boolLiteral(node);
    case "StringLiteralExpression":
    case "CompoundStringLiteralExpression":
      return text(node.stringValue);
    case "DateTimeLiteralExpression":
      return datetimeLiteral(node, context);
    case "TimespanLiteralExpression":
      return timespanLiteral(node, context);
    case "GuidLiteralExpression":
    case "RawGuidLiteralExpression":
      return guidLiteral(node);
    case "DynamicExpression":
      return dynamic(json(node.get("Expression"), context));
    case "NullLiteralExpression":
      return nullOf("dynamic");
    case "TypeOfLiteralExpression":
      return text(
        node
          .items("Types")
          .map((type) => type.text)
          .join(","),
      );
    default:
      return undefined;
  }
}
