import { parseSpan } from "../../core/durations.ts";
import type { Diagnostic } from "../../core/errors.ts";
import { TICKS_PER_DAY, TICKS_PER_HOUR, TICKS_PER_MINUTE } from "../../core/ticks.ts";
import { TACTICS, tacticNamed, tacticsOf } from "./attack.ts";
import { ENTITY_TYPES } from "./entities.ts";
import type { RuleSource } from "./source.ts";

/*
 * What Azure-Sentinel's continuous integration asks of a template, beyond what a rule needs to run.
 * Source: .script/tests/detectionTemplateSchemaValidation of that repository; the number of entity mappings follows the
 * service, which takes ten since 2023.
 */

const LIMITS = {
  name: 256,
  description: 5000,
  query: 10_000,
  version: 20,
  mappings: 10,
  fields: 3,
  column: 500,
  details: 20,
  detailKey: 20,
  displayName: 256,
  placeholders: 3,
  threshold: 10_000,
} as const;
const SHORTEST = 5n * TICKS_PER_MINUTE;
const LONGEST = 14n * TICKS_PER_DAY;

const GUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;
const VERSION = /^\d+\.\d+\.\d+$/;
const COLUMN = /^[A-Za-z_]\w*$/;
const KEY = /^[A-Za-z]\w*$/;
const TECHNIQUE = /^T\d{3,4}(?:\.\d{3})?$/;
const PLACEHOLDER = /\{\{[^{}]*\}\}/g;
const SCHEDULED = ["queryFrequency", "queryPeriod", "triggerOperator", "triggerThreshold"] as const;
/** Fields that only an exported or deployed rule has no use for. */
const REQUIRED = ["id", "name", "description", "severity", "requiredDataConnectors", "query", "kind"] as const;

type Path = readonly PropertyKey[];
type Raw = Readonly<Record<string, unknown>>;

const isRecord = (value: unknown): value is Raw => typeof value === "object" && value !== null && !Array.isArray(value);
const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

class Linter {
  readonly found: Diagnostic[] = [];
  readonly #source: RuleSource;

  constructor(source: RuleSource) {
    this.#source = source;
  }

  report(code: string, path: Path, message: string, hint: string, severity: Diagnostic["severity"] = "error"): void {
    this.found.push({ code, message, severity, file: this.#source.file, ...this.#source.locate(path), hint });
  }

  reportKey(
    code: string,
    path: Path,
    key: string,
    message: string,
    hint: string,
    severity: Diagnostic["severity"] = "error",
  ): void {
    const place = this.#source.locateKey(path, key);
    this.found.push({ code, message, severity, file: this.#source.file, ...place, hint });
  }

  longest(path: Path, value: unknown, limit: number): void {
    if (typeof value === "string" && value.length > limit)
      this.report(
        "RULE101",
        path,
        `${path.join(".")} has ${value.length} characters; at most ${limit} are taken.`,
        "Shorten it.",
      );
  }
}

/** The diagnostics of a rule against the conventions of Azure-Sentinel's repository, in the order of the checks. */
export function lintRule(source: RuleSource): Diagnostic[] {
  const linter = new Linter(source);
  const { raw } = source;
  if (!source.isArm) identity(linter, raw);
  for (const key of ["name", "description", "query"] as const) linter.longest([key], raw[key], LIMITS[key]);
  if (raw.kind === "NRT") nearRealTime(linter, raw);
  else schedule(linter, raw);
  attack(linter, raw);
  mappings(linter, raw);
  details(linter, raw);
  override(linter, raw);
  return linter.found;
}

function identity(linter: Linter, raw: Raw): void {
  for (const key of REQUIRED)
    if (raw[key] === undefined || raw[key] === null) linter.report("RULE100", [], `${key} is missing.`, `Add ${key}.`);
  if (raw.id !== undefined && !GUID.test(String(raw.id)))
    linter.report("RULE102", ["id"], `The id ${String(raw.id)} is no GUID.`, "Write one; it stays for all versions.");
  if (raw.kind !== undefined && raw.kind !== "Scheduled" && raw.kind !== "NRT")
    linter.report("RULE103", ["kind"], `The kind ${String(raw.kind)} is unknown.`, "Write Scheduled or NRT.");
  if (raw.version === undefined) linter.report("RULE104", [], "version is missing.", "Add version: 1.0.0.", "warning");
  else if (!VERSION.test(String(raw.version)) || String(raw.version).length > LIMITS.version)
    linter.report("RULE104", ["version"], `The version ${String(raw.version)} is not X.Y.Z.`, "Write, say, 1.0.0.");
  for (const [i, connector] of listOf(raw.requiredDataConnectors).entries())
    if (isRecord(connector) && !Object.entries(connector).some(isDataTypes))
      linter.report(
        "RULE105",
        ["requiredDataConnectors", i],
        `The connector ${String(connector.connectorId)} names no data types.`,
        "List the tables it brings in dataTypes.",
      );
}

/** Keys are read in any case there. */
const isDataTypes = ([key, value]: readonly [string, unknown]): boolean =>
  key.toLowerCase() === "datatypes" && Array.isArray(value);

function nearRealTime(linter: Linter, raw: Raw): void {
  for (const key of SCHEDULED)
    if (raw[key] !== undefined)
      linter.reportKey("RULE110", [], key, `An NRT rule has no ${key}: it runs every minute.`, "Remove it.", "warning");
}

function schedule(linter: Linter, raw: Raw): void {
  for (const key of SCHEDULED)
    if (raw[key] === undefined) linter.report("RULE100", [], `${key} is missing.`, `Add ${key}.`);
  const [frequency, period] = (["queryFrequency", "queryPeriod"] as const).map((key) => {
    const ticks = typeof raw[key] === "string" ? parseSpan(raw[key]) : undefined;
    if (ticks !== undefined && (ticks < SHORTEST || ticks > LONGEST))
      linter.report("RULE111", [key], `${key} ${String(raw[key])} is not from 5m to 14d.`, "Change it.");
    return ticks;
  });
  if (frequency !== undefined && period !== undefined) {
    if (period < frequency)
      linter.report(
        "RULE112",
        ["queryPeriod"],
        "queryPeriod is shorter than queryFrequency: rows between two runs are never seen.",
        "Make it at least as long.",
      );
    if (period >= 2n * TICKS_PER_DAY && frequency < TICKS_PER_HOUR)
      linter.report(
        "RULE113",
        ["queryFrequency"],
        "A rule that looks back two days or more runs at most once an hour.",
        "Write 1h or more.",
      );
  }
  const threshold = Number(raw.triggerThreshold ?? 0);
  if (!Number.isInteger(threshold) || threshold < 0 || threshold > LIMITS.threshold)
    linter.report("RULE114", ["triggerThreshold"], "triggerThreshold is not from 0 to 10,000.", "Change it.");
}

function attack(linter: Linter, raw: Raw): void {
  const tactics = listOf(raw.tactics).map(String);
  const spelled = new Set(tactics.map(tacticNamed));
  for (const [i, tactic] of tactics.entries())
    if (tacticNamed(tactic) === undefined)
      linter.report(
        "RULE120",
        ["tactics", i],
        `${tactic} is no tactic of Sentinel.`,
        `Known: ${[...TACTICS].join(", ")}.`,
      );
  for (const [i, value] of listOf(raw.relevantTechniques ?? raw.techniques).entries()) {
    const path = [raw.relevantTechniques === undefined ? "techniques" : "relevantTechniques", i];
    const technique = String(value);
    const known = tacticsOf(technique);
    if (!TECHNIQUE.test(technique))
      linter.report("RULE121", path, `${technique} is no technique.`, "Write T#### or T####.###.");
    else if (known.length === 0)
      linter.report(
        "RULE122",
        path,
        `The technique ${technique} is not in the matrix known here.`,
        "Check its number.",
        "warning",
      );
    else if (!known.some((tactic) => spelled.has(tactic)))
      linter.report(
        "RULE123",
        path,
        `The technique ${technique} belongs to none of the rule's tactics.`,
        `Add one of ${known.join(", ")} to tactics.`,
      );
  }
}

function mappings(linter: Linter, raw: Raw): void {
  if (raw.entityMappings === undefined || raw.entityMappings === null) return;
  const all = listOf(raw.entityMappings);
  if (all.length === 0 || all.length > LIMITS.mappings)
    linter.report(
      "RULE130",
      ["entityMappings"],
      `${all.length} entity mappings; from 1 to 10 are taken.`,
      "Change it.",
    );
  for (const [i, mapping] of all.entries()) if (isRecord(mapping)) entity(linter, mapping, ["entityMappings", i]);
}

function entity(linter: Linter, mapping: Raw, path: Path): void {
  const type = ENTITY_TYPES.get(String(mapping.entityType));
  const name = String(mapping.entityType);
  if (!type) {
    const hint = `Known: ${[...ENTITY_TYPES.keys()].join(", ")}.`;
    linter.report("RULE131", [...path, "entityType"], `${name} is no entity type.`, hint);
    return;
  }
  const fields = listOf(mapping.fieldMappings).filter(isRecord);
  const given = fields.map(({ identifier }) => String(identifier));
  if (fields.length === 0 || fields.length > LIMITS.fields)
    linter.report(
      "RULE132",
      [...path, "fieldMappings"],
      `${fields.length} field mappings; from 1 to 3 are taken.`,
      "Change it.",
    );
  for (const [i, { identifier, columnName }] of fields.entries()) {
    const at = [...path, "fieldMappings", i];
    if (!type.identifiers.includes(String(identifier)))
      linter.report(
        "RULE133",
        [...at, "identifier"],
        `${name} has no identifier ${String(identifier)}.`,
        `Known: ${type.identifiers.join(", ")}.`,
      );
    if (given.indexOf(String(identifier)) < i)
      linter.report("RULE134", [...at, "identifier"], `${String(identifier)} is mapped twice.`, "Keep one of them.");
    mappedColumn(linter, columnName, [...at, "columnName"]);
  }
  if (!type.required.some((set) => set.every((identifier) => given.includes(identifier))))
    linter.report(
      "RULE135",
      [...path, "fieldMappings"],
      `${name} is not identified by ${given.join(", ") || "nothing"}.`,
      `Map ${type.required.map((set) => set.join(" with ")).join(", or ")}.`,
    );
}

function mappedColumn(linter: Linter, value: unknown, path: Path): void {
  const name = String(value);
  if (!COLUMN.test(name) || name.length > LIMITS.column)
    linter.report("RULE136", path, `${name} cannot be a column's name here.`, "Use letters, digits and underscores.");
}

function details(linter: Linter, { customDetails }: Raw): void {
  if (!isRecord(customDetails)) return;
  const entries = Object.entries(customDetails);
  if (entries.length > LIMITS.details)
    linter.report(
      "RULE140",
      ["customDetails"],
      `${entries.length} custom details; at most 20 are taken.`,
      "Drop some.",
    );
  for (const [key, column] of entries) {
    if (!KEY.test(key) || key.length > LIMITS.detailKey) {
      const message = `The custom detail ${key} is not 1 to 20 letters, digits and underscores.`;
      linter.reportKey("RULE141", ["customDetails"], key, message, "Rename it.");
    }
    mappedColumn(linter, column, ["customDetails", key]);
  }
}

function override(linter: Linter, { alertDetailsOverride: value }: Raw): void {
  if (!isRecord(value)) return;
  const limits = { alertDisplayNameFormat: LIMITS.displayName, alertDescriptionFormat: LIMITS.description };
  for (const [key, limit] of Object.entries(limits)) {
    const path = ["alertDetailsOverride", key];
    const text = value[key];
    if (text === undefined) continue;
    linter.longest(path, text, limit);
    if (String(text).trim() === "") linter.report("RULE150", path, `${key} is empty.`, "Write a text or leave it out.");
    const placeholders = String(text).match(PLACEHOLDER)?.length ?? 0;
    if (placeholders > LIMITS.placeholders)
      linter.report("RULE151", path, `${key} has ${placeholders} columns; at most 3 are taken.`, "Use fewer.");
  }
}

/** The columns that a rule's alerts take from its query's result, each with the place that names it. */
function* namedColumns(raw: Raw): Generator<{ readonly column: string; readonly path: Path }> {
  for (const [i, mapping] of listOf(raw.entityMappings).entries())
    for (const [j, field] of (isRecord(mapping) ? listOf(mapping.fieldMappings) : []).entries())
      if (isRecord(field))
        yield { column: String(field.columnName), path: ["entityMappings", i, "fieldMappings", j, "columnName"] };
  if (isRecord(raw.customDetails))
    for (const [key, column] of Object.entries(raw.customDetails))
      yield { column: String(column), path: ["customDetails", key] };
  if (!isRecord(raw.alertDetailsOverride)) return;
  for (const [key, value] of Object.entries(raw.alertDetailsOverride)) {
    const path = ["alertDetailsOverride", key];
    if (key.endsWith("ColumnName")) yield { column: String(value), path };
    else if (key.endsWith("Format"))
      for (const [text] of String(value).matchAll(PLACEHOLDER)) yield { column: text.slice(2, -2).trim(), path };
  }
}

/** Columns that alerts are made of and the query does not give: the service refuses such a rule. */
export function lintColumns(source: RuleSource, columns: ReadonlySet<string>): Diagnostic[] {
  const linter = new Linter(source);
  for (const { column, path } of namedColumns(source.raw))
    if (!columns.has(column) && !columns.has(column.split(".")[0] ?? ""))
      linter.report("RULE160", path, `The query gives no column ${column}.`, "Name one of its columns.", "warning");
  return linter.found;
}
