import type { ScalarType } from "../../core/kusto.ts";
import { orderSql, STORAGE } from "../sql/render.ts";
import type { SyntaxNode } from "../syntax/node.ts";
import { asType, atom, bool, isNumber, long, nullOf } from "./coerce.ts";
import { type Context, extend, type Rows, type Scope } from "./context.ts";
import { SESSION_UDFS } from "./sessions.ts";
import type { Item, PlanNode, Scalar } from "./types.ts";

/** The rows' places as one column, so that every window sees the same order even among equal keys. */
export function ordinal(rows: Rows, context: Context): string {
  const known = rows.relation.ordinal;
  if (known !== undefined) return known;
  const id = context.id();
  const { order } = rows.relation;
  rows.number(id, order.length > 0 ? `ORDER BY ${orderSql(order)}` : "");
  rows.relation = { ...rows.relation, ordinal: id, order: [{ sql: id, descending: false, nullsFirst: false }] };
  return id;
}

interface Window {
  readonly rows: Rows;
  readonly order: string;
  readonly context: Context;
}

/** A window's value becomes a column of the plan below: DuckDB has no windows in WHERE or inside other windows. */
function hoisted(window: Window, sql: string, type: ScalarType): Scalar {
  const id = window.context.id();
  window.rows.hoist({ id, sql });
  return { sql: id, type, notNull: type === "string" };
}

/** The run that a row belongs to when a flag starts a new one. */
function runs(window: Window, restart: Scalar | undefined): string {
  if (restart === undefined || restart.constant === false) return "";
  const flag = `CASE WHEN ${atom(asType(restart, "bool").sql)} THEN 1 ELSE 0 END`;
  const run = hoisted(window, `sum(${flag}) OVER (ORDER BY ${window.order} ROWS UNBOUNDED PRECEDING)`, "long");
  return `PARTITION BY ${run.sql} `;
}

type Lower = (args: readonly Scalar[], window: Window, node: SyntaxNode) => Scalar;

const rowNumber: Lower = ([start = long(1n), restart], window) => {
  const over = `OVER (${runs(window, restart)}ORDER BY ${window.order})`;
  return hoisted(window, `(row_number() ${over} - 1 + ${atom(asType(start, "long").sql)})`, "long");
};

const neighbour =
  (name: "lag" | "lead"): Lower =>
  ([value, offset = long(1n), fallback], window, node) => {
    if (!value) return window.context.refuse(node, "prev() and next() take an expression.");
    if (typeof offset.constant !== "bigint" || offset.constant < 1n)
      return window.context.refuse(node, "The offset of prev() and next() is a constant of at least 1.");
    const other = asType(fallback ?? nullOf(value.type), value.type);
    const id = window.context.id();
    const call = `${name}(${value.sql}, ${offset.constant}, ${other.sql})`;
    window.rows.window(id, window.order, (order) => `${call} OVER (${order})`);
    return { sql: id, type: value.type, notNull: value.type === "string" };
  };

const cumulativeSum: Lower = ([value, restart], window, node) => {
  if (!value) return window.context.refuse(node, "row_cumsum() takes an expression.");
  const number = isNumber(value.type) || value.type === "timespan" ? value : asType(value, "real");
  const type = number.type === "int" ? "long" : number.type;
  const partition = runs(window, restart);
  const sum = `sum(${number.sql}) OVER (${partition}ORDER BY ${window.order} ROWS UNBOUNDED PRECEDING)`;
  return hoisted(window, `COALESCE(${sum}, 0)::${STORAGE[type]}`, type);
};

const rank =
  (dense: boolean): Lower =>
  ([value, restart], window, node) => {
    if (!value) return window.context.refuse(node, "row_rank functions take an expression.");
    const partition = runs(window, restart);
    const over = `OVER (${partition}ORDER BY ${window.order})`;
    const row = hoisted(window, `row_number() ${over}`, "long");
    const before = `lag(${value.sql}) ${over}`;
    const changed = hoisted(window, `(${row.sql} = 1 OR ${value.sql} IS DISTINCT FROM ${before})`, "bool");
    const frame = `OVER (${partition}ORDER BY ${window.order} ROWS UNBOUNDED PRECEDING)`;
    const sql = dense
      ? `sum(CASE WHEN ${changed.sql} THEN 1 ELSE 0 END) ${frame}`
      : `max(CASE WHEN ${changed.sql} THEN ${row.sql} END) ${frame}`;
    return hoisted(window, `(${sql})::BIGINT`, "long");
  };

/**
 * The start of the session that a row belongs to. A row starts one when it is too far from the row before it or from
 * the session's first row, or when the restart flag says so: each answer needs the one before, so one call sees all rows.
 */
const session: Lower = ([value, fromFirst, between, restart = bool(false)], window, node) => {
  const { rows, order, context } = window;
  if (!value || !fromFirst || !between)
    return context.refuse(node, "row_window_session() takes three or four arguments.");
  const real = value.type === "real" || value.type === "decimal";
  const limitType = real ? "real" : value.type === "datetime" ? "timespan" : value.type;
  const [first, gap] = [fromFirst, between].map((limit) => asType(limit, limitType).sql);
  context.use(SESSION_UDFS);
  const listed = real ? asType(value, "real").sql : `${atom(value.sql)}::BIGINT`;
  const flag = `CASE WHEN ${atom(asType(restart, "bool").sql)} THEN 1 ELSE 0 END::BIGINT`;
  const shared = context.share(rows.relation.node, true);
  const below: PlanNode = { op: "shared", shared: { ...shared, once: true } };
  const lists = [listed, flag, order].map((sql): Item => ({ id: context.id(), sql: `list(${sql} ORDER BY ${order})` }));
  const [values = "", flags = "", places = ""] = lists.map((list) => list.id);
  const starts: Item = {
    id: context.id(),
    sql: `kql_sessions_${real ? "real" : "whole"}(${values}, ${flags}, ${first}, ${gap})`,
  };
  const [start, place] = [context.id(), context.id()];
  const items = [
    { id: start, sql: `unnest(${starts.id})` },
    { id: place, sql: `unnest(${places})` },
  ];
  const found: PlanNode = { op: "aggregate", input: below, keys: [], items: lists };
  const right: PlanNode = { op: "extend", input: extend(found, [starts]), items, expands: true };
  const joined: PlanNode = { op: "join", type: "LEFT", left: below, right, on: `${order} = ${place}` };
  rows.relation = { ...rows.relation, node: joined };
  return {
    sql: value.type === "decimal" ? `${start}::DECIMAL(38,18)` : value.type === "int" ? `${start}::INTEGER` : start,
    type: value.type,
  };
};

const WINDOWS: ReadonlyMap<string, Lower> = new Map<string, Lower>([
  ["row_number", rowNumber],
  ["prev", neighbour("lag")],
  ["next", neighbour("lead")],
  ["row_cumsum", cumulativeSum],
  ["row_rank_dense", rank(true)],
  ["row_rank", rank(true)],
  ["row_rank_min", rank(false)],
  ["row_window_session", session],
]);

export const WINDOW_NAMES: readonly string[] = [...WINDOWS.keys()];

/** Functions that look at neighbouring rows; undefined when the call is none of them. */
export function windowFunction(node: SyntaxNode, context: Context, scope: Scope): Scalar | undefined {
  const name = node.get("Name").name;
  const lower = WINDOWS.get(name);
  if (!lower) return undefined;
  const { rows } = scope;
  if (!rows) return context.refuse(node, `${name}() needs the rows of a table.`);
  if (!rows.relation.serialized)
    return context.refuse(node, `${name}() needs rows in a fixed order.`, "Put sort or serialize before it.");
  const order = ordinal(rows, context);
  const args = node
    .get("ArgumentList")
    .items("Expressions")
    .map((argument) => context.scalar(argument, scope));
  return lower(args, { rows, order, context }, node);
}
