import type { CriterionResult, PillarResult } from "../../core/assessment.ts";
import type { QueryResult, Value } from "../../core/kusto.ts";
import { LADDER, PILLAR_TITLES } from "../../core/maturity.ts";
import { terminalText, truncate, wrap } from "../../core/text/terminal.ts";
import { holds } from "../../maturity/thresholds.ts";
import { formatRows } from "../rows.ts";
import { integer, plural, share, sharesApart } from "../view/format.ts";
import { isUnassessed, STAGE_TITLES, STATE_TITLES, thresholdAt } from "../view/ladder.ts";
import { failuresOf, fixesFor, slackOf } from "../view/leverage.ts";

export const WIDTH = 100;

export const block = (title: string, lines: readonly string[]): string =>
  lines.length === 0 ? "" : `\n${title}\n${lines.map((line) => `  ${line}\n`).join("")}`;

export const wrapped = (text: string): string[] => (text === "" ? [] : wrap(text, WIDTH - 2));

/** Query text as it is, line by line: what is copied from here runs. */
export const code = (text: string): string[] => text.trimEnd().split("\n").map(terminalText);

function ladderLines(c: CriterionResult): string[] {
  const { numerator, denominator, low, high, direction } = c;
  if (numerator === null || denominator === null || low === null || high === null || isUnassessed(c.state)) return [];
  return LADDER.slice(LADDER.indexOf(c.requiredFrom)).flatMap((stage) => {
    const threshold = thresholdAt(c, stage);
    if (threshold === undefined) return [];
    const reached = holds(direction, threshold, numerator, denominator);
    const fixes = reached ? undefined : fixesFor(c, stage);
    const missed =
      fixes === undefined ? "too few events to get there" : `${integer(fixes)} failed events must be fixed`;
    const mark = reached ? "✓" : "✗";
    return [
      `${mark} ${STAGE_TITLES[stage].padEnd(13)} ${demand(c, threshold, reached)}${reached ? "" : `; ${missed}`}`,
    ];
  });
}

function demand(c: CriterionResult, threshold: number, reached: boolean): string {
  const atLeast = c.direction === "atLeast";
  if (threshold === (atLeast ? 1 : 0))
    return `${atLeast ? "needs all" : "allows none"}: ${integer(c.numerator ?? 0)} of ${integer(c.denominator ?? 0)}`;
  const [bound, needed] = sharesApart((atLeast ? c.low : c.high) ?? 0, threshold);
  if (atLeast) return `lower bound ${bound} ${reached ? "reaches" : "misses"} ${needed}`;
  return `upper bound ${bound} ${reached ? "stays within" : "exceeds"} ${needed}`;
}

function arithmeticLines(c: CriterionResult): string[] {
  if (c.numerator === null || c.denominator === null || c.value === null) return wrapped(c.reason);
  const counted = c.direction === "atLeast" ? "as wanted" : "against it";
  const slack = slackOf(c);
  return [
    `${integer(c.numerator)} of ${plural(c.denominator, "event")} ${counted} = ${share(c.value)}; ${plural(failuresOf(c), "failed event")}`,
    ...(c.low === null || c.high === null
      ? []
      : [
          `Wilson 95 % interval: ${share(c.low)} to ${share(c.high)} (p = ${share(c.value)}, n = ${integer(c.denominator)}, z = 1.96)`,
        ]),
    `Sample: ${integer(c.denominator)} of at least ${integer(c.minimum)}`,
    ...ladderLines(c),
    ...(slack === undefined ? [] : [`${plural(slack + 1, "more failed event")} would cost ${STAGE_TITLES[c.stage]}.`]),
    ...wrapped(c.reason),
  ];
}

const MOST_COLUMNS = 8;

/** Rows of records as a table: columns in the order in which the records bring them, the first few of them. */
export function tableOf(records: readonly Readonly<Record<string, Value>>[]): QueryResult {
  const names = [...new Set(records.flatMap((record) => Object.keys(record)))].slice(0, MOST_COLUMNS);
  const type = (name: string) =>
    records.every((record) => typeof record[name] === "number") ? ("real" as const) : ("string" as const);
  return {
    columns: names.map((name) => ({ name, type: type(name) })),
    rows: records.map((record) => names.map((name) => (Object.hasOwn(record, name) ? (record[name] ?? null) : null))),
  };
}

/** The first rows, without the line that counts them. */
export function tableLines(result: QueryResult, most: number): string[] {
  const text = formatRows({ ...result, rows: result.rows.slice(0, most) }, "table", WIDTH - 2);
  const shown = text.trimEnd().split("\n").slice(0, -1);
  const rest = result.rows.length - most;
  return rest > 0 ? [...shown, `and ${integer(rest)} more`] : shown;
}

function exceptionLines({ exceptions }: CriterionResult): string[] {
  if (!exceptions) return [];
  const { state, stage, value } = exceptions.without;
  return [
    ...exceptions.applied.flatMap(({ entity, reason, owner, expires }) =>
      wrapped(`${entity ?? "the whole criterion"}: ${reason} (owner ${owner}, until ${expires})`),
    ),
    `Without: ${STATE_TITLES[state]}, ${STAGE_TITLES[stage]}, ${share(value)}`,
  ];
}

/** A criterion's verdict from the counts up, for a terminal. `link` opens the query in the portal. */
export function explainCriterion(
  { pillar }: PillarResult,
  criterion: CriterionResult,
  { rows, link }: { readonly rows: number; readonly link?: string },
): string {
  const offenders = criterion.offenders.length;
  return [
    `${truncate(`${criterion.id}  ${criterion.name}`, WIDTH)}\n`,
    `${PILLAR_TITLES[pillar]}, required from ${STAGE_TITLES[criterion.requiredFrom]}: ${STATE_TITLES[criterion.state]}, ${STAGE_TITLES[criterion.stage]}\n`,
    block("ARITHMETIC", arithmeticLines(criterion)),
    block("NEXT", wrapped(criterion.next)),
    block("EXCEPTIONS", exceptionLines(criterion)),
    offenders > 0
      ? block(`ROWS (${plural(offenders, "offender")})`, tableLines(tableOf(criterion.offenders), rows))
      : "",
    block(
      `QUERY (reads ${truncate(criterion.tables.join(", "), 60)}; sha256 ${criterion.queryDigest.slice(0, 12)}…)`,
      code(criterion.query),
    ),
    link === undefined ? "" : `\nOPEN IN LOGS\n  ${link}\n`,
  ].join("");
}
