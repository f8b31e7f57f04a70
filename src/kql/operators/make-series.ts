import type { ScalarType } from "../../core/kusto.ts";
import { convert, toElement } from "../functions/support/convert.ts";
import { AggregateScope } from "../plan/aggregates.ts";
import { asType, atom, nullOf } from "../plan/coerce.ts";
import { type Context, extend, type OperatorLowering, Rows, type Scope } from "../plan/context.ts";
import { lowerItem } from "../plan/items.ts";
import { defaultName, Names } from "../plan/names.ts";
import type { Item, PlanColumn, PlanNode, Scalar } from "../plan/types.ts";
import type { SyntaxNode } from "../syntax/node.ts";

interface Axis {
  readonly value: Scalar;
  readonly step: string;
  readonly from: string | undefined;
  /** SQL of how many bins there are, where the text says it. */
  readonly count: string | undefined;
  readonly name: string;
}

const stepType = (type: ScalarType): ScalarType => (type === "datetime" ? "timespan" : type);

/** Whole bins between two points of the axis. */
const bins = (type: ScalarType, span: string, step: string): string =>
  type === "real"
    ? `floor((${span}) / ${step})`
    : `((${span}) // ${step} - CASE WHEN (${span}) % ${step} < 0 THEN 1 ELSE 0 END)`;

/** Without an end that is known there are no bins. */
const counted = (sql: string): string => `COALESCE(${sql}, 0)`;

function axisOf(node: SyntaxNode, context: Context, scope: Scope): Axis {
  const on = node.get("OnClause").get("Expression");
  const named = lowerItem(on, context, scope)[0];
  const value = named?.value ?? context.refuse(on, "make-series needs an axis.");
  const clause = node.get("RangeClause");
  /** The points of the axis are values of the query: a column of the same name is not meant. */
  const fixed: Scope = { environment: scope.environment };
  const typed = (expression: SyntaxNode, type: ScalarType): string => atom(context.typed(expression, type, fixed));
  const name = defaultName(on) ?? "Column1";
  if (clause.kind === "MakeSeriesInRangeClause") {
    const [start, stop, step] = clause.get("Arguments").items("Expressions");
    if (!start || !stop || !step) return context.refuse(clause, "make-series … in range() takes start, stop and step.");
    const [a, b, c] = [typed(start, value.type), typed(stop, value.type), typed(step, stepType(value.type))];
    return { value, step: c, from: a, count: counted(`${bins(value.type, `${b} - ${a}`, c)} + 1`), name };
  }
  const part = (member: string): SyntaxNode | undefined => clause.child(member)?.get("Expression");
  const [from, to, step] = [part("MakeSeriesFromClause"), part("MakeSeriesToClause"), part("MakeSeriesStepClause")];
  if (!step) return context.refuse(clause, "make-series needs a step.");
  const c = typed(step, stepType(value.type));
  const a = from && typed(from, value.type);
  const b = to && typed(to, value.type);
  const count = a !== undefined && b !== undefined ? counted(`-(${bins(value.type, `${a} - ${b}`, c)})`) : undefined;
  if (a === undefined && b !== undefined)
    return { value, step: c, from: undefined, count: counted(`-(${bins(value.type, `0 - ${b}`, c)})`), name };
  return { value, step: c, from: a, count, name };
}

interface Series {
  readonly name: string;
  readonly id: string;
  readonly type: ScalarType;
  readonly fallback: string;
}

function seriesOf(
  node: SyntaxNode,
  aggregates: AggregateScope,
  context: Context,
  scope: Scope,
  values: Item[],
): Series[] {
  const names = new Names();
  return node.items("Aggregates").flatMap((item) => {
    const inner = item.kind === "MakeSeriesExpression" ? item.get("Expression") : item;
    const given = item.child("DefaultExpression")?.get("Expression");
    return aggregates.lower(inner, scope.environment).map(({ name, value }): Series => {
      const id = context.id();
      values.push({ id, sql: value.sql });
      const fallback = given ? asType(context.scalar(given, scope), value.type) : zeroOf(value.type);
      return {
        name: names.unique(name ?? "Column1"),
        id,
        type: value.type,
        fallback: toElement(fallback.sql, value.type),
      };
    });
  });
}

const zeroOf = (type: ScalarType): Scalar =>
  type === "string" || type === "dynamic" || type === "datetime" || type === "guid" || type === "bool"
    ? nullOf(type)
    : asType({ sql: "0", type: "long", constant: 0n, notNull: true }, type);

const MAX_BINS = 1_048_576;

/** `make-series`: per group one array per aggregate, a value per bin of the axis, gaps filled with the default. */
const makeSeries: OperatorLowering = (node, input, context, environment) => {
  const rows = new Rows(input);
  const scope: Scope = { environment, rows };
  const axis = axisOf(node, context, scope);
  const groups = (node.child("ByClause")?.items("Expressions") ?? []).flatMap((item) =>
    lowerItem(item, context, scope),
  );
  const keys = groups.map(({ value }): Item => ({ id: context.id(), sql: value.sql }));
  const names = new Names();
  const keyColumns = groups.map(
    ({ name, value }, i): PlanColumn => ({
      id: keys[i]?.id ?? "",
      name: name === undefined ? names.anonymous() : names.unique(name),
      type: value.type,
    }),
  );
  const place: Item = {
    id: context.id(),
    sql: `(${bins(axis.value.type, `${atom(axis.value.sql)} - ${axis.from ?? "0"}`, axis.step)})::BIGINT`,
  };
  const aggregates = new AggregateScope(context, rows, keyColumns);
  const values: Item[] = [];
  const series = seriesOf(node, aggregates, context, scope, values);
  const placed = extend(rows.relation.node, [place]);
  const inside =
    axis.count === undefined
      ? `${place.id} >= 0`
      : `${place.id} < ${axis.count}${axis.from === undefined ? "" : ` AND ${place.id} >= 0`}`;
  const filtered: PlanNode = {
    op: "filter",
    input: placed,
    condition: axis.from === undefined && axis.count === undefined ? `${place.id} IS NOT NULL` : inside,
  };
  const bin: Item = { id: context.id(), sql: place.id };
  const perBin = extend({ op: "aggregate", input: filtered, keys: [...keys, bin], items: aggregates.items }, values);
  return collect(
    { perBin, bin, keys, keyColumns, series, axis, nonempty: node.parameter("kind")?.text === "nonempty" },
    context,
  );
};

interface Parts {
  readonly perBin: PlanNode;
  readonly bin: Item;
  readonly keys: readonly Item[];
  readonly keyColumns: readonly PlanColumn[];
  readonly series: readonly Series[];
  readonly axis: Axis;
  readonly nonempty: boolean;
}

/** Puts the bins of each group side by side. */
function collect({ perBin, bin, keys, keyColumns, series, axis, nonempty }: Parts, context: Context) {
  const low: Item = { id: context.id(), sql: axis.from === undefined ? `min(${bin.id}) OVER ()` : "0::BIGINT" };
  const high: Item = {
    id: context.id(),
    sql: axis.count === undefined ? `max(${bin.id}) OVER () + 1` : `${axis.count}::BIGINT`,
  };
  const maps = series.map(
    ({ id, type }): Item => ({
      id: context.id(),
      sql: `map(COALESCE(list(${bin.id}) FILTER (WHERE ${bin.id} IS NOT NULL), []), COALESCE(list(${toElement(id, type)}) FILTER (WHERE ${bin.id} IS NOT NULL), []))`,
    }),
  );
  const ends = [low, high].map((item): Item => ({ id: context.id(), sql: `any_value(${item.id})` }));
  const again = keys.map((key): Item => ({ id: context.id(), sql: key.id }));
  const grouped: PlanNode = {
    op: "aggregate",
    input: extend(perBin, [low, high]),
    keys: again,
    items: [...maps, ...ends],
  };
  const fixed = axis.from !== undefined && axis.count !== undefined;
  const [first, end] = [fixed ? "0" : (ends[0]?.id ?? ""), fixed ? `${axis.count}::BIGINT` : (ends[1]?.id ?? "")];
  const filled: PlanNode =
    nonempty || keys.length > 0 || fixed ? grouped : { op: "filter", input: grouped, condition: `${end} IS NOT NULL` };
  const present: PlanNode =
    keys.length === 0 && !nonempty && fixed
      ? { op: "filter", input: grouped, condition: `len(map_keys(${maps[0]?.id})) > 0` }
      : filled;
  const indexes = `range(${first}, least(${end}, ${first} + ${MAX_BINS}))`;
  const array = (element: string): string =>
    `'[' || array_to_string(list_transform(${indexes}, lambda kql_i: ${element}), ',') || ']'`;
  const arrays = series.map(
    ({ fallback }, i): Item => ({
      id: context.id(),
      sql: array(`COALESCE(element_at(${maps[i]?.id}, kql_i)[1], ${fallback})`),
    }),
  );
  const point = `${axis.from ?? "0"} + kql_i * ${axis.step}`;
  const line: Item = { id: context.id(), sql: array(convert(`(${point})`, axis.value.type, "dynamic")) };
  const names = new Names(keyColumns.map((column) => column.name));
  const columns: PlanColumn[] = [
    ...keyColumns.map((column, i) => ({ ...column, id: again[i]?.id ?? "" })),
    ...series.map(
      ({ name }, i): PlanColumn => ({ id: arrays[i]?.id ?? "", name: names.unique(name), type: "dynamic" }),
    ),
    { id: line.id, name: names.unique(axis.name), type: "dynamic" },
  ];
  return { node: extend(present, [...arrays, line]), columns, order: [], serialized: false };
}

export default makeSeries;
