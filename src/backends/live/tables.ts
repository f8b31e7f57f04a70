import type { Column, Value } from "../../core/kusto.ts";
import { parseIsoDatetime } from "../../core/ticks.ts";
import type { TableInfo } from "../types.ts";
import type { Answer } from "./transport.ts";

/** Tables per query: each is a leg of one union. */
const LEGS = 25;
const NAME = /^[A-Za-z_]\w*$/;

type Ask = (kql: string) => Promise<Answer>;

/** Rows and newest time per table. A table that is not there drops out of a fuzzy union. */
function census(names: readonly string[]): string {
  const legs = names.map(
    (name) =>
      `(${name} | extend Time = column_ifexists("TimeGenerated", datetime(null)) | summarize Rows = count(), Newest = max(Time), Oldest = min(Time) | extend Table = "${name}")`,
  );
  const none = `(print Rows = long(0), Newest = datetime(null), Oldest = datetime(null), Table = "" | where Rows > 0)`;
  return `union isfuzzy=true ${[none, ...legs].join(",\n  ")}\n| project Table, Rows, Newest, Oldest`;
}

const USAGE = "Usage\n| summarize Megabytes = sum(Quantity) by DataType\n| where Megabytes > 0";

const cells = (columns: readonly Column[], name: string): ((row: readonly Value[]) => Value) => {
  const index = columns.findIndex((column) => column.name === name);
  return (row) => row[index] ?? null;
};

/**
 * The tables that hold rows, or that do so for others: one that `Usage` says was filled, or that the service names as
 * denied, and that shows this identity no row, is `unreadable`.
 */
export async function readTables(
  ask: Ask,
  names: readonly string[],
  usage: boolean,
): Promise<ReadonlyMap<string, TableInfo>> {
  const found = new Map<string, TableInfo>();
  const denied = new Set<string>();
  const wanted = names.filter((name) => NAME.test(name));
  const groups = Array.from({ length: Math.ceil(wanted.length / LEGS) }, (_, i) =>
    wanted.slice(i * LEGS, (i + 1) * LEGS),
  );
  const [answers, filled] = await Promise.all([
    Promise.all(groups.map((group) => ask(census(group)))),
    usage && wanted.length > 0 ? filledTables(ask) : new Set<string>(),
  ]);
  for (const answer of answers) {
    const [table, count, newest, oldest] = ["Table", "Rows", "Newest", "Oldest"].map((name) =>
      cells(answer.columns, name),
    );
    for (const row of answer.rows) {
      const rows = Number(count?.(row) ?? 0);
      if (rows === 0) continue;
      found.set(String(table?.(row)), {
        rows,
        newest: ticksOf(newest?.(row)),
        oldest: ticksOf(oldest?.(row)),
      });
    }
    for (const name of answer.denied ?? []) denied.add(name);
  }
  for (const name of wanted) {
    const known = found.get(name) ?? { rows: 0, newest: null };
    const reason = unreadable(name, known.rows, denied, filled);
    if (reason !== undefined) found.set(name, { ...known, unreadable: reason });
  }
  return found;
}

const ticksOf = (time: Value | undefined): bigint | null =>
  typeof time === "string" ? (parseIsoDatetime(time) ?? null) : null;

function unreadable(
  name: string,
  rows: number,
  denied: ReadonlySet<string>,
  filled: ReadonlySet<string>,
): string | undefined {
  if (denied.has(name)) return `${name}: this identity has no permission to read it.`;
  if (rows > 0 || !filled.has(name)) return undefined;
  return `${name}: Usage shows that it was filled, and this identity sees no row of it: it may not read it.`;
}

/** Names of the tables that Usage bills data to; none where it cannot be read. */
async function filledTables(ask: Ask): Promise<ReadonlySet<string>> {
  try {
    const { columns, rows } = await ask(USAGE);
    return new Set(rows.map((row) => String(cells(columns, "DataType")(row))));
  } catch {
    return new Set();
  }
}
