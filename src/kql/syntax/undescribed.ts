import type { SyntaxNode } from "./node.ts";

export interface Undescribed {
  readonly tables: ReadonlySet<string>;
  readonly functions: ReadonlySet<string>;
}

/** What takes a table below it. */
const TAKES_TABLE: ReadonlySet<string> = new Set([
  "ExpressionStatement",
  "PipeExpression",
  "UnionOperator",
  "JoinOperator",
  "LookupOperator",
  "LetStatement",
  "FunctionBody",
  "MaterializeExpression",
  "ToScalarExpression",
  "ToTableExpression",
  "InvokeOperator",
  "FindInClause",
  "SearchOperator",
]);
const TRANSPARENT: ReadonlySet<string> = new Set(["List", "SeparatedElement", "ParenthesizedExpression"]);

/** Codes of the parser: no such name, no such table, no such function. */
const UNRESOLVED: ReadonlySet<string> = new Set(["KS142", "KS204", "KS211"]);

interface Visit {
  readonly codes: ReadonlyMap<number, string>;
  readonly tables: Set<string>;
  readonly functions: Set<string>;
}

function visit(node: SyntaxNode, taker: string, into: Visit): void {
  const code = into.codes.get(node.start);
  const called = node.kind === "FunctionCallExpression";
  if (code === "KS211" && called && TAKES_TABLE.has(taker)) into.functions.add(node.get("Name").name);
  if (code === "KS204" && node.kind === "NameReference") into.tables.add(node.name);
  if (code === "KS142" && node.kind === "NameReference" && TAKES_TABLE.has(taker)) into.tables.add(node.name);
  const next = TRANSPARENT.has(node.kind) ? taker : node.kind;
  for (const child of node.children()) visit(child, next, into);
}

/** The names that stand where a table must, and that the parser does not know. */
export function undescribed(
  root: SyntaxNode,
  problems: readonly { readonly code: string; readonly start: number }[],
): Undescribed {
  const found = problems.filter(({ code }) => UNRESOLVED.has(code));
  const into: Visit = {
    codes: new Map(found.map(({ code, start }) => [start, code])),
    tables: new Set<string>(),
    functions: new Set<string>(),
  };
  if (found.length > 0) visit(root, "", into);
  return into;
}
