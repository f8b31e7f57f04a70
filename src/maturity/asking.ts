import type { QueryBackend, QueryOptions } from "../backends/types.ts";
import { ZtlensError } from "../core/errors.ts";
import type { QueryResult, Value } from "../core/kusto.ts";

/** Whom to ask for what is shown beside a result, and where to tell what could not be shown. */
export interface Asking {
  readonly backend: QueryBackend;
  readonly options: QueryOptions;
  readonly problems: string[];
}

export type Row = ReadonlyMap<string, Value>;

const rowsOf = ({ columns, rows }: QueryResult): Row[] =>
  rows.map((row) => new Map(columns.map(({ name }, i) => [name, row[i] ?? null])));

export const number = (row: Row, name: string): number => Number(row.get(name) ?? 0);
export const text = (row: Row, name: string): string => String(row.get(name) ?? "");

/** The rows of a query; what cannot be answered, or not in full, is told and stops nothing. */
export async function ask({ backend, options, problems }: Asking, what: string, kql: string): Promise<Row[]> {
  try {
    const result = await backend.query(kql, options);
    if (result.partial !== undefined) problems.push(`${what}: not all of it: ${result.partial}`);
    return rowsOf(result);
  } catch (error) {
    if (!(error instanceof ZtlensError)) throw error;
    problems.push(`${what} could not be shown: ${error.message}`);
    return [];
  }
}
