import type { PlanNode } from "../plan/types.ts";

/** Whether a plan can give no row, because the tables that it needs have none. */
export function isEmpty(node: PlanNode): boolean {
  switch (node.op) {
    case "values":
      return node.rows.length === 0;
    case "extend":
    case "filter":
    case "limit":
      return isEmpty(node.input);
    case "aggregate":
      return node.keys.length > 0 && isEmpty(node.input);
    case "union":
      return node.inputs.every(({ input }) => isEmpty(input));
    case "shared":
      return isEmpty(node.shared.node);
    case "fold":
      return isEmpty(node.input);
    case "join":
      return isEmptyJoin(node);
    default:
      return false;
  }
}

function isEmptyJoin({ type, left, right }: PlanNode & { op: "join" }): boolean {
  switch (type) {
    case "LEFT":
    case "ANTI":
    case "LATERAL":
      return isEmpty(left);
    case "RIGHT":
      return isEmpty(right);
    case "FULL":
      return isEmpty(left) && isEmpty(right);
    default:
      return isEmpty(left) || isEmpty(right);
  }
}
