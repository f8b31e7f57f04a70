import { idsOf } from "../sql/render.ts";
import type { CompiledQuery } from "../types.ts";

/** Names of plans that only the whole statement defines, and functions that answer something else each time. */
const ELSEWHERE = /\b_s\d+\b|\b(?:random|gen_random_uuid)\(/;
const DEFINED = /\bAS (_k\d+)\b/g;
const DEFINED_LIST = /\bAS t\d+\(([^()]*)\)/g;

/** Whether a part of a statement is a statement of its own: it reads no column of a row around it. */
function standsAlone(sql: string): boolean {
  if (ELSEWHERE.test(sql)) return false;
  const defined = new Set([...sql.matchAll(DEFINED)].map(([, id]) => id));
  for (const [, ids = ""] of sql.matchAll(DEFINED_LIST)) for (const id of idsOf(ids)) defined.add(id);
  return idsOf(sql).every((id) => defined.has(id));
}

/** The groupings of a statement that are wanted, without those inside of another one. */
function outermost({ sql, groupings = [] }: CompiledQuery, isWanted: (sql: string) => boolean): string[] {
  const found: string[] = [];
  // A text that stands there twice may be a literal of the query.
  for (const grouping of groupings.toReversed())
    if (isWanted(grouping) && !found.some((other) => other.includes(grouping)) && sql.split(grouping).length === 2)
      found.push(grouping);
  return found;
}

/**
 * The groupings that several statements have in common, word for word: of statements over the same windows that differ
 * in what they do with the groups, each gives the same rows in all of them.
 */
export function commonGroupings(queries: readonly CompiledQuery[]): ReadonlySet<string> {
  const several = (lists: readonly (readonly string[])[]): Set<string> => {
    const users = new Map<string, number>();
    for (const list of lists) for (const sql of new Set(list)) users.set(sql, (users.get(sql) ?? 0) + 1);
    return new Set([...users].flatMap(([sql, count]) => (count > 1 ? [sql] : [])));
  };
  const all = several(queries.map(({ groupings = [] }) => groupings));
  const alone = new Set([...all].filter(standsAlone));
  return several(queries.map((query) => outermost(query, (sql) => alone.has(sql))));
}

/** The statement with those groupings read from where `place` says that their rows are. */
export async function withGroupings(
  query: CompiledQuery,
  common: ReadonlySet<string>,
  place: (sql: string) => Promise<string>,
): Promise<CompiledQuery> {
  let { sql } = query;
  for (const grouping of outermost(query, (text) => common.has(text))) {
    const [before = "", after = ""] = sql.split(grouping);
    sql = `${before}SELECT * FROM ${await place(grouping)}${after}`;
  }
  return { ...query, sql };
}
