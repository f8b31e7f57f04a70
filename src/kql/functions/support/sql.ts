import { quoteLiteral } from "../../../core/text/sql.ts";
import type { Argument } from "../types.ts";

/** Longer arguments are evaluated once and named instead of being written several times. */
const INLINE_LENGTH = 60;

/**
 * Renders SQL that names `sql` more than once without repeating it: nested calls would double their text each time.
 * Calls nested in one another need different names.
 */
export function once(sql: string, render: (name: string) => string, name = "kql_v"): string {
  if (sql.length <= INLINE_LENGTH) return render(sql);
  return `list_transform([${sql}], lambda ${name}: ${render(name)})[1]`;
}

/** The nth argument. The parameter list guarantees that it is there. */
export function argument(args: readonly Argument[], index: number): Argument {
  const found = args[index];
  if (!found) throw new RangeError(`argument ${index + 1} is missing`);
  return found;
}

export const sqlOf = (args: readonly Argument[], index: number): string => argument(args, index).sql;

/** A whole number kept between two bounds beyond which it makes no difference; null becomes the upper one. */
export function bounded(arg: Argument | undefined, fallback: string, low: bigint, high: bigint): string {
  if (arg === undefined) return fallback;
  const { constant, sql } = arg;
  if (typeof constant === "bigint" && constant >= low && constant <= high) return sql;
  return `greatest(least(${sql}, ${high}), ${low})`;
}

/** The SQL of an optional argument, or a default. */
export const sqlOr = (args: readonly Argument[], index: number, otherwise: string): string =>
  args[index]?.sql ?? otherwise;

/** DuckDB cuts a statement at NUL; a text that holds one is put together around it. */
export const literal = (text: string): string =>
  text.includes("\0") ? `(${text.split("\0").map(quoteLiteral).join(" || chr(0) || ")})` : quoteLiteral(text);

/** The constant text of an argument, or undefined when rows decide it. */
export function constantText(arg: Argument | undefined): string | undefined {
  return typeof arg?.constant === "string" ? arg.constant : undefined;
}

/** The constant number of an argument, or undefined when rows decide it or it is null. */
export function constantNumber(arg: Argument | undefined): number | undefined {
  const value = arg?.constant;
  return typeof value === "bigint" || typeof value === "number" ? Number(value) : undefined;
}
