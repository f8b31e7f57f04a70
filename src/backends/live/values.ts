import { type Column, SCALAR_TYPES, type ScalarType, type Value } from "../../core/kusto.ts";
import { formatDatetime, parseIsoDatetime } from "../../core/ticks.ts";
import { parseExactJson } from "./json.ts";

const TYPES: ReadonlySet<string> = new Set(SCALAR_TYPES);

/** .NET type names as Kusto's v1 tables give them, lower case. */
const ALIASES: Readonly<Record<string, ScalarType>> = {
  boolean: "bool",
  sbyte: "bool",
  int32: "int",
  int64: "long",
  double: "real",
  float: "real",
  single: "real",
  sqldecimal: "decimal",
  date: "datetime",
  time: "timespan",
  uuid: "guid",
  uniqueid: "guid",
  object: "dynamic",
};

/** Kusto's type of a column as a service names it; what is not known is text. */
export function scalarType(name: string): ScalarType {
  const bare = name.toLowerCase().replace(/^system\.(data\.sqltypes\.)?/, "");
  return TYPES.has(bare) ? (bare as ScalarType) : (ALIASES[bare] ?? "string");
}

type Convert = (value: Value) => Value;

const isExactTime = (text: string): boolean => text.length === 28 && text.endsWith("Z") && text[10] === "T";

function datetime(value: Value): Value {
  const text = String(value);
  if (isExactTime(text)) return text;
  const ticks = parseIsoDatetime(text);
  return ticks === undefined ? text : formatDatetime(ticks);
}

function real(value: Value): Value {
  if (typeof value === "number") return value;
  const number = Number(value);
  return Number.isFinite(number) ? number : String(value);
}

/** A dynamic that travels as JSON text; text that is no JSON is a dynamic string. */
function dynamicText(value: Value): Value {
  if (typeof value !== "string") return value;
  if (value === "") return null;
  try {
    return parseExactJson(value) as Value;
  } catch {
    return value;
  }
}

const CONVERTERS: Readonly<Record<ScalarType, Convert>> = {
  bool: (value) => (typeof value === "number" ? value !== 0 : value),
  int: (value) => value,
  long: (value) => value,
  real,
  decimal: (value) => String(value),
  string: (value) => (typeof value === "string" ? value : JSON.stringify(value)),
  datetime,
  timespan: (value) => value,
  guid: (value) => String(value).toLowerCase(),
  dynamic: (value) => value,
};

/** How dynamic values travel: as JSON text (Log Analytics) or as JSON (Kusto). */
export type DynamicForm = "text" | "json";

/** Puts the cells of service rows into the form of `QueryResult`, in place. */
export function normalizeRows(columns: readonly Column[], rows: Value[][], dynamic: DynamicForm): void {
  columns.forEach(({ type }, index) => {
    const convert = type === "dynamic" && dynamic === "text" ? dynamicText : CONVERTERS[type];
    const empty = type === "string" ? "" : null;
    for (const row of rows) {
      const value = row[index] ?? null;
      row[index] = value === null ? empty : convert(value);
    }
  });
}
