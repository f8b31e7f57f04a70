import { MAX_DATETIME_TICKS, TICKS_PER_DAY, UNIX_EPOCH_TICKS } from "../../core/ticks.ts";
import { CONVERSION_UDFS, convert } from "./support/convert.ts";
import { argument, constantText, literal, sqlOf } from "./support/sql.ts";
import { dateTicks } from "./support/times.ts";
import { localToUtc, timeZones, utcToLocal } from "./support/zones.ts";
import type { Argument, CallContext, ScalarFunction, Udf } from "./types.ts";

type Field = (ticks: bigint, width: number) => string;
const pad = (value: bigint | number, width: number): string => String(value).padStart(width, "0");
const unit =
  (ticks: bigint, modulus: bigint): Field =>
  (value, width) =>
    pad((value / ticks) % modulus, width);
const dateOf = (ticks: bigint): Date => new Date(Number((ticks - UNIX_EPOCH_TICKS) / 10_000n));
const atMidnight = (ticks: bigint): Date => dateOf(ticks - (ticks % TICKS_PER_DAY));
const fraction: Field = (ticks, width) => pad(ticks % 10_000_000n, 7).slice(0, width);
const HOUR = 36_000_000_000n;

/** Fields by letter, with the longest run that is one field: `dddd` is `dd` twice. */
const DATE_FIELDS: Readonly<Record<string, readonly [number, Field]>> = {
  y: [
    4,
    (t, width) =>
      width === 4 ? pad(atMidnight(t).getUTCFullYear(), 4) : pad(atMidnight(t).getUTCFullYear() % 100, width),
  ],
  M: [2, (t, width) => pad(atMidnight(t).getUTCMonth() + 1, width)],
  d: [2, (t, width) => pad(atMidnight(t).getUTCDate(), width)],
  H: [2, unit(HOUR, 24n)],
  h: [2, (t, width) => pad(((t / HOUR + 11n) % 12n) + 1n, width)],
  m: [2, unit(600_000_000n, 60n)],
  s: [2, unit(10_000_000n, 60n)],
  f: [7, fraction],
  F: [7, (t, width) => fraction(t, width).replace(/0+$/, "")],
  t: [2, (t, width) => ((t / HOUR) % 24n < 12n ? "AM" : "PM").slice(0, width)],
};
const SPAN_FIELDS: Readonly<Record<string, readonly [number, Field]>> = {
  d: [8, (t, width) => pad(t / TICKS_PER_DAY, width)],
  H: [2, unit(HOUR, 24n)],
  h: [2, unit(HOUR, 24n)],
  m: [2, unit(600_000_000n, 60n)],
  s: [2, unit(10_000_000n, 60n)],
  f: [7, fraction],
  F: [7, (t, width) => fraction(t, width).replace(/0+$/, "")],
};
const DELIMITERS = " /-:,._[]";

type Piece = string | { readonly field: Field; readonly width: number };

/** The pieces of a format, or the first character that Kusto does not take in one. */
function compileFormat(format: string, fields: Readonly<Record<string, readonly [number, Field]>>): Piece[] | string {
  const pieces: Piece[] = [];
  for (let at = 0; at < format.length; ) {
    const char = format.charAt(at);
    const [longest, field] = Object.hasOwn(fields, char) ? (fields[char] ?? [0, undefined]) : [0, undefined];
    if (!field && !DELIMITERS.includes(char)) return char;
    let width = 1;
    while (width < longest && format[at + width] === char) width++;
    pieces.push(field ? { field, width } : char);
    at += width;
  }
  return pieces;
}

const compiled = new Map<string, Piece[]>();
const MAX_COMPILED = 256;

function piecesOf(format: string, kind: "date" | "span"): Piece[] {
  const key = `${kind}${format}`;
  const known = compiled.get(key);
  if (known) return known;
  const pieces = compileFormat(format, kind === "date" ? DATE_FIELDS : SPAN_FIELDS);
  if (compiled.size >= MAX_COMPILED) compiled.clear();
  const usable = typeof pieces === "string" ? [] : pieces;
  compiled.set(key, usable);
  return usable;
}

const render = (pieces: readonly Piece[], ticks: bigint): string =>
  pieces.map((piece) => (typeof piece === "string" ? piece : piece.field(ticks, piece.width))).join("");

const FORMAT_DATETIME: Udf = {
  name: "kql_format_datetime",
  params: ["BIGINT", "VARCHAR"],
  returns: "VARCHAR",
  fn: (ticks: bigint, format: string): string => render(piecesOf(format, "date"), ticks),
};
const FORMAT_TIMESPAN: Udf = {
  name: "kql_format_timespan",
  params: ["BIGINT", "VARCHAR"],
  returns: "VARCHAR",
  fn: (ticks: bigint, format: string): string =>
    ticks < 0n ? `-${render(piecesOf(format, "span"), -ticks)}` : render(piecesOf(format, "span"), ticks),
};

/** Fields that strftime writes alike. */
const STRFTIME: Readonly<Record<string, string>> = {
  yyyy: "%Y",
  yy: "%y",
  MM: "%m",
  M: "%-m",
  dd: "%d",
  d: "%-d",
  HH: "%H",
  H: "%-H",
  hh: "%I",
  h: "%-I",
  mm: "%M",
  m: "%-M",
  ss: "%S",
  s: "%-S",
  tt: "%p",
};
/** The strftime format of a constant format, or undefined where it has a field that strftime lacks. */
function strftimeFormat(format: string): string | undefined {
  const fields = format.match(/([yMdHhmsfFt])\1*|[^yMdHhmsfFt]+/g) ?? [];
  const written = fields.map((field) => (/^[yMdHhmsfFt]/.test(field) ? STRFTIME[field] : field));
  return written.every((field) => field !== undefined) ? written.join("") : undefined;
}

const formatter = (kind: "date" | "span", udf: string) => (args: readonly Argument[], call: CallContext) => {
  const format = constantText(argument(args, 1));
  const bad = format === undefined ? [] : compileFormat(format, kind === "date" ? DATE_FIELDS : SPAN_FIELDS);
  if (typeof bad === "string") call.refuse(`The format '${format}' has '${bad}', which is no format element.`);
  const native = kind === "date" && format !== undefined ? strftimeFormat(format) : undefined;
  if (native !== undefined)
    return `COALESCE(strftime(make_timestamp((${sqlOf(args, 0)} - ${sqlOf(args, 0)} % 10 - 621355968000000000) // 10), ${literal(native)}), '')`;
  return `COALESCE(${udf}(${sqlOf(args, 0)}, ${sqlOf(args, 1)}), '')`;
};

const MAKE_DATETIME: Udf = {
  name: "kql_make_datetime",
  params: ["BIGINT", "BIGINT", "BIGINT", "BIGINT", "BIGINT", "DOUBLE"],
  returns: "BIGINT",
  fn: (year: bigint, month: bigint, day: bigint, hour: bigint, minute: bigint, second: number): bigint | null => {
    const midnight = dateTicks(Number(year), Number(month), Number(day));
    if (midnight === undefined || hour < 0n || hour > 23n || minute < 0n || minute > 59n) return null;
    if (!(second >= 0 && second < 60)) return null;
    const ticks = midnight + hour * HOUR + minute * 600_000_000n + BigInt(Math.round(second * 1e7));
    return ticks <= MAX_DATETIME_TICKS ? ticks : null;
  },
};
const MAKE_TIMESPAN: Udf = {
  name: "kql_make_timespan",
  params: ["BIGINT", "BIGINT", "BIGINT", "DOUBLE"],
  returns: "BIGINT",
  fn: (day: bigint, hour: bigint, minute: bigint, second: number): bigint | null => {
    const inRange = day >= 0n && day <= 10_675_198n && hour >= 0n && hour < 24n && minute >= 0n && minute < 60n;
    if (!inRange || !(second >= 0 && second < 60)) return null;
    return day * TICKS_PER_DAY + hour * HOUR + minute * 600_000_000n + BigInt(Math.round(second * 1e7));
  },
};

/** (year, month, day) and on to seconds; one argument is converted. */
const makeDatetime = (args: readonly Argument[], call: CallContext): string => {
  const first = argument(args, 0);
  const others = args.slice(1);
  if (args.length === 1) return convert(first.sql, first.type, "datetime");
  if (args.length === 2) return call.refuse("make_datetime() takes 1 or 3 to 6 arguments, not 2.");
  const [month, day, hour = "0", minute = "0", second = "0"] = others.map((arg) => arg.sql);
  const year = convert(first.sql, first.type, "long");
  return `kql_make_datetime(${year}, ${month}, ${day}, ${hour}, ${minute}, ${second}::DOUBLE)`;
};

/** (h, m), (h, m, s) or (d, h, m, s). */
const makeTimespan = (args: readonly Argument[]): string => {
  const values = args.map((arg) => arg.sql);
  const full = args.length === 4 ? values : ["0", ...values, ...(args.length === 2 ? ["0"] : [])];
  return `kql_make_timespan(${full
    .slice(0, 3)
    .map((sql) => `${sql}::BIGINT`)
    .join(", ")}, ${full[3]}::DOUBLE)`;
};

const zoneFunction = (name: string, fn: (ticks: bigint, zone: string) => bigint | null): ScalarFunction => ({
  names: [name],
  params: [{ type: "datetime" }, { type: "string" }],
  returns: "datetime",
  sql: `kql_${name}($1, $2)`,
  udfs: [
    {
      name: `kql_${name}`,
      params: ["BIGINT", "VARCHAR"],
      returns: "BIGINT",
      fn,
    },
  ],
  docs: `${name.replaceAll("_", "-")}-function`,
});

const LONG = { type: "long" } as const;
export default [
  {
    names: ["format_datetime"],
    params: [{ type: "datetime" }, { type: "string" }],
    returns: "string",
    sql: formatter("date", "kql_format_datetime"),
    udfs: [FORMAT_DATETIME],
    docs: "format-datetime-function",
  },
  {
    names: ["format_timespan"],
    params: [{ type: "timespan" }, { type: "string" }],
    returns: "string",
    sql: formatter("span", "kql_format_timespan"),
    udfs: [FORMAT_TIMESPAN],
    docs: "format-timespan-function",
  },
  {
    names: ["make_datetime"],
    params: [
      { type: "any" },
      { ...LONG, optional: true },
      { ...LONG, optional: true },
      { ...LONG, optional: true },
      { ...LONG, optional: true },
      { type: "real", optional: true },
    ],
    returns: "datetime",
    sql: makeDatetime,
    udfs: [MAKE_DATETIME, ...CONVERSION_UDFS],
    docs: "make-datetime-function",
  },
  {
    names: ["make_timespan"],
    params: [
      { type: "number" },
      { type: "number" },
      { type: "number", optional: true },
      { type: "number", optional: true },
    ],
    returns: "timespan",
    sql: makeTimespan,
    udfs: [MAKE_TIMESPAN],
    docs: "make-timespan-function",
  },
  zoneFunction("datetime_utc_to_local", utcToLocal),
  zoneFunction("datetime_local_to_utc", localToUtc),
  {
    names: ["datetime_list_timezones"],
    params: [],
    returns: "dynamic",
    sql: () => `'${JSON.stringify(timeZones()).replaceAll("'", "''")}'`,
    docs: "datetime-list-timezones-function",
  },
] satisfies ScalarFunction[];
