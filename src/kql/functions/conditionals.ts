import type { ScalarType } from "../../core/kusto.ts";
import { CONVERSION_UDFS, convert } from "./support/convert.ts";
import { argument } from "./support/sql.ts";
import { commonType, convertTo } from "./support/types.ts";
import type { Argument, ScalarFunction } from "./types.ts";

/** case(c1, v1, c2, v2, …, otherwise): the values, the last one without a condition. */
const caseValues = (args: readonly Argument[]): Argument[] =>
  args.filter((_, i) => i % 2 === 1 || i === args.length - 1);

/** The type of alternatives: a dynamic one becomes what the others are. */
function agreedType(args: readonly Argument[]): ScalarType {
  const plain = args.filter(({ type }) => type !== "dynamic");
  return commonType(plain.some(({ constant }) => constant !== null) ? plain : args);
}

function caseSql(args: readonly Argument[]): string {
  const type = agreedType(caseValues(args));
  const branches: string[] = [];
  for (let i = 0; i + 1 < args.length; i += 2) {
    const condition = argument(args, i);
    branches.push(
      `WHEN ${convert(condition.sql, condition.type, "bool")} THEN ${convertTo(argument(args, i + 1), type)}`,
    );
  }
  return `CASE ${branches.join(" ")} ELSE ${convertTo(argument(args, args.length - 1), type)} END`;
}

const coalesceSql = (args: readonly Argument[]): string => {
  const type = agreedType(args);
  const values = args.map((arg) => convertTo(arg, type));
  if (type !== "string") return `COALESCE(${values.join(", ")})`;
  return `COALESCE(${values.map((value) => `NULLIF(${value}, '')`).join(", ")}, '')`;
};

/** The null rule differs from comparison: nulls are skipped, NaN wins. */
const extreme = (name: "greatest" | "least") => (args: readonly Argument[]) => {
  const type = commonType(args);
  const values = args.map((arg) => convertTo(arg, type));
  const plain = `${name}(${values.join(", ")})`;
  if (type !== "real" || name === "greatest") return plain;
  return `CASE WHEN ${values.map((value) => `isnan(COALESCE(${value}, 0))`).join(" OR ")} THEN 'NaN'::DOUBLE ELSE ${plain} END`;
};

const emptiness = (type: ScalarType, sql: string): string => {
  if (type === "string") return `(${sql} = '')`;
  return type === "dynamic" ? `(COALESCE(${sql}, '""') = '""')` : `(${sql} IS NULL)`;
};

const onAny = (names: readonly string[], docs: string, sql: (arg: Argument) => string): ScalarFunction => ({
  names,
  params: [{ type: "any" }],
  returns: "bool",
  sql: (args) => sql(argument(args, 0)),
  docs,
});

export default [
  {
    names: ["iff", "iif"],
    params: [{ type: "bool" }, { type: "any" }, { type: "any" }],
    returns: (args) => agreedType(args.slice(1)),
    sql: caseSql,
    udfs: CONVERSION_UDFS,
    docs: "iff-function",
  },
  {
    names: ["case"],
    params: [{ type: "any", rest: true }],
    returns: (args) => agreedType(caseValues(args)),
    sql: caseSql,
    udfs: CONVERSION_UDFS,
    docs: "case-function",
  },
  {
    names: ["coalesce"],
    params: [{ type: "any", rest: true }],
    returns: agreedType,
    sql: coalesceSql,
    udfs: CONVERSION_UDFS,
    docs: "coalesce-function",
  },
  {
    names: ["max_of"],
    params: [{ type: "any", rest: true }],
    returns: commonType,
    sql: extreme("greatest"),
    udfs: CONVERSION_UDFS,
    docs: "max-of-function",
  },
  {
    names: ["min_of"],
    params: [{ type: "any", rest: true }],
    returns: commonType,
    sql: extreme("least"),
    udfs: CONVERSION_UDFS,
    docs: "min-of-function",
  },
  onAny(["isempty"], "isempty-function", (arg) => emptiness(arg.type, arg.sql)),
  onAny(["isnotempty", "notempty"], "isnotempty-function", (arg) => `NOT ${emptiness(arg.type, arg.sql)}`),
  onAny(["isnull"], "isnull-function", (arg) =>
    arg.type === "string" ? (arg.nullText ?? "false") : `(${arg.sql} IS NULL)`,
  ),
  onAny(["isnotnull", "notnull"], "isnotnull-function", (arg) =>
    arg.type === "string" ? (arg.nullText ? `NOT ${arg.nullText}` : "true") : `(${arg.sql} IS NOT NULL)`,
  ),
  {
    names: ["not"],
    params: [{ type: "bool" }],
    returns: "bool",
    sql: "(NOT $1)",
    docs: "not-function",
  },
  {
    names: ["assert"],
    params: [{ type: "bool" }, { type: "string", constant: true }],
    returns: "bool",
    sql: (args, call) => {
      const [condition, message] = [argument(args, 0), argument(args, 1)];
      if (condition.constant === undefined) call.refuse("assert() takes a constant condition.");
      if (condition.constant !== true) call.refuse(String(message.constant));
      return "true";
    },
    docs: "assert-function",
  },
] satisfies ScalarFunction[];
