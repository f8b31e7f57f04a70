import type { ScalarType } from "../../core/kusto.ts";
import { argument, bounded, constantText, once, sqlOf } from "./support/sql.ts";
import type { Argument, CallContext, ScalarFunction } from "./types.ts";

const EPOCH = "621355968000000000";
const LATEST = "3155378975999999999";
const DAY = "864000000000";
/** 9999-12-26. */
const LAST_SUNDAY = "3155373792000000000";
const UNIT_TICKS: Readonly<Record<string, string>> = {
  week: "6048000000000",
  day: DAY,
  hour: "36000000000",
  minute: "600000000",
  second: "10000000",
  millisecond: "10000",
  microsecond: "10",
};
const MONTHS_IN: Readonly<Record<string, number>> = {
  year: 12,
  quarter: 3,
  month: 1,
};

/** The DuckDB timestamp at a datetime's microsecond. */
const timestamp = (x: string): string => `make_timestamp((${x} - ${x} % 10 - ${EPOCH}) // 10)`;
const ticksOf = (sql: string): string => `(epoch_us(${sql}) * 10 + ${EPOCH})`;
const inRange = (sql: string): string =>
  once(sql, (x) => `CASE WHEN ${x} BETWEEN 0 AND ${LATEST} THEN ${x} END`, "kql_t");
/** Days since a Sunday. */
const sundayDays = (x: string): string => `(${x} // ${DAY} + 1)`;

/** More months than lie between any two datetimes; such a step leaves the calendar and gives null. */
const MANY_MONTHS = 120_000n;
/** The same in the units of the periods. */
const MANY: Readonly<Record<string, bigint>> = { day: 3_700_000n, week: 530_000n, month: MANY_MONTHS, year: 10_000n };

/** Monday 0001-01-01 is day 0, so the first week of the calendar starts before it. */
const PERIOD_STARTS: Readonly<Record<string, (x: string, offset: string) => string>> = {
  day: (x, offset) => `(${x} // ${DAY} + ${offset}) * ${DAY}`,
  week: (x, offset) => `((${sundayDays(x)} // 7 + ${offset}) * 7 - 1) * ${DAY}`,
  month: (x, offset) => ticksOf(`date_trunc('month', ${timestamp(x)}) + to_months((${offset})::INTEGER)`),
  year: (x, offset) => ticksOf(`date_trunc('year', ${timestamp(x)}) + to_years((${offset})::INTEGER)`),
};

const period = (unit: string, end: boolean): ScalarFunction => ({
  names: [`${end ? "endof" : "startof"}${unit}`],
  params: [{ type: "datetime" }, { type: "long", optional: true }],
  returns: "datetime",
  sql: (args) => {
    const many = MANY[unit] ?? 0n;
    const offset = bounded(args[1], "0", -many, many);
    const start = PERIOD_STARTS[unit] ?? (() => "NULL");
    return once(sqlOf(args, 0), (x) =>
      end
        ? inRange(`(${start(x, `${offset} + 1`)} - 1)`)
        : args.length > 1 || unit === "week"
          ? inRange(start(x, offset))
          : start(x, offset),
    );
  },
  docs: `${end ? "endof" : "startof"}${unit}-function`,
});

const PARTS: Readonly<Record<string, (x: string) => string>> = {
  year: (x) => `year(${timestamp(x)})`,
  quarter: (x) => `quarter(${timestamp(x)})`,
  month: (x) => `month(${timestamp(x)})`,
  week_of_year: (x) => `weekofyear(${timestamp(x)})`,
  day: (x) => `day(${timestamp(x)})`,
  dayofyear: (x) => `dayofyear(${timestamp(x)})`,
  hour: (x) => `(${x} // 36000000000 % 24)`,
  minute: (x) => `(${x} // 600000000 % 60)`,
  second: (x) => `(${x} // 10000000 % 60)`,
  millisecond: (x) => `(${x} // 10000 % 1000)`,
  microsecond: (x) => `(${x} // 10 % 1000000)`,
  nanosecond: (x) => `(${x} % 10000000 * 100)`,
};
const PART_NAMES: Readonly<Record<string, string>> = {
  weekofyear: "week_of_year",
  day_of_year: "dayofyear",
};

const partOf = (args: readonly Argument[], call: CallContext, known: readonly string[]): string => {
  const given = (constantText(args[0]) ?? "").toLowerCase();
  const part = PART_NAMES[given] ?? given;
  if (!known.includes(part))
    call.refuse(`'${given}' is not a part of a datetime here.`, `Use one of ${known.join(", ")}.`);
  return part;
};

const part = (names: readonly string[], name: string, docs: string): ScalarFunction => ({
  names,
  params: [{ type: "datetime" }],
  returns: "int",
  sql: (args) => once(sqlOf(args, 0), (x) => `${PARTS[name]?.(x)}::INTEGER`),
  docs,
});

const months = (x: string): string => once(timestamp(x), (t) => `(year(${t}) * 12 + month(${t}) - 1)`, "kql_m");

/** Counts the boundaries of the unit between two times, not the time elapsed. */
function diffSql(args: readonly Argument[], call: CallContext): string {
  const unit = partOf(args, call, [...Object.keys(MONTHS_IN), ...Object.keys(UNIT_TICKS), "nanosecond"]);
  const [a, b] = [sqlOf(args, 1), sqlOf(args, 2)];
  const span = MONTHS_IN[unit];
  if (span !== undefined) return `(${once(a, months)} // ${span} - ${once(b, months)} // ${span})::BIGINT`;
  if (unit === "nanosecond") return `TRY_CAST((${a} - ${b})::HUGEINT * 100 AS BIGINT)`;
  if (unit === "week") return `(${sundayDays(a)} // 7 - ${sundayDays(b)} // 7)::DOUBLE`;
  return `(${a} // ${UNIT_TICKS[unit]} - ${b} // ${UNIT_TICKS[unit]})`;
}

function addSql(args: readonly Argument[], call: CallContext): string {
  const unit = partOf(args, call, [...Object.keys(MONTHS_IN), ...Object.keys(UNIT_TICKS)]);
  const span = MONTHS_IN[unit];
  if (span === undefined)
    return inRange(`TRY_CAST(${sqlOf(args, 2)}::HUGEINT + ${sqlOf(args, 1)}::HUGEINT * ${UNIT_TICKS[unit]} AS BIGINT)`);
  const many = MANY_MONTHS / BigInt(span);
  const amount = bounded(args[1], "0", -many, many);
  return once(sqlOf(args, 2), (x) =>
    inRange(`${ticksOf(`${timestamp(x)} + to_months((${amount} * ${span})::INTEGER)`)} + ${x} % 10`),
  );
}

const UNIX: readonly (readonly [string, number])[] = [
  ["seconds", 10_000_000],
  ["milliseconds", 10_000],
  ["microseconds", 10],
  ["nanoseconds", 0.01],
];
const unixTime = ([unit, ticks]: readonly [string, number]): ScalarFunction => ({
  names: [`unixtime_${unit}_todatetime`],
  params: [{ type: "number" }],
  returns: "datetime",
  sql: (args) => {
    const { sql, type } = argument(args, 0);
    const whole = type === "int" || type === "long";
    const scaled =
      ticks < 1 ? `${sql}::HUGEINT // 100` : whole ? `${sql}::HUGEINT * ${ticks}` : `round(${sql} * ${ticks})`;
    return inRange(`TRY_CAST(TRY_CAST(${scaled} AS HUGEINT) + ${EPOCH} AS BIGINT)`);
  },
  docs: `unixtime-${unit}-todatetime-function`,
});

const shifted =
  (sign: 1n | -1n) =>
  (args: readonly Argument[], call: CallContext): string => {
    const offset = args[0];
    if (offset === undefined) return `${call.now}::BIGINT`;
    if (typeof offset.constant === "bigint") return `${call.now + sign * offset.constant}::BIGINT`;
    return `(${call.now} ${sign > 0n ? "+" : "-"} ${offset.sql})`;
  };

const returnsOfDiff = (args: readonly Argument[]): ScalarType =>
  constantText(args[0])?.toLowerCase() === "week" ? "real" : "long";

export default [
  ...["day", "week", "month", "year"].flatMap((unit) => [period(unit, false), period(unit, true)]),
  part(["getyear"], "year", "getyear-function"),
  part(["getmonth", "monthofyear"], "month", "monthofyear-function"),
  part(["dayofmonth"], "day", "dayofmonth-function"),
  part(["dayofyear"], "dayofyear", "dayofyear-function"),
  part(["hourofday"], "hour", "hourofday-function"),
  part(["week_of_year", "weekofyear"], "week_of_year", "week-of-year-function"),
  {
    names: ["dayofweek"],
    params: [{ type: "datetime" }],
    returns: "timespan",
    // Null in the last week, whose end a datetime cannot hold.
    sql: `CASE WHEN $1 < ${LAST_SUNDAY} THEN ${sundayDays("$1")} % 7 * ${DAY} END`,
    docs: "dayofweek-function",
  },
  {
    names: ["datetime_part", "datepart"],
    params: [{ type: "string", constant: true }, { type: "datetime" }],
    returns: "long",
    sql: (args, call) => {
      const name = partOf(args, call, Object.keys(PARTS));
      return once(sqlOf(args, 1), (x) => `(${PARTS[name]?.(x)})::BIGINT`);
    },
    docs: "datetime-part-function",
  },
  {
    names: ["datetime_diff"],
    params: [{ type: "string", constant: true }, { type: "datetime" }, { type: "datetime" }],
    returns: returnsOfDiff,
    sql: diffSql,
    docs: "datetime-diff-function",
  },
  {
    names: ["datetime_add"],
    params: [{ type: "string", constant: true }, { type: "long" }, { type: "datetime" }],
    returns: "datetime",
    sql: addSql,
    docs: "datetime-add-function",
  },
  ...UNIX.map(unixTime),
  {
    names: ["now"],
    params: [{ type: "timespan", optional: true }],
    returns: "datetime",
    sql: shifted(1n),
    docs: "now-function",
  },
  {
    names: ["ago"],
    params: [{ type: "timespan" }],
    returns: "datetime",
    sql: shifted(-1n),
    docs: "ago-function",
  },
] satisfies ScalarFunction[];
