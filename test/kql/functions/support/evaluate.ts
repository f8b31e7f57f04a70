import { readdirSync } from "node:fs";
import { type Engine, openEngine } from "../../../../src/backends/embedded/connection.ts";
import { SCALAR_TYPES, type ScalarType, type Value } from "../../../../src/core/kusto.ts";
import { quoteLiteral } from "../../../../src/core/text/sql.ts";
import { parseIsoDatetime } from "../../../../src/core/ticks.ts";
import { CONVERSION_UDFS, convert } from "../../../../src/kql/functions/support/convert.ts";
import { parseTimespan } from "../../../../src/kql/functions/support/times.ts";
import type {
  Aggregate,
  Argument,
  CallContext,
  ConstantValue,
  Parameter,
  ScalarFunction,
} from "../../../../src/kql/functions/types.ts";

/** A typed value of a case. Bare JavaScript values stand for string, long (bigint), real (number) and bool. */
export interface Typed {
  readonly type: ScalarType;
  readonly value: ConstantValue;
  /** The query fixes it: it never comes from a row. */
  readonly fixed?: true;
}
export type Input = string | bigint | number | boolean | Typed;

export const int = (value: number | null): Typed => ({
  type: "int",
  value: value === null ? null : BigInt(value),
});
export const decimal = (value: string): Typed => ({ type: "decimal", value });
export const guid = (value: string): Typed => ({ type: "guid", value });
export const dyn = (value: unknown): Typed => ({
  type: "dynamic",
  value: value === null ? null : JSON.stringify(value),
});
export const json = (text: string): Typed => ({ type: "dynamic", value: text });
export const at = (text: string): Typed => ({
  type: "datetime",
  value: parseIsoDatetime(text) ?? null,
});
export const span = (text: string): Typed => ({
  type: "timespan",
  value: parseTimespan(text),
});
export const none = (type: ScalarType): Typed => ({ type, value: null });
export const fixed = (value: Typed): Typed => ({ ...value, fixed: true });
export const typeOf = (type: ScalarType): Typed => ({
  type: "string",
  value: type,
  fixed: true,
});

const folder = new URL("../../../../src/kql/functions/", import.meta.url);
const files = readdirSync(folder).filter((name) => name.endsWith(".ts") && name !== "types.ts" && name !== "index.ts");
const load = async <T>(names: readonly string[]): Promise<T[]> =>
  (
    await Promise.all(
      names.map(async (name) => ((await import(new URL(name, folder).href)) as { default: T[] }).default),
    )
  ).flat();

export const scalars = await load<ScalarFunction>(files.filter((name) => !name.startsWith("aggregate-")));
export const aggregates = await load<Aggregate>(files.filter((name) => name.startsWith("aggregate-")));

const byName = <T extends { readonly names: readonly string[] }>(entries: readonly T[]): ReadonlyMap<string, T> =>
  new Map(entries.flatMap((entry) => entry.names.map((name) => [name, entry] as const)));
const scalarsByName = byName(scalars);
const aggregatesByName = byName(aggregates);

const STORAGE: Readonly<Record<ScalarType, string>> = {
  bool: "BOOLEAN",
  int: "INTEGER",
  long: "BIGINT",
  real: "DOUBLE",
  decimal: "DECIMAL(38,18)",
  string: "VARCHAR",
  datetime: "BIGINT",
  timespan: "BIGINT",
  guid: "VARCHAR",
  dynamic: "VARCHAR",
};

const typed = (input: Input): Typed => {
  if (typeof input === "object") return input;
  if (typeof input === "string") return { type: "string", value: input };
  if (typeof input === "bigint") return { type: "long", value: input };
  return { type: typeof input === "boolean" ? "bool" : "real", value: input };
};

const literal = ({ type, value }: Typed): string =>
  value === null
    ? `NULL::${STORAGE[type]}`
    : `(${typeof value === "string" || typeof value === "number" ? quoteLiteral(String(value)) : `'${value}'`}::${STORAGE[type]})`;

export const context: CallContext = {
  now: parseIsoDatetime("2024-02-29T12:30:45.1234567Z") ?? 0n,
  refuse: (message) => {
    throw new Error(message);
  },
};

const parameterAt = (params: readonly Parameter[], i: number): Parameter | undefined =>
  params[i] ?? (params.at(-1)?.rest ? params.at(-1) : undefined);

function converted(argument: Argument, parameter: Parameter | undefined): Argument {
  const type = SCALAR_TYPES.find((name) => name === parameter?.type);
  if (type === undefined || type === argument.type) return argument;
  return { ...argument, sql: convert(argument.sql, argument.type, type), type };
}

const render = (entry: ScalarFunction | Aggregate, args: readonly Argument[]): string =>
  typeof entry.sql === "string"
    ? entry.sql.replaceAll(/\$(\d)/g, (_, n: string) => args[Number(n) - 1]?.sql ?? "missing")
    : entry.sql(args, context);

/** The engine of a test file; closed by the caller. */
export async function openTestEngine(): Promise<Engine> {
  const engine = await openEngine();
  engine.register(CONVERSION_UDFS);
  for (const entry of [...scalars, ...aggregates]) engine.register(entry.udfs ?? []);
  return engine;
}

async function run(engine: Engine, entry: ScalarFunction | Aggregate, args: Argument[], from: string): Promise<Value> {
  const type = typeof entry.returns === "function" ? entry.returns(args) : entry.returns;
  const sql = `SELECT (${render(entry, args)})::${STORAGE[type]} AS v ${from}`;
  const columns = [{ name: "v", type, sql: '"v"' }];
  const result = await engine.query({
    sql,
    columns,
    reads: new Map(),
    udfs: [],
    warnings: [],
  });
  return result.rows[0]?.[0] ?? null;
}

/** The value of a scalar call, once with constants and once over a table: both must agree. */
export async function evaluate(engine: Engine, name: string, inputs: readonly Input[]): Promise<Value[]> {
  const entry = scalarsByName.get(name);
  if (!entry) throw new Error(`no function ${name}`);
  const values = inputs.map(typed);
  const constants = values.map((value, i) =>
    converted({ sql: literal(value), type: value.type, constant: value.value }, parameterAt(entry.params, i)),
  );
  const rows = values.map((value, i): Argument => {
    const parameter = parameterAt(entry.params, i);
    const isFixed = parameter?.constant === true || value.fixed === true;
    const constant = isFixed ? { constant: value.value } : {};
    return converted(
      {
        sql: isFixed ? literal(value) : `(c${i})`,
        type: value.type,
        ...constant,
      },
      parameter,
    );
  });
  const from =
    values.length > 0
      ? `FROM (VALUES (${values.map(literal).join(", ")})) t(${values.map((_, i) => `c${i}`).join(", ")})`
      : "";
  return [await run(engine, entry, constants, ""), await run(engine, entry, rows, from)];
}

/** The value of an aggregate over rows; further arguments are constants. */
export async function aggregate(
  engine: Engine,
  name: string,
  types: readonly ScalarType[],
  rows: readonly (readonly (ConstantValue | Typed)[])[],
  constants: readonly Input[] = [],
): Promise<Value> {
  const entry = aggregatesByName.get(name);
  if (!entry) throw new Error(`no aggregate ${name}`);
  const cell = (value: ConstantValue | Typed, type: ScalarType): string =>
    literal(typeof value === "object" && value !== null ? value : { type, value });
  const columns = types.map((type, i) => converted({ sql: `(c${i})`, type }, parameterAt(entry.params, i)));
  const parameters = constants
    .map(typed)
    .map((value, i) =>
      converted(
        { sql: literal(value), type: value.type, constant: value.value },
        parameterAt(entry.params, types.length + i),
      ),
    );
  const values = rows.map((row) => `(${row.map((value, i) => cell(value, types[i] ?? "string")).join(", ")})`);
  const empty = types.map((type) => literal(none(type))).join(", ");
  const source = rows.length > 0 ? `VALUES ${values.join(", ")}` : `SELECT ${empty} WHERE false`;
  return run(
    engine,
    entry,
    [...columns, ...parameters],
    `FROM (${source}) t(${types.map((_, i) => `c${i}`).join(", ")})`,
  );
}
