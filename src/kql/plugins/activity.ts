import { isTabular } from "../plan/lists.ts";
import { agree } from "../plan/sharing.ts";
import type { PlanColumn, PlanNode } from "../plan/types.ts";
import {
  added,
  columnArgument,
  constantArgument,
  dimensionOutputs,
  dimensions,
  filtered,
  grouped,
  output,
  ratio,
  stepArgument,
  type Timeline,
  timelineOf,
} from "./support/timeline.ts";
import type { Plugin, PluginCall } from "./types.ts";

/*
 * Metrics of who was active when. Kusto estimates the distinct counts; here they are exact.
 */

const without = (from: string, timeline: Timeline): string =>
  `${timeline.column.id} >= ${from} AND ${timeline.column.id} <= ${timeline.end}`;

/** Every id once per window, with the number of its rows: dimensions, id, window. */
function activity(call: PluginCall, timeline: Timeline, by: readonly PlanColumn[], from = timeline.start) {
  const id = columnArgument(call, call.args[0], "an id column");
  const inside = filtered(call.rows.relation.node, without(from, timeline));
  const keys = [...by.map((column) => column.id), id.id, timeline.index(timeline.column.id)];
  const { node, keys: ids, values } = grouped(call, inside, keys, ["count(*)"]);
  return {
    node,
    dims: ids.slice(0, by.length),
    id: ids[by.length] ?? "",
    window: ids[by.length + 1] ?? "",
    rows: values[0] ?? "",
  };
}

const partition = (ids: readonly string[]): string => (ids.length > 0 ? `PARTITION BY ${ids.join(", ")} ` : "");

const time = (timeline: Timeline, window: string, prefix = "") => ({
  name: `${prefix}${timeline.column.name}`,
  type: timeline.column.type,
  sql: timeline.at(window),
});
const count = (name: string, sql: string) => ({ name, type: "long", sql: `(${sql})::BIGINT` }) as const;
const real = (name: string, sql: string) => ({ name, type: "real", sql }) as const;

/** `activity_counts_metrics`: rows, ids, ids never seen before and ids seen so far, per window. */
const activityCountsMetrics: Plugin = (call) => {
  const timeline = timelineOf(call, 4);
  const by = dimensions(call, 5);
  const active = activity(call, timeline, by);
  const first = `min(${active.window}) OVER (${partition([...active.dims, active.id])})`;
  const seen = added(call, active.node, [first]);
  const fresh = `count(*) FILTER (WHERE ${seen.ids[0]} = ${active.window})`;
  const totals = grouped(call, seen.node, [...active.dims, active.window], [`sum(${active.rows})`, "count(*)", fresh]);
  const [rows, ids, news] = totals.values as [string, string, string];
  const window = totals.keys.at(-1) ?? "";
  const dims = totals.keys.slice(0, -1);
  const running = `sum(${news}) OVER (${partition(dims)}ORDER BY ${window} ROWS UNBOUNDED PRECEDING)`;
  return output(call, totals.node, [
    time(timeline, window),
    ...dimensionOutputs(by, dims),
    count("count", rows),
    count("dcount", ids),
    count("new_dcount", news),
    count("aggregated_dcount", running),
  ]);
};

/** `activity_metrics`: ids per window, and how many came back or stayed away since the window before. */
const activityMetrics: Plugin = (call) => {
  const timeline = timelineOf(call, 4);
  const by = dimensions(call, 5);
  const active = activity(call, timeline, by);
  const before = `lag(${active.window}) OVER (${partition([...active.dims, active.id])}ORDER BY ${active.window})`;
  const seen = added(call, active.node, [`COALESCE(${before} = ${active.window} - 1, false)`]);
  const totals = grouped(
    call,
    seen.node,
    [...active.dims, active.window],
    ["count(*)", `count(*) FILTER (WHERE ${seen.ids[0]})`],
  );
  const [ids, returned] = totals.values as [string, string];
  const window = totals.keys.at(-1) ?? "";
  const dims = totals.keys.slice(0, -1);
  const over = `OVER (${partition(dims)}ORDER BY ${window})`;
  const previous = `CASE WHEN lag(${window}) ${over} = ${window} - 1 THEN lag(${ids}) ${over} ELSE 0 END`;
  const known = added(call, totals.node, [previous]);
  const base = known.ids[0] ?? "";
  return output(call, known.node, [
    time(timeline, window),
    ...dimensionOutputs(by, dims),
    count("dcount_values", ids),
    count("dcount_newvalues", `${ids} - ${returned}`),
    real("retention_rate", ratio(returned, base)),
    real("churn_rate", ratio(`(${base} - ${returned})`, base)),
  ]);
};

/** Every window that sees an activity when it looks back over `reach` windows, itself included. */
function spread(call: PluginCall, timeline: Timeline, window: string, node: PlanNode, reach: string) {
  const first = `greatest(${window}, 0)`;
  const last = `least(${window} + ${reach}, ${timeline.last} + 1)`;
  return added(call, node, [`unnest(range(${first}, greatest(${first}, ${last})))`]);
}

/** How many windows a longer distance covers: it is rounded down to whole windows. */
const reachOf = (distance: string, step: string): string => `greatest(floor(${distance} / ${step}), 1)::BIGINT`;

/** `sliding_window_counts`: rows and ids of the time up to the end of each window. Earlier rows count in looking back. */
const slidingWindowCounts: Plugin = (call) => {
  const timeline = timelineOf(call, 5);
  const by = dimensions(call, 6);
  const back = stepArgument(call, call.args[4], "the lookback window", timeline.column.type);
  const active = activity(call, timeline, by, `${timeline.start} - ${back}`);
  const wide = spread(call, timeline, active.window, active.node, reachOf(back, timeline.step));
  const totals = grouped(
    call,
    wide.node,
    [...active.dims, wide.ids[0] ?? ""],
    [`sum(${active.rows})`, `count(DISTINCT ${active.id})`],
  );
  const [rows, ids] = totals.values as [string, string];
  return output(call, totals.node, [
    time(timeline, totals.keys.at(-1) ?? ""),
    ...dimensionOutputs(by, totals.keys.slice(0, -1)),
    count("Count", rows),
    count("Dcount", ids),
  ]);
};

/** `activity_engagement`: ids of each inner window against those of the outer window that ends with it. */
const activityEngagement: Plugin = (call) => {
  const timeline = timelineOf(call, 4);
  const by = dimensions(call, 6);
  const outer = stepArgument(call, call.args[5], "the outer window", timeline.column.type);
  const active = activity(call, timeline, by, `${timeline.start} - ${outer}`);
  const wide = spread(call, timeline, active.window, active.node, reachOf(outer, timeline.step));
  const window = wide.ids[0] ?? "";
  const distinct = `count(DISTINCT ${active.id})`;
  const totals = grouped(
    call,
    wide.node,
    [...active.dims, window],
    [`${distinct} FILTER (WHERE ${window} = ${active.window})`, distinct],
  );
  const [inside, all] = totals.values as [string, string];
  return output(call, totals.node, [
    time(timeline, totals.keys.at(-1) ?? ""),
    ...dimensionOutputs(by, totals.keys.slice(0, -1)),
    count("dcount_activities_inner", inside),
    count("dcount_activities_outer", all),
    real("activity_ratio", ratio(inside, all)),
  ]);
};

/** `active_users_count`: ids that were there in enough periods of the time before one of their rows, per window. */
const activeUsersCount: Plugin = (call) => {
  const timeline = timelineOf(call, 7);
  const { column } = timeline;
  if (column.type === "real" || column.type === "decimal")
    return call.context.unsupported(call.node, `active_users_count over a ${column.type} timeline`);
  const by = dimensions(call, 8);
  const back = stepArgument(call, call.args[4], "the lookback window", column.type);
  const period = stepArgument(call, call.args[5], "the period", column.type);
  const least = constantArgument(call, call.args[6], "the number of active periods", "long").sql;
  const id = columnArgument(call, call.args[0], "an id column");
  const dims = by.map((dimension) => dimension.id);
  const inside = filtered(call.rows.relation.node, without(`${timeline.start} - ${back}`, timeline));
  const periods = added(call, inside, [timeline.index(column.id, period)]);
  const frame = `${partition([...dims, id.id])}ORDER BY ${column.id} RANGE BETWEEN ${back} - 1 PRECEDING AND CURRENT ROW`;
  const counted = added(call, periods.node, [`count(DISTINCT ${periods.ids[0]}) OVER (${frame})`]);
  const enough = filtered(counted.node, `${counted.ids[0]} >= ${least} AND ${column.id} >= ${timeline.start}`);
  const totals = grouped(call, enough, [...dims, timeline.index(column.id)], [`count(DISTINCT ${id.id})`]);
  return output(call, totals.node, [
    time(timeline, totals.keys.at(-1) ?? ""),
    ...dimensionOutputs(by, totals.keys.slice(0, -1)),
    count("dcount", totals.values[0] ?? ""),
  ]);
};

/** The optional arguments of `new_activity_metrics`: a cohort, dimensions and a table of ids that are not new. */
function cohortArguments(call: PluginCall, timeline: Timeline) {
  const { args, context, environment, rows } = call;
  const rest = args.slice(5);
  const scope = { environment, rows };
  const table = rest.findIndex((node) => isTabular(node, scope, context));
  const known = table >= 0 ? context.tabular(rest[table] as (typeof rest)[number], environment) : undefined;
  const plain = rest.filter((_, i) => i !== table);
  const isColumn = plain[0]?.kind === "NameReference" && rows.column(plain[0].name) !== undefined;
  const cohort =
    plain[0] && !isColumn ? constantArgument(call, plain[0], "the cohort", timeline.column.type).sql : undefined;
  const by = plain.slice(cohort === undefined ? 0 : 1).map((node) => columnArgument(call, node, "dimension columns"));
  return { known, cohort, by };
}

/** Activities of ids that the lookback table does not know. */
function withoutKnown(call: PluginCall, active: ReturnType<typeof activity>, known: PluginCall["rows"]["relation"]) {
  const name = columnArgument(call, call.args[0], "an id column").name;
  const column = known.columns.find((item) => item.name === name);
  if (!column) return call.context.refuse(call.node, `The lookback table has no column ${name}.`);
  const on = agree([active.id], [column.id]);
  return { op: "join", type: "ANTI", left: active.node, right: known.node, on } as const;
}

/** `new_activity_metrics`: what became of the ids first seen in a window, in it and in every later window. */
const newActivityMetrics: Plugin = (call) => {
  const timeline = timelineOf(call, 4);
  const { known, cohort, by } = cohortArguments(call, timeline);
  const active = activity(call, timeline, by);
  const source = known ? withoutKnown(call, active, known) : active.node;
  const seen = added(call, source, [`min(${active.window}) OVER (${partition([...active.dims, active.id])})`]);
  const first = seen.ids[0] ?? "";
  const cells = grouped(call, seen.node, [...active.dims, first, active.window], ["count(*)"]);
  const shared = call.context.share(cells.node, true);
  const table: PlanNode = { op: "shared", shared: { ...shared, once: true } };
  const width = by.length;
  const [from, to] = cells.keys.slice(width) as [string, string];
  const size = cells.values[0] ?? "";
  const cohorts = filtered(
    table,
    cohort === undefined ? `${from} = ${to}` : `${from} = ${to} AND ${from} = ${timeline.index(cohort)}`,
  );
  const base = grouped(call, cohorts, cells.keys.slice(0, width + 1), [`sum(${size})`]);
  const origin = base.keys.at(-1) ?? "";
  const dims = base.keys.slice(0, width);
  const wide = added(call, base.node, [`unnest(range(${origin}, ${timeline.last} + 1))`]);
  const target = wide.ids[0] ?? "";
  const all = grouped(call, table, cells.keys, [`sum(${size})`]);
  const [cellFrom, cellTo] = all.keys.slice(width) as [string, string];
  const same = `${agree(dims, all.keys.slice(0, width))} AND ${target} = ${cellTo}`;
  const joined: PlanNode = { op: "join", type: "LEFT", left: wide.node, right: all.node, on: same };
  const later = `${target} > ${origin} AND ${cellFrom} > ${origin}`;
  const own = `${target} = ${origin} AND ${cellFrom} = ${origin}`;
  const cell = all.values[0] ?? "";
  const sumWhere = (condition: string) => `COALESCE(sum(${cell}) FILTER (WHERE ${condition}), 0)`;
  const members = `first(${base.values[0]})`;
  const totals = grouped(
    call,
    joined,
    [...dims, origin, target],
    [sumWhere(`(${later}) OR (${own})`), sumWhere(`${cellFrom} = ${origin}`), members],
  );
  const [news, retained, total] = totals.values as [string, string, string];
  const [start, end] = totals.keys.slice(width) as [string, string];
  return output(call, totals.node, [
    time(timeline, start, "from_"),
    time(timeline, end, "to_"),
    ...dimensionOutputs(by, totals.keys.slice(0, width)),
    count("dcount_new_values", news),
    count("dcount_retained_values", retained),
    count("dcount_churn_values", `${total} - ${retained}`),
    real("retention_rate", ratio(retained, total)),
    real("churn_rate", ratio(`(${total} - ${retained})`, total)),
  ]);
};

export default {
  activity_counts_metrics: activityCountsMetrics,
  activity_metrics: activityMetrics,
  activity_engagement: activityEngagement,
  sliding_window_counts: slidingWindowCounts,
  active_users_count: activeUsersCount,
  new_activity_metrics: newActivityMetrics,
};
