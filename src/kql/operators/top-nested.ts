import { AggregateScope } from "../plan/aggregates.ts";
import { asType } from "../plan/coerce.ts";
import { type Context, type Environment, extend, type OperatorLowering, Rows } from "../plan/context.ts";
import { lowerItem } from "../plan/items.ts";
import { Names } from "../plan/names.ts";
import type { Item, PlanColumn, PlanNode, Relation } from "../plan/types.ts";
import type { SyntaxNode } from "../syntax/node.ts";

interface Level {
  readonly key: PlanColumn;
  readonly total: PlanColumn;
}

/** The columns of one clause, computed on rows that carry the columns of the levels above. */
function level(
  clause: SyntaxNode,
  rows: Rows,
  above: readonly Level[],
  names: Names,
  context: Context,
  environment: Environment,
) {
  const of = lowerItem(clause.get("OfExpression"), context, { environment, rows })[0];
  if (!of) return context.refuse(clause, "top-nested needs an expression after of.");
  const keyName = names.unique(of.name ?? "Column1");
  const keys: Item[] = [
    ...above.map(({ key }): Item => ({ id: context.id(), sql: key.id })),
    { id: context.id(), sql: of.value.sql },
  ];
  const aggregates = new AggregateScope(context, rows, []);
  const by = aggregates.lower(clause.get("ByExpression"), environment)[0];
  if (!by) return context.refuse(clause, "top-nested needs an aggregate after by.");
  const total: Item = { id: context.id(), sql: by.value.sql };
  const node = extend({ op: "aggregate", input: rows.relation.node, keys, items: aggregates.items }, [total]);
  const totalName = names.unique(by.explicit && by.name !== undefined ? by.name : `aggregated_${keyName}`);
  return { node, keys, of, keyName, total, totalName, totalType: by.value.type };
}

/** Rows of the input that belong to the kept groups of a level, with the level's columns. */
function joinKept(input: PlanNode, kept: PlanNode, pairs: readonly (readonly [string, string])[]): PlanNode {
  const on = pairs.map(([a, b]) => `${a} IS NOT DISTINCT FROM ${b}`).join(" AND ");
  return { op: "join", type: "INNER", left: input, right: kept, on };
}

/** `top-nested`: the top groups, in each of them the top groups of the next clause, and so on. */
const topNested: OperatorLowering = (node, input, context, environment) => {
  const names = new Names();
  const levels: Level[] = [];
  let rows = new Rows(input);
  let result: Relation = input;
  for (const clause of node.items("Clauses")) {
    if (clause.child("WithOthersClause")) return context.unsupported(clause, "top-nested … with others");
    const value: Item = { id: context.id(), sql: "" };
    const made = level(clause, rows, levels, names, context, environment);
    const limit = clause.child("Expression");
    const parents = made.keys.slice(0, -1).map((key) => key.id);
    const over = `OVER (${parents.length > 0 ? `PARTITION BY ${parents.join(", ")} ` : ""}ORDER BY ${made.total.id} DESC NULLS LAST)`;
    const rank: Item = { id: context.id(), sql: `row_number() ${over}` };
    const count = limit ? asType(context.scalar(limit, { environment }), "long").sql : undefined;
    const ranked = extend(made.node, [rank]);
    const kept: PlanNode = count ? { op: "filter", input: ranked, condition: `${rank.id} <= ${count}` } : ranked;
    const last = made.keys.at(-1)?.id ?? "";
    const below = extend(rows.relation.node, [{ ...value, sql: made.of.value.sql }]);
    const pairs = [
      ...levels.map((l, i): [string, string] => [l.key.id, made.keys[i]?.id ?? ""]),
      [value.id, last] as [string, string],
    ];
    levels.push({
      key: { id: last, name: made.keyName, type: made.of.value.type },
      total: { id: made.total.id, name: made.totalName, type: made.totalType },
    });
    const carried = levels.slice(0, -1).flatMap(({ key, total }) => [key, total]);
    const firsts = carried.map((column): Item => ({ id: context.id(), sql: `first(${column.id})` }));
    const joined = joinKept(below, kept, pairs);
    rows = new Rows({ ...rows.relation, node: joined });
    result = levelResult(joined, levels, carried, firsts, context);
  }
  return result;
};

/** One row per group of the last level. */
function levelResult(
  node: PlanNode,
  levels: readonly Level[],
  carried: readonly PlanColumn[],
  firsts: readonly Item[],
  context: Context,
): Relation {
  const keys = levels.map(({ key }): Item => ({ id: context.id(), sql: key.id }));
  const lastTotal = levels.at(-1)?.total;
  const total: Item = { id: context.id(), sql: `first(${lastTotal?.id})` };
  const columns = levels.flatMap(({ key, total: own }, i): PlanColumn[] => {
    const place = carried.findIndex((column) => column.id === own.id);
    return [
      { ...key, id: keys[i]?.id ?? "" },
      { ...own, id: place >= 0 ? (firsts[place]?.id ?? "") : total.id },
    ];
  });
  return {
    node: { op: "aggregate", input: node, keys, items: [...firsts, total] },
    columns,
    order: [],
    serialized: false,
  };
}

export default topNested;
