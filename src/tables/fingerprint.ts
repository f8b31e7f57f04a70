import { canonicalTable, columnsOf, tableCount, tablesWith } from "./catalogue.ts";

/** Columns that nearly every table has say nothing about which one it is. */
const COMMON = new Set([
  "TenantId",
  "TimeGenerated",
  "SourceSystem",
  "Type",
  "MG",
  "ManagementGroupName",
  "_ResourceId",
]);

export type Recognised =
  /** `sure`: the table documents nearly all of the columns. */
  | { readonly kind: "table"; readonly table: string; readonly sure: boolean }
  | { readonly kind: "ambiguous"; readonly candidates: readonly string[] }
  | { readonly kind: "unknown" };

/**
 * The table whose documented columns explain most of the given ones, a rare column counting more than a common one.
 * Columns that no table documents do not count against a candidate as long as most do.
 */
export function tableOfColumns(columns: readonly string[]): Recognised {
  const scores = new Map<string, { weight: number; hits: number }>();
  let total = 0;
  let telling = 0;
  for (const column of new Set(columns)) {
    if (COMMON.has(column) || column.startsWith("_")) continue;
    telling++;
    const owners = tablesWith(column);
    const weight = Math.log((1 + tableCount()) / (1 + owners.length));
    total += owners.length > 0 ? weight : Math.min(weight, 1);
    for (const table of owners) {
      const score = scores.get(table) ?? { weight: 0, hits: 0 };
      score.weight += weight;
      score.hits++;
      scores.set(table, score);
    }
  }
  return decide(scores, total, telling);
}

function decide(
  scores: ReadonlyMap<string, { weight: number; hits: number }>,
  total: number,
  telling: number,
): Recognised {
  const ranked = [...scores]
    .filter(([, { weight, hits }]) => weight / total >= 0.7 && hits >= 3 && hits / telling >= 0.5)
    .map(([table, { weight, hits }]) => {
      const size = columnsOf(table)?.length ?? 0;
      return { table, hits, score: weight / total + hits / (telling + size - hits) / 2 };
    })
    .sort((a, b) => b.score - a.score);
  const [best, second] = ranked;
  if (!best) return { kind: "unknown" };
  if (!second || best.score - second.score >= 0.04)
    return {
      kind: "table",
      table: best.table,
      sure: best.hits >= telling * 0.8,
    };
  const candidates = ranked.filter(({ score }) => best.score - score < 0.04).map(({ table }) => table);
  return { kind: "ambiguous", candidates: candidates.slice(0, 5) };
}

/**
 * The table that a path names: a file `SigninLogs.ndjson`, `SigninLogs_2026-01.csv`, a container `am-signinlogs`, or a
 * folder `SigninLogs/`. Custom tables (`…_CL`) count without a catalogue entry. The file's name goes before its folders.
 */
export function tableOfPath(path: string): string | undefined {
  const parts = path.split("/").filter((part) => part !== "");
  const file = parts.pop() ?? "";
  return (
    tableOfName(file) ??
    parts.reverse().reduce<string | undefined>((found, part) => found ?? exactTable(part), undefined)
  );
}

const exactTable = (name: string): string | undefined => {
  const bare = name.replace(/^am-/i, "");
  return canonicalTable(bare) ?? (/^\w{1,100}_CL$/.test(bare) ? bare : undefined);
};

function tableOfName(file: string): string | undefined {
  const stem = file.replace(/(\.(csv|json|jsonl|ndjson|log|txt|parquet|gz|zst))+$/i, "");
  const words = /^[\w]+/.exec(stem.replace(/^am-/i, ""))?.[0] ?? "";
  const pieces = words.split("_");
  for (let count = pieces.length; count > 0; count--) {
    const table = exactTable(pieces.slice(0, count).join("_"));
    if (table) return table;
  }
  return undefined;
}
