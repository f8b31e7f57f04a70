import { describe, expect, test } from "vitest";
import {
  language,
  listOf,
  type RawDiagnostic,
  type RawGlobals,
  type RawSymbol,
} from "../../src/kql/syntax/language.ts";
import { SyntaxNode } from "../../src/kql/syntax/node.ts";
import { loadPacks } from "../../src/packs/load.ts";
import { columnsOf } from "../../src/tables/catalogue.ts";

/*
 * The shipped queries bind with Microsoft's own binder, over the tables of the catalogue and nothing else, without an
 * error, a warning or a suggestion, and use nothing that Azure Monitor Logs does not run. Our engine has no part in this.
 */

/** By the applicability marks of Microsoft's KQL reference; some work in fact, but none is promised. */
const NOT_IN_LOGS = {
  plugins:
    /^(autocluster|basket|bag_unpack|diffpatterns|pivot|narrow|python|r|sql_request|http_request(_post)?|active_users_count|activity_\w+|funnel_sequence\w*|session_count|sliding_window_counts|rolling_percentile|rows_near|sequence_detect|ipv4_lookup|ipv6_lookup|ai_\w+|infer_storage_schema\w*|geo_\w+_lookup|schema_merge|preview|cosmosdb_sql_request|mysql_request|postgresql_request|azure_digital_twins_query_request)$/,
  functions:
    /^(cluster|database|cursor_\w+|current_cursor|external_table|materialized_view|stored_query_result|entity_group)$/,
  operators: /^(MakeGraph|Graph\w*|MacroExpand|AssertSchema)Operator$/,
  // These exist in Azure Monitor Logs alone, and Sentinel's rules refuse `arg`.
  elsewhere: /^(workspace|app|adx|arg)$/,
};

const TYPES: Readonly<Record<string, string>> = { datetime: "DateTime", timespan: "TimeSpan" };

/** The catalogue's tables that a text names: the binder's cost grows with every table it is given. */
function globalsFor(text: string): RawGlobals {
  const { Symbols, GlobalState } = language();
  const tables = [...new Set(text.match(/\w+/g))].flatMap((name): RawSymbol[] => {
    const columns = columnsOf(name)?.map(({ name: column, type }) => {
      const kind = Symbols.ScalarTypes[TYPES[type] ?? `${type.charAt(0).toUpperCase()}${type.slice(1)}`];
      return new Symbols.ColumnSymbol(column, kind, null, null, null, null);
    });
    return columns ? [new Symbols.TableSymbol.$ctor4(name, columns)] : [];
  });
  return GlobalState.Default.WithDatabase(new Symbols.DatabaseSymbol.$ctor1("workspace", tables, false));
}

const { criteria, signals } = loadPacks();
const texts = [...criteria, ...signals].flatMap((pack): [string, string][] => [
  [pack.id, pack.query],
  ...(pack.kind === "criterion" && pack.offendersQuery
    ? [[`${pack.id} offenders`, pack.offendersQuery] as [string, string]]
    : []),
]);

const namesIn = (root: SyntaxNode, kind: string): string[] => {
  const found: string[] = [];
  root.some((node) => {
    if (node.kind === kind) found.push(node.get("Name").name);
    return false;
  });
  return found;
};

function beyondLogs(root: SyntaxNode): string[] {
  const kinds = new Set<string>();
  root.some((node) => {
    kinds.add(node.kind);
    return false;
  });
  const calls = namesIn(root, "FunctionCallExpression");
  return [
    ...calls.filter(
      (name) => NOT_IN_LOGS.functions.test(name) || NOT_IN_LOGS.plugins.test(name) || NOT_IN_LOGS.elsewhere.test(name),
    ),
    ...[...kinds].filter((kind) => NOT_IN_LOGS.operators.test(kind)),
  ];
}

const analyse = (text: string): { root: SyntaxNode; diagnostics: string[] } => {
  const code = language().KustoCode.Parse(text).Analyze(globalsFor(text));
  const diagnostics = listOf<RawDiagnostic>(code.GetDiagnostics()).map(
    ({ Code, Severity, Message, Start }) => `${Severity} ${Code} at ${Start}: ${Message}`,
  );
  return { root: new SyntaxNode(code.Syntax, text), diagnostics };
};

describe("every shipped query", () => {
  test.each(texts)("%s binds without a diagnostic and stays within Azure Monitor Logs", (_, text) => {
    const { root, diagnostics } = analyse(text);
    expect(diagnostics).toEqual([]);
    expect(beyondLogs(root)).toEqual([]);
  });

  test.each([
    ["SigninLogs | evaluate bag_unpack(DeviceDetail)", "bag_unpack"],
    ["SigninLogs | evaluate pivot(ResultType)", "pivot"],
    ["cluster('c').database('d').T", "cluster"],
    ["SigninLogs | where cursor_after('x')", "cursor_after"],
    ["SigninLogs | make-graph UserId --> AppId | graph-match (a)-[e]->(b) project a.UserId", "MakeGraphOperator"],
  ])("is told where it does not: %s", (text, name) => {
    expect(beyondLogs(analyse(text).root)).toContain(name);
  });

  test("is told a column that the catalogue does not have", () => {
    expect(analyse("SigninLogs | where Nope == 1").diagnostics[0]).toMatch(/^Error KS142/);
  });
});
