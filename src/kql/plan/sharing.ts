import type { Context } from "./context.ts";
import type { Item, PlanColumn, PlanNode, Relation, Scalar } from "./types.ts";

/**
 * Gives rows a name of their own and answers how to read them. Every reading has fresh ids: two readings of the same
 * ids could not meet in one join.
 */
export function sharedReader(relation: Relation, context: Context): () => Relation {
  const shared = context.share(relation.node, true);
  const node: PlanNode = { op: "shared", shared: { ...shared, once: true } };
  return () => {
    const items = relation.columns.map((column): Item => ({ id: context.id(), sql: column.id }));
    const columns = relation.columns.map((column, i): PlanColumn => ({ ...column, id: items[i]?.id ?? column.id }));
    return { node: { op: "extend", input: node, items }, columns, order: [], serialized: false };
  };
}

/** Rows of both sides whose keys agree pair by pair; null agrees with null. */
export const agree = (left: readonly string[], right: readonly string[]): string =>
  left.length > 0 ? left.map((id, i) => `${id} IS NOT DISTINCT FROM ${right[i] ?? "NULL"}`).join(" AND ") : "true";

/** A relation whose columns are values over the rows of another one. */
export function projected(
  input: PlanNode,
  values: readonly { readonly name: string; readonly value: Pick<Scalar, "sql" | "type"> }[],
  context: Context,
): Relation {
  const items = values.map(({ value }): Item => ({ id: context.id(), sql: value.sql }));
  const columns = values.map(({ name, value }, i): PlanColumn => ({ id: items[i]?.id ?? "", name, type: value.type }));
  return { node: { op: "extend", input, items }, columns, order: [], serialized: false };
}
