import { withMoves } from "../moving.ts";
import type { PlanNode, SharedPlan, SortKey } from "../plan/types.ts";

/** A plan with the plans that it reads by name. */
export interface WholePlan {
  readonly node: PlanNode;
  readonly order: readonly SortKey[];
  readonly shared: ReadonlyMap<string, SharedPlan>;
}

/** Marks a tick of the clock in SQL: `@now+0@` stands for `now()`, `@now-36000000000@` for an hour before it. */
const MARK = /@now([+-]\d+)@/g;
/** Ticks of a datetime within the years 317 to 3171. */
const TICKS = /\b\d{18}\b/g;

/** The two plans differ in more than the clock. */
export class ClockError extends Error {}

export const hasClock = (sql: string): boolean => sql.includes("@now");

/** SQL in which the clock is the expression given. */
export const withClock = (sql: string, at: (offset: bigint) => string): string =>
  hasClock(sql) ? sql.replace(MARK, (_, offset: string) => at(BigInt(offset))) : sql;

function marked(a: string, b: string, nowA: bigint, delta: bigint): string {
  const text = withMoves(a, b, TICKS, (first, second) => {
    const offset = first - nowA;
    return second - first === delta ? `@now${offset < 0n ? "" : "+"}${offset}@` : undefined;
  });
  if (text === undefined) throw new ClockError();
  return text;
}

/**
 * One plan out of two that were lowered at `nowA` and `nowB`: every tick that moved with the clock is marked. Throws
 * `ClockError` where something else differs, such as a date that was worked out from the clock.
 */
export function markClock<T>(a: T, b: T, nowA: bigint, nowB: bigint): T {
  const delta = nowB - nowA;
  const done = new Map<object, object>();
  const visit = (left: unknown, right: unknown): unknown => {
    if (typeof left === "string" && typeof right === "string") return marked(left, right, nowA, delta);
    if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) {
      if (left !== right) throw new ClockError();
      return left;
    }
    const known = done.get(left);
    if (known) return known;
    if (Array.isArray(left)) {
      if (!Array.isArray(right) || left.length !== right.length) throw new ClockError();
      const items: unknown[] = [];
      done.set(left, items);
      for (const [i, item] of left.entries()) items.push(visit(item, right[i]));
      return items;
    }
    if (left instanceof Map && right instanceof Map) {
      const [lefts, rights] = [[...left], [...right]];
      const entries = visit(lefts, rights) as [unknown, unknown][];
      return new Map(entries);
    }
    const keys = Object.keys(left);
    if (keys.length !== Object.keys(right).length) throw new ClockError();
    const copy: Record<string, unknown> = {};
    done.set(left, copy);
    for (const key of keys)
      copy[key] = visit((left as Record<string, unknown>)[key], (right as Record<string, unknown>)[key]);
    return copy;
  };
  return visit(a, b) as T;
}
