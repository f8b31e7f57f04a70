import { quoteLiteral } from "../../core/text/sql.ts";
import { asType, columnScalar } from "../plan/coerce.ts";
import { extend } from "../plan/context.ts";
import type { Item, PlanNode } from "../plan/types.ts";
import { ordinal } from "../plan/windows.ts";
import type { Plugin } from "./types.ts";

/** `narrow()`: one row per cell: the row's number, the column's name, the value's text. */
const narrow: Plugin = ({ rows, context }) => {
  const place = ordinal(rows, context);
  const ids = { row: context.id(), column: context.id(), value: context.id(), cell: context.id() };
  const cells = rows.relation.columns.map((column) => {
    const value = asType(columnScalar(column), "string").sql;
    return `{'name': ${quoteLiteral(column.name)}, 'text': ${value}}`;
  });
  const cell: Item = { id: ids.cell, sql: `unnest([${cells.join(", ")}])` };
  const made: PlanNode = { op: "extend", input: rows.relation.node, items: [cell], expands: true };
  const items: Item[] = [
    { id: ids.row, sql: `(${place} - 1)` },
    { id: ids.column, sql: `${ids.cell}.name` },
    { id: ids.value, sql: `${ids.cell}.text` },
  ];
  return {
    node: extend(made, items),
    columns: [
      { id: ids.row, name: "Row", type: "long" },
      { id: ids.column, name: "Column", type: "string" },
      { id: ids.value, name: "Value", type: "string" },
    ],
    order: [{ sql: place, descending: false, nullsFirst: true }],
    serialized: false,
  };
};

export default { narrow };
