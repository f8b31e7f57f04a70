import type { SyntaxNode } from "../syntax/node.ts";
import type { Context, Scope } from "./context.ts";
import type { Item, SortKey } from "./types.ts";

/** The keys of `sort` and `top`: descending unless said otherwise, null is the smallest value. A constant orders nothing. */
export function sortKeys(nodes: readonly SyntaxNode[], context: Context, scope: Scope): SortKey[] {
  return nodes.flatMap((node) => {
    const ordering = node.kind === "OrderedExpression" ? node.get("Ordering") : undefined;
    const value = context.scalar(ordering ? node.get("Expression") : node, scope);
    if (value.constant !== undefined) return [];
    const descending = ordering?.token("AscOrDescKeyword") !== "asc";
    const nulls = ordering?.child("NullsClause")?.token("FirstOrLastKeyword");
    return [{ sql: value.sql, descending, nullsFirst: nulls ? nulls === "first" : !descending }];
  });
}

/** Ascending order of the columns of a group. */
export const byKeys = (keys: readonly Item[]): SortKey[] =>
  keys.map(({ id }) => ({ sql: id, descending: false, nullsFirst: true }));
