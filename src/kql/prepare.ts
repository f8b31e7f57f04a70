import { planner } from "./index.ts";
import { withMoves } from "./moving.ts";
import { numberedColumn } from "./numbered.ts";
import { atClock, type Clock, type PreparedQuery, udfNamed } from "./prepared.ts";
import type { CompileOptions, Schema, TableSource } from "./types.ts";

const NUMBER = /-?\d+/g;

/** The schema with every table's place left open; tables that only a wildcard could mean are not offered. */
function openPlaces(schema: Schema): Schema {
  const table = (name: string): TableSource | undefined => {
    const columns = schema.table(name)?.columns.map((column, i) => ({ ...column, sql: `"${numberedColumn(i)}"` }));
    return columns && { name, sql: `"{{table ${name}}}"`, columns };
  };
  return { table, names: () => [] };
}

const optionsOf = ({ now, start, end }: Clock): Omit<CompileOptions, "schema"> => ({
  now,
  timespan: { start, end },
  marksRows: true,
});

const DAY = 864_000_000_000n;
const NOON = 639_000_000_000_000_000n + 7n;
const FIRST: Clock = { now: NOON, start: NOON - 41n * DAY + 3n, end: NOON + 1009n };
/** Moves that tell the three apart, and from each other's differences. */
const MOVES: Clock = { now: 17n * DAY + 11n, start: 19n * DAY + 1013n, end: 23n * DAY + 50_021n };
const moved = (times: bigint): Clock => ({
  now: FIRST.now + times * MOVES.now,
  start: FIRST.start + times * MOVES.start,
  end: FIRST.end + times * MOVES.end,
});

function markOf(first: bigint, second: bigint): string | undefined {
  const name = (["now", "start", "end"] as const).find((part) => MOVES[part] === second - first);
  return name && `{{${name} ${first - FIRST[name]}}}`;
}

/** Prepares a text over the tables of a schema. Undefined: its plan depends on the data or on more than the clock. */
export function prepare(text: string, schema: Schema): PreparedQuery | undefined {
  if (/\b(search|find)\b|\bunion\b[^|;]*\*/.test(text)) return undefined;
  const at = planner(text, openPlaces(schema));
  const [first, second, third] = [0n, 1n, 2n].map((times) => at(optionsOf(moved(times))));
  if (first?.kind !== "compiled" || second?.kind !== "compiled" || third?.kind !== "compiled") return undefined;
  const { columns, reads, udfs } = first.query;
  const sql = first.query.sql.includes("{{now")
    ? undefined
    : withMoves(first.query.sql, second.query.sql, NUMBER, markOf);
  const names = udfs.map(({ name }) => name);
  if (sql === undefined || atClock(sql, moved(2n)) !== third.query.sql) return undefined;
  if (names.some((name) => !udfNamed().has(name))) return undefined;
  return { sql, columns, reads: Object.fromEntries([...reads].map(([table, own]) => [table, [...own]])), udfs: names };
}
