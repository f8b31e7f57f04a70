import type { QueryBackend, QueryOptions, TableInfo } from "../backends/types.ts";
import { ZtlensError } from "../core/errors.ts";
import type { Timespan } from "../core/kusto.ts";
import { TICKS_PER_DAY } from "../core/ticks.ts";
import { availability } from "./availability.ts";
import { readCounts, readOffenders } from "./measurement.ts";
import type { CriterionDefinition, Measurement } from "./types.ts";

/** Which tables there are at a moment, and which of them are too old. */
export type TableStates = Pick<Measurement, "presentTables" | "staleTables" | "unreadable"> & {
  /** Table → the columns that its data have, where that is known. */
  readonly columns?: ReadonlyMap<string, ReadonlySet<string>>;
  /** Table → why it holds less than there is. */
  readonly truncated?: ReadonlyMap<string, string>;
};

/** The columns of each table, where a backend knows them. */
export const columnsIn = (tables: ReadonlyMap<string, TableInfo>): ReadonlyMap<string, ReadonlySet<string>> =>
  new Map([...tables].flatMap(([name, { columns }]) => (columns ? [[name, columns] as const] : [])));

/** Why tables hold less than there is, where a backend knows it. */
export const truncatedIn = (tables: ReadonlyMap<string, TableInfo>): ReadonlyMap<string, string> =>
  new Map(
    [...tables].flatMap(([name, { truncated }]) => (truncated === undefined ? [] : [[name, truncated] as const])),
  );

/** Needed columns that the data of a present table lack. */
function missingIn({ columns: needed = {} }: CriterionDefinition, states: TableStates): string[] {
  const present = new Set(states.presentTables);
  return Object.entries(needed).flatMap(([table, names]) => {
    const known = present.has(table) ? states.columns?.get(table) : undefined;
    return known ? names.filter((name) => !known.has(name)).map((name) => `${table}.${name}`) : [];
  });
}

/** The last `days` days, the assessed moment included. */
export const windowOf = (asOf: bigint, days: number): Timespan => ({
  start: asOf - BigInt(days) * TICKS_PER_DAY,
  end: asOf + 1n,
});

/** Why the backend cannot run a pack at all. */
export const lackOf = (
  { requires = [] }: Pick<CriterionDefinition, "requires">,
  { lacks }: QueryBackend,
): string | undefined => requires.map((feature) => lacks?.get(feature)).find((reason) => reason !== undefined);

/** The tables that a criterion counts. */
const readTables = ({ tables, columns = {} }: CriterionDefinition): string[] => [
  ...new Set([...tables.flat(), ...Object.keys(columns)]),
];

/** Asks a criterion's query as of a moment; its offenders only where `wantsOffenders`. What fails becomes `partial`. */
export async function measure(
  definition: CriterionDefinition,
  at: {
    readonly backend: QueryBackend;
    readonly asOf: bigint;
    readonly states: TableStates;
    /** The same is asked as of other moments next. */
    readonly repeats?: boolean;
  },
  wantsOffenders: boolean,
): Promise<Measurement> {
  const { backend, asOf, states, repeats = false } = at;
  const { columns: _, truncated, ...rest } = states;
  const missingColumns = missingIn(definition, states);
  const tables = { ...rest, ...(missingColumns.length > 0 && { missingColumns }) };
  const nothing = { numerator: null, denominator: null, offenders: [], ...tables };
  const lacking = lackOf(definition, backend);
  if (lacking !== undefined) return { ...nothing, lacking };
  if (missingColumns.length > 0 || availability(definition.tables, states).absent.length > 0) return nothing;
  const options: QueryOptions = { now: asOf, timespan: windowOf(asOf, definition.window), repeats };
  try {
    const counts = readCounts(await backend.query(definition.query, options));
    const offenders =
      wantsOffenders && definition.offendersQuery && hasFailures(definition, counts)
        ? readOffenders(await backend.query(definition.offendersQuery, options))
        : [];
    const cut = readTables(definition).flatMap((table) => truncated?.get(table) ?? []);
    const partial = [...(counts.partial === undefined ? [] : [counts.partial]), ...cut].join(" ");
    return { ...counts, ...tables, offenders, ...(partial !== "" && { partial }) };
  } catch (error) {
    if (!(error instanceof ZtlensError)) throw error;
    const reasons = new Set([error.message, ...error.diagnostics.map(({ message }) => message)]);
    return { ...nothing, partial: [...reasons].join(" ") };
  }
}

function hasFailures({ direction }: CriterionDefinition, counts: ReturnType<typeof readCounts>): boolean {
  const { numerator, denominator, perStage } = counts;
  if (denominator === null || denominator === 0) return false;
  const numerators = [numerator, ...Object.values(perStage ?? {})].filter((value) => value !== null);
  return numerators.some((value) => (direction === "atLeast" ? value < denominator : value > 0));
}
