import type { Timespan } from "../../core/kusto.ts";
import { formatDatetime } from "../../core/ticks.ts";
import { codeOf } from "../live/text.ts";

/** Statements that have to stand before any other. */
const PREAMBLE = /^(?:\s*(?:set|declare)\s[^;]*;)+/;

/**
 * Kusto has no time interval beside the query: each table that the text mentions is narrowed under its own name. A
 * name in the expression of a `let` is the outer one, so the table can stand for itself. Lines keep their numbers.
 */
export function withTimespan(kql: string, tables: Iterable<string>, { start, end }: Timespan): string {
  const words = new Set(codeOf(kql).match(/[A-Za-z_]\w*/g) ?? []);
  const narrowed = [...tables]
    .filter((name) => words.has(name))
    .map((name) => {
      const time = `column_ifexists("TimeGenerated", datetime(${formatDatetime(start)}))`;
      return `let ${name} = ${name} | where ${time} >= datetime(${formatDatetime(start)}) and ${time} < datetime(${formatDatetime(end)}); `;
    });
  const preamble = PREAMBLE.exec(kql)?.[0] ?? "";
  return preamble + narrowed.join("") + kql.slice(preamble.length);
}
