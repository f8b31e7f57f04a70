import type { ScalarType } from "../../../core/kusto.ts";
import { asType, columnScalar, isNumber } from "../../plan/coerce.ts";
import { extend } from "../../plan/context.ts";
import { columnsOf } from "../../plan/patterns.ts";
import type { Item, PlanColumn, PlanNode, Relation, Scalar } from "../../plan/types.ts";
import type { SyntaxNode } from "../../syntax/node.ts";
import type { PluginCall } from "../types.ts";

const UNORDERED = { order: [], serialized: false } as const;

const isTime = (type: ScalarType): boolean => type === "datetime" || type === "timespan";
/** What the difference of two values of a type is. */
export const distanceType = (type: ScalarType): ScalarType => (type === "datetime" ? "timespan" : type);

/**
 * The windows of an analysis: window k covers [start + k·step, start + (k+1)·step); the last one is that in which the
 * end lies.
 */
export class Timeline {
  readonly call: PluginCall;
  readonly column: PlanColumn;
  readonly start: string;
  readonly end: string;
  readonly step: string;

  constructor(call: PluginCall, column: PlanColumn, start: string, end: string, step: string) {
    this.call = call;
    this.column = column;
    this.start = start;
    this.end = end;
    this.step = step;
  }

  /** SQL of the number of the window, or of another length counted from the start, in which a value lies. */
  index(value: string, step = this.step): string {
    const offset = `(${value} - ${this.start})`;
    if (this.column.type === "real" || this.column.type === "decimal") return `floor(${offset} / ${step})::BIGINT`;
    return `((${offset} - ((${offset} % ${step}) + ${step}) % ${step}) // ${step})`;
  }

  /** SQL of the start of a window. */
  at(index: string): string {
    const type = this.column.type === "int" ? "::INTEGER" : "";
    return `(${this.start} + ${index} * ${this.step})${type}`;
  }

  get last(): string {
    return this.index(this.end);
  }
}

/** An argument that names a column of the rows. */
export function columnArgument(call: PluginCall, node: SyntaxNode | undefined, what: string): PlanColumn {
  if (!node) return call.context.refuse(call.node, `${call.name} needs ${what}.`);
  const [column] = columnsOf(node, call.rows.relation.columns, call.context);
  return column ?? call.context.refuse(node, `${call.name} needs ${what}.`);
}

/** A constant argument in the type that is needed. */
export function constantArgument(
  call: PluginCall,
  node: SyntaxNode | undefined,
  what: string,
  type: ScalarType,
): Scalar {
  const { context, environment, name } = call;
  if (!node) return context.refuse(call.node, `${name} needs ${what}.`);
  const given = context.scalar(node, { environment });
  if (given.type === "string" && isTime(type))
    return context.unsupported(node, `${name} with calendar steps`, "Give a timespan such as 1d.");
  const value = asType(given, type);
  if (value.constant === null) return context.refuse(node, `${what} is not a ${type}.`);
  return value;
}

/** A step: a distance that is positive. */
export function stepArgument(call: PluginCall, node: SyntaxNode | undefined, what: string, type: ScalarType): string {
  const { constant, sql } = constantArgument(call, node, what, distanceType(type));
  if (typeof constant !== "bigint" && typeof constant !== "number")
    return call.context.unsupported(node ?? call.node, `${call.name} with ${what} that is not a constant`);
  if (constant <= 0) return call.context.refuse(node ?? call.node, `${what} must be positive.`);
  return sql;
}

/** The timeline of `plugin(id, time, start, end, step, …)`; `step` is the place of the step among the arguments. */
export function timelineOf(call: PluginCall, step: number): Timeline {
  const { args, context } = call;
  const column = columnArgument(call, args[1], "a timeline column");
  if (!isTime(column.type) && !isNumber(column.type))
    return context.refuse(args[1] ?? call.node, `A timeline of type ${column.type} has no windows.`);
  const start = constantArgument(call, args[2], "the start", column.type).sql;
  const end = constantArgument(call, args[3], "the end", column.type).sql;
  return new Timeline(call, column, start, end, stepArgument(call, args[step], "the step", column.type));
}

/** The dimension columns from an argument on. */
export const dimensions = (call: PluginCall, from: number): PlanColumn[] =>
  call.args.slice(from).map((node) => columnArgument(call, node, "dimension columns"));

/** Rows grouped by ids and expressions, with aggregates, all under fresh ids. */
export function grouped(
  call: PluginCall,
  input: PlanNode,
  keys: readonly string[],
  aggregates: readonly string[],
): { node: PlanNode; keys: string[]; values: string[] } {
  const itemsOf = (sqls: readonly string[]) => sqls.map((sql): Item => ({ id: call.context.id(), sql }));
  const [groups, items] = [itemsOf(keys), itemsOf(aggregates)];
  const ids = (list: readonly Item[]) => list.map((item) => item.id);
  return { node: { op: "aggregate", input, keys: groups, items }, keys: ids(groups), values: ids(items) };
}

/** Adds columns and names them. */
export function added(call: PluginCall, input: PlanNode, sqls: readonly string[]): { node: PlanNode; ids: string[] } {
  const items = sqls.map((sql): Item => ({ id: call.context.id(), sql }));
  return { node: extend(input, items), ids: items.map((item) => item.id) };
}

export const filtered = (input: PlanNode, condition: string): PlanNode => ({ op: "filter", input, condition });

export interface Output {
  readonly name: string;
  readonly type: ScalarType;
  readonly sql: string;
}

/** The result of a plugin. */
export function output(call: PluginCall, input: PlanNode, columns: readonly Output[]): Relation {
  const { node, ids } = added(
    call,
    input,
    columns.map(({ sql }) => sql),
  );
  return {
    ...UNORDERED,
    node,
    columns: columns.map(({ name, type }, i): PlanColumn => ({ id: ids[i] ?? "", name, type })),
  };
}

/** Output columns of dimensions whose values stand under other ids. */
export const dimensionOutputs = (columns: readonly PlanColumn[], ids: readonly string[]): Output[] =>
  columns.map(({ name, type }, i) => ({ name, type, sql: ids[i] ?? columnScalar({ id: "", name, type }).sql }));

/** `a / b` as a real; nothing of nothing is not a number. */
export const ratio = (a: string, b: string): string =>
  `CASE WHEN ${b} = 0 THEN 'NaN'::DOUBLE ELSE ${a}::DOUBLE / ${b}::DOUBLE END`;
