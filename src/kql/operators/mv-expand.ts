import { type OperatorLowering, Rows } from "../plan/context.ts";
import { expandedColumns, expansion } from "../plan/expansion.ts";

/** `mv-expand`: one row per element; several columns are expanded side by side. */
const mvExpand: OperatorLowering = (node, input, context, environment) => {
  const rows = new Rows(input);
  const parts = expansion(node, input, context, { environment, rows });
  const { ordinal: _, ...relation } = rows.relation;
  const inside = { sql: parts.index.id, descending: false, nullsFirst: true };
  return {
    ...relation,
    node: parts.over(relation.node, []),
    columns: expandedColumns(relation.columns, parts),
    order: relation.order.length > 0 ? [...relation.order, inside] : [],
  };
};

export default mvExpand;
