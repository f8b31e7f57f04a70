import type { SyntaxNode } from "../syntax/node.ts";
import type { Context, Environment, Rows } from "./context.ts";
import { extend } from "./context.ts";
import { lowerItem, type NamedScalar } from "./items.ts";
import { Names } from "./names.ts";
import type { Item, PlanColumn, Relation } from "./types.ts";

const BARE_ID = /^_k\d+$/;

/** A column for a value: a bare column reference needs no item of its own. */
function columnOf(item: NamedScalar, name: string, items: Item[], rows: Rows, context: Context): PlanColumn {
  const { sql, type } = item.value;
  const unknown = context.unknown && rows.relation.columns.find(({ id }) => id === sql)?.unknown;
  if (BARE_ID.test(sql)) return { id: sql, name, type, ...(unknown && { unknown }) };
  const id = context.id();
  items.push({ id, sql });
  return { id, name, type };
}

function evaluate(nodes: readonly SyntaxNode[], rows: Rows, context: Context, environment: Environment): NamedScalar[] {
  return nodes.flatMap((node) => lowerItem(node, context, { environment, rows }));
}

/** `extend`: values take the place of a column of their name or stand at the end. */
export function addColumns(
  nodes: readonly SyntaxNode[],
  rows: Rows,
  context: Context,
  environment: Environment,
): Relation {
  const values = evaluate(nodes, rows, context, environment);
  const items: Item[] = [];
  const columns = [...rows.relation.columns];
  const names = new Names(columns.map((column) => column.name));
  for (const value of values) {
    const name = value.name ?? names.anonymous();
    const column = columnOf(value, name, items, rows, context);
    const at = columns.findIndex((c) => c.name === name);
    if (at >= 0) columns[at] = column;
    else columns.push(column);
  }
  return { ...rows.relation, node: extend(rows.relation.node, items), columns };
}

/** `project` and `print`: the values alone. `prefix` names the unnamed ones from 0. */
export function onlyColumns(
  nodes: readonly SyntaxNode[],
  rows: Rows,
  context: Context,
  environment: Environment,
  prefix?: string,
): Relation {
  const values = evaluate(nodes, rows, context, environment);
  const names = new Names(values.flatMap((value) => (value.explicit && value.name ? [value.name] : [])));
  const items: Item[] = [];
  const columns = values.map((value, i) => {
    const explicit = value.explicit && value.name !== undefined;
    if (explicit) return columnOf(value, value.name ?? "", items, rows, context);
    if (prefix !== undefined) return columnOf(value, names.unique(`${prefix}${i}`), items, rows, context);
    return columnOf(
      value,
      value.name === undefined ? names.anonymous() : names.unique(value.name),
      items,
      rows,
      context,
    );
  });
  return { ...rows.relation, node: extend(rows.relation.node, items), columns };
}
