import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { UsageError } from "../core/errors.ts";
import { planner } from "../kql/index.ts";
import { prepare } from "../kql/prepare.ts";
import type { PreparedQuery } from "../kql/prepared.ts";
import type { Schema } from "../kql/types.ts";
import { catalogueSchema } from "./catalogue.ts";
import { inTimeOrder } from "./statements.ts";
import type { Pack, Packs } from "./types.ts";

/** Table → columns that the packs' queries read: all that an ingest has to load. */
export type Reads = ReadonlyMap<string, ReadonlySet<string>>;

/** What of the packs does not depend on a backend or a clock. */
export interface PreparedPacks {
  readonly reads: Reads;
  /** By the text that is run. */
  readonly queries: ReadonlyMap<string, PreparedQuery>;
}

interface QueryText {
  readonly pack: Pack;
  readonly text: string;
}

const textsOf = ({ criteria, signals }: Packs): QueryText[] => [
  ...criteria.flatMap((pack) => [pack.query, pack.offendersQuery].flatMap((text) => (text ? [{ pack, text }] : []))),
  ...signals.map((pack) => ({ pack, text: inTimeOrder(pack.query) })),
];

const digest = (values: readonly string[]): string => createHash("sha256").update(JSON.stringify(values)).digest("hex");

/** The file that the build writes: compiling every query costs seconds. */
interface PreparedFile {
  readonly texts: string;
  /** Of the compiler's sources: a checkout that changes them prepares anew. */
  readonly compiler: string;
  readonly queries: readonly (PreparedQuery | null)[];
  readonly reads: Readonly<Record<string, readonly string[]>>;
}

const isCheckout = import.meta.url.endsWith(".ts");
const FILE = new URL(isCheckout ? "../../dist/packs/prepared.json" : "prepared.json", import.meta.url);

function compilerDigest(sources: URL): string {
  const files = readdirSync(sources, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  return digest(files.sort().map((name) => readFileSync(new URL(name, sources), "utf8")));
}

function written(texts: readonly QueryText[]): PreparedPacks | undefined {
  if (!existsSync(FILE)) return undefined;
  const file = JSON.parse(readFileSync(FILE, "utf8")) as PreparedFile;
  if (file.texts !== digest(texts.map(({ text }) => text))) return undefined;
  if (isCheckout && file.compiler !== compilerDigest(new URL("../kql/", import.meta.url))) return undefined;
  const queries = texts.flatMap(({ text }, i): [string, PreparedQuery][] => {
    const query = file.queries[i];
    return query ? [[text, query]] : [];
  });
  return { queries: new Map(queries), reads: asReads(Object.entries(file.reads)) };
}

const asReads = (entries: Iterable<readonly [string, Iterable<string>]>): Reads =>
  new Map([...entries].map(([table, columns]) => [table, new Set(columns)]));

const known = new Map<string, PreparedPacks>();

/**
 * What the packs read, and their plans: from the build where they are the shipped ones. `beside` is what their queries
 * may name besides tables. Throws UsageError for an invalid query.
 */
export function preparePacks(packs: Packs, beside?: Partial<Schema>): PreparedPacks {
  const texts = textsOf(packs);
  if (beside) return computed(texts, { ...catalogueSchema, ...beside });
  const key = digest(texts.map(({ text }) => text));
  const found = known.get(key) ?? written(texts) ?? computed(texts);
  known.set(key, found);
  return found;
}

function computed(texts: readonly QueryText[], schema: Schema = catalogueSchema): PreparedPacks {
  const queries = new Map<string, PreparedQuery>();
  const reads = new Map<string, Set<string>>();
  for (const { pack, text } of texts) {
    const prepared = prepare(text, schema);
    if (prepared) queries.set(text, prepared);
    for (const [table, columns] of prepared ? Object.entries(prepared.reads) : readsOf(pack, text, schema)) {
      const all = reads.get(table) ?? new Set<string>();
      for (const column of columns) all.add(column);
      reads.set(table, all);
    }
  }
  return { queries, reads };
}

/** What a query reads that is compiled anew each time it is asked. */
function readsOf(pack: Pack, text: string, schema: Schema): Iterable<readonly [string, Iterable<string>]> {
  const result = planner(text, schema)({ now: 0n });
  if (result.kind === "compiled") return result.query.reads;
  // What only this engine cannot run makes its criterion `partial` when it is asked; it does not stop the others.
  if (result.kind === "refused" && result.unsupported.length > 0) return [];
  if (result.kind === "probe")
    throw new UsageError(`The columns of ${pack.id} depend on the data; name them in the query.`);
  const diagnostics = result.diagnostics.map((diagnostic) => ({ ...diagnostic, file: pack.file }));
  throw new UsageError(`The query of ${pack.id} is not valid.`, diagnostics);
}

/** The text of `prepared.json`; `sources` is the folder of the compiler's sources. */
export function preparedFile(packs: Packs, sources: string): string {
  const texts = textsOf(packs);
  const { queries, reads } = computed(texts);
  const file: PreparedFile = {
    texts: digest(texts.map(({ text }) => text)),
    compiler: compilerDigest(new URL(`file://${sources}/`)),
    queries: texts.map(({ text }) => queries.get(text) ?? null),
    reads: Object.fromEntries([...reads].map(([table, columns]) => [table, [...columns]])),
  };
  return `${JSON.stringify(file)}\n`;
}
