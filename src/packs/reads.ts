import { UsageError } from "../core/errors.ts";
import { quoteIdentifier } from "../core/text/sql.ts";
import type { CompileResult, Schema, TableSource } from "../kql/types.ts";
import { columnsOf, tableNames } from "../tables/catalogue.ts";
import type { Packs } from "./types.ts";

/** Every table of the catalogue, as if it were there: queries bind as over a workspace that has all of them. */
export const catalogueSchema: Schema = { table: tableOf, names: () => tableNames() };

function tableOf(name: string): TableSource | undefined {
  const columns = columnsOf(name)?.map((column) => ({ ...column, sql: quoteIdentifier(column.name) }));
  return columns && { name, sql: quoteIdentifier(name), columns };
}

type Compile = (text: string, options: { readonly schema: Schema; readonly now: bigint }) => CompileResult;

/** Table → columns that the packs' queries read: all that an ingest has to load. Throws UsageError for an invalid query. */
export function readsOf({ criteria, signals }: Packs, compile: Compile): ReadonlyMap<string, ReadonlySet<string>> {
  const reads = new Map<string, Set<string>>();
  const texts = [...criteria, ...signals].flatMap((pack) => [
    { pack, text: pack.query },
    ...("offendersQuery" in pack && pack.offendersQuery !== undefined ? [{ pack, text: pack.offendersQuery }] : []),
  ]);
  for (const { pack, text } of texts) {
    const result = compile(text, { schema: catalogueSchema, now: 0n });
    // What only this engine cannot run makes its criterion `partial` when it is asked; it does not stop the others.
    if (result.kind === "refused" && result.unsupported.length > 0) continue;
    if (result.kind === "refused") {
      const diagnostics = result.diagnostics.map((diagnostic) => ({
        ...diagnostic,
        file: pack.file,
      }));
      throw new UsageError(`The query of ${pack.id} is not valid.`, diagnostics);
    }
    if (result.kind === "probe")
      throw new UsageError(`The columns of ${pack.id} depend on the data; name them in the query.`);
    for (const [table, columns] of result.query.reads) {
      const known = reads.get(table) ?? new Set<string>();
      for (const column of columns) known.add(column);
      reads.set(table, known);
    }
  }
  return reads;
}
