import { asType } from "../plan/coerce.ts";
import { type OperatorLowering, Rows } from "../plan/context.ts";
import { sortKeys } from "../plan/sorting.ts";

/** `top n by key`: the first n rows of the sorted input, sorted. */
const top: OperatorLowering = (node, input, context, environment) => {
  const rows = new Rows(input);
  const order = sortKeys([node.get("ByExpression")], context, { environment, rows });
  const count = asType(context.scalar(node.get("Expression"), { environment }), "long").sql;
  const { ordinal: _, ...relation } = rows.relation;
  return { ...relation, node: { op: "limit", input: relation.node, order, count }, order, serialized: true };
};

export default top;
