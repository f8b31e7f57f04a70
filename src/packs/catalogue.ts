import { quoteIdentifier } from "../core/text/sql.ts";
import { planner } from "../kql/index.ts";
import type { Schema, TableSource } from "../kql/types.ts";
import { columnsOf, tableNames } from "../tables/catalogue.ts";

/** Every table of the catalogue, as if it were there: queries bind as over a workspace that has all of them. */
export const catalogueSchema: Schema = { table: tableOf, names: () => tableNames() };

/** A column that no log has: a query that reads it reads every column of its table. */
const EVERY = "ztlens: every column";

const probingSchema: Schema = {
  names: () => [],
  table: (name) => {
    const table = tableOf(name);
    const probe = { name: EVERY, type: "string" as const, sql: quoteIdentifier(EVERY) };
    return table && { ...table, columns: [...table.columns, probe] };
  },
};

/** What one query reads of documented tables; undefined where it may read more, or where that cannot be told. */
export function readsOfQuery(text: string): ReadonlyMap<string, ReadonlySet<string>> | undefined {
  // Operators over all tables mean what the logs hold.
  if (/\*|\b(search|find)\b/.test(text)) return undefined;
  const result = planner(text, probingSchema)({ now: 0n });
  if (result.kind !== "compiled") return undefined;
  const reads = new Map([...result.query.reads].map(([table, columns]) => [table, new Set(columns)]));
  return [...reads.values()].some((columns) => columns.has(EVERY)) ? undefined : reads;
}

function tableOf(name: string): TableSource | undefined {
  const columns = columnsOf(name)?.map((column) => ({ ...column, sql: quoteIdentifier(column.name) }));
  return columns && { name, sql: quoteIdentifier(name), columns };
}
