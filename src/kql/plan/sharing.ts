import type { Context } from "./context.ts";
import type { PlanColumn, PlanNode, Relation } from "./types.ts";

/** The columns alone, under fresh ids: nothing else of the input can be seen. */
export function renewed(relation: Relation, context: Context): Relation {
  const columns = relation.columns.map((column): PlanColumn => ({ ...column, id: context.id() }));
  const node: PlanNode = {
    op: "union",
    ids: columns.map((column) => column.id),
    inputs: [{ input: relation.node, sqls: relation.columns.map((column) => column.id) }],
  };
  return { node, columns, order: [], serialized: false };
}

/**
 * Gives rows a name of their own and answers how to read them. Every reading has fresh ids: two readings of the same
 * ids could not meet in one join.
 */
export function sharedReader(relation: Relation, context: Context): () => Relation {
  const own = renewed(relation, context);
  const shared = context.share(own.node, true);
  const node: PlanNode = { op: "shared", shared: { ...shared, once: true } };
  return () => renewed({ ...own, node }, context);
}

/** Rows of both sides whose keys agree pair by pair; null agrees with null. */
export const agree = (left: readonly string[], right: readonly string[]): string =>
  left.length > 0 ? left.map((id, i) => `${id} IS NOT DISTINCT FROM ${right[i] ?? "NULL"}`).join(" AND ") : "true";
