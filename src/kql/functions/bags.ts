import { CONVERSION_UDFS, convert, toElement } from "./support/convert.ts";
import { ANY, DYNAMIC, jsonFunction, rest, TEXT } from "./support/entry.ts";
import { type Dynamic, isBag, keyOf, textOf, tryParseDynamic, writeDynamic } from "./support/json.ts";
import { keySteps, parsePath, walk, without, withValue } from "./support/paths.ts";
import { argument, once, sqlOf } from "./support/sql.ts";
import { typeArgument } from "./support/types.ts";
import type { Argument, CallContext, ScalarFunction, Udf } from "./types.ts";

/** bag_pack(key, value, …): a null value stays as null. */
function packSql(args: readonly Argument[], call: CallContext): string {
  if (args.length % 2 !== 0) call.refuse("bag_pack() takes keys and values in pairs.");
  const pairs: string[] = [];
  for (let i = 0; i < args.length; i += 2) {
    const [key, value] = [argument(args, i), argument(args, i + 1)];
    pairs.push(
      `to_json(${convert(key.sql, key.type, "string")})::VARCHAR || ':' || ${toElement(value.sql, value.type)}`,
    );
  }
  return pairs.length === 0 ? "'{}'" : `('{' || ${pairs.join(" || ',' || ")} || '}')`;
}

const merge = (args: readonly Dynamic[]): Dynamic => {
  const bags = args.filter(isBag);
  if (bags.length === 0) return null;
  const merged = new Map<string, Dynamic>();
  for (const [key, value] of bags.flatMap((bag) => [...bag])) if (!merged.has(key)) merged.set(key, value);
  return merged;
};

function zipBag([keys, values]: readonly Dynamic[]): Dynamic {
  if (!Array.isArray(keys)) return null;
  const items = Array.isArray(values) ? values : [];
  const pairs = keys.map((key, i) => [key, items[i] ?? null] as const);
  return new Map(pairs.filter((pair): pair is readonly [string, Dynamic] => typeof pair[0] === "string"));
}

const removeKeys = ([bag, keys]: readonly Dynamic[]): Dynamic => {
  if (bag === undefined || bag === null || !isBag(bag) || !Array.isArray(keys)) return bag ?? null;
  return keys.filter((key) => typeof key === "string").reduce((rest, key) => without(rest, keySteps(key)), bag);
};

const hasKey = ([bag, key]: readonly Dynamic[]): Dynamic => {
  if (bag === undefined || bag === null || !isBag(bag)) return null;
  return walk(bag, keySteps(textOf(key ?? null))) !== undefined;
};

const setKey = ([bag, key, value]: readonly Dynamic[]): Dynamic =>
  bag === undefined || bag === null || !isBag(bag)
    ? null
    : withValue(bag, keySteps(textOf(key ?? null)), value ?? null);

/** Every path once; all elements of an array share `[0]`. */
function treepath(value: Dynamic, prefix: string, found: Set<string>): Set<string> {
  const visit = (path: string, item: Dynamic): void => {
    found.add(path);
    treepath(item, path, found);
  };
  if (Array.isArray(value)) for (const item of value) visit(`${prefix}[0]`, item);
  else if (value !== null && isBag(value)) for (const [key, item] of value) visit(`${prefix}['${key}']`, item);
  return found;
}

/** Keys in order of their text, at every level. */
function canonical(value: Dynamic): Dynamic {
  if (Array.isArray(value)) return value.map(canonical);
  if (value === null || !isBag(value)) return value;
  const keys = [...value.keys()].sort((a, b) => (a < b ? -1 : 1));
  return new Map(keys.map((key) => [key, canonical(value.get(key) ?? null)]));
}

const EXTRACT_JSON: Udf = {
  name: "kql_extract_json",
  params: ["VARCHAR", "VARCHAR"],
  returns: "VARCHAR",
  fn: (path: string, text: string): string | null => {
    const steps = parsePath(path);
    const found = steps && walk(tryParseDynamic(text), steps);
    return found === undefined || found === null ? null : textOf(found);
  },
};

function extractJsonSql(args: readonly Argument[]): string {
  const source = argument(args, 1);
  const text = `kql_extract_json(${sqlOf(args, 0)}, ${convert(source.sql, source.type, "string")})`;
  const type = typeArgument(args[2]) ?? "string";
  if (type === "dynamic")
    return once(text, (x) => `CASE WHEN json_valid(${x}) THEN json(${x})::VARCHAR ELSE to_json(${x})::VARCHAR END`);
  return convert(`COALESCE(${text}, '')`, "string", type);
}

const arrays = (args: readonly Dynamic[]): Dynamic[][] => args.map((arg) => (Array.isArray(arg) ? arg : []));
/** Each value once, where it stands first. */
const unique = (items: readonly Dynamic[]): Dynamic[] => {
  const seen = new Map<string, Dynamic>();
  for (const item of items) if (!seen.has(keyOf(item))) seen.set(keyOf(item), item);
  return [...seen.values()];
};
const keys = (items: readonly Dynamic[]): Set<string> => new Set(items.map(keyOf));

const union = (args: readonly Dynamic[]): Dynamic => unique(arrays(args).flat());
const intersect = (args: readonly Dynamic[]): Dynamic => {
  const [first = [], ...others] = arrays(args);
  const sets = others.map(keys);
  return unique(first).filter((item) => sets.every((set) => set.has(keyOf(item))));
};
const difference = (args: readonly Dynamic[]): Dynamic => {
  const [first = [], ...others] = arrays(args);
  const gone = keys(others.flat());
  return unique(first).filter((item) => !gone.has(keyOf(item)));
};
const sameSet = (args: readonly Dynamic[]): Dynamic => {
  const [a = new Set<string>(), b = new Set<string>()] = arrays(args).map(keys);
  return a.size === b.size && [...a].every((key) => b.has(key));
};
const jaccard = (args: readonly Dynamic[]): Dynamic => {
  const [a = new Set<string>(), b = new Set<string>()] = arrays(args).map(keys);
  const both = [...a].filter((key) => b.has(key)).length;
  return both / (a.size + b.size - both);
};

const TYPE = {
  type: "any",
  name: "typeLiteral",
  optional: true,
  constant: true,
} as const;

export default [
  {
    names: ["bag_pack", "pack", "pack_dictionary"],
    params: [rest(ANY)],
    returns: "dynamic",
    sql: packSql,
    udfs: CONVERSION_UDFS,
    docs: "pack-function",
  },
  {
    names: ["bag_keys"],
    params: [DYNAMIC],
    returns: "dynamic",
    sql: (args) =>
      once(sqlOf(args, 0), (x) => `CASE WHEN starts_with(${x}, '{') THEN to_json(json_keys(${x}))::VARCHAR END`),
    docs: "bag-keys-function",
  },
  jsonFunction(["bag_merge"], [rest(DYNAMIC)], "dynamic", merge),
  jsonFunction(["bag_remove_keys"], [DYNAMIC, DYNAMIC], "dynamic", removeKeys),
  jsonFunction(["bag_has_key"], [DYNAMIC, TEXT], "bool", hasKey),
  jsonFunction(["bag_set_key"], [DYNAMIC, TEXT, ANY], "dynamic", setKey),
  jsonFunction(["bag_zip"], [DYNAMIC, DYNAMIC], "dynamic", zipBag),
  jsonFunction(["treepath"], [DYNAMIC], "dynamic", ([value]) => [...treepath(value ?? null, "", new Set())]),
  jsonFunction(["dynamic_to_json"], [ANY], "string", ([value]) =>
    value === undefined || value === null ? "" : writeDynamic(canonical(value)),
  ),
  {
    names: ["extract_json", "extractjson"],
    params: [TEXT, ANY, TYPE],
    returns: (args) => typeArgument(args[2]) ?? "string",
    sql: extractJsonSql,
    udfs: [EXTRACT_JSON, ...CONVERSION_UDFS],
    docs: "extract-json-function",
  },
  jsonFunction(["set_union"], [rest(DYNAMIC)], "dynamic", union),
  jsonFunction(["set_intersect"], [rest(DYNAMIC)], "dynamic", intersect),
  jsonFunction(["set_difference"], [rest(DYNAMIC)], "dynamic", difference),
  jsonFunction(["set_equals"], [DYNAMIC, DYNAMIC], "bool", sameSet),
  jsonFunction(["set_has_element"], [DYNAMIC, ANY], "bool", ([set, value]) =>
    Array.isArray(set) ? keys(set).has(keyOf(value ?? null)) : null,
  ),
  jsonFunction(["jaccard_index"], [DYNAMIC, DYNAMIC], "real", jaccard),
] satisfies ScalarFunction[];
