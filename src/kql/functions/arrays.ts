import { CONVERSION_UDFS } from "./support/convert.ts";
import { ANY, argumentArray, DYNAMIC, jsonFunction, LONG, optional, rest } from "./support/entry.ts";
import { type Dynamic, keyOf, numberOf, writeDynamic } from "./support/json.ts";
import { once, sqlOf } from "./support/sql.ts";
import type { ScalarFunction } from "./types.ts";

/** The most elements that range() and repeat() give. */
const MAX_ELEMENTS = 1_048_576;
/** The longest JSON text that repeat() gives. */
const MAX_LENGTH = 16_777_216;

const integer = (value: Dynamic | undefined, otherwise: number): number =>
  typeof value === "bigint" || typeof value === "number" ? Math.trunc(Number(value)) : otherwise;
const fromEnd = (index: number, length: number): number => (index < 0 ? Math.max(length + index, 0) : index);

function slice([array, start, end]: readonly Dynamic[]): Dynamic {
  if (!Array.isArray(array) || typeof start !== "bigint" || typeof end !== "bigint") return null;
  const last = Number(end) < 0 ? array.length + Number(end) : Number(end);
  return array.slice(fromEnd(Number(start), array.length), Math.max(last + 1, 0));
}

function split([array, places]: readonly Dynamic[]): Dynamic {
  if (!Array.isArray(array)) return null;
  const cuts = (Array.isArray(places) ? places : [places ?? null])
    .filter((place) => typeof place === "bigint")
    .map((place) => Math.min(fromEnd(Number(place), array.length), array.length));
  const edges = [0, ...cuts, array.length];
  return edges.slice(1).map((edge, i) => array.slice(edges[i], Math.max(edge, edges[i] ?? 0)));
}

/** Positive counts move to the left; what leaves is lost. */
function shift(array: Dynamic | undefined, count: number, fill: Dynamic): Dynamic {
  if (!Array.isArray(array)) return null;
  return array.map((_, i) => array[i + count] ?? (i + count >= 0 && i + count < array.length ? null : fill));
}

function rotate(array: Dynamic | undefined, count: number): Dynamic {
  if (!Array.isArray(array) || array.length === 0) return array ?? null;
  const start = ((count % array.length) + array.length) % array.length;
  return [...array.slice(start), ...array.slice(0, start)];
}

const isTrue = (value: Dynamic | undefined): boolean | undefined => {
  if (typeof value === "boolean") return value;
  return typeof value === "bigint" || typeof value === "number" ? Number(value) !== 0 : undefined;
};

function choose([conditions, yes, no]: readonly Dynamic[]): Dynamic {
  if (!Array.isArray(conditions)) return null;
  const pick = (source: Dynamic | undefined, i: number): Dynamic =>
    (Array.isArray(source) ? source[i] : source) ?? null;
  return conditions.map((condition, i) => {
    const outcome = isTrue(condition);
    return outcome === undefined ? null : pick(outcome ? yes : no, i);
  });
}

function indexOf([array, value, start, length, occurrence]: readonly Dynamic[]): Dynamic {
  if (!Array.isArray(array)) return null;
  const first = fromEnd(integer(start, 0), array.length);
  const count = integer(length, -1);
  const end = count < 0 ? array.length : Math.min(first + count, array.length);
  const wanted = keyOf(value ?? null);
  let left = integer(occurrence, 1);
  if (left < 1) return null;
  for (let i = first; i < end; i++) if (keyOf(array[i] ?? null) === wanted && --left === 0) return BigInt(i);
  return -1n;
}

/** Numbers come before text, text before anything else. */
const classOf = (value: Dynamic): number =>
  typeof value === "bigint" || typeof value === "number" ? 0 : typeof value === "string" ? 1 : 2;

function compare(a: Dynamic, b: Dynamic): number {
  const classes = classOf(a) - classOf(b);
  if (classes !== 0) return classes;
  if (classOf(a) === 0) return Number(a) < Number(b) ? -1 : Number(a) > Number(b) ? 1 : 0;
  const [left, right] = [keyOf(a), keyOf(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** Sorts the first array and moves the others along. Nulls stand last unless the last argument says otherwise. */
const sort =
  (sign: 1 | -1) =>
  (args: readonly Dynamic[]): Dynamic => {
    const arrays = args.filter((arg) => typeof arg !== "boolean");
    const nullsLast = args.find((arg) => typeof arg === "boolean") ?? true;
    const keys = arrays[0];
    const order = Array.isArray(keys) ? keys.map((_, i) => i) : [];
    if (Array.isArray(keys))
      order.sort((i, j) => {
        const [a, b] = [keys[i] ?? null, keys[j] ?? null];
        if (a === null || b === null) return a === b ? 0 : (a === null) === nullsLast ? 1 : -1;
        return sign * compare(a, b);
      });
    const sorted = arrays.map((array) =>
      Array.isArray(array) && array.length === order.length ? order.map((i) => array[i] ?? null) : null,
    );
    return sorted.length > 1 ? sorted : (sorted[0] ?? null);
  };

/** One array gives one array; several give a tuple. */
const sorting = (name: string, sign: 1 | -1): ScalarFunction => {
  const entry = jsonFunction([name], [DYNAMIC, rest(ANY)], "dynamic", sort(sign));
  return {
    ...entry,
    tuple: (args) => {
      const arrays = args.filter((arg) => arg.type === "dynamic");
      return arrays.length > 1
        ? arrays.map((_, i) => ({ name: `array${i}`, suffix: "sorted", type: "dynamic" as const }))
        : [];
    },
  };
};

function sum([array]: readonly Dynamic[]): Dynamic {
  if (!Array.isArray(array)) return null;
  const numbers = array.map(numberOf);
  return numbers.some(Number.isNaN) ? null : numbers.reduce((total, value) => total + value, 0);
}

const concat = (args: readonly Dynamic[]): Dynamic => {
  const arrays = args.filter((arg) => Array.isArray(arg));
  return arrays.length > 0 ? arrays.flat() : null;
};

function zip(args: readonly Dynamic[]): Dynamic {
  const arrays = args.map((arg) => (Array.isArray(arg) ? arg : []));
  const length = Math.max(0, ...arrays.map((array) => array.length));
  return Array.from({ length }, (_, i) => arrays.map((array) => array[i] ?? null));
}

function repeat([value, count]: readonly Dynamic[]): Dynamic {
  const times = integer(count, -1);
  const room = Math.floor(MAX_LENGTH / (writeDynamic(value ?? null).length + 1));
  return times < 0 ? null : new Array<Dynamic>(Math.min(times, MAX_ELEMENTS, room)).fill(value ?? null);
}

const rotation = (name: string, sign: 1 | -1): ScalarFunction =>
  jsonFunction([name], [DYNAMIC, LONG], "dynamic", ([array, count]) => rotate(array, sign * integer(count, 0)));
const shifting = (name: string, sign: 1 | -1): ScalarFunction =>
  jsonFunction([name], [DYNAMIC, LONG, optional(ANY)], "dynamic", ([array, count, fill]) =>
    shift(array, sign * integer(count, 0), fill ?? null),
  );

/** The function, refused where its first argument is dynamic, as the service does. */
const withoutDynamic = (entry: ScalarFunction): ScalarFunction => ({
  ...entry,
  sql: (args, call) => {
    if (args[0]?.type === "dynamic") call.refuse(`${entry.names[0]}() takes a scalar value.`, "Convert it first.");
    return typeof entry.sql === "function" ? entry.sql(args, call) : entry.sql;
  },
});

export default [
  {
    names: ["array_length", "arraylength"],
    params: [DYNAMIC],
    returns: "long",
    sql: (args) =>
      once(sqlOf(args, 0), (x) => `CASE WHEN starts_with(${x}, '[') THEN json_array_length(${x})::BIGINT END`),
    docs: "array-length-function",
  },
  {
    names: ["pack_array"],
    params: [rest(ANY)],
    returns: "dynamic",
    sql: (args) => `(${argumentArray(args)})`,
    udfs: CONVERSION_UDFS,
    docs: "pack-array-function",
  },
  jsonFunction(["array_concat"], [rest(DYNAMIC)], "dynamic", concat),
  jsonFunction(["array_slice"], [DYNAMIC, LONG, LONG], "dynamic", slice),
  jsonFunction(["array_split"], [DYNAMIC, ANY], "dynamic", split),
  jsonFunction(["array_reverse"], [DYNAMIC], "dynamic", ([array]) =>
    Array.isArray(array) ? array.toReversed() : null,
  ),
  jsonFunction(["array_sum"], [DYNAMIC], "real", sum),
  jsonFunction(["array_index_of"], [DYNAMIC, ANY, optional(LONG), optional(LONG), optional(LONG)], "long", indexOf),
  jsonFunction(["array_iff", "array_iif"], [DYNAMIC, ANY, ANY], "dynamic", choose),
  rotation("array_rotate_left", 1),
  rotation("array_rotate_right", -1),
  shifting("array_shift_left", 1),
  shifting("array_shift_right", -1),
  sorting("array_sort_asc", 1),
  sorting("array_sort_desc", -1),
  jsonFunction(["zip"], [rest(DYNAMIC)], "dynamic", zip),
  withoutDynamic(jsonFunction(["repeat"], [ANY, LONG], "dynamic", repeat)),
] satisfies ScalarFunction[];
