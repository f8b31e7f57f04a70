import type { PlanNode } from "../plan/types.ts";

/*
 * Most of a query's work is done row by row before anything is grouped: filters and parsed columns over one table. That
 * part does not depend on the timespan, so that a query which is asked for many of them can keep its rows. In the SQL
 * it stands between two marks, with the timespan's condition outside of them.
 */

export const ROWS_BEGIN = "{{rows}}";
export const ROWS_END = "{{/rows}}";

type Work = PlanNode & { readonly op: "extend" | "filter" };

/** What one row alone does not decide: windows, subqueries, shared plans. */
const BEYOND_ROW = /\bOVER\b|\bSELECT\b|\b_s\d+\b/i;
const isByRow = (sql: string): boolean => !BEYOND_ROW.test(sql);

export interface RowWork {
  /** The same without the timespan. */
  readonly node: PlanNode;
  readonly timespan: string;
}

/** The row-wise work that a node and all below it do over one table, or undefined where there is more or none. */
export function rowWork(node: PlanNode): RowWork | undefined {
  return isWork(node) ? over(node) : undefined;
}

/** A node that looks at one row at a time; a row that becomes several is still one row. */
function isWork(node: PlanNode): node is Work {
  if (node.op === "extend") return node.items.every(({ sql }) => isByRow(sql));
  return node.op === "filter" && !node.isTimespan && isByRow(node.condition);
}

function over(node: Work): RowWork | undefined {
  const { input } = node;
  if (input.op === "filter" && input.isTimespan) {
    return { node: { ...node, input: input.input }, timespan: input.condition };
  }
  const below = rowWork(input);
  return below && { node: { ...node, input: below.node }, timespan: below.timespan };
}

const hasWork = (node: PlanNode): boolean =>
  rowWork(node) !== undefined || (isWork(node) && inBranches(node) !== undefined);

/** Row-wise work over a union, moved into its branches where it becomes part of their own; undefined where it does not. */
export function inBranches(node: PlanNode): PlanNode | undefined {
  const chain: Work[] = [];
  let bottom = node;
  while (isWork(bottom)) {
    chain.unshift(bottom);
    bottom = bottom.input;
  }
  if (bottom.op !== "union" || chain.length === 0) return undefined;
  const { ids, inputs } = bottom;
  const branches = inputs.map(({ input, sqls }): PlanNode => {
    const items = ids.map((id, i) => ({ id, sql: sqls[i] ?? "NULL" }));
    return chain.reduce<PlanNode>((below, work) => ({ ...work, input: below }), { op: "extend", input, items });
  });
  if (!branches.some(hasWork)) return undefined;
  const all = [...ids, ...chain.flatMap((work) => (work.op === "extend" ? work.items.map(({ id }) => id) : []))];
  return { op: "union", ids: all, inputs: branches.map((input) => ({ input, sqls: all })) };
}

/** An aggregate over row-wise work whose keys are worked out before: they then belong to the rows. */
export function withKeysInRows(node: PlanNode & { readonly op: "aggregate" }): typeof node {
  const items = node.keys.filter(({ id, sql }) => id !== sql && !/^_k\d+$/.test(sql) && isByRow(sql));
  if (items.length === 0) return node;
  const input: PlanNode = { op: "extend", input: node.input, items };
  if (!hasWork(input)) return node;
  return { ...node, input, keys: node.keys.map((key) => (items.includes(key) ? { id: key.id, sql: key.id } : key)) };
}
