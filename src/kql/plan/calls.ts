import type { ScalarType } from "../../core/kusto.ts";
import { scalarFunctions } from "../functions/index.ts";
import { convert } from "../functions/support/convert.ts";
import { refusalOf } from "../functions/support/refused.ts";
import type { CallContext, Parameter, ScalarFunction } from "../functions/types.ts";
import type { SyntaxNode } from "../syntax/node.ts";
import { asType, atom, columnScalar, isNumber, nullOf, ticks } from "./coerce.ts";
import type { Context, Scope } from "./context.ts";
import { enterFunction } from "./functions.ts";
import { closest } from "./suggest.ts";
import { ARRIVAL } from "./tables.ts";
import type { Scalar } from "./types.ts";
import { windowFunction } from "./windows.ts";

export const argumentsOf = (call: SyntaxNode): SyntaxNode[] => call.get("ArgumentList").items("Expressions");

/** The argument in the form that the parameter takes. */
export function adapt(value: Scalar, { type }: Parameter): Scalar {
  switch (type) {
    case "any":
      return value;
    case "number":
      return isNumber(value.type) ? value : asType(value, value.type === "bool" ? "long" : "real");
    case "time":
      return value.type === "datetime" || value.type === "timespan" ? value : asType(value, "datetime");
    case "long":
      return value.type === "int" || value.type === "timespan" || value.type === "datetime"
        ? { ...asType(value, "long") }
        : asType(value, type);
    default:
      return asType(value, type);
  }
}

/** Binds arguments to parameters; the last parameter may repeat. */
export function fitAll(
  node: SyntaxNode,
  name: string,
  params: readonly Parameter[],
  values: readonly Scalar[],
  context: Context,
): Scalar[] {
  const least = params.filter((param) => !param.optional && !param.rest).length;
  const most = params.some((param) => param.rest) ? Number.POSITIVE_INFINITY : params.length;
  if (values.length < least || values.length > most)
    return context.refuse(node, `${name}() takes ${countText(least, most)}, not ${values.length}.`);
  return values.map((value, i) => {
    const param = params[Math.min(i, params.length - 1)] as Parameter;
    const fitted = adapt(value, param);
    if (param.constant && value.constant === undefined)
      return context.unsupported(node, `${name}() with argument ${i + 1} taken from rows`, "Give a constant.");
    return fitted;
  });
}

const countText = (least: number, most: number): string =>
  least === most
    ? `${least} argument${least === 1 ? "" : "s"}`
    : `${least} to ${most === Number.POSITIVE_INFINITY ? "any number of" : most} arguments`;

/** SQL of a template or renderer over fitted arguments. */
export function renderTemplate(sql: ScalarFunction["sql"], args: readonly Scalar[], call: CallContext): string {
  if (typeof sql === "function")
    return sql(
      args.map((arg) => ({ ...arg, sql: atom(arg.sql) })),
      call,
    );
  return sql.replace(/\$(\d+)/g, (_, n: string) => atom(args[Number(n) - 1]?.sql ?? "NULL"));
}

export const callContext = (node: SyntaxNode, context: Context): CallContext => ({
  now: context.now,
  refuse: (message, hint) => context.refuse(node, message, hint),
});

function columnIfExists(node: SyntaxNode, context: Context, scope: Scope): Scalar {
  const [first, second] = argumentsOf(node);
  if (!first || !second) return context.refuse(node, "column_ifexists() takes a column name and a default.");
  const name = context.constant(first, scope, "the column name").constant;
  const column = scope.rows?.column(String(name));
  return column ? columnScalar(column) : context.scalar(second, scope);
}

/** Every column of the row, or those named, as a bag. A null value has no place in it. */
export function packed(columns: readonly { name: string; id: string; type: ScalarType }[], keepNulls: boolean): Scalar {
  const pairs = columns.map(({ name, id, type }) => {
    const key = JSON.stringify(name).replaceAll("'", "''");
    const value = convert(id, type, "dynamic");
    if (keepNulls) return `'${key}:' || COALESCE(${value}, 'null')`;
    const present = type === "string" ? `${id} <> ''` : `${id} IS NOT NULL`;
    return `CASE WHEN ${present} THEN '${key}:' || ${value} END`;
  });
  return {
    sql: `('{' || concat_ws(',', ${pairs.length > 0 ? pairs.join(", ") : "NULL"}) || '}')`,
    type: "dynamic",
    notNull: true,
  };
}

function packAll(node: SyntaxNode, context: Context, scope: Scope): Scalar {
  const [flag] = argumentsOf(node);
  const ignoreNulls = flag ? context.constant(flag, scope, "ignore_null_empty").constant === true : false;
  return packed(scope.rows?.relation.columns ?? [], !ignoreNulls);
}

/** `split(text, delimiter)[n]` as text needs no array. */
function splitPart(node: SyntaxNode, context: Context, scope: Scope): Scalar | undefined {
  if (node.kind !== "ElementExpression") return undefined;
  const call = node.get("Expression").bare();
  if (call.kind !== "FunctionCallExpression" || call.get("Name").name !== "split") return undefined;
  const [text, delimiter, third] = argumentsOf(call);
  if (!text || !delimiter || third || scope.environment.find("split")) return undefined;
  const separator = asType(context.scalar(delimiter, scope), "string");
  const index = context.scalar(node.get("Selector").get("Expression"), scope).constant;
  if (typeof separator.constant !== "string" || separator.constant === "" || typeof index !== "bigint")
    return undefined;
  const place = index < 0n ? index : index + 1n;
  const sql = `split_part(${asType(context.scalar(text, scope), "string").sql}, ${separator.sql}, ${place})`;
  return { sql, type: "string", notNull: true };
}

/** A conversion of a path into JSON reads the value where it stands. */
const pathConversion =
  (type: ScalarType): Special =>
  (node, context, scope) => {
    const [argument, extra] = argumentsOf(node);
    if (!argument || extra) return undefined;
    const value = context.scalar(argument, scope);
    return value.json ? asType(value, type) : undefined;
  };

/** `now()` and `ago()` of constants are constants, so that a table scan can use them. */
function clock(node: SyntaxNode, context: Context, scope: Scope): Scalar | undefined {
  const [argument] = argumentsOf(node);
  const sign = node.get("Name").name === "ago" ? -1n : 1n;
  if (!argument) return ticks("datetime", context.now);
  const offset = asType(context.scalar(argument, scope), "timespan").constant;
  return typeof offset === "bigint" ? ticks("datetime", context.now + sign * offset) : undefined;
}

function constantConversion(type: ScalarType) {
  return (node: SyntaxNode, context: Context, scope: Scope): Scalar | undefined => {
    const [argument] = argumentsOf(node);
    const value = argument && context.scalar(argument, scope);
    if (!value || typeof value.constant !== "string" || value.type !== "string") return undefined;
    const converted = asType(value, type);
    return converted.constant === undefined ? undefined : converted;
  };
}

function ingestionTime(node: SyntaxNode, context: Context, scope: Scope): Scalar {
  const datetime = (name: string) => {
    const column = scope.rows?.column(name);
    return column?.type === "datetime" ? columnScalar(column) : undefined;
  };
  const [event, arrival] = [datetime("TimeGenerated") ?? datetime("Timestamp"), datetime(ARRIVAL)];
  if (arrival) return { sql: event ? `COALESCE(${arrival.sql}, ${event.sql})` : arrival.sql, type: "datetime" };
  context.warn(node, "KQL210", "ingestion_time() is not in exported logs; the event time stands for it.");
  return event ?? nullOf("datetime");
}

/** `bin_auto(x)` is `bin_at()` or `bin()` with the size and the fixed point that `set` statements give. */
function binAuto(node: SyntaxNode, context: Context, scope: Scope): Scalar | undefined {
  const [size, at] = [context.options.get("query_bin_auto_size"), context.options.get("query_bin_auto_at")];
  if (!size) return context.refuse(node, "bin_auto() needs a bin size.", "Put set query_bin_auto_size=1h; first.");
  const entry = scalarFunctions.get(at ? "bin_at" : "bin");
  const [argument, extra] = argumentsOf(node);
  if (!argument || extra || !entry) return context.refuse(node, "bin_auto() takes one argument.");
  return called(node, entry, [context.scalar(argument, scope), size, ...(at ? [at] : [])], context);
}

type Special = (node: SyntaxNode, context: Context, scope: Scope) => Scalar | undefined;

const SPECIAL: Readonly<Record<string, Special>> = {
  column_ifexists: columnIfExists,
  columnifexists: columnIfExists,
  pack_all: packAll,
  tostring: (node, context, scope) => {
    const [argument, extra] = argumentsOf(node);
    const part = argument && !extra && splitPart(argument.bare(), context, scope);
    return part || pathConversion("string")(node, context, scope);
  },
  toint: pathConversion("int"),
  tolong: pathConversion("long"),
  todouble: pathConversion("real"),
  toreal: pathConversion("real"),
  now: clock,
  ago: clock,
  todatetime: constantConversion("datetime"),
  totimespan: constantConversion("timespan"),
  ingestion_time: ingestionTime,
  bin_auto: binAuto,
  bag_pack_columns: (node, context, scope) => {
    const columns = argumentsOf(node).map((argument) => {
      const column = scope.rows?.column(argument.name);
      return column ?? context.refuse(argument, `There is no column named ${argument.name || argument.text}.`);
    });
    return packed(columns, true);
  },
  column_names_of: (node, context, scope) => {
    const [table] = argumentsOf(node);
    const columns = table ? context.tabular(table, scope.environment).columns : [];
    const json = JSON.stringify(columns.map((column) => column.name));
    return { sql: `'${json.replaceAll("'", "''")}'`, type: "dynamic", constant: json, notNull: true };
  },
  current_principal: () => ({ sql: "''", type: "string", constant: "", notNull: true }),
  current_database: () => ({ sql: "'ztlens'", type: "string", constant: "ztlens", notNull: true }),
  current_cluster_endpoint: () => ({ sql: "'ztlens'", type: "string", constant: "ztlens", notNull: true }),
};
const special = new Map(Object.entries(SPECIAL));

/** Functions that are lowered by their names, not by the registry. */
export const SPECIAL_NAMES: readonly string[] = [...special.keys()];

function builtIn(node: SyntaxNode, entry: ScalarFunction, context: Context, scope: Scope): Scalar {
  const values = argumentsOf(node).flatMap((argument) =>
    argument.kind === "StarExpression" && scope.rows
      ? scope.rows.relation.columns.map(columnScalar)
      : [context.scalar(argument, scope)],
  );
  return called(node, entry, values, context);
}

/** A function of the registry over its arguments. */
function called(node: SyntaxNode, entry: ScalarFunction, values: readonly Scalar[], context: Context): Scalar {
  const args = fitAll(node, node.get("Name").name, entry.params, values, context);
  const call = callContext(node, context);
  context.use(entry.udfs);
  const type = typeof entry.returns === "function" ? entry.returns(args) : entry.returns;
  const sql = renderTemplate(entry.sql, args, call);
  const tuple = typeof entry.tuple === "function" ? entry.tuple(args) : entry.tuple;
  const text = entry.json?.(args);
  const json = text === undefined ? {} : { json: { base: `(${text})`, path: "'$'" } };
  const absent = entry.nullText?.(args);
  const nullText = absent === undefined ? {} : { nullText: absent };
  return { sql, type, notNull: type === "string", ...(tuple ? { tuple } : {}), ...json, ...nullText };
}

/** Calls of let functions, special forms, window functions and the registry. */
export function lowerCall(node: SyntaxNode, context: Context, outer: Scope): Scalar {
  const name = node.get("Name").name;
  const scope: Scope = outer.loose ? { ...outer, loose: false } : outer;
  const aggregate = scope.aggregate?.(node, scope);
  if (aggregate) return aggregate;
  const binding = scope.environment.find(name);
  if (binding?.kind === "function") {
    const body = enterFunction(node, binding, context, scope);
    return context.scalar(body.expression, { ...scope, environment: body.environment });
  }
  if (binding?.kind === "table") return context.scalar(node.get("Name"), scope);
  const found = special.get(name)?.(node, context, scope) ?? windowFunction(node, context, scope);
  if (found) return found;
  const entry = scalarFunctions.get(name);
  if (entry) return builtIn(node, entry, context, scope);
  if (name === "geo_info_from_ip_address" && context.unknown) {
    context.warn(node, "KQL114", "There is no geolocation database here: every address is taken as unknown.");
    return nullOf("dynamic");
  }
  const reason = refusalOf(name);
  const near = closest(name, scalarFunctions.keys());
  return context.unsupported(node, `function ${name}()`, reason ?? (near && `Did you mean ${near}()?`));
}
