import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, statSync } from "node:fs";
import { basename, extname, join, resolve, sep } from "node:path";
import { type Diagnostic, UsageError } from "../../core/errors.ts";
import type { Column, ScalarType } from "../../core/kusto.ts";
import { quoteLiteral } from "../../core/text/sql.ts";
import { convert } from "../../kql/functions/support/convert.ts";
import type { ExternalData, Schema, TableSource } from "../../kql/types.ts";
import { csvOfHead } from "./ingest/csv.ts";

/** What lies beside the logs: folders that stand for what a workspace stores or fetches. */
export interface BesideOptions {
  /** Saved functions: `name.kql` with `(parameters) { body }` or a plain query, parsers' YAML, ARM templates. */
  readonly functions?: string;
  /** Watchlists: `alias.csv` with a header. */
  readonly watchlists?: string;
  /** Copies of what `externaldata` names, under `host/path` or the last part of the address. */
  readonly externalData?: string;
}

export interface Beside extends Pick<Schema, "functions" | "watchlist" | "external"> {
  /** Folders that queries read from. */
  readonly folders: readonly string[];
}

function folderOf(path: string): string {
  if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw new UsageError(`There is no folder ${path}.`);
  return resolve(path);
}

const TEXT = `COALESCE($, '')`;
const HEAD_BYTES = 1 << 20;

function headOf(file: string): { head: Buffer; whole: boolean } {
  const handle = openSync(file, "r");
  try {
    const head = Buffer.alloc(HEAD_BYTES);
    const size = readSync(handle, head);
    return { head: head.subarray(0, size), whole: size < HEAD_BYTES };
  } finally {
    closeSync(handle);
  }
}

interface Delimited {
  readonly delimiter: string;
  readonly skip: number;
  readonly width: number;
}

/** Every cell as text; a record that is too short ends in nulls, what is too long is cut. */
function delimitedSql(files: readonly string[], { delimiter, skip, width }: Delimited): string {
  const columns = Array.from({ length: Math.max(1, width) }, (_, i) => `'c${i}': 'VARCHAR'`).join(", ");
  return (
    `read_csv([${files.map(quoteLiteral).join(", ")}], auto_detect = false, header = false, skip = ${skip},` +
    ` delim = ${quoteLiteral(delimiter)}, quote = '"', escape = '"', columns = {${columns}},` +
    " null_padding = true, strict_mode = false, parallel = false)"
  );
}

/** `_GetWatchlist` gives every item as text, and the key that it is searched by first. */
function watchlistTable(file: string, alias: string): TableSource {
  const { head, whole } = headOf(file);
  const names = csvOfHead(head, 1, whole)[0]?.cells.map((cell) => cell.trim()) ?? [];
  const sqls = names.map((name, i): readonly [string, string] => [name, `c${i}`]);
  const all = names.includes("SearchKey") || names.length === 0 ? sqls : [["SearchKey", "c0"] as const, ...sqls];
  const columns = new Map(all.filter(([name]) => name !== ""));
  return {
    name: alias,
    sql: delimitedSql([file], { delimiter: ",", skip: 1, width: names.length }),
    columns: [...columns].map(([name, id]) => ({ name, type: "string", sql: TEXT.replace("$", id) })),
  };
}

const DELIMITERS: Readonly<Record<string, string>> = { csv: ",", tsv: "\t", psv: "|", scsv: ";", sohsv: "\x01" };
const JSON_FORMATS: ReadonlySet<string> = new Set(["json", "multijson", "singlejson", "ndjson", "jsonl"]);

const cell = (sql: string, type: ScalarType): string => {
  if (type === "string") return TEXT.replace("$", sql);
  if (type === "dynamic")
    return `CASE WHEN json_valid(${sql}) THEN ${sql} ELSE to_json(NULLIF(${sql}, ''))::VARCHAR END`;
  return convert(sql, "string", type);
};

/** A member of a JSON record, by its name as a pointer. */
function member({ name, type }: Column): string {
  const pointer = `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
  return convert(`NULLIF(json_extract(json, ${quoteLiteral(pointer)})::VARCHAR, 'null')`, "dynamic", type);
}

const typed = (columns: readonly Column[], sql: (column: Column, i: number) => string): TableSource["columns"] =>
  columns.map((column, i) => ({ ...column, sql: sql(column, i) }));

function externalTable(files: readonly string[], { columns, properties }: ExternalData): TableSource | undefined {
  const [first = ""] = files;
  const format = (properties.format ?? extname(first.replace(/\.(?:gz|zst)$/i, "")).slice(1)).toLowerCase();
  const skip = properties.ignorefirstrecord?.toLowerCase() === "true" ? 1 : 0;
  const list = `[${files.map(quoteLiteral).join(", ")}]`;
  const name = "externaldata";
  if (JSON_FORMATS.has(format))
    return { name, sql: `read_json_objects(${list}, format = 'auto')`, columns: typed(columns, member) };
  if (format === "txt" || format === "raw") {
    const lines = `list_transform(string_split(content, chr(10)), lambda line: rtrim(line, chr(13)))`;
    const kept = `list_filter(${lines}, lambda line, i: line <> '' AND i > ${skip})`;
    const sql = `(SELECT unnest(${format === "raw" ? "[content]" : kept}) AS c0 FROM read_text(${list}))`;
    return { name, sql, columns: typed(columns, ({ type }, i) => (i === 0 ? cell("c0", type) : cell("NULL", type))) };
  }
  const delimiter = DELIMITERS[format === "" ? "csv" : format];
  if (delimiter === undefined) return undefined;
  const sql = delimitedSql(files, { delimiter, skip, width: columns.length });
  return { name, sql, columns: typed(columns, ({ type }, i) => cell(`c${i}`, type)) };
}

/** The copy of an address in the folder, or undefined. Never a file outside of it. */
function copyOf(address: string, folder: string): string | undefined {
  const url = URL.parse(address.split(";")[0] ?? "");
  const path = url?.pathname ?? address;
  const last = basename(path);
  const candidates = [...(url ? [join(folder, url.hostname, path)] : []), join(folder, last)];
  return candidates.find(
    (file) => file.startsWith(folder + sep) && last !== "" && statSync(file, { throwIfNoEntry: false })?.isFile(),
  );
}

type OnWarning = (warning: Diagnostic) => void;

/** A file that holds no function that can be read is told and left out, so that one does not stop the others. */
async function savedFunctions(folder: string, onWarning: OnWarning): Promise<ReadonlyMap<string, string>> {
  const { mayHoldFunction, SavedFunctions, savedFunctionsOf } = await import("./functions.ts");
  const { functionProblem } = await import("../../kql/syntax/parse.ts");
  const found = new SavedFunctions();
  for (const path of readdirSync(folder, { recursive: true, encoding: "utf8" }).sort()) {
    if (!mayHoldFunction(path)) continue;
    const file = join(folder, path);
    const warn = (message: string): void => onWarning({ ...BROKEN, message, file, line: 1, column: 1 });
    try {
      for (const saved of savedFunctionsOf(readFileSync(file, "utf8").replace(/^\uFEFF/, ""), path)) {
        const problem = functionProblem(saved.source);
        if (problem !== undefined) warn(`${saved.name} is left out: ${problem}`);
        else found.add(saved, file);
      }
    } catch (error) {
      warn((error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "");
    }
  }
  return found.sources;
}

const BROKEN = {
  code: "KQL115",
  severity: "warning",
  hint: "Write (parameters) { body }, a query, or a parser's YAML.",
} as const;

/** Reads the folders; functions that cannot be read are warned of. Throws `UsageError` for a folder that is not there. */
export async function readBeside(options: BesideOptions, onWarning: OnWarning = () => {}): Promise<Beside> {
  const [watchlists, external] = [options.watchlists, options.externalData].map((path) =>
    path === undefined ? undefined : folderOf(path),
  );
  const functions =
    options.functions === undefined ? undefined : await savedFunctions(folderOf(options.functions), onWarning);
  return {
    folders: [watchlists, external].filter((path) => path !== undefined),
    ...(functions ? { functions } : {}),
    watchlist: (alias) => {
      const name = `${alias}.csv`.toLowerCase();
      const file = watchlists && readdirSync(watchlists).find((entry) => entry.toLowerCase() === name);
      return watchlists && file ? watchlistTable(join(watchlists, file), alias) : undefined;
    },
    external: (data) => {
      const files = external ? data.uris.map((uri) => copyOf(uri, external)) : [];
      const known = files.filter((file) => file !== undefined && existsSync(file));
      return known.length > 0 && known.length === data.uris.length
        ? externalTable(known as readonly string[], data)
        : undefined;
    },
  };
}
