import { AggregateScope } from "../plan/aggregates.ts";
import { extend, type OperatorLowering, Rows, type Scope } from "../plan/context.ts";
import { lowerItem, type NamedScalar } from "../plan/items.ts";
import { Names } from "../plan/names.ts";
import { byKeys } from "../plan/sorting.ts";
import type { Item, PlanColumn } from "../plan/types.ts";

/** `summarize aggregates by keys`: null is a group of its own; without keys there is always one row. */
const summarize: OperatorLowering = (node, input, context, environment) => {
  const rows = new Rows(input);
  const scope: Scope = { environment, rows };
  const by = node.child("ByClause");
  const groups = (by?.items("Expressions") ?? []).flatMap((item) => lowerItem(item, context, scope));
  const names = new Names();
  const keys: Item[] = groups.map(({ value }) => ({ id: context.id(), sql: value.sql }));
  const columns = groups.map(
    ({ name, value }, i): PlanColumn => ({
      id: keys[i]?.id ?? "",
      name: name === undefined ? names.anonymous() : names.unique(name),
      type: value.type,
    }),
  );
  const aggregates = new AggregateScope(context, rows, columns);
  const values = node.items("Aggregates").flatMap((item) => aggregates.lower(item, environment));
  const explicit = new Set(values.flatMap((value) => (value.explicit && value.name ? [value.name] : [])));
  const items: Item[] = [];
  for (const value of values) columns.push(outputColumn(value, explicit, names, items, () => context.id()));
  const aggregate = { op: "aggregate", input: rows.relation.node, keys, items: aggregates.items } as const;
  return { node: extend(aggregate, items), columns, order: [], arrival: byKeys(keys), serialized: false };
};

function outputColumn(
  value: NamedScalar,
  explicit: ReadonlySet<string>,
  names: Names,
  items: Item[],
  newId: () => string,
): PlanColumn {
  const { sql, type } = value.value;
  const wanted = value.name;
  const free = wanted !== undefined && !value.explicit && explicit.has(wanted) ? `${wanted}1` : wanted;
  const name = free === undefined ? names.anonymous() : names.unique(free);
  if (/^_k\d+$/.test(sql)) return { id: sql, name, type };
  const id = newId();
  items.push({ id, sql });
  return { id, name, type };
}

export default summarize;
