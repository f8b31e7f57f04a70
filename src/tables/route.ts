import type { ScalarType } from "../core/kusto.ts";
import { canonicalTable, columnsOf } from "./catalogue.ts";
import { tableOfColumns, tableOfPath } from "./fingerprint.ts";
import { inferType } from "./infer.ts";
import type { DateStyle, Field, JsonObject, Sample } from "./shape.ts";
import { member, UNKNOWN_ZONE } from "./shape.ts";

export type Route = { readonly table: string } | { readonly refused: string };

const HINT = "name the table with --assume-table, or name the file or its folder after it";

/** The table of records that do not say it themselves: by their columns, then by path, then as the user says. */
export function routeColumns(columns: readonly string[], path: string, assumeTable: string | undefined): Route {
  const found = tableOfColumns(columns);
  if (found.kind === "table" && found.sure) return { table: found.table };
  const named = tableOfPath(path);
  if (named !== undefined) return { table: named };
  if (found.kind === "table") return { table: found.table };
  if (assumeTable !== undefined) return { table: canonicalTable(assumeTable) ?? assumeTable };
  const why =
    found.kind === "ambiguous"
      ? `its columns fit several tables (${found.candidates.join(", ")})`
      : "its columns fit no table of the catalogue";
  return { refused: `The table cannot be told: ${why}; ${HINT}.` };
}

/** A value of `Type` or `$table` that names a table. */
export const routedTable = (value: unknown): string | undefined => {
  if (typeof value !== "string") return undefined;
  return canonicalTable(value) ?? (/^\w{1,120}_(CL|SRCH|RST)$/.test(value) ? value : undefined);
};

const SUFFIXED = /^(.*) \[([^\]]+)\]$/;

/** Display names of time zones in portal exports → IANA names. Others are looked up as IANA names. */
const ZONES: readonly (readonly [RegExp, string])[] = [
  [/^UTC$|Coordinated Universal/i, "UTC"],
  [/Tijuana|Baja California/i, "America/Tijuana"],
  [/Pacific Time/i, "America/Los_Angeles"],
  [/Arizona/i, "America/Phoenix"],
  [/Mountain Time/i, "America/Denver"],
  [/Central Time/i, "America/Chicago"],
  [/Eastern Time/i, "America/New_York"],
  [/Atlantic Time/i, "America/Halifax"],
  [/Dublin|Edinburgh|Lisbon|London/i, "Europe/London"],
  [/Amsterdam|Berlin|Bern|Rome|Stockholm|Vienna/i, "Europe/Berlin"],
  [/Brussels|Copenhagen|Madrid|Paris/i, "Europe/Paris"],
  [/Athens|Bucharest/i, "Europe/Bucharest"],
  [/Helsinki|Kyiv|Riga|Sofia|Tallinn|Vilnius/i, "Europe/Kiev"],
  [/Jerusalem/i, "Asia/Jerusalem"],
  [/Chennai|Kolkata|Mumbai|New Delhi/i, "Asia/Kolkata"],
  [/Singapore|Kuala Lumpur/i, "Asia/Singapore"],
  [/Beijing|Chongqing|Hong Kong/i, "Asia/Shanghai"],
  [/Osaka|Sapporo|Tokyo/i, "Asia/Tokyo"],
  [/Canberra|Melbourne|Sydney/i, "Australia/Sydney"],
  [/Brasilia/i, "America/Sao_Paulo"],
];

/** The IANA name behind a portal's display zone, or undefined when it is not known. */
export function zoneOf(display: string): string | undefined {
  const known = ZONES.find(([pattern]) => pattern.test(display))?.[1];
  if (known !== undefined) return known;
  const offset = /^(?:UTC|GMT) ?([+-])0?(\d{1,2})(?::?00)?$/.exec(display);
  // POSIX counts hours west of Greenwich.
  if (offset) return `Etc/GMT${offset[1] === "+" ? "-" : "+"}${offset[2]}`;
  try {
    return new Intl.DateTimeFormat("en", {
      timeZone: display,
    }).resolvedOptions().timeZone;
  } catch {
    return zoneOfCity(display);
  }
}

/** The zone of the first city of a display name such as `(UTC+01:00) Sarajevo, Skopje, Warsaw, Zagreb`. */
function zoneOfCity(display: string): string | undefined {
  const cities = display.replace(/^\([^)]*\)/, "").split(/[,;()]/);
  const names = cities
    .map((city) => `/${city.trim().replaceAll(" ", "_").toLowerCase()}`)
    .filter((city) => city.length > 1);
  const zones = Intl.supportedValuesOf("timeZone");
  for (const name of names) {
    const found = zones.find((zone) => zone.toLowerCase().endsWith(name));
    if (found !== undefined) return found;
  }
  return undefined;
}

export interface PlannedField extends Field {
  readonly type: ScalarType;
  readonly inferred?: boolean;
}

export interface FieldPlan {
  readonly fields: readonly PlannedField[];
  /** Columns that the catalogue does not document for this table. */
  readonly unknown: readonly string[];
  readonly notes: readonly string[];
}

interface Named {
  readonly source: string;
  readonly name: string;
  readonly zone?: string;
  readonly isTime?: boolean;
}

function named(source: string, notes: string[]): Named {
  const match = SUFFIXED.exec(source);
  if (!match) return { source, name: source };
  const zone = zoneOf(match[2] ?? "");
  if (zone === undefined) {
    notes.push(
      `The time zone of column ${source} is not known: its times are not read. Write its IANA name, such as Europe/Berlin, between the brackets.`,
    );
    return { source, name: match[1] ?? source, isTime: true, zone: UNKNOWN_ZONE };
  }
  return {
    source,
    name: match[1] ?? source,
    isTime: true,
    ...(zone !== "UTC" && { zone }),
  };
}

/** `DeviceDetail_dynamic` and `DeviceDetail_string` of a union are one column. */
const SPLIT = /^(.+)_(dynamic|string|datetime|long|int|real|bool|guid)$/;

/** Times of the event itself, which stand in for TimeGenerated where an export lacks it. */
const EVENT_TIMES = ["Timestamp", "CreatedDateTime", "ActivityDateTime"];

/** As many columns as a table of Log Analytics may have. */
const MAX_UNKNOWN = 500;

/** Names that DuckDB can hold; the others are left out, and that is said. */
function speakable(columns: readonly string[], notes: string[]): readonly string[] {
  const good = columns.filter((column) => column !== "" && !column.includes("\0") && column.isWellFormed());
  if (columns.includes("")) notes.push("A column without a name is left out.");
  if (good.length < columns.filter((column) => column !== "").length)
    notes.push("Columns whose names contain NUL or broken characters are left out.");
  return good;
}

/** Columns that any table may have, documented or not. */
const STANDARD = new Map<string, ScalarType>([
  ["TimeGenerated", "datetime"],
  ...["TenantId", "SourceSystem", "Type", "$table", "MG", "ManagementGroupName", "_ItemId", "_ResourceId"].map(text),
  ...["_SubscriptionId", "_Internal_WorkspaceResourceId", "_IsBillable"].map(text),
]);

function text(name: string): [string, ScalarType] {
  return [name, "string"];
}

/** Which source column fills which column of the table, with types. */
export function planFields(
  table: string,
  columns: readonly string[],
  sample: Sample,
  styles: DateStyle = {},
  textual = sample.format === "csv",
): FieldPlan {
  const catalogue = new Map((columnsOf(table) ?? []).map((column) => [column.name, column.type]));
  const lower = new Map([...catalogue.keys()].map((name) => [name.toLowerCase(), name]));
  const notes: string[] = [];
  const fields = new Map<string, PlannedField>();
  const unknown: string[] = [];
  const all = speakable(columns, notes).map((column) => named(column, notes));
  const taken = new Set(all.map(({ name }) => name));
  for (const { source, name, zone, isTime } of all) {
    const column = target(name, catalogue, lower, taken);
    if (isTime || catalogue.get(column) === "datetime") notes.push(...doubts(sample, source, zone));
    const dates: DateStyle = {
      ...styles,
      ...(zone !== undefined && { zone }),
      ...(styles.dayFirst === undefined && dayFirst(sample, source) && { dayFirst: true }),
    };
    const known = catalogue.get(column) ?? STANDARD.get(column);
    const type = known ?? (isTime ? "datetime" : inferType(sampleValues(sample, source), textual));
    const field: PlannedField = {
      source,
      column,
      type,
      dates,
      ...(known === undefined && { inferred: true }),
    };
    const first = fields.get(column);
    if (first) fields.set(column, { ...first, also: [...(first.also ?? []), source] });
    else fields.set(column, field);
    if (known === undefined && !first) unknown.push(column);
    if (unknown.length > MAX_UNKNOWN) {
      notes.push(`Columns after the first ${MAX_UNKNOWN} outside the catalogue are left out.`);
      break;
    }
  }
  const substitute = fields.has("TimeGenerated")
    ? undefined
    : EVENT_TIMES.map((name) => fields.get(name)).find((field) => field?.type === "datetime");
  if (substitute) {
    fields.set("TimeGenerated", {
      ...substitute,
      column: "TimeGenerated",
      type: "datetime",
    });
    notes.push(`There is no TimeGenerated column: ${substitute.column} stands in for it.`);
  }
  if (!fields.has("TimeGenerated"))
    notes.push("There is no TimeGenerated column: queries with a time range do not see these rows.");
  return { fields: [...fields.values()], unknown, notes };
}

function target(
  name: string,
  catalogue: ReadonlyMap<string, ScalarType>,
  lower: ReadonlyMap<string, string>,
  taken: ReadonlySet<string>,
): string {
  if (catalogue.has(name) || catalogue.size === 0) return name;
  const split = SPLIT.exec(name)?.[1];
  if (split !== undefined && catalogue.has(split)) return split;
  const suffixed = ["_s", "_d", "_t", "_b", "_g"].map((suffix) => name + suffix).filter((one) => catalogue.has(one));
  if (suffixed.length === 1 && suffixed[0] !== undefined) return suffixed[0];
  const spelled = lower.get(name.toLowerCase());
  return spelled !== undefined && !taken.has(spelled) ? spelled : name;
}

const sampleValues = (sample: Sample, source: string): unknown[] =>
  sample.records.map((record) => member(record, source));

/** What is assumed of times that do not say it themselves. */
function doubts(sample: Sample, source: string, zone: string | undefined): string[] {
  const values = sampleValues(sample, source).filter((value): value is string => typeof value === "string");
  const isSpoken = zone === undefined && !SUFFIXED.test(source) && values.some((value) => SPOKEN.test(value));
  const slashed = values.flatMap((value) => SLASHED.exec(value) ?? []);
  const isOpen =
    slashed.length > 0 &&
    values.every((value) => !/[AP]M$/i.test(value)) &&
    values.every((value) => {
      const [, first, second] = SLASHED.exec(value) ?? [];
      return Number(first ?? 0) <= 12 && Number(second ?? 0) <= 12;
    });
  return [
    ...(isSpoken ? [`The times of column ${source} do not say their zone: they are read as UTC.`] : []),
    ...(isOpen ? [`Day and month of column ${source} cannot be told apart: the month is read first.`] : []),
  ];
}

/** `Oct 9, 2024 2:40:09 PM`: advanced hunting in the browser's language and zone. */
const SPOKEN = /^[A-Z][a-z]{2} \d{1,2}, \d{4} /;
const SLASHED = /^(\d{1,2})\/(\d{1,2})\/\d{4}/;

/** Day before month, when some value cannot be read the other way and none cannot be read this way. */
function dayFirst(sample: Sample, source: string): boolean {
  let evidence = false;
  for (const value of sampleValues(sample, source)) {
    const match = typeof value === "string" ? SLASHED.exec(value) : null;
    if (!match) continue;
    if (Number(match[2]) > 12) return false;
    evidence ||= Number(match[1]) > 12;
  }
  return evidence;
}

/** Distinct values of a router column over the sampled records. */
export const routerValues = (records: readonly JsonObject[], router: string): string[] => [
  ...new Set(
    records.map((record) => member(record, router)).filter((value): value is string => typeof value === "string"),
  ),
];
