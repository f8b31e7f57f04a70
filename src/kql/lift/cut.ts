import { ARRIVAL } from "../plan/tables.ts";
import type { PlanNode } from "../plan/types.ts";

/** What filters leave of each window: the last `period` ticks, up to `upper` (not above 0) ticks from its end. */
export interface Cut {
  readonly period: bigint;
  readonly upper: bigint;
}

/** When a row of a table happened, and SQL of the time by which windows take it: absent where the table has none. */
export function timesOf(
  node: PlanNode & { op: "scan" },
  byArrival: boolean,
): { readonly event: string | undefined; readonly taken: string | undefined } {
  const [event, arrival] = ["TimeGenerated", ARRIVAL].map(
    (wanted) => node.items.find(({ name }) => name === wanted)?.id,
  );
  const received = event === undefined ? arrival : `COALESCE(${arrival}, ${event})`;
  return { event, taken: byArrival && arrival !== undefined ? received : event };
}

/** The length of the bracketed or quoted piece of SQL that starts at an offset. */
export function skip(sql: string, start: number): number {
  if (sql[start] === "'" || sql[start] === '"') {
    const end = sql.indexOf(sql[start], start + 1);
    return end < 0 ? sql.length : end + 1;
  }
  let at = start + 1;
  while (at < sql.length && sql[at] !== ")") at = "('\"".includes(sql[at] ?? "") ? skip(sql, at) : at + 1;
  return Math.min(at + 1, sql.length);
}

/** The conditions that all must hold: `((a AND b) AND c)` gives three. */
export function conjuncts(sql: string): string[] {
  const text = sql.trim();
  if (text.startsWith("(") && skip(text, 0) === text.length) return conjuncts(text.slice(1, -1));
  const parts: string[] = [];
  let from = 0;
  for (let at = 0; at < text.length; ) {
    if ("('\"".includes(text[at] ?? "")) at = skip(text, at);
    else if (text.startsWith(" AND ", at)) {
      parts.push(text.slice(from, at));
      at += 5;
      from = at;
    } else if (/^(?: OR | BETWEEN |CASE )/.test(text.slice(at, at + 9))) return [text];
    else at++;
  }
  return parts.length === 0 ? [text] : [...parts, text.slice(from)].flatMap(conjuncts);
}

const LOWER = [/^(_k\d+) >=? (.+)$/, /^(.+) <=? (_k\d+)$/] as const;
const UPPER = [/^(_k\d+) <=? (.+)$/, /^(.+) >=? (_k\d+)$/] as const;
const OFFSET = /^\(?@now([+-]\d+)@(?:::BIGINT)?\)?$/;

function bound(text: string, time: string, [forward, backward]: readonly [RegExp, RegExp]): bigint | undefined {
  const right = forward.exec(text);
  const left = backward.exec(text);
  const clock = right?.[1] === time ? right[2] : left?.[2] === time ? left[1] : undefined;
  const offset = OFFSET.exec(clock ?? "")?.[1];
  return offset === undefined ? undefined : BigInt(offset);
}

/** A condition on a column and the clock: `_k1 >= @now-5@` has the offset -5. */
export interface Bound {
  readonly time: string;
  readonly operator: ">=" | ">" | "<=" | "<";
  readonly offset: bigint;
}

const COMPARISON = /^(\S+|\(?@now[^ ]+) (>=|>|<=|<) (\S+)$/;
const MIRRORED = { ">=": "<=", ">": "<", "<=": ">=", "<": ">" } as const;

/** The bound that a condition is, or undefined. */
export function boundOf(condition: string): Bound | undefined {
  const [, left = "", operator = "", right = ""] = COMPARISON.exec(condition) ?? [];
  const isForward = /^_k\d+$/.test(left);
  const [time, clock] = isForward ? [left, right] : [right, left];
  const offset = OFFSET.exec(clock)?.[1];
  if (offset === undefined || !/^_k\d+$/.test(time)) return undefined;
  const written = operator as Bound["operator"];
  return { time, operator: isForward ? written : MIRRORED[written], offset: BigInt(offset) };
}

/** SQL of the first window of a row, and of the window after its last one, where windows must meet all bounds. */
export function spanOf(
  bounds: readonly Bound[],
  { first, step, count }: { readonly first: bigint; readonly step: bigint; readonly count: number },
): { readonly from: string; readonly to: string } {
  const after = (sql: string): string => `(${floorDivided(sql, step)} + 1)`;
  const place = ({ time, operator, offset }: Bound): string =>
    after(`${time} - ${first + offset + (operator === ">" || operator === "<=" ? 1n : 0n)}`);
  const [lower, upper] = [bounds.filter(isUpper), bounds.filter((bound) => !isUpper(bound))];
  return {
    from: `greatest(${[0, ...lower.map(place)].join(", ")})`,
    to: `least(${[count, ...upper.map(place)].join(", ")})`,
  };
}

/** What a time must not exceed: earlier windows are too early for it. */
const isUpper = ({ operator }: Bound): boolean => operator === "<" || operator === "<=";

/** DuckDB's `//` cuts towards zero. */
export const floorDivided = (sql: string, by: bigint): string =>
  `((${sql}) // ${by} - CASE WHEN (${sql}) % ${by} < 0 THEN 1 ELSE 0 END)`;

/** How far conditions on the time and the clock narrow a window of a table. */
export function cutOf(time: string, conditions: readonly string[], whole: bigint): Cut {
  let [period, upper] = [whole, 0n];
  for (const part of conditions.flatMap(conjuncts)) {
    const low = bound(part, time, LOWER);
    const high = bound(part, time, UPPER);
    if (low !== undefined && low <= 0n && -low < period) period = -low;
    if (high !== undefined && high < upper) upper = high;
  }
  return { period, upper };
}
