import type { QueryResult, Value } from "../../src/core/kusto.ts";

/** A query with the rows that Kusto gives for it. */
export interface ConformanceCase {
  readonly id: string;
  readonly query: string;
  /** What said so: an engine, its documentation. */
  readonly oracle?: string;
  readonly feature?: string;
  readonly expected?: {
    readonly columns: readonly { readonly name: string; readonly type: string }[];
    readonly rows: readonly (readonly unknown[])[];
  };
  readonly ordered?: boolean;
  /** Rows that agree in these columns may come in any order. */
  readonly sortKeys?: readonly string[];
  /** `loose` and `docs`: numbers are rounded and spaces are free, as in a documentation's table. */
  readonly compare?: string;
  /** Only the first rows are known; `rowcount` is the number of all. */
  readonly truncated?: boolean;
  readonly rowcount?: number;
  /** Kusto refuses the query. */
  readonly refused?: boolean;
}

export const VERDICTS = ["ok", "names", "values", "rows", "columns", "error", "answered"] as const;
/** `names`: right values under other column names. `error`: refused. `answered`: what Kusto refuses. */
export type Verdict = (typeof VERDICTS)[number];

interface Rules {
  readonly loose: boolean;
  readonly tolerance: number;
  /** The order inside of arrays is free. */
  readonly sets: boolean;
}

const SETS = /make_?set|make_bag|set_(?:union|intersect|difference)|bag_(?:keys|merge)|pack/;
const ESTIMATES = /percentile|dcount|hll|tdigest|stdev|variance|series_|geo_/;

const TIMESPAN = /^(-)?(?:(\d+)\.)?(\d+):(\d+):(\d+)(?:\.(\d{1,7}))?$/;
const DATETIME = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,7}))?/;

function ticksOfTimespan(value: unknown): bigint | undefined {
  const found = TIMESPAN.exec(String(value));
  if (!found) return undefined;
  const [, sign, days = "0", hours = "0", minutes = "0", seconds = "0", rest = ""] = found;
  const whole = ((BigInt(days) * 24n + BigInt(hours)) * 60n + BigInt(minutes)) * 60n + BigInt(seconds);
  const ticks = whole * 10_000_000n + BigInt(rest.padEnd(7, "0"));
  return sign ? -ticks : ticks;
}

function instantOf(value: unknown): string | undefined {
  const found = DATETIME.exec(String(value));
  return found ? `${found[1]}T${found[2]}.${(found[3] ?? "").padEnd(7, "0")}` : undefined;
}

function numberOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  if (typeof value !== "string" || value.trim() === "") return undefined;
  const infinite = /^([+-]?)inf(?:inity)?$/i.exec(value);
  if (infinite) return infinite[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  if (/^nan$/i.test(value)) return Number.NaN;
  const number = Number(value);
  return Number.isNaN(number) ? undefined : number;
}

function near(a: number, b: number, tolerance: number): boolean {
  if (Object.is(a, b) || a === b) return true;
  const difference = Math.abs(a - b);
  return difference <= 1e-12 || difference <= tolerance * Math.max(Math.abs(a), Math.abs(b));
}

/** Whether each of the one list has a partner of its own in the other. */
function sameBag<T>(wanted: readonly T[], given: readonly T[], same: (a: T, b: T) => boolean): boolean {
  if (wanted.length !== given.length) return false;
  const rest = [...given];
  return wanted.every((item) => {
    const at = rest.findIndex((other) => same(item, other));
    if (at >= 0) rest.splice(at, 1);
    return at >= 0;
  });
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

function sameTexts(a: string, b: string): boolean {
  const [x, y] = [ticksOfTimespan(a), instantOf(a)];
  return a === b || (x !== undefined && x === ticksOfTimespan(b)) || (y !== undefined && y === instantOf(b));
}

function sameJson(a: unknown, b: unknown, rules: Rules): boolean {
  if (a === b) return true;
  if (a === null || b === null || typeof a === "boolean" || typeof b === "boolean") return false;
  if (typeof a === "string" && typeof b === "string") return sameTexts(a, b);
  if (typeof a !== "object" || typeof b !== "object") {
    const [x, y] = [numberOf(a), numberOf(b)];
    return x !== undefined && y !== undefined && near(x, y, rules.tolerance);
  }
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false;
    if (rules.sets) return sameBag<unknown>(a, b, (x, y) => sameJson(x, y, rules));
    return a.every((item, i) => sameJson(item, b[i], rules));
  }
  const [x, y] = [a as Readonly<Record<string, unknown>>, b as Readonly<Record<string, unknown>>];
  const keys = Object.keys(x);
  return keys.length === Object.keys(y).length && keys.every((key) => key in y && sameJson(x[key], y[key], rules));
}

const spaces = (text: string): string => text.trim().replace(/\s+/g, " ");

function sameText(wanted: unknown, given: Value, rules: Rules): boolean {
  const [a, b] = [String(wanted ?? ""), String(given ?? "")];
  if (a === b || (rules.loose && (spaces(a) === spaces(b) || (instantOf(a) ?? a) === instantOf(b)))) return true;
  return /^[[{]/.test(a) && parsed(a) !== undefined && sameJson(parsed(a), parsed(b), rules);
}

/** A documentation's table shows as many digits as its writer liked. */
function rounded(wanted: unknown, a: number, b: number): boolean {
  const digits = String(wanted).split(".")[1]?.length ?? 0;
  return !/e/i.test(String(wanted)) && Math.abs(a - b) <= 0.6 * 10 ** -digits;
}

function sameNumber(wanted: unknown, given: Value, rules: Rules): boolean {
  const [a, b] = [numberOf(wanted), numberOf(given)];
  if (a === undefined || b === undefined) return false;
  return near(a, b, rules.tolerance) || (rules.loose && (near(a, b, 1e-4) || rounded(wanted, a, b)));
}

const lower = (value: unknown): string => String(value).toLowerCase();

function sameCell(wanted: unknown, given: Value, type: string, rules: Rules): boolean {
  if (type === "string") return sameText(wanted, given, rules);
  if (type === "dynamic" || type === "unknown") {
    const inner = typeof given === "string" ? parsed(given) : undefined;
    const empty = (value: unknown): boolean => value === null || value === "";
    if (rules.loose && empty(wanted) && empty(given)) return true;
    return sameJson(wanted ?? null, given, rules) || (inner !== undefined && sameJson(wanted, inner, rules));
  }
  if (wanted === null || given === null) return wanted === given;
  if (type === "real" || type === "decimal") return sameNumber(wanted, given, rules);
  if (type === "int" || type === "long") return String(wanted) === String(given);
  if (type === "bool") return (lower(wanted) === "true" || lower(wanted) === "1") === (given === true);
  if (type === "timespan") return ticksOfTimespan(wanted) === ticksOfTimespan(given);
  if (type === "datetime") return instantOf(wanted) !== undefined && instantOf(wanted) === instantOf(given);
  return lower(wanted) === lower(given);
}

type Row = readonly unknown[];

/** Rows in their order; those with the same sort keys may stand in any order among themselves. */
function sameOrdered(
  rows: readonly Row[],
  given: readonly Row[],
  keys: readonly number[],
  same: (a: Row, b: Row) => boolean,
): boolean {
  const tied = (a: Row | undefined, b: Row | undefined): boolean =>
    keys.length > 0 && keys.every((key) => JSON.stringify(a?.[key]) === JSON.stringify(b?.[key]));
  for (let start = 0; start < rows.length; ) {
    let end = start + 1;
    while (end < rows.length && tied(rows[start], rows[end])) end++;
    if (!sameBag(rows.slice(start, end), given.slice(start, end), same)) return false;
    start = end;
  }
  return true;
}

/** How an answer stands to what a case expects; without an answer the query was refused. */
export function judge(test: ConformanceCase, answer: QueryResult | undefined): Verdict {
  if (test.refused) return answer ? "answered" : "ok";
  const { columns, rows } = test.expected ?? { columns: [], rows: [] };
  if (!answer) return "error";
  if (answer.columns.length !== columns.length) return "columns";
  if (answer.rows.length !== (test.truncated ? test.rowcount : rows.length)) return "rows";
  const rules = {
    loose: test.compare === "loose" || test.compare === "docs",
    tolerance: ESTIMATES.test(test.query) ? 1e-6 : 1e-9,
    sets: SETS.test(test.query),
  };
  const same = (a: Row, b: Row): boolean =>
    a.every((cell, i) => sameCell(cell, (b[i] ?? null) as Value, columns[i]?.type ?? "unknown", rules));
  const keys = (test.sortKeys ?? []).map((key) => columns.findIndex((column) => column.name === key));
  const ordered = test.ordered === true && !keys.includes(-1);
  const right = test.truncated
    ? rows.every((row, i) => answer.rows.some((other, j) => (!ordered || i === j) && same(row, other)))
    : ordered
      ? sameOrdered(rows, answer.rows, keys, same)
      : sameBag<Row>(rows, answer.rows, same);
  if (!right) return "values";
  return columns.every((column, i) => column.name === answer.columns[i]?.name) ? "ok" : "names";
}
