import type { QueryBackend } from "../../backends/types.ts";

/** The newest TimeGenerated of any table, in ticks: what `now()` answers over exported logs. */
export async function newestTime(backend: QueryBackend): Promise<bigint | undefined> {
  const tables = await backend.tables();
  return [...tables.values()].reduce<bigint | undefined>(
    (latest, { newest }) => (newest !== null && (latest === undefined || newest > latest) ? newest : latest),
    undefined,
  );
}
