import { formatDatetime } from "../../core/ticks.ts";

/** Comments and string literals of KQL, in which nothing is a name. Every alternative is linear in the text. */
const OPAQUE =
  /\/\/[^\n]*|[hH]?@"(?:[^"]|"")*"|[hH]?@'(?:[^']|'')*'|[hH]?"(?:[^"\\\n]|\\.)*"|[hH]?'(?:[^'\\\n]|\\.)*'|```[\s\S]*?```/g;

/** Applies `change` to the parts of a query outside of comments and string literals. */
function outsideLiterals(kql: string, change: (code: string) => string): string {
  let text = "";
  let last = 0;
  for (const match of kql.matchAll(OPAQUE)) {
    text += change(kql.slice(last, match.index)) + match[0];
    last = match.index + match[0].length;
  }
  return text + change(kql.slice(last));
}

/** The query with comments and literals blanked: for looking at its words. */
export const codeOf = (kql: string): string => {
  const parts: string[] = [];
  outsideLiterals(kql, (code) => {
    parts.push(code);
    return code;
  });
  return parts.join(" ");
};

/**
 * The query with `now()` and `ago()` answered by the run's clock, so that all queries of a run, and a resumed run, ask
 * about the same moment. A service has a clock of its own that no request may set.
 */
export function pinClock(kql: string, now: bigint): string {
  const clock = `datetime(${formatDatetime(now)})`;
  return outsideLiterals(kql, (code) =>
    code
      .replace(/\bnow\s*\(\s*\)/g, clock)
      .replace(/\bnow\s*\(/g, `(${clock} + `)
      .replace(/\bago\s*\(/g, `(${clock} - `),
  );
}

const TIME_ORDER = /\|\s*(?:sort|order)\s+by\s+TimeGenerated\s+asc\s*$/;

/** The query without its closing `| sort by TimeGenerated asc`, or undefined when it does not end so. */
export function withoutTimeOrder(kql: string): string | undefined {
  const text = statement(kql);
  const match = TIME_ORDER.exec(text);
  return match ? text.slice(0, match.index).trimEnd() : undefined;
}

/** A query that can be continued with a pipe: without white space and semicolons at its end. */
export const statement = (kql: string): string => kql.replace(/[\s;]+$/, "");

/** Operators and functions whose answer may differ from one request to the next, or whose order is the answer. */
const INDIVISIBLE =
  /(?<![\w-])(?:take|limit|sample|sample-distinct|top|top-nested|top-hitters|sort|order|render|getschema|fork|facet|rand|new_guid|take_any|take_anyif|any|anyif|serialize|row_number|row_cumsum|row_rank_dense|row_rank_min|prev|next|scan)(?![\w-])/;

/** Whether the rows of a query can be asked for in parts: the same rows every time, in no particular order. */
export const isDivisible = (kql: string): boolean => !INDIVISIBLE.test(codeOf(kql)) && !/;\s*\S/.test(tailOf(kql));

/** The text after the last `let` statement: more than one tabular statement cannot be continued. */
function tailOf(kql: string): string {
  const code = codeOf(statement(kql));
  const lets = code.lastIndexOf("let ");
  return lets < 0 ? code : code.slice(code.indexOf(";", lets) + 1);
}
