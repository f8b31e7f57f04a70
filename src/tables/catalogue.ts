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

/** The catalogue's spelling of a table name, whatever its case. */
export const canonicalTable = (name: string): string | undefined => loaded().byLowerName.get(name.toLowerCase());
