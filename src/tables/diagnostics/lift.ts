import type { Column } from "../../core/kusto.ts";
import { columnsOf } from "../catalogue.ts";
import { emptyRow, isObject, type Json, type JsonObject, member, type Row } from "../shape.ts";

interface Names {
  readonly exact: ReadonlyMap<string, Column>;
  readonly lower: ReadonlyMap<string, string>;
}

const names = new Map<string, Names>();

/** The columns of a table by exact and by lower-case name. */
export function namesOf(table: string): Names {
  let known = names.get(table);
  if (!known) {
    const columns = columnsOf(table) ?? [];
    known = {
      exact: new Map(columns.map((column) => [column.name, column])),
      lower: new Map(columns.map(({ name }) => [name.toLowerCase(), name])),
    };
    names.set(table, known);
  }
  return known;
}

/** `<null>` is how some services write an absent address. */
const present = (value: Json | undefined): value is Json => value !== undefined && value !== null && value !== "<null>";

type Renames = Readonly<Record<string, string>>;
const NO_RENAMES: Renames = {};

/** Member → column of a table under some renames; '' drops the member, null means that there is no column. */
const targets = new WeakMap<Renames, Map<string, Map<string, string | null>>>();

function targetsOf(table: string, renamed: Renames): Map<string, string | null> {
  const byTable = targets.get(renamed) ?? new Map<string, Map<string, string | null>>();
  targets.set(renamed, byTable);
  const known = byTable.get(table) ?? new Map<string, string | null>();
  byTable.set(table, known);
  return known;
}

function resolve(key: string, table: string, renamed: Renames): string | null {
  const { exact, lower } = namesOf(table);
  const folded = key.toLowerCase();
  const column = Object.hasOwn(renamed, folded) ? renamed[folded] : exact.has(key) ? key : lower.get(folded);
  return column === "" || (column !== undefined && exact.has(column)) ? column : null;
}

/** What a cache may hold before an input with ever new names makes it start over. */
const MAX_CACHED = 10_000;

/**
 * Copies members into the columns of the same name, whatever the case, without overwriting. Returns the names of the
 * members that have no column. `renamed` maps lower-case members to columns; an empty name drops the member silently.
 * Keep the `renamed` objects: what they lead to is remembered.
 */
export function lift(row: Row, table: string, members: JsonObject, renamed: Renames = NO_RENAMES): string[] {
  const cache = targetsOf(table, renamed);
  if (cache.size > MAX_CACHED) cache.clear();
  const lost: string[] = [];
  for (const key of Object.keys(members)) {
    const value = members[key];
    if (!present(value)) continue;
    let column = cache.get(key);
    if (column === undefined) {
      column = resolve(key, table, renamed);
      cache.set(key, column);
    }
    if (column === "") continue;
    if (column === null) lost.push(key);
    else if (row[column] === undefined) row[column] = value;
  }
  return lost;
}

/** Single-quoted pseudo-JSON that Functions and App Service write, as JSON text. */
function requote(text: string): string {
  let out = "";
  let quote = "";
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string;
    if (char === "\\") out += text[++i] === "'" ? "'" : `\\${text[i] ?? ""}`;
    else if (quote === "") {
      if (char === "'" || char === '"') quote = char;
      out += quote === "" ? char : '"';
    } else if (char === quote) {
      quote = "";
      out += '"';
    } else out += char === '"' ? '\\"' : char;
  }
  return out;
}

/** `properties` as an object: it may be one, or JSON text, or single-quoted text. */
export function propertiesOf(record: JsonObject): JsonObject {
  const value = member(record, "properties");
  if (isObject(value)) return value;
  if (typeof value !== "string") return {};
  for (const text of [value, requote(value)]) {
    try {
      const parsed: unknown = JSON.parse(text);
      if (isObject(parsed)) return parsed;
    } catch {}
  }
  return { message: value };
}

/** The time of a record under any of the names that services use. */
export const timeOf = (record: JsonObject): Json | undefined =>
  ["time", "timeStamp", "timestamp", "TimeGenerated", "eventTimestamp", "Timestamp"]
    .map((key) => member(record, key))
    .find((value) => value !== undefined && value !== null && value !== "");

/** Parts of an ARM resource id, as written. Missing parts are ''. */
export interface ResourceParts {
  readonly subscription: string;
  readonly group: string;
  readonly provider: string;
  readonly type: string;
  readonly name: string;
}

export function resourceParts(id: string): ResourceParts {
  const segments = id.split("/");
  const after = (key: string): string => {
    const at = segments.findIndex((segment) => segment.toLowerCase() === key);
    return at < 0 ? "" : (segments[at + 1] ?? "");
  };
  const provider = after("providers");
  const at = segments.lastIndexOf(provider);
  return {
    subscription: after("subscriptions"),
    group: after("resourcegroups"),
    provider,
    type: provider === "" ? "" : (segments[at + 1] ?? ""),
    name: segments.at(-1) ?? "",
  };
}

export const newRow = (record: JsonObject): Row => {
  const row = emptyRow();
  const time = timeOf(record);
  if (time !== undefined) row.TimeGenerated = time;
  return row;
};
