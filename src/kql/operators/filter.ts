import { asType } from "../plan/coerce.ts";
import { type OperatorLowering, Rows } from "../plan/context.ts";

/** `where`: rows for which the condition is true; null is not. */
const filter: OperatorLowering = (node, input, context, environment) => {
  const test = node.get("Condition").bare();
  if (test.kind === "SimpleNamedExpression") return context.refuse(test, "= names a column; == compares.", "Write ==.");
  const rows = new Rows(input);
  const condition = asType(context.scalar(node.get("Condition"), { environment, rows, loose: true }), "bool");
  if (condition.constant === true) return rows.relation;
  return { ...rows.relation, node: { op: "filter", input: rows.relation.node, condition: condition.sql } };
};

export default filter;
