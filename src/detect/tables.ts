import type { EmbeddedBackend } from "../backends/embedded/backend.ts";
import { UsageError } from "../core/errors.ts";
import type { Timespan } from "../core/kusto.ts";
import { earlier, later } from "../core/ticks.ts";
import type { Schema } from "../kql/types.ts";

/** The tables that hold rows, with their number, and the time that the rows span. */
export interface LoadedTables {
  readonly rows: ReadonlyMap<string, number>;
  readonly span: Timespan;
}

/** Throws `UsageError` where no row has a time. */
export async function loadedTables(backend: EmbeddedBackend): Promise<LoadedTables> {
  const rows = new Map<string, number>();
  let span: Timespan | undefined;
  for (const [name, table] of await backend.tables()) {
    if (table.rows === 0) continue;
    rows.set(name, table.rows);
    if (table.newest === null) continue;
    const start = table.oldest ?? table.newest;
    const end = table.newest + 1n;
    span = span ? { start: earlier(start, span.start), end: later(end, span.end) } : { start, end };
  }
  if (!span) throw new UsageError("The data holds no row with a TimeGenerated: rules have no time to run over.");
  return { rows, span };
}

const WORD = /[A-Za-z_]\w*/g;
const EVERY_TABLE = /\b(?:search|find)\b|\bunion\b[^|]*\*/;

/**
 * The documented tables that a text names while it names none that holds rows: what it lacks. Undefined where only the
 * compiler can tell.
 */
export function missingTables(text: string, schema: Schema, loaded: LoadedTables): readonly string[] | undefined {
  if (EVERY_TABLE.test(text)) return undefined;
  const seen = new Set<string>();
  const missing = new Set<string>();
  const pending = [text];
  for (let source = pending.pop(); source !== undefined; source = pending.pop())
    for (const word of source.match(WORD) ?? []) {
      if (seen.has(word)) continue;
      seen.add(word);
      if (loaded.rows.has(word)) return undefined;
      const body = schema.functions?.get(word);
      if (body !== undefined) pending.push(body);
      else if (schema.declared?.(word)) missing.add(word);
    }
  return missing.size > 0 ? [...missing].sort() : undefined;
}
