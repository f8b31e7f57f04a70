import { quoteLiteral } from "../../core/text/sql.ts";
import { AggregateScope } from "../plan/aggregates.ts";
import { asType } from "../plan/coerce.ts";
import { extend } from "../plan/context.ts";
import { Names } from "../plan/names.ts";
import { columnsOf } from "../plan/patterns.ts";
import type { Item, PlanColumn, PlanNode, Relation, Scalar } from "../plan/types.ts";
import type { SyntaxNode } from "../syntax/node.ts";
import type { Plugin, PluginCall } from "./types.ts";

const MAX_COLUMNS = 10_000;

/** The texts of the pivot column: asked of the data. */
function valuesOf({ node, rows, context, declared }: PluginCall, pivot: string): string[] {
  if (declared) return declared.map((column) => column.name);
  const id = context.id();
  const grouped: PlanNode = { op: "aggregate", input: rows.relation.node, keys: [{ id, sql: pivot }], items: [] };
  const found: Relation = {
    node: grouped,
    columns: [{ id, name: "value", type: "string" }],
    order: [],
    serialized: false,
  };
  const values = context.probe(found, "pivot").map(([value]) => String(value ?? ""));
  if (values.length > MAX_COLUMNS) return context.refuse(node, `pivot would make more than ${MAX_COLUMNS} columns.`);
  return values.sort((a, b) => (a < b ? -1 : 1));
}

/** A cell without rows holds what the aggregate gives for none. */
const EMPTY_IS_ZERO: ReadonlySet<string> = new Set([
  "count",
  "countif",
  "sum",
  "sumif",
  "dcount",
  "dcountif",
  "count_distinct",
]);

/** The columns that the rows are grouped by: those named, else all that neither pivot nor aggregate uses. */
function groupsOf(
  { args, rows, context }: PluginCall,
  pivot: SyntaxNode,
  aggregate: SyntaxNode | undefined,
): PlanColumn[] {
  const named = args.slice(2);
  const { columns } = rows.relation;
  if (named.length > 0) return named.flatMap((item) => columnsOf(item, columns, context));
  const used = new Set<string>();
  const note = (node: SyntaxNode): void => {
    if (node.kind === "NameReference") used.add(node.name);
    for (const child of node.children()) note(child);
  };
  note(pivot);
  if (aggregate) note(aggregate);
  return columns.filter((column) => !used.has(column.name));
}

/** `pivot(column, aggregate, groups…)`: one column per value of the pivot column. */
const pivot: Plugin = (call) => {
  const { node, args, rows, context, environment } = call;
  const [by, aggregate] = args;
  if (!by) return context.refuse(node, "pivot takes a column.");
  const value = asType(context.scalar(by, { environment, rows }), "string");
  const values = valuesOf(call, value.sql).filter((text) => !(call.declared && rows.column(text)));
  const groups = groupsOf(call, by, aggregate);
  const keys = groups.map((column): Item => ({ id: context.id(), sql: column.id }));
  const label: Item = { id: context.id(), sql: value.sql };
  const aggregates = new AggregateScope(context, rows, groups);
  const cell: Scalar | undefined = aggregate ? aggregates.lower(aggregate, environment)[0]?.value : undefined;
  const made = cell ?? { sql: "count(*)", type: "long" as const };
  const total: Item = { id: context.id(), sql: made.sql };
  const name = aggregate?.kind === "FunctionCallExpression" ? aggregate.get("Name").name : "count";
  const perCell: PlanNode = {
    op: "aggregate",
    input: rows.relation.node,
    keys: [...keys, label],
    items: cell ? aggregates.items : [total],
  };
  const below = cell ? extend(perCell, [total]) : perCell;
  const outKeys = keys.map((key): Item => ({ id: context.id(), sql: key.id }));
  const cells = values.map((text): Item => {
    const picked = `any_value(${total.id}) FILTER (WHERE ${label.id} = ${quoteLiteral(text)})`;
    const empty = EMPTY_IS_ZERO.has(name) ? "0" : made.type === "string" ? "''" : undefined;
    return { id: context.id(), sql: empty === undefined ? picked : `COALESCE(${picked}, ${empty})` };
  });
  const names = new Names();
  const columns = [
    ...groups.map(
      (column, i): PlanColumn => ({ ...column, id: outKeys[i]?.id ?? "", name: names.unique(column.name) }),
    ),
    ...values.map(
      (text, i): PlanColumn => ({
        id: cells[i]?.id ?? "",
        name: names.unique(text === "" ? "Column1" : text),
        type: made.type,
      }),
    ),
  ];
  const table: PlanNode = { op: "aggregate", input: below, keys: outKeys, items: cells };
  return { node: table, columns, order: [], serialized: false };
};

export default { pivot };
