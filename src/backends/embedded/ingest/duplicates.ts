import { naturalKey } from "../../../tables/keys.ts";
import type { Engine } from "../connection.ts";
import type { StoredTable } from "../store.ts";
import type { Content } from "./account.ts";

/** What makes two rows of a table one record, best first: `_ItemId` alone, or the natural key at one time. */
function keys(table: StoredTable): readonly (readonly string[])[] {
  const id = (name: string | undefined): string | undefined =>
    name === undefined ? undefined : table.columns.get(name)?.id;
  const item = id("_ItemId");
  const natural = id(naturalKey(table.name));
  const time = id("TimeGenerated");
  return [
    ...(item === undefined ? [] : [[item]]),
    ...(natural === undefined || time === undefined ? [] : [[natural, time]]),
  ];
}

/** Deletes every row whose record an earlier input has, or the same one further up, and says how many of each input. */
export async function removeDuplicates(engine: Engine, table: StoredTable): Promise<ReadonlyMap<number, number>> {
  const removed = new Map<number, number>();
  for (const columns of keys(table)) {
    const [first] = columns;
    const present = `${first} <> ''`;
    const [row] = await engine.rows(
      `SELECT count(*), count(DISTINCT hash(${columns.join(", ")})) FROM ${table.id} WHERE ${present}`,
    );
    if (Number(row?.[0]) === Number(row?.[1])) continue;
    const repeats = `SELECT rowid AS r, f FROM ${table.id} WHERE ${present} QUALIFY row_number() OVER (PARTITION BY ${columns.join(", ")} ORDER BY f, rowid) > 1`;
    for (const [input, count] of await engine.rows(`SELECT f, count(*) FROM (${repeats}) GROUP BY f`))
      removed.set(Number(input), (removed.get(Number(input)) ?? 0) + Number(count));
    await engine.rows(`DELETE FROM ${table.id} WHERE rowid IN (SELECT r FROM (${repeats}))`);
  }
  return removed;
}

/** What each input gave a table. */
export async function contents(engine: Engine, table: StoredTable): Promise<ReadonlyMap<number, Content>> {
  const time = table.columns.get("TimeGenerated")?.id ?? "NULL::BIGINT";
  const rows = await engine.rows(`SELECT f, count(*), min(${time}), max(${time}) FROM ${table.id} GROUP BY f`);
  return new Map(
    rows.map(([input, count, oldest, newest]): [number, Content] => [
      Number(input),
      { rows: Number(count), oldest: oldest as bigint | null, newest: newest as bigint | null },
    ]),
  );
}
