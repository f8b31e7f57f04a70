import { asType } from "../plan/coerce.ts";
import { type Context, type Environment, type OperatorLowering, Rows } from "../plan/context.ts";
import { filterUnique, isOfUnique } from "../plan/joins.ts";
import type { PlanNode, Relation } from "../plan/types.ts";
import type { SyntaxNode } from "../syntax/node.ts";

const conjuncts = (node: SyntaxNode): SyntaxNode[] => {
  const bare = node.bare();
  return bare.kind === "AndExpression" ? ["Left", "Right"].flatMap((side) => conjuncts(bare.get(side))) : [bare];
};

/** Over an innerunique join each condition finds its own place. */
function filterBelow(condition: SyntaxNode, input: Relation, context: Context, environment: Environment): Relation {
  const rows = new Rows(input);
  const sqls = conjuncts(condition).map(
    (part) => asType(context.scalar(part, { environment, rows, loose: true }), "bool").sql,
  );
  const { node, rest } = filterUnique(rows.relation.node, sqls);
  const filtered = rest.reduce<PlanNode>((below, sql) => ({ op: "filter", input: below, condition: sql }), node);
  return { ...rows.relation, node: filtered };
}

/** `where`: rows for which the condition is true; null is not. */
const filter: OperatorLowering = (node, input, context, environment) => {
  const test = node.get("Condition").bare();
  if (test.kind === "SimpleNamedExpression") return context.refuse(test, "= names a column; == compares.", "Write ==.");
  if (isOfUnique(input.node)) return filterBelow(node.get("Condition"), input, context, environment);
  const rows = new Rows(input);
  const condition = asType(context.scalar(node.get("Condition"), { environment, rows, loose: true }), "bool");
  if (condition.constant === true) return rows.relation;
  return { ...rows.relation, node: { op: "filter", input: rows.relation.node, condition: condition.sql } };
};

export default filter;
