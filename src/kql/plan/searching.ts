import type { SyntaxNode } from "../syntax/node.ts";
import { asType, atom, columnScalar } from "./coerce.ts";
import type { Context, Scope } from "./context.ts";
import { searchTerm } from "./strings.ts";
import type { PlanColumn } from "./types.ts";

const TEXT: ReadonlySet<string> = new Set(["StringLiteralExpression", "CompoundStringLiteralExpression"]);
const LITERAL: ReadonlySet<string> = new Set([
  ...TEXT,
  "LongLiteralExpression",
  "RealLiteralExpression",
  "IntLiteralExpression",
  "GuidLiteralExpression",
]);

const anyOf = (columns: readonly PlanColumn[], needle: string, folded: boolean): string => {
  const tests = columns.map((column) => searchTerm(asType(columnScalar(column), "string").sql, needle, folded));
  return tests.length > 0 ? `(${tests.join(" OR ")})` : "false";
};

/**
 * The condition of `search` and `find`: a bare text is a term that any column may hold, `column:"text"` one that the
 * column holds; everything else is an ordinary condition. A column that the table lacks holds nothing.
 */
export function searchCondition(node: SyntaxNode, context: Context, scope: Scope, folded: boolean): string {
  const bare = node.bare();
  const columns = scope.rows?.relation.columns ?? [];
  const inner = (child: SyntaxNode): string => searchCondition(child, context, scope, folded);
  if (bare.kind === "AndExpression" || bare.kind === "OrExpression")
    return `(${inner(bare.get("Left"))} ${bare.kind === "AndExpression" ? "AND" : "OR"} ${inner(bare.get("Right"))})`;
  if (bare.kind === "StarExpression") return "true";
  if (TEXT.has(bare.kind)) return anyOf(columns, bare.stringValue, folded);
  if (LITERAL.has(bare.kind)) return anyOf(columns, String(context.scalar(bare, scope).constant), folded);
  if (bare.kind === "FunctionCallExpression" && bare.get("Name").name === "not") {
    const [argument] = bare.get("ArgumentList").items("Expressions");
    if (argument) return `(NOT ${inner(argument)})`;
  }
  if (bare.kind === "SearchExpression") return columnTerm(bare, context, scope, folded);
  if (lacks(bare, columns, scope)) return "false";
  return atom(asType(context.scalar(bare, scope), "bool").sql);
}

function columnTerm(node: SyntaxNode, context: Context, scope: Scope, folded: boolean): string {
  const left = node.get("Left");
  const needle = String(context.constant(node.get("Right"), scope, "the searched text").constant);
  const columns = scope.rows?.relation.columns ?? [];
  if (left.kind === "StarExpression") return anyOf(columns, needle, folded);
  if (lacks(left, columns, scope)) return "false";
  return searchTerm(asType(context.scalar(left, scope), "string").sql, needle, folded);
}

/** Names of functions and of members are no columns. */
const operands = (node: SyntaxNode): SyntaxNode[] => {
  if (node.kind === "FunctionCallExpression") return [node.get("ArgumentList")];
  return node.kind === "PathExpression" ? [node.get("Expression")] : node.children();
};

const lacks = (node: SyntaxNode, columns: readonly PlanColumn[], scope: Scope): boolean =>
  node.kind === "NameReference"
    ? !columns.some((column) => column.name === node.name) && scope.environment.find(node.name) === undefined
    : operands(node).some((child) => lacks(child, columns, scope));
