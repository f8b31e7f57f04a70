import { asType } from "../plan/coerce.ts";
import type { OperatorLowering } from "../plan/context.ts";

/** `take n`: n rows, the first ones where the input has an order. */
const take: OperatorLowering = (node, input, context, environment) => {
  const count = asType(context.scalar(node.get("Expression"), { environment }), "long").sql;
  return { ...input, node: { op: "limit", input: input.node, order: input.order, count } };
};

export default take;
