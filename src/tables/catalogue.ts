import { readFileSync } from "node:fs";
import type { Column, ScalarType } from "../core/kusto.ts";
import { RESULT_TABLES } from "./results.ts";

const TYPES: Readonly<Record<string, ScalarType>> = {
  s: "string",
  t: "datetime",
  r: "real",
  i: "int",
  l: "long",
  b: "bool",
  d: "dynamic",
  g: "guid",
};

/** One line per table: name, tab, then `,`-separated columns, each with the letter of its type in front. */
interface Catalogue {
  /** Table name → its columns, unparsed. */
  readonly lines: ReadonlyMap<string, string>;
  readonly byLowerName: ReadonlyMap<string, string>;
}

let catalogue: Catalogue | undefined;
const parsed = new Map<string, readonly Column[]>();

function load(): Catalogue {
  const lines = new Map<string, string>();
  for (const line of readFileSync(new URL("catalogue.txt", import.meta.url), "utf8").split("\n")) {
    const tab = line.indexOf("\t");
    if (tab > 0) lines.set(line.slice(0, tab), line.slice(tab + 1));
  }
  for (const { name, columns } of RESULT_TABLES) {
    lines.set(name, "");
    parsed.set(
      name,
      columns.map((column) => ({ name: column.name, type: column.type })),
    );
  }
  return {
    lines,
    byLowerName: new Map([...lines.keys()].map((name) => [name.toLowerCase(), name])),
  };
}

function loaded(): Catalogue {
  catalogue ??= load();
  return catalogue;
}

/** Names of the tables that Log Analytics, Sentinel and Defender document, and of ztlens's own. */
export const tableNames = (): Iterable<string> => loaded().lines.keys();

export const tableCount = (): number => loaded().lines.size;

/** The documented columns of a table in schema order, or undefined when the exact name is not in the catalogue. */
export function columnsOf(table: string): readonly Column[] | undefined {
  const line = loaded().lines.get(table);
  const known = parsed.get(table);
  if (known) return known;
  if (line === undefined) return undefined;
  const columns = line.split(",").map(
    (entry): Column => ({
      name: entry.slice(1),
      type: TYPES[entry.slice(0, 1)] ?? "string",
    }),
  );
  parsed.set(table, columns);
  return columns;
}

/** Column name → tables that have it, for the names that were asked for. */
const owners = new Map<string, readonly string[]>();
/** To search the lines is quicker for the first few names, to take all of them apart for more. */
const MAX_SEARCHES = 64;
let every: ReadonlyMap<string, readonly string[]> | undefined;

/** A line holds a column where the name stands behind its type's letter and before a comma or the end. */
function holds(line: string, name: string): boolean {
  for (let at = line.indexOf(name, 1); at >= 0; at = line.indexOf(name, at + 1)) {
    const [end, before] = [line[at + name.length], line[at - 2]];
    if ((end === undefined || end === ",") && (at === 1 || before === ",")) return true;
  }
  return false;
}

function ownersOfAll(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const table of tableNames())
    for (const { name } of columnsOf(table) ?? []) {
      const list = found.get(name);
      if (list) list.push(table);
      else found.set(name, [table]);
    }
  return found;
}

function search(column: string): readonly string[] {
  const own = (table: string): boolean => parsed.get(table)?.some(({ name }) => name === column) ?? false;
  return [...loaded().lines].flatMap(([table, line]) =>
    (line === "" ? own(table) : column !== "" && !column.includes(",") && holds(line, column)) ? [table] : [],
  );
}

/** The tables that document a column, in the order of the catalogue. */
export function tablesWith(column: string): readonly string[] {
  const known = owners.get(column);
  if (known) return known;
  if (owners.size >= MAX_SEARCHES) {
    every ??= ownersOfAll();
    return every.get(column) ?? [];
  }
  const found = search(column);
  owners.set(column, found);
  return found;
}

/** The catalogue's spelling of a table name, whatever its case. */
export const canonicalTable = (name: string): string | undefined => loaded().byLowerName.get(name.toLowerCase());
