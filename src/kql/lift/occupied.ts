import type { PlanNode } from "../plan/types.ts";
import type { WholePlan } from "./clock.ts";
import { type LiftedPlan, liftPlan, NotLiftable, type Windows } from "./lift.ts";

/** What a condition or column may not hold so that it can be computed on a table's rows alone. */
const NEEDS_MORE = /\b_s\d+\b|OVER \(/;

/** The scan below filters and computed columns, without the conditions that need more than a row. */
function leafOf(node: PlanNode): PlanNode | undefined {
  if (node.op === "scan") return node;
  if (node.op === "filter") {
    const input = leafOf(node.input);
    return input && (NEEDS_MORE.test(node.condition) ? input : { ...node, input });
  }
  if (node.op !== "extend" || node.expands || node.items.some(({ sql }) => NEEDS_MORE.test(sql))) return undefined;
  const input = leafOf(node.input);
  return input && { ...node, input };
}

function inputsOf(node: PlanNode): readonly PlanNode[] {
  switch (node.op) {
    case "join":
      return [node.left, node.right];
    case "union":
      return node.inputs.map(({ input }) => input);
    case "extend":
    case "filter":
    case "aggregate":
    case "limit":
      return [node.input];
    case "fold":
      return [node.input, node.body];
    default:
      return [];
  }
}

function leaves(node: PlanNode, found: PlanNode[]): void {
  const leaf = leafOf(node);
  if (leaf) found.push(leaf);
  else for (const input of inputsOf(node)) leaves(input, found);
}

/**
 * The windows in which some table gives a row to the query. In every other window the query's answer is the one that it
 * has over empty tables. Throws `NotLiftable` where a table has no time.
 */
export function occupiedPlan(plan: WholePlan, windows: Windows, id: () => string): LiftedPlan {
  const found: PlanNode[] = [];
  leaves(plan.node, found);
  for (const { node } of plan.shared.values()) leaves(node, found);
  const inputs = found.map((input) => {
    const lifted = liftPlan({ node: input, order: [], shared: new Map() }, windows, id);
    return { input: lifted.node, sqls: [lifted.window] };
  });
  if (inputs.length === 0) throw new NotLiftable("no table is read");
  const [all, window] = [id(), id()];
  const node: PlanNode = {
    op: "aggregate",
    input: { op: "union", ids: [all], inputs },
    keys: [{ id: window, sql: all }],
    items: [],
  };
  return { node, window, order: [{ sql: window, descending: false, nullsFirst: true }], shared: new Map() };
}
