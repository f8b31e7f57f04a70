import { formatDatetime } from "../../core/ticks.ts";

/** Literals and comments, so that a semicolon in one does not end a statement. */
const PIECES = /\/\/[^\n]*|@"(?:[^"]|"")*"|@'(?:[^']|'')*'|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|;/g;
const LOOKUP = /\b(?:lookup|join)\b[^;(]*\(\s*([A-Za-z_]\w*)/g;
const LET = /^\s*let\s+([A-Za-z_]\w*)\s*=/;

/** Where the statements of a query end: after each semicolon outside of literals and comments. */
function statementEnds(kql: string): number[] {
  return [...kql.matchAll(PIECES)].filter(([piece]) => piece === ";").map(({ index }) => index + 1);
}

/** Where the statements end that define what others are looked up in. */
function afterLookups(kql: string): number {
  const names = new Set([...kql.matchAll(LOOKUP)].map(([, name]) => name));
  let start = 0;
  let position = 0;
  for (const end of statementEnds(kql)) {
    if (names.has(LET.exec(withoutComments(kql.slice(start, end)))?.[1])) position = end;
    start = end;
  }
  return position;
}

const withoutComments = (text: string): string => text.replace(/^\s*\/\/[^\n]*\n/gm, "");

export interface Increment {
  /** Ticks of ingestion time: rows that were stored in [from, until). Without `from` all before. */
  readonly from?: bigint;
  readonly until: bigint;
  /** Rows stored before `from` that are asked again although they should be known: those stored since `overlapFrom`... */
  readonly overlapFrom?: bigint;
  /** …and with an event time from here on. */
  readonly overlapEvents?: bigint;
  /** Only events after this time: the others were read before the run was interrupted. */
  readonly after?: bigint;
}

const STORED = "coalesce(ingestion_time(), TimeGenerated)";
const at = (ticks: bigint): string => `datetime(${formatDatetime(ticks)})`;

function condition({ from, until, overlapFrom, overlapEvents }: Increment): string {
  const before = `${STORED} < ${at(until)}`;
  if (from === undefined) return before;
  const since = `${STORED} >= ${at(from)}`;
  if (overlapFrom === undefined || overlapEvents === undefined) return `${before} and ${since}`;
  return `${before} and (${since} or (${STORED} >= ${at(overlapFrom)} and TimeGenerated >= ${at(overlapEvents)}))`;
}

/**
 * A signal query that sees of its event tables only what was stored in an increment. Each table is narrowed under its
 * own name (a name in the expression of a `let` is the outer one), after the statements that others are looked up in:
 * what is looked up stays whole.
 */
export function withIncrement(kql: string, tables: Iterable<string>, increment: Increment): string {
  const position = afterLookups(kql);
  const narrowed = [...tables].map((table) => `\nlet ${table} = ${table} | where ${condition(increment)};`).join("");
  const text = `${kql.slice(0, position)}${narrowed}\n${kql.slice(position)}`.trim();
  return increment.after === undefined ? text : `${text}\n| where TimeGenerated > ${at(increment.after)}`;
}
