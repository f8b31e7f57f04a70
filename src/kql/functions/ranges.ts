import type { ScalarType } from "../../core/kusto.ts";
import { formatDatetime, formatTimespan } from "../../core/ticks.ts";
import { ANY, optional } from "./support/entry.ts";
import { writeDynamic } from "./support/json.ts";
import { argument } from "./support/sql.ts";
import { convertTo } from "./support/types.ts";
import type { Argument, ScalarFunction, Udf } from "./types.ts";

const MAX_ELEMENTS = 1_048_576;

const WRITERS: Readonly<Record<string, (value: bigint) => string>> = {
  long: String,
  datetime: (ticks) => `"${formatDatetime(ticks)}"`,
  timespan: (ticks) => `"${formatTimespan(ticks)}"`,
};

const WHOLE: Udf = {
  name: "kql_range",
  params: ["VARCHAR", "BIGINT", "BIGINT", "BIGINT"],
  returns: "VARCHAR",
  fn: (kind: string, start: bigint, stop: bigint, step: bigint): string | null => {
    const write = WRITERS[kind];
    if (step === 0n || !write) return null;
    const items: string[] = [];
    for (let at = start; (step > 0n ? at <= stop : at >= stop) && items.length < MAX_ELEMENTS; at += step)
      items.push(write(at));
    return `[${items.join(",")}]`;
  },
};

const REAL: Udf = {
  name: "kql_range_real",
  params: ["DOUBLE", "DOUBLE", "DOUBLE"],
  returns: "VARCHAR",
  fn: (start: number, stop: number, step: number): string | null => {
    const steps = Math.floor((stop - start) / step + 1e-9);
    if (!Number.isFinite(steps)) return null;
    return writeDynamic(
      Array.from({ length: Math.min(Math.max(steps + 1, 0), MAX_ELEMENTS) }, (_, i) => start + i * step),
    );
  },
};

const kindOf = (args: readonly Argument[]): ScalarType => {
  const { type } = argument(args, 0);
  if (type === "datetime" || type === "timespan") return type;
  return args.some((arg) => arg.type === "real" || arg.type === "decimal") ? "real" : "long";
};

const STEPS: Readonly<Record<string, string>> = {
  datetime: "36000000000",
  timespan: "36000000000",
};

function rangeSql(args: readonly Argument[]): string {
  const kind = kindOf(args);
  const bounds = args.slice(0, 2).map((arg) => convertTo(arg, kind));
  const step = args[2];
  const stepSql = step === undefined ? (STEPS[kind] ?? "1") : convertTo(step, kind === "datetime" ? "timespan" : kind);
  if (kind === "real") return `kql_range_real(${bounds.join(", ")}, ${stepSql})`;
  return `kql_range('${kind}', ${bounds.join(", ")}, ${stepSql})`;
}

export default [
  {
    names: ["range"],
    params: [ANY, ANY, optional(ANY)],
    returns: "dynamic",
    sql: rangeSql,
    udfs: [WHOLE, REAL],
    docs: "range-function",
  },
] satisfies ScalarFunction[];
