import { PILLAR_TITLES, PILLARS, STAGE_TITLES, STATE_TITLES } from "../../core/maturity.ts";

/** `case` that gives each value its title, and itself to any other. */
const titles = (column: string, values: Readonly<Record<string, string>>): string =>
  `case(${Object.entries(values)
    .map(([value, title]) => `${column} == "${value}", "${title}"`)
    .join(", ")}, ${column})`;

export const pillarTitle = `Pillar = ${titles("Pillar", PILLAR_TITLES)}`;
export const stageTitle = `Stage = ${titles("Stage", STAGE_TITLES)}`;
export const stateTitle = `State = ${titles("State", STATE_TITLES)}`;
export const requiredTitle = `RequiredFrom = ${titles("RequiredFrom", STAGE_TITLES)}`;

/** The place of a pillar in the order of the model. Before `pillarTitle`. */
export const pillarOrder = `Order = array_index_of(dynamic(${JSON.stringify(PILLARS)}), Pillar)`;

/** Rows of a saved function for the scope that is chosen. */
export const ofScope = (view: string): string => `${view}()
| where Scope == '{Scope}'`;

/** The same, of the newest run in the time range. */
export const latest = (view: string): string => `${ofScope(view)}
| where RunId in ((ZtLatestRuns() | where Scope == '{Scope}' | project RunId))`;

const share = (column: string): string => `iff(isnull(${column}), "-", strcat(round(${column} * 100, 2), " %"))`;

/** What each stage asks for, as text: `>= 80 % / 95 % / 99 %`. */
export const needs = `Needs = strcat(iff(Direction == "atLeast", ">= ", "<= "), ${[
  "ThresholdInitial",
  "ThresholdIntermediate",
  "ThresholdOptimal",
]
  .map(share)
  .join(', " / ", ')})`;
