import { naturalKey } from "../../../tables/keys.ts";
import { type PlannedField, planFields, routeColumns, routedTable, routerValues } from "../../../tables/route.ts";
import { type DirectPlan, type JsonObject, type Mapped, member, type Sample } from "../../../tables/shape.ts";
import { SHARED_TABLE, TWINS } from "../../../tables/twins.ts";
import type { LoadJob } from "./load.ts";
import type { QuarantineFile } from "./quarantine.ts";
import type { Relation } from "./relation.ts";
import type { FileFormat } from "./sample.ts";

export interface PlanOptions {
  /** Load only these columns of these tables (and the time and key columns). */
  readonly columns?: ReadonlyMap<string, ReadonlySet<string>>;
  /** The table of inputs that do not say theirs. */
  readonly assumeTable?: string;
  /** Keeps the records that could not be loaded. */
  readonly kept?: QuarantineFile;
}

/** A query may find the rows under the name of the table's twin, and read other columns of them there. */
function mayBeReadElsewhere(columns: ReadonlyMap<string, ReadonlySet<string>>, table: string): boolean {
  if (table === SHARED_TABLE) return TWINS.some((twin) => columns.has(twin.table));
  return !columns.has(table) && columns.has(SHARED_TABLE) && TWINS.some((twin) => twin.table === table);
}

/** Columns that have to be loaded of a table, or undefined for all. */
export function wantedColumns({ columns }: PlanOptions, table: string): ReadonlySet<string> | undefined {
  if (!columns || mayBeReadElsewhere(columns, table)) return undefined;
  const always = ["TimeGenerated", "_ItemId", naturalKey(table)].filter((name) => name !== undefined);
  return new Set([...always, ...(columns.get(table) ?? [])]);
}

export const listed = (names: readonly string[]): string =>
  names.length > 20 ? `${names.slice(0, 20).join(", ")} and ${names.length - 20} more` : names.join(", ");

export interface PlannedJob {
  readonly job: LoadJob;
  /** What the reader of the report should know about the columns. */
  readonly notes: readonly string[];
  /** Columns that the catalogue does not document for the table. */
  readonly unknown: readonly string[];
}

/** How the sampled columns of an input become columns of a table. */
export function planJob(
  table: string,
  relation: Relation,
  sample: Sample,
  plan: DirectPlan,
  options: PlanOptions,
): PlannedJob {
  const textual = sample.format === "csv" || plan.textual === true;
  const { fields, unknown, notes } = planFields(table, sample.columns, sample, plan.dates, textual);
  const wanted = wantedColumns(options, table);
  const typed = fields.map((field): PlannedField => {
    const type = plan.types?.[field.column];
    return field.inferred && type !== undefined ? { ...field, type, inferred: false } : field;
  });
  const job: LoadJob = {
    table,
    relation,
    fields: wanted ? typed.filter(({ column }) => wanted.has(column)) : typed,
    textual,
    encodedDynamic: textual || plan.encodedDynamic === true,
  };
  const extra = unknown.length > 0 ? [`Columns outside the catalogue: ${listed(unknown)}.`] : [];
  return { job, notes: [...notes, ...extra], unknown };
}

/** Header names without the zone that a portal export adds, and the parts of split columns as one. */
const routingColumns = (columns: readonly string[]): string[] =>
  columns.map((column) => column.replace(/ \[[^\]]+\]$/, "").replace(/_(dynamic|string)$/, ""));

const routeOf = (sample: Sample, { assumeTable }: PlanOptions) =>
  routeColumns(routingColumns(sample.columns), sample.path, assumeTable);

/** The one table that all sampled records belong to, or undefined. */
export function tableOfAll(plan: DirectPlan, sample: Sample, options: PlanOptions): string | undefined {
  if (plan.table !== undefined) return plan.table;
  if (plan.router !== undefined) {
    const values = routerValues(sample.records, plan.router);
    return values.length === 1 ? routedTable(values[0]) : undefined;
  }
  const route = routeOf(sample, options);
  return "table" in route ? route.table : undefined;
}

/** What a direct plan makes of a record when every record is looked at. */
export function recordRouter(plan: DirectPlan, sample: Sample, options: PlanOptions): (record: JsonObject) => Mapped {
  const { router, table } = plan;
  if (table !== undefined) return (record) => [{ table, row: record }];
  const route = routeOf(sample, options);
  const byColumns = (record: JsonObject): Mapped =>
    "table" in route ? [{ table: route.table, row: record }] : { skip: route.refused };
  if (router === undefined) return byColumns;
  return (record) => {
    const own = routedTable(member(record, router));
    return own === undefined ? byColumns(record) : [{ table: own, row: record }];
  };
}

/** The relation that reads a file as it is, where DuckDB can. */
export function directRelation(file: string, format: FileFormat): Relation | undefined {
  if (format.kind === "lines") return { kind: "ndjson", file };
  return format.kind === "csv" && format.plain ? { kind: "csv", file, columns: format.header } : undefined;
}
