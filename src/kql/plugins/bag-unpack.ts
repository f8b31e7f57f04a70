import type { Column, ScalarType } from "../../core/kusto.ts";
import { quoteLiteral } from "../../core/text/sql.ts";
import { asType } from "../plan/coerce.ts";
import { constantElements } from "../plan/compare.ts";
import { extend } from "../plan/context.ts";
import type { Item, PlanColumn, PlanNode, Relation } from "../plan/types.ts";
import type { Plugin, PluginCall } from "./types.ts";

/** JSON Pointer text of a key that rows give. */
const POINTER = (key: string): string => `'/' || replace(replace(${key}, '~', '~0'), '/', '~1')`;

const JSON_TYPES: Readonly<Record<string, ScalarType>> = {
  BOOLEAN: "bool",
  BIGINT: "long",
  UBIGINT: "long",
  HUGEINT: "real",
  DOUBLE: "real",
  VARCHAR: "string",
};

/** The type that holds every value of a key: whole and broken numbers are real, a mixture stays dynamic. */
function typeOf(kinds: ReadonlySet<string>): ScalarType {
  const types = new Set([...kinds].filter((kind) => kind !== "NULL").map((kind) => JSON_TYPES[kind] ?? "dynamic"));
  const [first = "dynamic"] = types;
  if (types.size <= 1) return first;
  return [...types].every((type) => type === "long" || type === "real") ? "real" : "dynamic";
}

const MAX_KEYS = 10_000;

/** The keys of the bags with their types, alphabetical: asked of the data. */
function keysOf({ node, rows, context }: PluginCall, bag: string): Column[] {
  const [key, kind] = [context.id(), context.id()];
  const bags: PlanNode = { op: "filter", input: rows.relation.node, condition: `starts_with(${bag}, '{')` };
  const each: PlanNode = {
    op: "extend",
    input: bags,
    items: [{ id: key, sql: `unnest(json_keys(${bag}))` }],
    expands: true,
  };
  const typed = extend(each, [{ id: kind, sql: `json_type(${bag}, ${POINTER(key)})` }]);
  const [outKey, outKind] = [context.id(), context.id()];
  const grouped: PlanNode = {
    op: "aggregate",
    input: typed,
    keys: [
      { id: outKey, sql: key },
      { id: outKind, sql: kind },
    ],
    items: [],
  };
  const found: Relation = {
    node: grouped,
    columns: [
      { id: outKey, name: "key", type: "string" },
      { id: outKind, name: "kind", type: "string" },
    ],
    order: [],
    serialized: false,
  };
  const kinds = new Map<string, Set<string>>();
  for (const [name, type] of context.probe(found, "bag_unpack")) {
    const seen = kinds.get(String(name)) ?? new Set<string>();
    kinds.set(String(name), seen.add(String(type)));
  }
  if (kinds.size > MAX_KEYS) return context.refuse(node, `The bags have more than ${MAX_KEYS} different keys.`);
  return [...kinds].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, seen]) => ({ name, type: typeOf(seen) }));
}

const CONFLICTS: ReadonlySet<string> = new Set(["error", "replace_source", "keep_source"]);

interface Options {
  readonly prefix: string;
  readonly conflict: string;
  readonly ignored: ReadonlySet<string>;
}

function optionsOf({ args, context, environment, node }: PluginCall): Options {
  const constant = (index: number) => {
    const argument = args[index];
    return argument && context.constant(argument, { environment }, "an option of bag_unpack");
  };
  const conflict = String(constant(2)?.constant ?? "error");
  if (!CONFLICTS.has(conflict))
    return context.refuse(node, `columnsConflict is error, replace_source or keep_source, not ${conflict}.`);
  const ignored = constant(3);
  const names = ignored ? (constantElements(ignored) ?? []) : [];
  return {
    prefix: String(constant(1)?.constant ?? ""),
    conflict,
    ignored: new Set(names.map((item) => String(item.constant))),
  };
}

/** The keys of a bag become columns; the bag itself goes. */
const bagUnpack: Plugin = (call) => {
  const { args, rows, context, environment, node, declared } = call;
  const [first] = args;
  const column = first && rows.column(first.bare().name);
  if (!column) return context.refuse(node, "bag_unpack takes a column of the table.");
  const bag = asType(context.scalar(first, { environment, rows }), "dynamic").sql;
  const options = optionsOf(call);
  const source = new Set(rows.relation.columns.map((c) => c.name));
  const wanted = (declared ?? keysOf(call, bag).map((key) => ({ ...key, name: options.prefix + key.name })))
    .map((key) => ({ ...key, key: key.name.slice(options.prefix.length) }))
    .filter((key) => !options.ignored.has(key.key) && !(declared && source.has(key.name)));
  const items: Item[] = [];
  const columns: PlanColumn[] = rows.relation.columns.filter(
    (c) => c !== column || wanted.some((key) => key.name === c.name),
  );
  for (const { name, key, type } of wanted) {
    const value = `NULLIF(json_extract(${bag}, ${quoteLiteral(`/${key.replaceAll("~", "~0").replaceAll("/", "~1")}`)})::VARCHAR, 'null')`;
    const made: PlanColumn = { id: context.id(), name, type };
    items.push({ id: made.id, sql: asType({ sql: value, type: "dynamic" }, type).sql });
    const at = columns.findIndex((c) => c.name === name);
    if (at < 0) columns.push(made);
    else if (name === column.name || options.conflict === "replace_source") columns[at] = made;
    else if (options.conflict === "error")
      return context.refuse(
        node,
        `The bag has a key ${name}, which is a column already.`,
        "Give a prefix or columnsConflict.",
      );
  }
  return { ...rows.relation, node: extend(rows.relation.node, items), columns };
};

export default { bag_unpack: bagUnpack };
