/** A function that is saved in the workspace under its alias. */
export interface SavedFunction {
  readonly alias: string;
  readonly description: string;
  /** KQL. It may call the functions before it. */
  readonly query: string;
}

/*
 * What was sent twice is there twice: Log Analytics does not de-duplicate. Every reader goes through these functions,
 * which show each finding once, and only of runs that arrived whole. Of two runs over one window the later one counts.
 */

const once = (table: string): string => `${table}
| where RunId in ((ZtRuns() | project RunId))
| summarize arg_max(RunTime, *) by ResultId`;

export const SAVED_FUNCTIONS: readonly SavedFunction[] = [
  {
    alias: "ZtRuns",
    description: "One row per run that arrived whole; of several runs over one window, the last",
    query: `ZtRun_CL
| summarize arg_max(RunTime, *) by ResultId`,
  },
  {
    alias: "ZtLatestRuns",
    description: "The newest run of each scope",
    query: `ZtRuns()
| summarize arg_max(WindowEnd, *) by Scope`,
  },
  {
    alias: "ZtStages",
    description: "Stage and verification of each pillar in each run; StageRank is 0 to 3, null where not assessable",
    query: `${once("ZtSignal_CL")}
| extend StageRank = case(Stage == "traditional", 0, Stage == "initial", 1, Stage == "intermediate", 2, Stage == "optimal", 3, int(null))`,
  },
  {
    alias: "ZtCriteria",
    description: "Each criterion in each run, with the arithmetic behind its state",
    query: once("ZtCriterion_CL"),
  },
  {
    alias: "ZtOffenders",
    description: "Who keeps a criterion from its thresholds, in each run",
    query: once("ZtOffender_CL"),
  },
  {
    alias: "ZtAnomalies",
    description: "Each anomaly once, however many runs have seen it",
    query: `${once("ZtAnomaly_CL")}
| summarize arg_max(WindowEnd, *) by Scope, Pillar, AnomalyId`,
  },
];

const isCalled = (alias: string, text: string): boolean => text.includes(`${alias}()`);

/** The functions that a query calls as statements in front of it, for an engine in which they are not saved. */
export function withFunctions(query: string): string {
  return SAVED_FUNCTIONS.reduceRight(
    (text, { alias, query: body }) => (isCalled(alias, text) ? `let ${alias} = () {\n${body}\n};\n${text}` : text),
    query,
  );
}
