import { quoteIdentifier } from "../core/text/sql.ts";
import type { Schema, TableSource } from "../kql/types.ts";
import { columnsOf, tableNames } from "../tables/catalogue.ts";

/** Every table of the catalogue, as if it were there: queries bind as over a workspace that has all of them. */
export const catalogueSchema: Schema = { table: tableOf, names: () => tableNames() };

function tableOf(name: string): TableSource | undefined {
  const columns = columnsOf(name)?.map((column) => ({ ...column, sql: quoteIdentifier(column.name) }));
  return columns && { name, sql: quoteIdentifier(name), columns };
}
