import { scalarFunctions } from "../functions/index.ts";
import { callContext, renderTemplate } from "../plan/calls.ts";
import { asType } from "../plan/coerce.ts";
import { padText } from "../plan/joins.ts";
import { Names } from "../plan/names.ts";
import { columnsOf } from "../plan/patterns.ts";
import type { PlanColumn } from "../plan/types.ts";
import type { SyntaxNode } from "../syntax/node.ts";
import type { Plugin, PluginCall } from "./types.ts";

const OPTIONS = ["radius", "return_unmatched", "lookup_area_radius", "return_lookup_key"] as const;
type Options = Partial<Record<(typeof OPTIONS)[number], SyntaxNode>>;

/** The arguments after the coordinates, by place or by name. */
function optionsOf({ args, context, name }: PluginCall): Options {
  const options: Options = {};
  for (const [i, argument] of args.slice(4).entries()) {
    const named = argument.kind === "SimpleNamedExpression";
    const option = named ? OPTIONS.find((known) => known === argument.get("Name").name) : OPTIONS[i];
    if (option === undefined) return context.refuse(argument, `${name} has no such argument.`);
    options[option] = named ? argument.get("Expression") : argument;
  }
  return options;
}

interface Test {
  /** What tells whether a location is inside, where the shape has an inside. */
  readonly inside?: string;
  readonly distance: string;
}

/** `geo_polygon_lookup` and `geo_line_lookup`: columns of the shapes that a location lies in, or near enough to. */
const lookup =
  (test: Test): Plugin =>
  (call) => {
    const { node, name, args, rows, context, environment } = call;
    const [table, key, longitude, latitude] = args;
    if (!table || !key || !longitude || !latitude)
      return context.refuse(node, `${name} takes a table, its shape column, a longitude and a latitude.`);
    const options = optionsOf(call);
    const right = context.tabular(table, environment);
    const [shape] = columnsOf(key, right.columns, context);
    if (!shape) return context.refuse(key, "The table has no such column.");
    const flag = (option: keyof Options): boolean => {
      const value = options[option];
      return value !== undefined && context.constant(value, { environment }, option).constant === true;
    };
    const entry = scalarFunctions.get(options.radius === undefined ? (test.inside ?? "") : test.distance);
    if (!entry) return context.refuse(node, `${name} needs a radius.`);
    context.use(entry.udfs);
    const [x, y] = [longitude, latitude].map((place) => asType(context.scalar(place, { environment, rows }), "real"));
    if (!x || !y) return context.refuse(node, `${name} needs a longitude and a latitude.`);
    const measure = renderTemplate(entry.sql, [x, y, { sql: shape.id, type: "dynamic" }], callContext(node, context));
    const radius = options.radius && asType(context.scalar(options.radius, { environment, rows }), "real");
    const matches = radius ? `(${measure}) <= (${radius.sql})` : measure;
    const unmatched = flag("return_unmatched");
    const kept = right.columns.filter((column) => column.id !== shape.id || flag("return_lookup_key"));
    const joined = {
      op: "join",
      type: unmatched ? "LEFT" : "INNER",
      left: rows.relation.node,
      right: right.node,
      on: `COALESCE(${matches}, false)`,
    } as const;
    const padded = unmatched ? padText(joined, kept, context) : { node: joined, columns: kept };
    const names = new Names(rows.relation.columns.map((column) => column.name));
    const columns = [
      ...rows.relation.columns,
      ...padded.columns.map((c): PlanColumn => ({ ...c, name: names.unique(c.name) })),
    ];
    return { node: padded.node, columns, order: [], serialized: false };
  };

export default {
  geo_polygon_lookup: lookup({ inside: "geo_point_in_polygon", distance: "geo_distance_point_to_polygon" }),
  geo_line_lookup: lookup({ distance: "geo_distance_point_to_line" }),
};
