import type { ScalarType } from "../../../core/kusto.ts";
import type { Udf } from "../types.ts";
import { realText } from "./real.ts";
import { once } from "./sql.ts";
import { parseDatetime, parseTimespan } from "./times.ts";

/*
 * Conversion between Kusto types, as SQL on stored values. A value that cannot be converted becomes null ('' for string).
 */

export const REAL_TEXT: Udf = {
  name: "kql_real_text",
  params: ["DOUBLE"],
  returns: "VARCHAR",
  fn: realText,
};
export const PARSE_DATETIME: Udf = {
  name: "kql_parse_datetime",
  params: ["VARCHAR"],
  returns: "BIGINT",
  fn: parseDatetime,
};
export const PARSE_TIMESPAN: Udf = {
  name: "kql_parse_timespan",
  params: ["VARCHAR"],
  returns: "BIGINT",
  fn: parseTimespan,
};
/** Every UDF that `convert` may call. */
export const CONVERSION_UDFS: readonly Udf[] = [REAL_TEXT, PARSE_DATETIME, PARSE_TIMESPAN];

const EPOCH = "621355968000000000";
const DAY = "864000000000";

const datetimeText = (x: string): string =>
  `strftime(make_timestamp((${x} - ${EPOCH} - ${x} % 10) // 10), '%Y-%m-%dT%H:%M:%S.%f') || (${x} % 10) || 'Z'`;

const timespanText = (x: string): string => {
  const size = `abs(${x})`;
  const part = (unit: string, modulus: number): string => `lpad((${size} // ${unit} % ${modulus})::VARCHAR, 2, '0')`;
  return (
    `CASE WHEN ${x} < 0 THEN '-' ELSE '' END || CASE WHEN ${size} >= ${DAY} THEN (${size} // ${DAY}) || '.' ELSE '' END` +
    ` || ${part("36000000000", 24)} || ':' || ${part("600000000", 60)} || ':' || ${part("10000000", 60)}` +
    ` || CASE WHEN ${x} % 10000000 = 0 THEN '' ELSE '.' || lpad((${size} % 10000000)::VARCHAR, 7, '0') END`
  );
};

/** DuckDB's text of a double is Kusto's while it needs neither an exponent nor more than 15 characters. */
const realTextSql = (x: string): string =>
  `list_transform([${x}::VARCHAR], lambda kql_r: CASE WHEN length(kql_r) <= 15 AND NOT contains(kql_r, 'e')` +
  ` AND NOT contains(kql_r, 'n') THEN kql_r ELSE kql_real_text(${x}) END)[1]`;

const decimalText = (x: string): string => `regexp_replace(${x}::VARCHAR, '\\.?0+$', '')`;

/** Text of a non-null value; the caller turns null into ''. */
function nonNullText(sql: string, from: ScalarType): string {
  switch (from) {
    case "bool":
      return `CASE ${sql} WHEN true THEN 'True' WHEN false THEN 'False' END`;
    case "int":
    case "long":
      return `${sql}::VARCHAR`;
    case "real":
      return once(sql, realTextSql);
    case "decimal":
      return decimalText(sql);
    case "datetime":
      return once(sql, datetimeText);
    case "timespan":
      return once(sql, timespanText);
    case "dynamic":
      return `json_extract_string(${sql}, '$')`;
    case "string":
    case "guid":
      return sql;
  }
}

export const toText = (sql: string, from: ScalarType): string =>
  from === "string" ? sql : `COALESCE(${nonNullText(sql, from)}, '')`;

const TRIMMED = (x: string): string => `trim(${x}, ' \t\r\n')`;

const longOfText = (sql: string): string =>
  once(
    TRIMMED(sql),
    (x) => `CASE WHEN regexp_full_match(${x}, '[+-]?[0-9]+|0[xX][0-9a-fA-F]+') THEN TRY_CAST(${x} AS BIGINT) END`,
  );

/** NaN gives null; what lies outside the type's range becomes its nearest end. */
const saturate = (low: string, high: string, type: string) => (x: string) =>
  `CASE WHEN isnan(${x}) THEN NULL WHEN ${x} >= ${high} THEN ${high} WHEN ${x} <= ${low} THEN ${low} ELSE trunc(${x})::${type} END`;
const longOfReal = saturate("(-9223372036854775808)", "9223372036854775807", "BIGINT");
const intOfReal = saturate("(-2147483648)", "2147483647", "INTEGER");
const intOfLong = (x: string): string => `((${x} & 2147483647) - (${x} & 2147483648))::INTEGER`;

/** `text` where the dynamic value is a string, `number` of its JSON text otherwise. */
const ofDynamic = (sql: string, text: (x: string) => string, other: (x: string) => string): string =>
  once(
    sql,
    (x) => `CASE WHEN starts_with(${x}, '"') THEN ${text(`json_extract_string(${x}, '$')`)} ELSE ${other(x)} END`,
    "kql_d",
  );

const numberOfJson = (x: string): string =>
  `CASE ${x} WHEN 'true' THEN 1 WHEN 'false' THEN 0 ELSE TRY_CAST(${x} AS DOUBLE) END`;
const longOfJson = (x: string): string => `COALESCE(${longOfText(x)}, ${once(numberOfJson(x), longOfReal)})`;

function toLong(sql: string, from: ScalarType): string {
  switch (from) {
    case "string":
      return longOfText(sql);
    case "real":
      return once(sql, longOfReal);
    case "decimal":
      return `TRY_CAST(trunc(${sql}) AS BIGINT)`;
    case "dynamic":
      return ofDynamic(sql, longOfText, longOfJson);
    case "guid":
      return "NULL::BIGINT";
    default:
      return `${sql}::BIGINT`;
  }
}

function toInt(sql: string, from: ScalarType): string {
  switch (from) {
    case "int":
      return sql;
    case "bool":
      return `${sql}::INTEGER`;
    case "string":
      return `TRY_CAST(${longOfText(sql)} AS INTEGER)`;
    case "real":
      return once(sql, intOfReal);
    case "decimal":
      return `TRY_CAST(trunc(${sql}) AS INTEGER)`;
    case "dynamic":
      return ofDynamic(
        sql,
        (x) => `TRY_CAST(${longOfText(x)} AS INTEGER)`,
        (x) => once(longOfJson(x), intOfLong, "kql_i"),
      );
    default:
      return once(toLong(sql, from), intOfLong);
  }
}

const realOfText = (sql: string): string =>
  once(
    TRIMMED(sql),
    (x) =>
      `CASE WHEN regexp_full_match(${x}, '[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?|[+-]?(NaN|nan|inf|Infinity|infinity)')` +
      ` THEN COALESCE(TRY_CAST(${x} AS DOUBLE), CASE WHEN starts_with(${x}, '-') THEN '-inf'::DOUBLE ELSE 'inf'::DOUBLE END) END`,
  );

function toReal(sql: string, from: ScalarType): string {
  switch (from) {
    case "real":
      return sql;
    case "string":
      return realOfText(sql);
    case "dynamic":
      return ofDynamic(sql, realOfText, numberOfJson);
    case "guid":
      return "NULL::DOUBLE";
    case "bool":
      return `${sql}::INTEGER::DOUBLE`;
    default:
      return `${sql}::DOUBLE`;
  }
}

const DECIMAL = "DECIMAL(38,18)";
const decimalOfText = (sql: string): string =>
  once(
    TRIMMED(sql),
    (x) =>
      `CASE WHEN regexp_full_match(${x}, '[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?') THEN TRY_CAST(${x} AS ${DECIMAL}) END`,
  );

function toDecimal(sql: string, from: ScalarType): string {
  switch (from) {
    case "decimal":
      return sql;
    case "string":
      return decimalOfText(sql);
    case "dynamic":
      return ofDynamic(sql, decimalOfText, decimalOfText);
    case "bool":
      return `${sql}::INTEGER::${DECIMAL}`;
    case "guid":
      return `NULL::${DECIMAL}`;
    default:
      return `TRY_CAST(${sql} AS ${DECIMAL})`;
  }
}

const boolOfText = (sql: string): string =>
  once(
    lowerTrimmed(sql),
    (x) => `CASE ${x} WHEN 'true' THEN true WHEN 'false' THEN false ELSE ${longOfText(x)} <> 0 END`,
    "kql_b",
  );
const lowerTrimmed = (sql: string): string => `lower(${TRIMMED(sql)})`;

function toBool(sql: string, from: ScalarType): string {
  switch (from) {
    case "bool":
      return sql;
    case "string":
      return boolOfText(sql);
    case "dynamic":
      return ofDynamic(sql, boolOfText, (x) => `${numberOfJson(x)} <> 0`);
    case "guid":
      return "NULL::BOOLEAN";
    default:
      return `(${sql} <> 0)`;
  }
}

const LATEST = "3155378975999999999";
const inRange = (sql: string): string => once(sql, (x) => `CASE WHEN ${x} BETWEEN 0 AND ${LATEST} THEN ${x} END`);

/**
 * Ticks of ISO text in UTC by DuckDB's parser, which reads microseconds, plus the seventh digit; NULL for any other text.
 * `quoted`: the text is a JSON string with its quotes, where an escape makes it another text.
 */
function isoTicks(x: string, quoted = false): string {
  const [mark, shift] = quoted ? ['Z"', 1] : ["Z", 0];
  const form =
    `length(${x}) BETWEEN ${20 + 2 * shift} AND ${28 + 2 * shift} AND ends_with(${x}, '${mark}')` +
    ` AND ${x}[${5 + shift}] = '-' AND ${x}[${11 + shift}] = 'T' AND ${x}[${17 + shift}] = ':'`;
  const time = quoted ? `${x}[2:least(length(${x}) - 2, 27)]` : `left(${x}, least(length(${x}) - 1, 26))`;
  return (
    `CASE WHEN ${form} THEN epoch_us(TRY_CAST(${time} AS TIMESTAMP)) * 10 + ${EPOCH}` +
    ` + CASE WHEN length(${x}) = ${28 + 2 * shift} THEN TRY_CAST(${x}[${27 + shift}] AS TINYINT) ELSE 0 END END`
  );
}

const datetimeOfText = (sql: string): string => once(sql, (x) => `COALESCE(${isoTicks(x)}, kql_parse_datetime(${x}))`);

const datetimeOfDynamic = (sql: string): string =>
  once(
    sql,
    (x) =>
      `COALESCE(${isoTicks(x, true)}, CASE WHEN starts_with(${x}, '"')` +
      ` THEN kql_parse_datetime(json_extract_string(${x}, '$')) ELSE ${inRange(longOfText(x))} END)`,
    "kql_d",
  );

function toDatetime(sql: string, from: ScalarType): string {
  switch (from) {
    case "datetime":
      return sql;
    case "string":
      return datetimeOfText(sql);
    case "dynamic":
      return datetimeOfDynamic(sql);
    case "guid":
    case "bool":
      return "NULL::BIGINT";
    default:
      return inRange(toLong(sql, from));
  }
}

function toTimespan(sql: string, from: ScalarType): string {
  switch (from) {
    case "timespan":
      return sql;
    case "string":
      return `kql_parse_timespan(${sql})`;
    case "dynamic":
      return ofDynamic(sql, (x) => `kql_parse_timespan(${x})`, longOfText);
    case "guid":
    case "bool":
      return "NULL::BIGINT";
    default:
      return toLong(sql, from);
  }
}

const guidOfText = (sql: string): string =>
  once(
    `lower(trim(${sql}, ' \t\r\n{}()'))`,
    (x) =>
      `CASE WHEN regexp_full_match(${x}, '[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}')` +
      ` THEN regexp_replace(replace(${x}, '-', ''), '(.{8})(.{4})(.{4})(.{4})(.{12})', '\\1-\\2-\\3-\\4-\\5') END`,
  );

function toGuid(sql: string, from: ScalarType): string {
  if (from === "guid") return sql;
  return from === "string" || from === "dynamic" ? guidOfText(toText(sql, from)) : "NULL::VARCHAR";
}

/** JSON text of a value; null stays SQL NULL. A string becomes a JSON string: `parse_json` is what parses. */
function toDynamic(sql: string, from: ScalarType): string {
  switch (from) {
    case "dynamic":
      return sql;
    case "bool":
    case "int":
    case "long":
      return `${sql}::VARCHAR`;
    case "real":
      return once(sql, (x) => `CASE WHEN isfinite(${x}) THEN ${x}::VARCHAR ELSE '"' || kql_real_text(${x}) || '"' END`);
    case "string":
      return `to_json(${sql})::VARCHAR`;
    default:
      return `'"' || (${nonNullText(sql, from)}) || '"'`;
  }
}

const CONVERTERS: Readonly<Record<ScalarType, (sql: string, from: ScalarType) => string>> = {
  bool: toBool,
  int: toInt,
  long: toLong,
  real: toReal,
  decimal: toDecimal,
  string: toText,
  datetime: toDatetime,
  timespan: toTimespan,
  guid: toGuid,
  dynamic: toDynamic,
};

/** SQL of `sql`, a value of type `from`, as type `to`. The statement needs `CONVERSION_UDFS`. */
export function convert(sql: string, from: ScalarType, to: ScalarType): string {
  return from === to ? sql : `(${CONVERTERS[to](`(${sql})`, from)})`;
}

/** JSON text of a value as an element of an array or bag: null is `null`. */
export const toElement = (sql: string, from: ScalarType): string =>
  `COALESCE(${convert(sql, from, "dynamic")}, 'null')`;
