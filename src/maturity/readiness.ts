import type { TableInfo } from "../backends/types.ts";
import { formatDatetime, TICKS_PER_DAY } from "../core/ticks.ts";
import type { Pack, Packs } from "../packs/types.ts";
import { tableStates } from "./availability.ts";
import type { Configuration } from "./config.ts";

/** `fresh`, `stale`: rows are there; `unreadable`: they are, and the identity may not see them. */
export type TableHealth = "fresh" | "stale" | "empty" | "unreadable";

export interface TableReadiness {
  readonly table: string;
  readonly health: TableHealth;
  readonly rows: number;
  /** ISO 8601. */
  readonly newest: string | null;
  /** Days from the oldest row to now: what the retention leaves to look back on. */
  readonly days: number | null;
  /** Longest look-back of the packs that read the table, days. */
  readonly wanted: number;
  /** Data connectors that fill the table. */
  readonly connectors: readonly string[];
  /** Criteria and signals that require it, or one of it and others. */
  readonly usedBy: readonly string[];
  readonly reason?: string;
}

export interface CriterionReadiness {
  readonly id: string;
  readonly name: string;
  /** Requirements without a fresh table, such as `A or B`. */
  readonly missing: readonly string[];
}

export interface Readiness {
  readonly tables: readonly TableReadiness[];
  /** What cannot be assessed as things are. */
  readonly blocked: readonly CriterionReadiness[];
}

/** What the tables of a backend allow to be assessed, as of a moment (ticks). */
export function readiness(
  packs: Packs,
  tables: ReadonlyMap<string, TableInfo>,
  asOf: bigint,
  { quietDays }: Pick<Configuration, "quietDays">,
): Readiness {
  const all: readonly Pack[] = [...packs.criteria, ...packs.signals];
  const states = tableStates(tables, asOf, quietDays);
  const fresh = new Set(states.presentTables.filter((name) => !states.staleTables.includes(name)));
  const names = [...new Set(all.flatMap((pack) => pack.tables.flat()))].sort();
  const healthOf = (name: string): TableHealth => {
    if (fresh.has(name)) return "fresh";
    if (states.staleTables.includes(name)) return "stale";
    return states.unreadable?.has(name) ? "unreadable" : "empty";
  };
  const blocked = packs.criteria.flatMap(({ id, name, tables: required }) => {
    const missing = required.map((entry) => [entry].flat()).filter((group) => !group.some((table) => fresh.has(table)));
    return missing.length > 0 ? [{ id, name, missing: missing.map((group) => group.join(" or ")) }] : [];
  });
  return {
    tables: names.map((name) => tableReadiness(name, healthOf(name), { all, asOf, info: tables.get(name) })),
    blocked,
  };
}

function tableReadiness(
  table: string,
  health: TableHealth,
  { all, asOf, info }: { readonly all: readonly Pack[]; readonly asOf: bigint; readonly info: TableInfo | undefined },
): TableReadiness {
  const users = all.filter((pack) => pack.tables.flat().includes(table));
  const connectors = users.flatMap((pack) => pack.connectors.filter(({ tables }) => tables.includes(table)));
  const { rows = 0, newest = null, oldest = null, unreadable } = info ?? {};
  return {
    table,
    health,
    rows,
    newest: newest === null ? null : formatDatetime(newest),
    days: oldest === null ? null : Number((asOf - oldest) / TICKS_PER_DAY),
    wanted: Math.max(...users.map(({ window }) => window)),
    connectors: [...new Set(connectors.map(({ id }) => id))],
    usedBy: users.map(({ id }) => id),
    ...(unreadable !== undefined && { reason: unreadable }),
  };
}
