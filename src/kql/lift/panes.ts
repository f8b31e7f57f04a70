import type { Item, PlanNode } from "../plan/types.ts";
import { skip } from "./cut.ts";

type Aggregate = PlanNode & { op: "aggregate" };

/** Rows with the windows `[from, to)` that each lies in. */
export interface Spans {
  readonly node: PlanNode;
  readonly from: string;
  readonly to: string;
  /** Conditions that a row's windows have yet to meet. */
  readonly rest: readonly string[];
  /** Of two rows, the one with the later `from` has no earlier `to`. */
  readonly isOrdered: boolean;
}

const FILTERED = "count(*) FILTER ";

/** How partial results of an aggregate, `$`, make the whole one; undefined where they do not. */
export function combinedBy(sql: string): string | undefined {
  const isFiltered = sql.startsWith(FILTERED) && skip(sql, FILTERED.length) === sql.length;
  if (sql === "count(*)" || isFiltered) return "COALESCE(sum($), 0)::BIGINT";
  const [, text, name] = /^(COALESCE\()?(min|max)\(_k\d+\)(?:, ''\))?$/.exec(sql) ?? [];
  if (name === undefined) return undefined;
  return text === undefined ? `${name}($)` : `COALESCE(${name}($), '')`;
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
  const combined = items.map(({ sql }) => combinedBy(sql));
  if (combined.some((sql) => sql === undefined)) return undefined;
  const named = (list: readonly Item[]): Item[] => list.map(({ sql }) => ({ id: id(), sql }));
  const [parts, partials] = [named(keys), named(items)];
  const [from, to] = [id(), id()];
  const own = [...parts, { id: from, sql: spans.from }];
  // Distinct values alone: one group per first window, which counts up to where the next one starts.
  const isDistinct = items.length === 0 && spans.isOrdered;
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
    items: items.map((item, i) => ({ id: item.id, sql: (combined[i] ?? "").replace("$", partials[i]?.id ?? "") })),
  };
}
