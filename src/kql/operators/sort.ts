import { type OperatorLowering, Rows } from "../plan/context.ts";
import { sortKeys } from "../plan/sorting.ts";

/** `sort by`: the order belongs to the rows until an operator that knows none. */
const sort: OperatorLowering = (node, input, context, environment) => {
  const rows = new Rows(input);
  const order = sortKeys(node.items("Expressions"), context, { environment, rows });
  const { ordinal: _, ...relation } = rows.relation;
  return { ...relation, order, serialized: true };
};

export default sort;
