import { aggregates, scalarFunctions } from "../functions/index.ts";
import { callContext, renderTemplate } from "../plan/calls.ts";
import { agree, sharedReader } from "../plan/sharing.ts";
import type { PlanColumn, PlanNode, Scalar } from "../plan/types.ts";
import {
  columnArgument,
  constantArgument,
  dimensionOutputs,
  dimensions,
  distanceType,
  grouped,
  output,
  stepArgument,
} from "./support/timeline.ts";
import type { Plugin, PluginCall } from "./types.ts";

/** SQL of the bin of a value, as `bin()` has it. */
function binSql(call: PluginCall, index: PlanColumn, size: string): string {
  const entry = scalarFunctions.get("bin");
  if (!entry) return call.context.unsupported(call.node, "bin()");
  call.context.use(entry.udfs);
  const args: Scalar[] = [
    { sql: index.id, type: index.type },
    { sql: size, type: distanceType(index.type) },
  ];
  return renderTemplate(entry.sql, args, callContext(call.node, call.context));
}

/** `rolling_percentile`: the percentile of the values in each bin and in the bins before it that the window covers. */
const rollingPercentile: Plugin = (call) => {
  const { args, node, rows } = call;
  const value = columnArgument(call, args[0], "a value column");
  const percent = constantArgument(call, args[1], "the percentile", "real");
  const index = columnArgument(call, args[2], "an index column");
  const size = stepArgument(call, args[3], "the bin size", index.type);
  const bins = constantArgument(call, args[4], "the bins per window", "long");
  if (typeof bins.constant !== "bigint" || bins.constant < 1n)
    return call.context.refuse(node, "A window covers at least one bin.");
  const by = dimensions(call, 5);
  const entry = aggregates.get("percentile");
  if (!entry) return call.context.unsupported(node, "percentile()");
  call.context.use(entry.udfs);

  const [key, item] = [call.context.id(), call.context.id()];
  const binned: PlanNode = {
    op: "extend",
    input: rows.relation.node,
    items: [
      { id: key, sql: binSql(call, index, size) },
      { id: item, sql: value.id },
    ],
  };
  const columns: PlanColumn[] = [{ ...index, id: key }, { ...value, id: item }, ...by];
  const read = sharedReader({ node: binned, columns, order: [], serialized: false }, call.context);
  const [ends, values] = [read(), read()];
  const [end, , ...endDims] = ends.columns.map((column) => column.id) as [string, string, ...string[]];
  const windows = grouped(call, ends.node, [end, ...endDims], []);
  const [last, ...dims] = windows.keys as [string, ...string[]];
  const [at, cell, ...cellDims] = values.columns.map((column) => column.id) as [string, string, ...string[]];
  const within = `${at} <= ${last} AND ${at} > ${last} - ${bins.constant} * ${size}`;
  const joined: PlanNode = {
    op: "join",
    type: "INNER",
    left: windows.node,
    right: values.node,
    on: `${agree(dims, cellDims)} AND ${within}`,
  };
  const scalar: Scalar = { sql: cell, type: value.type };
  const sql = renderTemplate(entry.sql, [scalar, percent], callContext(node, call.context));
  const type = typeof entry.returns === "function" ? entry.returns([scalar, percent]) : entry.returns;
  const result = grouped(call, joined, [last, ...dims], [sql]);
  const [time, ...slices] = result.keys as [string, ...string[]];
  const name = `rolling_${bins.constant}_percentile_${value.name}_${args[1]?.text.replaceAll(".", "_") ?? ""}`;
  return output(call, result.node, [
    { name: index.name, type: index.type, sql: time },
    ...dimensionOutputs(by, slices),
    { name, type, sql: result.values[0] ?? "" },
  ]);
};

export default { rolling_percentile: rollingPercentile };
