import { readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { isMap, isScalar, LineCounter, type ParsedNode, parseAllDocuments, type Scalar, type YAMLMap } from "yaml";
import { type Diagnostic, UsageError } from "../core/errors.ts";
import { compile } from "../kql/index.ts";
import type { Schema } from "../kql/types.ts";
import { catalogueSchema } from "./catalogue.ts";
import { textPositionOf } from "./positions.ts";
import { lintColumns, lintRule } from "./rules/lint.ts";
import { ruleOf } from "./rules/rule.ts";
import { looksLikeRule, type RuleSource, readSources } from "./rules/source.ts";
import { splitLets } from "./statements.ts";

/** The verdict on one query of one file. `ok` means: valid KQL that the embedded engine runs. */
export interface CheckResult {
  readonly file: string;
  readonly id: string | null;
  readonly ok: boolean;
  readonly errors: readonly Diagnostic[];
  readonly unsupported: readonly string[];
  /** What does not keep a rule from running; absent where there is nothing. */
  readonly warnings?: readonly Diagnostic[];
}

interface QueryText {
  readonly id: string | null;
  readonly text: string;
  /** Statements that go before the text and are checked elsewhere: whole lines. */
  readonly prelude?: string;
  /** Where the text's first line stands in the file, from 1, and how far it is indented. */
  readonly line: number;
  readonly indent: number;
}

const READERS: Readonly<Record<string, (text: string, file: string) => QueryText[]>> = {
  ".kql": plainQuery,
  ".csl": plainQuery,
  ".yaml": yamlQueries,
  ".yml": yamlQueries,
  ".json": yamlQueries,
};

/** What a workspace has besides its tables. */
export type Workspace = Pick<Schema, "functions" | "watchlist" | "external">;

/** Tables and functions that nothing describes are open: the workspace may have them. A warning names them. */
export async function* checkPaths(paths: readonly string[], workspace: Workspace = {}): AsyncGenerator<CheckResult> {
  const schema: Schema = { ...catalogueSchema, ...workspace, open: true };
  const ids = new Map<string, string>();
  for (const file of paths.flatMap(filesOf)) {
    const text = readFileSync(file, "utf8");
    const read = READERS[extname(file).toLowerCase()] ?? plainQuery;
    const rules = read === yamlQueries && looksLikeRule(text) ? readSources(text, file, []) : [];
    if (rules.length > 0) for (const rule of rules) yield checkRule(rule, schema, ids);
    else for (const query of read(text, file)) yield checkQuery(file, query, schema).result;
  }
}

/** A rule's query, then the rule by the conventions of its repository. */
function checkRule(rule: RuleSource, schema: Schema, ids: Map<string, string>): CheckResult {
  const { id: written, query } = rule.raw;
  const id = typeof written === "string" ? written : null;
  const { line, column } = rule.queryPosition();
  const text: QueryText = { id, text: String(query), line, indent: column - 1 };
  const { result, columns } = checkQuery(rule.file, text, schema);
  const problems: Diagnostic[] = [];
  ruleOf(rule, problems);
  const findings = [...problems, ...lintRule(rule), ...duplicateId(rule, id, ids)];
  if (columns) findings.push(...lintColumns(rule, columns));
  const errors = findings.filter(({ severity }) => severity === "error");
  const warnings = [...(result.warnings ?? []), ...findings.filter(({ severity }) => severity === "warning")];
  return {
    ...result,
    ok: result.ok && errors.length === 0,
    errors: [...result.errors, ...errors],
    ...(warnings.length > 0 && { warnings }),
  };
}

function duplicateId(rule: RuleSource, id: string | null, ids: Map<string, string>): Diagnostic[] {
  if (id === null) return [];
  const earlier = ids.get(id.toLowerCase());
  ids.set(id.toLowerCase(), earlier ?? rule.file);
  const message = `The id ${id} is taken by ${earlier}.`;
  const hint = "Give one of them another id.";
  return earlier === undefined
    ? []
    : [{ code: "RULE106", message, severity: "error", file: rule.file, ...rule.locate(["id"]), hint }];
}

function filesOf(path: string): string[] {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) throw new UsageError(`There is no file or folder ${path}.`);
  if (!stats.isDirectory()) return [path];
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((name) => extname(name).toLowerCase() in READERS)
    .sort()
    .map((name) => join(path, name));
}

interface Checked {
  readonly result: CheckResult;
  /** Names of the query's columns, where they do not depend on the data. */
  readonly columns?: ReadonlySet<string>;
}

function checkQuery(file: string, query: QueryText, schema: Schema): Checked {
  const { id, text, prelude = "" } = query;
  const result = compile(prelude + text, { schema, now: 0n });
  const found = (diagnostics: readonly Diagnostic[], severity: string): Diagnostic[] =>
    placedIn(file, query, diagnostics).filter((diagnostic) => diagnostic.severity === severity);
  if (result.kind === "refused") {
    const errors = found(result.diagnostics, "error");
    return { result: { file, id, ok: false, errors, unsupported: result.unsupported } };
  }
  const warnings = result.kind === "compiled" ? found(result.query.warnings, "warning") : [];
  const columns = result.kind === "compiled" ? new Set(result.query.columns.map(({ name }) => name)) : undefined;
  const ready = { file, id, ok: true, errors: [], unsupported: [], ...(warnings.length > 0 && { warnings }) };
  return { result: ready, ...(columns && { columns }) };
}

/** Diagnostics of a query where they stand in its file; those of its prelude are told elsewhere. */
function placedIn(
  file: string,
  { prelude = "", line: first, indent }: QueryText,
  diagnostics: readonly Diagnostic[],
): Diagnostic[] {
  const before = prelude.split("\n").length - 1;
  return diagnostics
    .filter(({ line = 1 }) => line > before)
    .map((diagnostic) => ({
      ...diagnostic,
      file,
      line: (diagnostic.line ?? 1) - before + first - 1,
      column: (diagnostic.column ?? 1) + indent,
    }));
}

function plainQuery(text: string): QueryText[] {
  return [{ id: null, text, line: 1, indent: 0 }];
}

/** Every `query` and `offenders` text, at any depth: packs, analytic rules, hunting queries, ARM templates. */
function yamlQueries(text: string, file: string): QueryText[] {
  const lines = new LineCounter();
  const found: QueryText[] = [];
  for (const document of parseAllDocuments(text, { lineCounter: lines })) {
    const [error] = "errors" in document ? document.errors : [];
    if (error) {
      const { line, col: column } = lines.linePos(error.pos[0]);
      const [message = ""] = error.message.split("\n");
      throw new UsageError(`${file} is not valid YAML.`, [
        {
          code: "YAML001",
          message,
          severity: "error",
          file,
          line,
          column,
          hint: "Mend the syntax at this place.",
        },
      ]);
    }
    if ("contents" in document) collect(document.contents, null, { text, lines, found });
  }
  return found;
}

interface Collector {
  readonly text: string;
  readonly lines: LineCounter;
  readonly found: QueryText[];
}

function collect(node: unknown, parent: string | null, into: Collector): void {
  if (isMap<Scalar<string>, ParsedNode>(node)) {
    const own = node.get("id") ?? node.get("name");
    const id = typeof own === "string" ? own : parent;
    const query = node.get("query");
    for (const { key, value } of node.items) {
      if (key.value === "query" && isText(value)) into.found.push(placed(value, id, into));
      else if (key.value === "zt" && isMap(value))
        collectOffenders(value, typeof query === "string" ? query : "", id, into);
      else collect(value, id, into);
    }
  } else if (typeof node === "object" && node !== null && "items" in node && Array.isArray(node.items)) {
    for (const item of node.items) collect(item, parent, into);
  }
}

const isText = (node: unknown): node is Scalar<string> => isScalar(node) && typeof node.value === "string";

/** The `offenders` of a pack run after the `let` statements of its query. */
function collectOffenders(zt: YAMLMap, query: string, id: string | null, into: Collector): void {
  const offenders = zt.get("offenders", true);
  if (isText(offenders)) into.found.push({ ...placed(offenders, id, into), prelude: splitLets(`${query}\n`).lets });
}

function placed(value: Scalar<string>, id: string | null, { text, lines }: Collector): QueryText {
  const { line, column } = textPositionOf(value, text, lines);
  return { id, text: value.value, line, indent: column - 1 };
}
