import { RULE_OUTCOMES, type RuleCoverage, type RuleOutcome } from "../../core/alert.ts";

/** How many rules of a group ended how. */
export interface CoverageLine {
  readonly name: string;
  readonly rules: number;
  readonly outcomes: Readonly<Record<RuleOutcome, number>>;
  readonly alerts: number;
}

function lineOf(name: string, rules: readonly RuleCoverage[]): CoverageLine {
  const count = (outcome: RuleOutcome): number => rules.filter((rule) => rule.outcome === outcome).length;
  const outcomes = Object.fromEntries(RULE_OUTCOMES.map((outcome) => [outcome, count(outcome)]));
  return {
    name,
    rules: rules.length,
    outcomes: outcomes as Record<RuleOutcome, number>,
    alerts: rules.reduce((sum, { alerts }) => sum + alerts, 0),
  };
}

function grouped(coverage: readonly RuleCoverage[], keysOf: (rule: RuleCoverage) => readonly string[]): CoverageLine[] {
  const groups = new Map<string, RuleCoverage[]>();
  for (const rule of coverage) {
    const keys = keysOf(rule);
    for (const key of new Set(keys.length > 0 ? keys : ["(none)"])) groups.set(key, [...(groups.get(key) ?? []), rule]);
  }
  return [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, rules]) => lineOf(name, rules));
}

export const totals = (coverage: readonly RuleCoverage[]): CoverageLine => lineOf("all", coverage);

/** By data connector; a rule with several stands in each. */
export const byConnector = (coverage: readonly RuleCoverage[]): CoverageLine[] =>
  grouped(coverage, ({ connectors }) => connectors);

/** By ATT&CK technique, without sub-techniques. */
export const byTechnique = (coverage: readonly RuleCoverage[]): CoverageLine[] =>
  grouped(coverage, ({ techniques }) => techniques.map((technique) => technique.split(".")[0] ?? technique));

/** What is missing beside the rows of tables, such as a watchlist, with the number of rules that name it; most first. */
export function notesOf(coverage: readonly RuleCoverage[]): { readonly note: string; readonly rules: number }[] {
  const counts = new Map<string, number>();
  for (const note of coverage.flatMap(({ notes }) => notes)) counts.set(note, (counts.get(note) ?? 0) + 1);
  return [...counts].map(([note, rules]) => ({ note, rules })).sort((a, b) => b.rules - a.rules);
}
