import { asType } from "../plan/coerce.ts";
import type { OperatorLowering } from "../plan/context.ts";

/** `sample n`: n rows by chance. */
const sample: OperatorLowering = (node, input, context, environment) => {
  const count = asType(context.scalar(node.get("Expression"), { environment }), "long").sql;
  const order = [{ sql: "random()", descending: false, nullsFirst: false }];
  return { ...input, node: { op: "limit", input: input.node, order, count }, order: [], serialized: false };
};

export default sample;
