import { type OperatorLowering, Rows } from "../plan/context.ts";
import { copiesOf, expandedColumns, expansion } from "../plan/expansion.ts";
import { Names } from "../plan/names.ts";
import { oneRow } from "../plan/tables.ts";
import type { PlanColumn, Relation } from "../plan/types.ts";

/** `mv-apply`: a subquery over the elements of each row. Outer columns stay beside what the subquery gives. */
const mvApply: OperatorLowering = (node, input, context, environment) => {
  const rows = new Rows(input);
  const parts = expansion(node, input, context, { environment, rows });
  const outer = rows.relation;
  const copies = copiesOf(outer.columns, context);
  const visible = outer.columns.map((column, i): PlanColumn => ({ ...column, id: copies[i]?.id ?? "" }));
  const inner: Relation = {
    node: parts.over(oneRow, copies),
    columns: expandedColumns(visible, parts),
    order: [{ sql: parts.index.id, descending: false, nullsFirst: true }],
    serialized: true,
  };
  const result = context.tabular(node.get("Subquery").get("Expression"), environment, inner);
  const copied = new Map(copies.map((copy) => [copy.id, copy.sql]));
  const replaced = new Set(parts.columns.filter((part) => part.inPlace).map((part) => part.name));
  const kept = outer.columns.filter((column) => !replaced.has(column.name));
  const names = new Names(kept.map((column) => column.name));
  const added = result.columns.filter((column) => !copied.has(column.id));
  const columns = [...kept, ...added.map((column) => ({ ...column, name: names.unique(column.name) }))];
  return {
    node: { op: "join", type: "LATERAL", left: outer.node, right: result.node, on: "" },
    columns,
    order: outer.order,
    serialized: outer.serialized,
  };
};

export default mvApply;
