import { columnScalar } from "../plan/coerce.ts";
import { type OperatorLowering, Rows } from "../plan/context.ts";
import { lowerItem, type NamedScalar } from "../plan/items.ts";
import { Names } from "../plan/names.ts";
import { columnsOf, patternOf } from "../plan/patterns.ts";
import { byKeys } from "../plan/sorting.ts";
import type { Item, PlanColumn } from "../plan/types.ts";

/** `distinct`: every combination of the values once. */
const distinct: OperatorLowering = (node, input, context, environment) => {
  const rows = new Rows(input);
  const values = node
    .items("Expressions")
    .flatMap((item) =>
      patternOf(item) === undefined
        ? lowerItem(item, context, { environment, rows })
        : columnsOf(item, input.columns, context).map(
            (column): NamedScalar => ({ name: column.name, explicit: false, value: columnScalar(column), node: item }),
          ),
    );
  const names = new Names();
  const keys: Item[] = [];
  const columns = values.map(({ name, value }): PlanColumn => {
    const id = context.id();
    keys.push({ id, sql: value.sql });
    return { id, name: name === undefined ? names.anonymous() : names.unique(name), type: value.type };
  });
  return {
    node: { op: "aggregate", input: rows.relation.node, keys, items: [] },
    columns,
    order: [],
    arrival: byKeys(keys),
    serialized: false,
  };
};

export default distinct;
