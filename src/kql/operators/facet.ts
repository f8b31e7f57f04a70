import { columnScalar } from "../plan/coerce.ts";
import type { OperatorLowering } from "../plan/context.ts";
import { columnsOf } from "../plan/patterns.ts";

const ONE_TABLE = "A result is one table; ask for each of them with a query of its own.";

/** `facet by x`: the values of one column with their counts. More columns would give more tables. */
const facet: OperatorLowering = (node, input, context) => {
  const columns = node.items("Expressions").flatMap((item) => columnsOf(item, input.columns, context));
  const [column] = columns;
  if (node.child("WithClause")) return context.unsupported(node, "facet … with", ONE_TABLE);
  if (!column || columns.length > 1) return context.unsupported(node, "facet by several columns", ONE_TABLE);
  const [key, count] = [context.id(), context.id()];
  return {
    node: {
      op: "aggregate",
      input: input.node,
      keys: [{ id: key, sql: columnScalar(column).sql }],
      items: [{ id: count, sql: "count(*)" }],
    },
    columns: [
      { ...column, id: key },
      { id: count, name: `count_${column.name}`, type: "long" },
    ],
    order: [],
    serialized: false,
  };
};

export default facet;
