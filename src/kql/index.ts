import type { Diagnostic } from "../core/errors.ts";
import { CONVERSION_UDFS } from "./functions/support/convert.ts";
import { Lowering, ProbeNeeded, Refusal } from "./plan/lowering.ts";
import type { Relation } from "./plan/types.ts";
import { type Unknown, unknownOf } from "./plan/unknown.ts";
import { renderStatement } from "./sql/render.ts";
import { accepted } from "./syntax/dialect.ts";
import { MissingPart, place, type SyntaxNode } from "./syntax/node.ts";
import { type ParsedQuery, parseFunction, parseQuery } from "./syntax/parse.ts";
import type { CompileOptions, CompileResult, Schema } from "./types.ts";

const refused = (diagnostics: readonly Diagnostic[], unsupported: readonly string[] = []): Failed => ({
  kind: "refused",
  diagnostics,
  unsupported,
});

/** What nests or repeats beyond a call stack or a string ends here. */
const TOO_LARGE: Diagnostic = {
  code: "KQL311",
  message: "The query is too large to be planned.",
  severity: "error",
  line: 1,
  column: 1,
  hint: "Split it with let statements or shorten its lists.",
};

const incomplete = ({ node, member }: MissingPart): Diagnostic => ({
  code: "KQL104",
  message: `The text is not complete: ${member} is missing here.`,
  severity: "error",
  ...place(node.source, node.start),
});

function unknownIn({ root, functions, open }: ParsedQuery, schema: Schema): Unknown {
  const saved = functions.flatMap((name) => parseFunction(schema.functions?.get(name) ?? "") ?? []);
  return unknownOf([root, ...saved], open.tables, schema);
}

/** Whether a statement names two tables for those after it instead of giving one. */
const namesTables = (expression: SyntaxNode): boolean =>
  expression.kind === "PipeExpression" &&
  expression.get("Operator").kind === "GraphToTableOperator" &&
  expression.get("Operator").items("OutputClause").length > 1;

/** Every tabular statement gives a result; the first one is the answer, as it is of a service. */
function lowerQuery(root: SyntaxNode, lowering: Lowering): Relation | undefined {
  let result: Relation | undefined;
  let named: Relation | undefined;
  for (const statement of root.items("Statements")) {
    if (statement.kind !== "ExpressionStatement") {
      lowering.statement(statement, lowering.environment);
      continue;
    }
    if (result) {
      lowering.warn(statement, "KQL116", "Only the first result is given; those from here on are not.");
      break;
    }
    const expression = statement.get("Expression");
    const relation = lowering.tabular(expression, lowering.environment);
    if (namesTables(expression)) named = relation;
    else result = relation;
  }
  return result ?? named;
}

function write(relation: Relation, lowering: Lowering): CompileResult {
  const ids = relation.columns.map((column) => column.id);
  const { sql, reads } = renderStatement(relation.node, ids, relation.order, lowering.shared, lowering.marksRows);
  const query = {
    sql,
    columns: relation.columns.map(({ name, type, id }) => ({ name, type, sql: id })),
    reads,
    udfs: [...CONVERSION_UDFS, ...lowering.udfs.values()],
    warnings: lowering.warnings,
    ...(lowering.render ? { render: lowering.render } : {}),
  };
  return { kind: "compiled", query };
}

/** A query as a plan, with what else its lowering collected. */
export interface LoweredQuery {
  readonly kind: "lowered";
  readonly relation: Relation;
  readonly lowering: Lowering;
}

type Failed = Exclude<CompileResult, { kind: "compiled" }>;

/** The syntax tree of a text without mistakes, or the mistakes. */
export function read(text: string, schema: Schema): { readonly kind: "read"; readonly parsed: ParsedQuery } | Failed {
  const parsed = parseQuery(text, schema);
  const errors = parsed.problems.filter((problem) => !accepted(problem));
  if (errors.length === 0) return { kind: "read", parsed };
  return refused(
    errors.map(({ code, message, start }) => ({ code, message, severity: "error", ...place(text, start) })),
  );
}

/** The plan of a syntax tree, the question that fixes its columns, or the reasons why there is none. */
export function lower(parsed: ParsedQuery, options: CompileOptions): LoweredQuery | Failed {
  try {
    const lowering = new Lowering(options, options.schema.open ? unknownIn(parsed, options.schema) : undefined);
    const relation = lowerQuery(parsed.root, lowering);
    if (!relation)
      return refused([{ code: "KQL100", message: "The text holds no query.", severity: "error", line: 1, column: 1 }]);
    return { kind: "lowered", relation, lowering };
  } catch (error) {
    if (error instanceof ProbeNeeded) return { kind: "probe", probe: error.probe };
    if (error instanceof Refusal) return refused([error.diagnostic], error.feature ? [error.feature] : []);
    if (error instanceof RangeError) return refused([TOO_LARGE]);
    if (error instanceof MissingPart) return refused([incomplete(error)]);
    throw error;
  }
}

/** Plans one text as often as it is asked, each time for another clock and interval: the text is parsed once. */
export type Planner = (options: Omit<CompileOptions, "schema">) => CompileResult;

/** What can be known of a text without its clock. Pure: nothing is read but the schema, which must not change. */
export function planner(text: string, given: Schema): Planner {
  const schema = given.reading?.(text) ?? given;
  const found = read(text, schema);
  return found.kind === "read" ? (options) => plan(found.parsed, { ...options, schema }) : () => found;
}

function plan(parsed: ParsedQuery, options: CompileOptions): CompileResult {
  const result = lower(parsed, options);
  if (result.kind !== "lowered") return result;
  try {
    return write(result.relation, result.lowering);
  } catch (error) {
    if (error instanceof RangeError) return refused([TOO_LARGE]);
    throw error;
  }
}

/**
 * KQL text → one DuckDB statement with typed result columns, a probe that must be answered first, or the reasons why
 * not, each with its line and column. Pure: nothing is read but the schema.
 */
export const compile = (text: string, options: CompileOptions): CompileResult => planner(text, options.schema)(options);
