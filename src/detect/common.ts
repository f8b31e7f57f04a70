import type { EmbeddedBackend } from "../backends/embedded/backend.ts";
import { commonGroupings, withGroupings } from "../kql/lift/common.ts";
import type { CompiledQuery } from "../kql/types.ts";
import type { AnalyticRule } from "../packs/rules/types.ts";

/** Rules that are compiled before the first of them runs. */
const MOST_TOGETHER = 16;
const LITERAL = /@"(?:[^"]|"")*"|@'(?:[^']|'')*'|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|\b\d[\w.]*/g;

/** Rules whose queries are the same but for their literals, and that run at the same times: places in the list. */
export function familiesOf(rules: readonly AnalyticRule[]): number[][] {
  const families = Map.groupBy(rules.keys(), (i) => {
    const rule = rules[i] as AnalyticRule;
    return [rule.kind, rule.frequency, rule.period, rule.query.replace(LITERAL, "0")].join("\0");
  });
  return [...families.values()].flatMap((family) =>
    Array.from({ length: Math.ceil(family.length / MOST_TOGETHER) }, (_, i) =>
      family.slice(i * MOST_TOGETHER, (i + 1) * MOST_TOGETHER),
    ),
  );
}

/** What several statements group in the same way is worked out once, by the first of them that runs. */
export class CommonRows {
  readonly #backend: EmbeddedBackend;
  readonly #common: ReadonlySet<string>;
  readonly #tables = new Map<string, Promise<string>>();

  constructor(backend: EmbeddedBackend, queries: readonly CompiledQuery[]) {
    this.#backend = backend;
    this.#common = queries.length > 1 ? commonGroupings(queries) : new Set();
  }

  /** The statement over what is kept. Throws DuckDB's error. */
  async over(query: CompiledQuery): Promise<CompiledQuery> {
    return withGroupings(query, this.#common, (sql) => {
      const known = this.#tables.get(sql);
      if (known) return known;
      const kept = this.#backend.keep(sql, query.udfs);
      this.#tables.set(sql, kept);
      return kept;
    });
  }

  async clear(): Promise<void> {
    const tables = await Promise.allSettled(this.#tables.values());
    this.#tables.clear();
    for (const table of tables) if (table.status === "fulfilled") await this.#backend.forget(table.value);
  }
}
