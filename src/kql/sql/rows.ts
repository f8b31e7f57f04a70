import type { PlanNode } from "../plan/types.ts";

/*
 * Most of a query's work is done row by row before anything is grouped: filters and parsed columns over one table. That
 * part does not depend on the timespan, so that a query which is asked for many of them can keep its rows. In the SQL
 * it stands between two marks, with the timespan's condition outside of them.
 */

export const ROWS_BEGIN = "{{rows}}";
export const ROWS_END = "{{/rows}}";

type Filter = PlanNode & { readonly op: "filter" };

/** What one row alone does not decide: windows, subqueries, shared plans, lists that become rows. */
const BEYOND_ROW = /\bOVER\b|\bSELECT\b|\b_s\d+\b|\bunnest\(/i;

export interface RowWork {
  /** The same without the timespan. */
  readonly node: PlanNode;
  readonly timespan: string;
}

/** The row-wise work that a node and all below it do over one table, or undefined where there is more or none. */
export function rowWork(node: PlanNode): RowWork | undefined {
  if (node.op === "extend" && !node.expands && node.items.every(({ sql }) => !BEYOND_ROW.test(sql))) return over(node);
  if (node.op === "filter" && !node.isTimespan && !BEYOND_ROW.test(node.condition)) return over(node);
  return undefined;
}

function over(node: (PlanNode & { readonly op: "extend" }) | Filter): RowWork | undefined {
  const { input } = node;
  if (input.op === "filter" && input.isTimespan) {
    return { node: { ...node, input: input.input }, timespan: input.condition };
  }
  const below = rowWork(input);
  return below && { node: { ...node, input: below.node }, timespan: below.timespan };
}
