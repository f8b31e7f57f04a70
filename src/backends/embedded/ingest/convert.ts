import type { ScalarType } from "../../../core/kusto.ts";
import { quoteLiteral } from "../../../core/text/sql.ts";
import { UNIX_EPOCH_TICKS } from "../../../core/ticks.ts";
import { type DateStyle, UNKNOWN_ZONE } from "../../../tables/shape.ts";

/** How a raw value lies in the relation that a load reads: JSON text with its quotes, or plain text. */
export type RawForm = "json" | "text";

/** DuckDB storage of each Kusto type: see src/kql/functions/types.ts. */
export const STORAGE: Readonly<Record<ScalarType, string>> = {
  bool: "BOOLEAN",
  int: "INTEGER",
  long: "BIGINT",
  real: "DOUBLE",
  decimal: "DECIMAL(38,18)",
  string: "VARCHAR",
  datetime: "BIGINT",
  timespan: "BIGINT",
  guid: "VARCHAR",
  dynamic: "VARCHAR",
};

/** What a column holds where there is no value. */
export const emptyValue = (type: ScalarType): string => (type === "string" ? "''" : `NULL::${STORAGE[type]}`);

/** A stored value as another type: what does not fit becomes null, or text. */
export function recast(column: string, from: ScalarType, to: ScalarType): string {
  if (from === to) return column;
  if (to === "string") return `coalesce(${column}::VARCHAR, '')`;
  if (to === "dynamic") return from === "string" ? `to_json(${column})::VARCHAR` : `${column}::VARCHAR`;
  return from === "datetime" || to === "datetime" ? emptyValue(to) : `try_cast(${column} AS ${STORAGE[to]})`;
}

/** Only dynamic columns need the JSON text itself; every other type reads a JSON string's content. */
export const rawForm = (type: ScalarType, source: "json" | "csv"): RawForm =>
  source === "json" && type === "dynamic" ? "json" : "text";

const ticks = (timestamp: string): string => `epoch_us(${timestamp}) * 10 + ${UNIX_EPOCH_TICKS}`;

/** DuckDB's TIMESTAMP ends at microseconds: the seventh digit of the fraction is added by hand. */
const lastDigit = (x: string): string =>
  `CASE WHEN (${x})[20] = '.' AND (${x})[27] BETWEEN '0' AND '9' THEN ascii((${x})[27]) - 48 ELSE 0 END`;

const CLOCKS = ["%I:%M:%S.%g %p", "%I:%M:%S %p", "%I:%M %p", "%H:%M:%S.%g", "%H:%M:%S", "%H:%M"];

/** Text forms that portals and tools write besides ISO 8601. */
function spokenFormats(dayFirst: boolean): string {
  const day = dayFirst ? "%d/%m/%Y" : "%m/%d/%Y";
  const dates = [`${day}, `, `${day} `, "%b %d, %Y ", "%b %d, %Y, "];
  const formats = [
    ...dates.flatMap((date) => CLOCKS.map((clock) => date + clock)),
    day,
    "%Y-%m-%dT%H:%MZ",
    "%Y-%m-%d %H:%M",
  ];
  return `[${formats.map(quoteLiteral).join(", ")}]`;
}

/** Ticks of an ISO 8601 text; NULL for anything else. A text without a zone is UTC, or `zone`. */
function isoTicks(x: string, zone: string | undefined): string {
  const local =
    zone === undefined ? ticks(`try_cast(${x} AS TIMESTAMP)`) : zonedTicks(`try_cast(${x} AS TIMESTAMP)`, zone);
  const zoned = `CASE WHEN ends_with(${x}, 'Z') THEN ${ticks(`try_cast(${x} AS TIMESTAMP)`)} WHEN (${x})[20:] SIMILAR TO '.*[+-][0-9:]{2,5}' THEN ${ticks(`try_cast(${x} AS TIMESTAMPTZ)`)} ELSE ${local} END`;
  return `(${zoned}) + ${lastDigit(x)}`;
}

const zonedTicks = (timestamp: string, zone: string): string =>
  zone === UNKNOWN_ZONE ? "NULL::BIGINT" : ticks(`timezone(${quoteLiteral(zone)}, ${timestamp})`);

/** Narrow no-break space stands before AM and PM in what newer browsers write. */
function datetime(x: string, { zone, dayFirst = false }: DateStyle): string {
  const spoken = `try_strptime(replace(${x}, chr(8239), ' '), ${spokenFormats(dayFirst)})`;
  return `CASE WHEN (${x})[5] = '-' THEN ${isoTicks(x, zone)} ELSE ${zone === undefined ? ticks(spoken) : zonedTicks(spoken, zone)} END`;
}

/** Rounding a fraction into an integer column would change the value: such a cell is refused. */
const whole = (x: string, storage: string): string =>
  `CASE WHEN contains(${x}, '.') AND try_cast(${x} AS DOUBLE) <> trunc(try_cast(${x} AS DOUBLE)) THEN NULL ELSE try_cast(${x} AS ${storage}) END`;

const container = (x: string): string => `ltrim(${x})[1] IN ('{', '[')`;

function dynamicOfJson(x: string): string {
  const inner = `(${x} ->> '$')`;
  return `CASE WHEN (${x})[1] = '"' THEN CASE WHEN ${inner} = '' THEN NULL WHEN ${container(inner)} AND json_valid(${inner}) THEN json(${inner}) ELSE ${x} END WHEN ${x} = 'null' THEN NULL ELSE ${x} END`;
}

function dynamicOfText(x: string, encoded: boolean): string {
  const valid = encoded ? `json_valid(${x})` : `${container(x)} AND json_valid(${x})`;
  return `CASE WHEN ${valid} THEN nullif(json(${x})::VARCHAR, 'null') ELSE to_json(${x})::VARCHAR END`;
}

export interface Conversion {
  /** The stored value; NULL where there is none and where the text does not fit the type. */
  readonly value: string;
  /** True where the text is neither empty nor convertible. Absent when the type takes every text. */
  readonly bad?: string;
  /** As `value`, but a cell that does not fit stops the statement: the fast path has no other way to say so. */
  readonly strict: string;
}

/** Texts that stand for no value where no string is expected: spreadsheets and scripts write them for empty cells. */
const NONE = ["", "null", "NULL", "(blank)"];

const always = (value: string): Conversion => ({ value, strict: value });

/** SQL that turns the raw text expression `x` into the storage form of `type`. */
export function conversion(
  x: string,
  type: ScalarType,
  form: RawForm,
  options: {
    readonly dates?: DateStyle;
    readonly encodedDynamic?: boolean;
  } = {},
): Conversion {
  if (type === "string") return always(`coalesce(${x}, '')`);
  const none = [...NONE, ...(type === "datetime" ? (options.dates?.none ?? []) : [])].map(quoteLiteral).join(", ");
  if (type === "dynamic") {
    const value = form === "json" ? dynamicOfJson(x) : dynamicOfText(x, options.encodedDynamic ?? false);
    const plain = form === "json" ? `WHEN starts_with(${x}, '{') OR starts_with(${x}, '[') THEN ${x} ` : "";
    return always(`CASE ${plain}WHEN ${x} IS NULL OR ${x} IN (${none}) THEN NULL ELSE ${value} END`);
  }
  const raw = rawConversion(x, type, options.dates ?? {});
  const present = `${x} IS NOT NULL AND ${x} NOT IN (${none})`;
  return {
    value: raw,
    bad: `(${present} AND (${raw}) IS NULL)`,
    strict: `coalesce(${quick(x, type)}, CASE WHEN ${present} THEN coalesce(${raw}, error('cell')) END)`,
  };
}

/** The common spelling of a type, at a fraction of the cost; NULL where the text has to be looked at in full. */
function quick(x: string, type: ScalarType): string {
  switch (type) {
    case "datetime":
      return `CASE WHEN ends_with(${x}, 'Z') THEN epoch_ns(try_cast(${x} AS TIMESTAMP_NS)) // 100 + ${UNIX_EPOCH_TICKS} END`;
    case "int":
    case "long":
      return `CASE WHEN NOT contains(${x}, '.') THEN try_cast(${x} AS ${STORAGE[type]}) END`;
    case "bool":
    case "real":
      return `try_cast(${x} AS ${STORAGE[type]})`;
    default:
      return "NULL";
  }
}

function rawConversion(x: string, type: ScalarType, dates: DateStyle): string {
  switch (type) {
    case "datetime":
      return datetime(x, dates);
    case "int":
    case "long":
      return whole(x, STORAGE[type]);
    case "guid":
      return `CASE WHEN regexp_full_match(${x}, '[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}') THEN lower(${x}) END`;
    case "timespan":
      return `try_cast(${x} AS BIGINT)`;
    default:
      return `try_cast(${x} AS ${STORAGE[type]})`;
  }
}
