import { CONVERSION_UDFS, toElement } from "./support/convert.ts";
import { type Dynamic, isBag, store, tryParseDynamic, writeDynamic } from "./support/json.ts";
import { argument, once, sqlOf } from "./support/sql.ts";
import type { Aggregate, Argument, CallContext, Udf } from "./types.ts";

/** The most elements a collection takes, and the most it may be asked for. */
const MAX_ELEMENTS = 1_048_576;

interface Form {
  /** Position of the condition, when the form has one. */
  readonly condition?: number;
  readonly size?: number;
  readonly nulls?: boolean;
}

const filterOf = (args: readonly Argument[], form: Form, extra?: string): string => {
  const parts = [form.condition === undefined ? undefined : sqlOf(args, form.condition), extra].filter(Boolean);
  return parts.length > 0 ? ` FILTER (WHERE ${parts.join(" AND ")})` : "";
};

const sizeOf = (args: readonly Argument[], form: Form): string => {
  const size = form.size === undefined ? undefined : args[form.size];
  return size === undefined ? String(MAX_ELEMENTS) : `least(greatest(${size.sql}, 0), ${MAX_ELEMENTS})`;
};

const asJson = (list: string): string => `COALESCE('[' || array_to_string(${list}, ',') || ']', '[]')`;

/** Elements of an array are taken one by one; a null dynamic stays. */
const dynamicElements = (x: string): string =>
  `CASE WHEN starts_with(${x}, '[') THEN from_json(${x}, '["JSON"]')::VARCHAR[] ELSE [COALESCE(${x}, 'null')] END`;
const nullText = (list: string): string => `list_transform(${list}, lambda kql_e: COALESCE(kql_e, 'null'))`;

const makeList =
  (form: Form) =>
  (args: readonly Argument[], call: CallContext): string => {
    const { sql, type } = argument(args, 0);
    const order = call.order === undefined ? "" : ` ${call.order}`;
    const size = sizeOf(args, form);
    if (type === "dynamic") {
      const lists = `list(${once(sql, dynamicElements)}${order})${filterOf(args, form)}`;
      return asJson(`(${nullText(`flatten(${lists})`)})[1:${size}]`);
    }
    const kept = form.nulls ? undefined : `${sql} IS NOT NULL`;
    const list = (item: string): string => `(list(${item}${order})${filterOf(args, form, kept)})[1:${size}]`;
    if (type === "string" || type === "long" || type === "int" || type === "bool")
      return `COALESCE(to_json(${list(sql)})::VARCHAR, '[]')`;
    return asJson(list(toElement(sql, type)));
  };

/** Sorted: the order is free, and a fixed one makes runs comparable. */
const makeSet =
  (form: Form) =>
  (args: readonly Argument[]): string => {
    const { sql, type } = argument(args, 0);
    const size = sizeOf(args, form);
    if (type === "dynamic") {
      const lists = `list(DISTINCT ${once(sql, dynamicElements)})${filterOf(args, form, `${sql} IS NOT NULL`)}`;
      return asJson(`(list_sort(list_distinct(${nullText(`flatten(${lists})`)})))[1:${size}]`);
    }
    const list = `(list_sort(list(DISTINCT ${sql})${filterOf(args, form, `${sql} IS NOT NULL`)}))[1:${size}]`;
    if (type === "string" || type === "long" || type === "int" || type === "bool")
      return `COALESCE(to_json(${list})::VARCHAR, '[]')`;
    return asJson(`list_transform(${list}, lambda kql_e: ${toElement("kql_e", type)})`);
  };

const bagsOf = (texts: readonly string[]): Map<string, Dynamic>[] =>
  texts.map((text) => tryParseDynamic(text) ?? null).filter(isBag);

const MAKE_BAG: Udf = {
  name: "kql_make_bag",
  params: ["VARCHAR[]"],
  returns: "VARCHAR",
  fn: (texts: readonly string[]): string => {
    const bag = new Map<string, Dynamic>();
    for (const [key, value] of bagsOf(texts).flatMap((item) => [...item])) if (!bag.has(key)) bag.set(key, value);
    return writeDynamic(bag);
  },
};

const makeBag =
  (form: Form) =>
  (args: readonly Argument[], call: CallContext): string => {
    const { sql } = argument(args, 0);
    const order = call.order === undefined ? "" : ` ${call.order}`;
    return `COALESCE(kql_make_bag((list(${sql}${order})${filterOf(args, form, `${sql} IS NOT NULL`)})[1:${sizeOf(args, form)}]), '{}')`;
  };

type Schema = string | Schema[] | Map<string, Schema>;
const TYPE_NAMES: Readonly<Record<string, string>> = {
  boolean: "bool",
  bigint: "long",
  number: "double",
  string: "string",
};

const schemaOf = (value: Dynamic): Schema | undefined => {
  if (value === null) return undefined;
  if (isBag(value))
    return new Map(
      [...value].flatMap(([key, item]) => {
        const schema = schemaOf(item);
        return schema === undefined ? [] : [[key, schema] as const];
      }),
    );
  if (!Array.isArray(value)) return TYPE_NAMES[typeof value] ?? "string";
  const items = value.map(schemaOf).filter((item) => item !== undefined);
  return new Map([["`indexer`", mergeSchemas(items) ?? []]]);
};

/** One schema stands alone; several different ones stand in an array. */
function mergeSchemas(schemas: readonly Schema[]): Schema | undefined {
  const flat = schemas.flatMap((schema) => (Array.isArray(schema) ? schema : [schema]));
  const bags = flat.filter((schema) => schema instanceof Map);
  const names = [...new Set(flat.filter((schema) => typeof schema === "string"))];
  const all: Schema[] = [...names];
  if (bags.length > 0) {
    const keys = [...new Set(bags.flatMap((bag) => [...bag.keys()]))];
    const merged = keys.map((key) => [key, mergeSchemas(bags.flatMap((bag) => bag.get(key) ?? [])) ?? []] as const);
    all.push(new Map(merged));
  }
  return all.length === 1 ? all[0] : all;
}

const BUILD_SCHEMA: Udf = {
  name: "kql_build_schema",
  params: ["VARCHAR[]"],
  returns: "VARCHAR",
  fn: (texts: readonly string[]): string | null => {
    const schemas = texts
      .map((text) => schemaOf(tryParseDynamic(text) ?? null))
      .filter((schema) => schema !== undefined);
    const merged = mergeSchemas(schemas);
    return merged === undefined ? null : store(merged as Dynamic);
  },
};

const ANY = { type: "any" } as const;
const BOOL = { type: "bool" } as const;
const SIZE = { type: "long", optional: true } as const;
const DYNAMIC = { type: "dynamic" } as const;

const collection = (
  names: readonly string[],
  params: Aggregate["params"],
  sql: Aggregate["sql"],
  prefix: string,
  udfs = CONVERSION_UDFS,
): Aggregate => ({
  names,
  params,
  returns: "dynamic",
  sql,
  columnName: ([first = ""]) => `${prefix}_${first}`,
  udfs,
  docs: `${(names[0] ?? "").replaceAll("_", "-")}-aggregation-function`,
});

export default [
  collection(["make_list", "makelist"], [ANY, SIZE], makeList({ size: 1 }), "list"),
  collection(["make_list_with_nulls"], [ANY, SIZE], makeList({ size: 1, nulls: true }), "list"),
  collection(["make_list_if"], [ANY, BOOL, SIZE], makeList({ condition: 1, size: 2 }), "list"),
  collection(["make_set", "makeset"], [ANY, SIZE], makeSet({ size: 1 }), "set"),
  collection(["make_set_if"], [ANY, BOOL, SIZE], makeSet({ condition: 1, size: 2 }), "set"),
  collection(["make_bag", "make_dictionary"], [DYNAMIC, SIZE], makeBag({ size: 1 }), "bag", [MAKE_BAG]),
  collection(["make_bag_if"], [DYNAMIC, BOOL, SIZE], makeBag({ condition: 1, size: 2 }), "bag", [MAKE_BAG]),
  collection(
    ["buildschema"],
    [DYNAMIC],
    (args) => `kql_build_schema(list(DISTINCT ${sqlOf(args, 0)}) FILTER (WHERE ${sqlOf(args, 0)} IS NOT NULL))`,
    "schema",
    [BUILD_SCHEMA],
  ),
] satisfies Aggregate[];
