import type { Cloud } from "../../backends/auth/clouds.ts";
import { PILLAR_TITLES, PILLARS } from "../../core/maturity.ts";
import { jsonText } from "../../core/text/json.ts";
import { comparison } from "./comparison.ts";
import { health } from "./health.ts";
import { choice, group, type Item, isEqual, type Parameter, parameters, tabs, text } from "./items.ts";
import { overview } from "./overview.ts";
import { pillarItems } from "./pillar.ts";

export interface Workbook {
  readonly version: "Notebook/1.0";
  readonly items: readonly Item[];
  readonly fallbackResourceIds: readonly string[];
  readonly $schema: string;
}

export const WORKBOOK_TITLE = "Zero Trust maturity";

const PORTALS: Readonly<Record<Cloud, string>> = {
  public: "https://portal.azure.com",
  usgov: "https://portal.azure.us",
  china: "https://portal.azure.cn",
};

const DAY = 86_400_000;
const TAB = "Tab";

const PARAMETERS: readonly Parameter[] = [
  {
    name: "Workspace",
    type: 5,
    isRequired: true,
    query: "resources\n| where type =~ 'microsoft.operationalinsights/workspaces'\n| order by name asc\n| project id",
    crossComponentResources: ["value::all"],
    queryType: 1,
    resourceType: "microsoft.resourcegraph/resources",
    typeSettings: {
      resourceTypeFilter: { "microsoft.operationalinsights/workspaces": true },
      additionalResourceOptions: ["value::1"],
      showDefault: false,
    },
    value: "value::1",
  },
  {
    name: "TimeRange",
    label: "Time range",
    type: 4,
    isRequired: true,
    typeSettings: {
      selectableValues: [1, 7, 30, 90, 365].map((days) => ({ durationMs: days * DAY })),
      allowCustom: true,
    },
    value: { durationMs: 30 * DAY },
  },
  choice("Scope", "Scope", "ZtRuns()\n| distinct Scope\n| sort by Scope asc\n| project value = Scope, label = Scope"),
  {
    name: "Help",
    type: 10,
    isRequired: true,
    typeSettings: { additionalResourceOptions: [], showDefault: false },
    jsonData: JSON.stringify([
      { value: "no", label: "Hide", selected: true },
      { value: "yes", label: "Show" },
    ]),
    value: "no",
  },
];

const HELP = `### How to read this
- **Stage**: the highest of Initial, Intermediate and Optimal whose criteria, and those of all lower stages, hold. Below that a pillar is Traditional; where a required criterion has no verdict it is *not assessable*.
- **Criterion**: a share of events or entities. A lower limit must be beaten by the lower Wilson 95 % bound, an upper limit by the upper bound.
- **No data, stale data, too few events, partial data** are no verdicts: nothing is counted as a pass or a failure because it is missing.
- **Verified**: access events with no failed facet and enough known ones, among those of which enough is known.
- Every figure comes from the tables ZtRun_CL, ZtSignal_CL, ZtCriterion_CL, ZtAnomaly_CL and ZtOffender_CL. A run is shown when its last row has arrived; a row that was sent twice is shown once.`;

export interface WorkbookOptions {
  readonly cloud?: Cloud;
}

/** The workbook over the result tables. It reads them through the saved functions alone, and little at a time. */
export function workbook({ cloud = "public" }: WorkbookOptions = {}): Workbook {
  const portal = PORTALS[cloud];
  const sections: readonly (readonly [id: string, title: string, items: readonly Item[]])[] = [
    ["overview", "Overview", overview],
    ...PILLARS.map((pillar) => [pillar, PILLAR_TITLES[pillar], pillarItems(pillar, { portal })] as const),
    ["comparison", "Compare", comparison],
    ["health", "Data health", health],
  ];
  return {
    version: "Notebook/1.0",
    items: [
      text(
        "title",
        `# ${WORKBOOK_TITLE}\nStages, and the counts behind them, as the scheduled runs of ztlens have written them.`,
      ),
      parameters("parameters", PARAMETERS),
      text("help", HELP, isEqual("Help", "yes")),
      tabs("tabs", TAB, Object.fromEntries(sections.map(([id, title]) => [id, title]))),
      ...sections.map(([id, , items]) => group(id, items, isEqual(TAB, id))),
    ],
    fallbackResourceIds: [],
    $schema: "https://github.com/Microsoft/Application-Insights-Workbooks/blob/master/schema/workbook.json",
  };
}

/** The workbook's file: the same for the same options. */
export const workbookText = (options: WorkbookOptions = {}): string => `${jsonText(workbook(options), 2)}\n`;
