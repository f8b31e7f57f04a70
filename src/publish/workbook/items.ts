import { uuidOf } from "../../evidence/digest.ts";

/*
 * The parts of an Azure Workbook. Schema: microsoft/Application-Insights-Workbooks, schema/workbook.json; the numbers of
 * types, formatters and sizes are those of the workbooks that Microsoft publishes.
 *
 * A parameter is pasted into queries as it is. So no value that a log has written becomes one: only scopes, ids of
 * criteria and ids of runs do, which cannot hold a quote.
 */

const WORKSPACES = "microsoft.operationalinsights/workspaces";

export interface Visibility {
  readonly parameterName: string;
  readonly comparison: "isEqualTo" | "isNotEqualTo";
  readonly value: string;
}

export interface Item {
  readonly type: number;
  readonly content: Readonly<Record<string, unknown>>;
  /** In percent of the row. */
  readonly customWidth?: string;
  readonly conditionalVisibility?: Visibility;
  /** Unique within the workbook. */
  readonly name: string;
}

export interface Formatter {
  readonly columnMatch: string;
  readonly formatter: number;
  readonly formatOptions?: Readonly<Record<string, unknown>>;
  readonly numberFormat?: Readonly<Record<string, unknown>>;
}

/** Column name → title. Columns are shown in the order of the query. */
type Labels = Readonly<Record<string, string>>;

interface QueryBase {
  readonly name: string;
  readonly title: string;
  readonly query: string;
  /** Why there may be nothing to see, and what to do. */
  readonly noData: string;
  readonly width?: number;
  readonly visible?: Visibility;
}

export interface GridSpec extends QueryBase {
  readonly formatters?: readonly Formatter[];
  readonly labels?: Labels;
  /** A click on a row sets the parameter to the row's value. */
  readonly select?: { readonly field: string; readonly parameter: string };
}

const item = (
  type: number,
  name: string,
  content: Readonly<Record<string, unknown>>,
  { width, visible }: { readonly width?: number; readonly visible?: Visibility } = {},
): Item => ({
  type,
  content,
  ...(width !== undefined && { customWidth: String(width) }),
  ...(visible && { conditionalVisibility: visible }),
  name,
});

export const isEqual = (parameterName: string, value: string): Visibility => ({
  parameterName,
  comparison: "isEqualTo",
  value,
});

/** Markdown. */
export const text = (name: string, json: string, visible?: Visibility): Item =>
  item(1, name, { json }, visible && { visible });

export const group = (name: string, items: readonly Item[], visible?: Visibility): Item =>
  item(12, name, { version: "NotebookGroup/1.0", groupType: "editable", items }, visible && { visible });

export const tabs = (name: string, parameter: string, labels: Readonly<Record<string, string>>): Item =>
  item(11, name, {
    version: "LinkItem/1.0",
    style: "tabs",
    links: Object.entries(labels).map(([value, linkLabel]) => ({
      id: uuidOf(`workbook tab ${value}`),
      cellValue: parameter,
      linkTarget: "parameter",
      linkLabel,
      subTarget: value,
      style: "link",
    })),
  });

export type Parameter = Readonly<Record<string, unknown>> & { readonly name: string; readonly type: number };

export const parameters = (name: string, list: readonly Parameter[]): Item =>
  item(9, name, {
    version: "KqlParameterItem/1.0",
    parameters: list.map((parameter) => ({
      id: uuidOf(`workbook parameter ${parameter.name}`),
      version: "KqlParameterItem/1.0",
      ...parameter,
    })),
    style: "pills",
    queryType: 0,
    resourceType: WORKSPACES,
  });

/** A drop-down whose choices a query gives as `value` and `label`; the first is taken. */
export const choice = (name: string, label: string, query: string): Parameter => ({
  name,
  label,
  type: 2,
  isRequired: true,
  query,
  ...SOURCE,
  typeSettings: { additionalResourceOptions: ["value::1"], showDefault: false },
  value: "value::1",
});

const SOURCE = {
  crossComponentResources: ["{Workspace}"],
  timeContextFromParameter: "TimeRange",
  queryType: 0,
  resourceType: WORKSPACES,
} as const;

const queryItem = (
  spec: QueryBase,
  size: number,
  visualization: string,
  settings: Readonly<Record<string, unknown>>,
): Item =>
  item(
    3,
    spec.name,
    {
      version: "KqlItem/1.0",
      query: spec.query,
      size,
      title: spec.title,
      noDataMessage: spec.noData,
      noDataMessageStyle: 3,
      ...SOURCE,
      visualization,
      ...settings,
    },
    spec,
  );

export const grid = (spec: GridSpec): Item =>
  queryItem(spec, 0, "table", {
    showExportToExcel: true,
    ...(spec.select && {
      exportFieldName: spec.select.field,
      exportParameterName: spec.select.parameter,
      exportDefaultValue: "",
    }),
    gridSettings: {
      formatters: spec.formatters ?? [],
      rowLimit: 1000,
      filter: true,
      labelSettings: Object.entries(spec.labels ?? {}).map(([columnId, label]) => ({ columnId, label })),
    },
  });

export interface TilesSpec extends QueryBase {
  readonly head: Formatter;
  readonly main: Formatter;
  readonly below: Formatter;
  readonly second: Formatter;
  readonly order: string;
}

export const tiles = (spec: TilesSpec): Item =>
  queryItem(spec, 4, "tiles", {
    tileSettings: {
      titleContent: spec.head,
      leftContent: spec.main,
      secondaryContent: spec.below,
      subtitleContent: spec.second,
      showBorder: true,
      sortCriteriaField: spec.order,
      sortOrderField: 1,
      size: "auto",
    },
  });

export interface ChartSpec extends QueryBase {
  readonly kind: "timechart" | "linechart" | "categoricalbar" | "barchart";
  readonly x: string;
  readonly y: string;
  readonly by: string;
  readonly range?: { readonly min: number; readonly max: number };
}

export const chart = (spec: ChartSpec): Item =>
  queryItem(spec, 0, spec.kind, {
    chartSettings: {
      xAxis: spec.x,
      yAxis: [spec.y],
      group: spec.by,
      createOtherGroup: 0,
      showLegend: true,
      ...(spec.range && { ySettings: spec.range }),
    },
  });
