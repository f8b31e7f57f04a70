import type { Item, PlanNode } from "../plan/types.ts";
import { skip } from "./cut.ts";

type Aggregate = PlanNode & { op: "aggregate" };

/** SQL of the first window and of the one after the last. */
export interface Span {
  readonly from: string;
  readonly to: string;
}

/** Rows with the windows `[from, to)` that each lies in. */
export interface Spans {
  readonly node: PlanNode;
  readonly from: string;
  readonly to: string;
  /** Conditions that a row's windows have yet to meet. */
  readonly rest: readonly string[];
  /** The one time that all bounds are on: the later it is, the later are `from` and `to`. Absent where there are several. */
  readonly time?: string;
  /** The windows that a row with another time would lie in. */
  at(time: string): Span;
}

const FILTERED = "count(*) FILTER ";
const DISTINCT = /^count\(DISTINCT ([^()]+|\(.*\))\)$/;

/** An aggregate in two steps: of the rows of a group, and of the groups' results, `$`. */
interface Steps {
  readonly partial: string;
  readonly whole: string;
}

/** Undefined where partial results do not make the whole one. */
export function stepsOf(sql: string): Steps | undefined {
  const isFiltered = sql.startsWith(FILTERED) && skip(sql, FILTERED.length) === sql.length;
  if (sql === "count(*)" || isFiltered) return { partial: sql, whole: "COALESCE(sum($), 0)::BIGINT" };
  const [, value] = DISTINCT.exec(sql) ?? [];
  if (value !== undefined && (!value.startsWith("(") || skip(value, 0) === value.length))
    return { partial: `list(DISTINCT ${value})`, whole: "COALESCE(len(list_distinct(flatten(list($)))), 0)" };
  const [, text, name] = /^(COALESCE\()?(min|max|any_value)\(_k\d+\)(?:, ''\))?$/.exec(sql) ?? [];
  if (name === undefined) return undefined;
  return { partial: sql, whole: text === undefined ? `${name}($)` : `COALESCE(${name}($), '')` };
}

export interface Paned {
  /** The groups of rows in each of their windows. */
  readonly input: PlanNode;
  readonly window: string;
  /** The keys and the aggregates over those groups. */
  readonly keys: readonly Item[];
  readonly items: readonly Item[];
}

/**
 * Rows that lie in the same windows are summarised before they are spread, so that what costs is how many groups lie in
 * a window, not how many rows. Undefined where the aggregates cannot be computed in two steps.
 */
export function panesOf({ keys, items }: Aggregate, spans: Spans, id: () => string): Paned | undefined {
  const steps = items.map(({ sql }) => stepsOf(sql));
  if (steps.some((step) => step === undefined)) return undefined;
  const parts = keys.map(({ sql }): Item => ({ id: id(), sql }));
  const partials = steps.map((step): Item => ({ id: id(), sql: step?.partial ?? "" }));
  const [from, to] = [id(), id()];
  const own = [...parts, { id: from, sql: spans.from }];
  // Distinct values alone: one group per first window, which counts up to where the next one starts.
  const isDistinct = items.length === 0 && spans.time !== undefined;
  const panes: Aggregate = isDistinct
    ? { op: "aggregate", input: spans.node, keys: own, items: [{ id: to, sql: `max(${spans.to})` }] }
    : { op: "aggregate", input: spans.node, keys: [...own, { id: to, sql: spans.to }], items: partials };
  const by = parts.length === 0 ? "" : `PARTITION BY ${parts.map((part) => part.id).join(", ")} `;
  const next = `lead(${from}) OVER (${by}ORDER BY ${from})`;
  const end = id();
  const ended: PlanNode = {
    op: "extend",
    input: panes,
    items: [{ id: end, sql: isDistinct ? `least(${to}, COALESCE(${next}, ${to}))` : to }],
  };
  const window = id();
  const windows = [{ id: window, sql: `unnest(range(${from}, ${end}))` }];
  return {
    input: { op: "extend", input: ended, items: windows, expands: true },
    window,
    keys: keys.map((key, i) => ({ id: key.id, sql: parts[i]?.id ?? "" })),
    items: items.map((item, i) => ({ id: item.id, sql: (steps[i]?.whole ?? "").replace("$", partials[i]?.id ?? "") })),
  };
}

/** `bin(time, size)` with a literal size. */
const BIN = /^\((_k\d+) - \1 % \(?(\d+)(?:::BIGINT)?\)?\)$/;

/**
 * Groups by a bin of the time: a group whose bin lies in the same windows from end to end is computed once, whatever the
 * aggregates, and then stands in each of them; only the rows of other bins are spread first.
 */
export function binsOf(
  { keys, items }: Aggregate,
  spans: Spans,
  step: bigint,
  id: () => string,
): { readonly node: PlanNode; readonly window: string } | undefined {
  const bin = keys.map(({ sql }) => BIN.exec(sql)).find((found) => found !== null && found[1] === spans.time);
  const [start = "", , size = "0"] = bin ?? [];
  if (!bin || BigInt(size) > step) return undefined;
  const [low, high] = [spans.at(start), spans.at(`(${start} + ${BigInt(size) - 1n})`)];
  const isWhole = `(${low.from} = ${high.from} AND ${low.to} = ${high.to})`;
  const named = (list: readonly Item[]): Item[] => list.map(({ sql }) => ({ id: id(), sql }));
  const spread = (input: PlanNode, from: string, to: string, window: string): PlanNode => {
    const windows = [{ id: window, sql: `unnest(range(${from}, ${to}))` }];
    return { op: "extend", input, items: windows, expands: true };
  };
  const only = (condition: string): PlanNode => ({ op: "filter", input: spans.node, condition });
  const whole = { keys: named(keys), items: named(items), from: id(), to: id(), window: id() };
  const ends = [
    { id: whole.from, sql: spans.from },
    { id: whole.to, sql: spans.to },
  ];
  const groups: Aggregate = {
    op: "aggregate",
    input: only(isWhole),
    keys: [...whole.keys, ...ends],
    items: whole.items,
  };
  const split = { keys: named(keys), items: named(items), row: id(), window: id() };
  const parts: Aggregate = {
    op: "aggregate",
    input: spread(only(`NOT ${isWhole}`), spans.from, spans.to, split.row),
    keys: [{ id: split.window, sql: split.row }, ...split.keys],
    items: split.items,
  };
  const window = id();
  const ids = ({ window: own, keys: a, items: b }: typeof whole | typeof split): string[] => [
    own,
    ...[...a, ...b].map((item) => item.id),
  ];
  const inputs = [
    { input: spread(groups, whole.from, whole.to, whole.window), sqls: ids(whole) },
    { input: parts, sqls: ids(split) },
  ];
  return { node: { op: "union", ids: [window, ...[...keys, ...items].map((item) => item.id)], inputs }, window };
}
