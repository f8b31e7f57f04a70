import type { OperatorLowering } from "../plan/context.ts";
import { extend, Rows } from "../plan/context.ts";
import { copiesOf } from "../plan/expansion.ts";
import type { PlanColumn, PlanNode, Relation } from "../plan/types.ts";

/** `partition by key (…)`: the subquery runs over the rows of each key; its results stand one after the other. */
const partition: OperatorLowering = (node, input, context, environment) => {
  const by = node.get("ByExpression");
  if (node.child("Scope")) return context.unsupported(node, "partition … in");
  const rows = new Rows(input);
  const key = context.scalar(by, { environment, rows });
  const keyId = context.id();
  const shared = context.share(extend(rows.relation.node, [{ id: keyId, sql: key.sql }]), false);
  const source: PlanNode = { op: "shared", shared: { ...shared, once: false } };
  const each = context.id();
  const keys: PlanNode = { op: "aggregate", input: source, keys: [{ id: each, sql: keyId }], items: [] };
  const copies = copiesOf(input.columns, context);
  const own: PlanNode = {
    op: "filter",
    input: extend(source, copies),
    condition: `${keyId} IS NOT DISTINCT FROM ${each}`,
  };
  const renamed = new Map(input.columns.map((column, i) => [column.id, copies[i]?.id ?? column.id]));
  const inner: Relation = {
    ...input,
    node: own,
    columns: input.columns.map((column): PlanColumn => ({ ...column, id: renamed.get(column.id) ?? column.id })),
    order: input.order.map((sortKey) => ({ ...sortKey, sql: renamed.get(sortKey.sql) ?? sortKey.sql })),
  };
  const operand = node.get("Operand");
  const body = operand.child("Subquery") ?? operand.get("Query");
  const result = context.tabular(body, environment, inner);
  return {
    node: { op: "join", type: "LATERAL", left: keys, right: result.node, on: "" },
    columns: result.columns,
    order: [],
    serialized: false,
  };
};

export default partition;
