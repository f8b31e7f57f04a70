import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { UsageError } from "../core/errors.ts";
import { quoteIdentifier } from "../core/text/sql.ts";
import type { CompileResult, Schema, TableSource } from "../kql/types.ts";
import { columnsOf, tableNames } from "../tables/catalogue.ts";
import type { Pack, Packs } from "./types.ts";

/** Every table of the catalogue, as if it were there: queries bind as over a workspace that has all of them. */
export const catalogueSchema: Schema = { table: tableOf, names: () => tableNames() };

function tableOf(name: string): TableSource | undefined {
  const columns = columnsOf(name)?.map((column) => ({ ...column, sql: quoteIdentifier(column.name) }));
  return columns && { name, sql: quoteIdentifier(name), columns };
}

type Compile = (text: string, options: { readonly schema: Schema; readonly now: bigint }) => CompileResult;

/** Table → columns that the packs' queries read: all that an ingest has to load. */
export type Reads = ReadonlyMap<string, ReadonlySet<string>>;

interface QueryText {
  readonly pack: Pack;
  readonly text: string;
}

const textsOf = ({ criteria, signals }: Packs): QueryText[] =>
  [...criteria, ...signals].flatMap((pack) => [
    { pack, text: pack.query },
    ...("offendersQuery" in pack && pack.offendersQuery !== undefined ? [{ pack, text: pack.offendersQuery }] : []),
  ]);

/** The shipped packs' reads, written by the build: compiling every query only to learn them takes a second. */
const PREPARED = new URL("reads.json", import.meta.url);

interface Prepared {
  readonly digest: string;
  readonly reads: Readonly<Record<string, readonly string[]>>;
}

const digestOf = (texts: readonly QueryText[]): string =>
  createHash("sha256")
    .update(JSON.stringify(texts.map(({ text }) => text)))
    .digest("hex");

/** What the queries read, from the build where these are the shipped ones. Throws UsageError for an invalid query. */
export function readsOf(packs: Packs, compile: Compile): Reads {
  const texts = textsOf(packs);
  const prepared = existsSync(PREPARED) ? (JSON.parse(readFileSync(PREPARED, "utf8")) as Prepared) : undefined;
  if (prepared?.digest === digestOf(texts)) {
    return new Map(Object.entries(prepared.reads).map(([table, columns]) => [table, new Set(columns)]));
  }
  return computeReads(texts, compile);
}

/** The text of `reads.json` for these packs. */
export function prepareReads(packs: Packs, compile: Compile): string {
  const texts = textsOf(packs);
  const reads = [...computeReads(texts, compile)].map(([table, columns]) => [table, [...columns]] as const);
  const prepared: Prepared = { digest: digestOf(texts), reads: Object.fromEntries(reads) };
  return `${JSON.stringify(prepared)}\n`;
}

function computeReads(texts: readonly QueryText[], compile: Compile): Reads {
  const reads = new Map<string, Set<string>>();
  for (const { pack, text } of texts) {
    const result = compile(text, { schema: catalogueSchema, now: 0n });
    // What only this engine cannot run makes its criterion `partial` when it is asked; it does not stop the others.
    if (result.kind === "refused" && result.unsupported.length > 0) continue;
    if (result.kind === "refused") {
      const diagnostics = result.diagnostics.map((diagnostic) => ({ ...diagnostic, file: pack.file }));
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
