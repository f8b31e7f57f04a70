import { lift, namesOf } from "../diagnostics/lift.ts";
import { at, emptyRow, isObject, type JsonObject, member, type Row, type Shape, text } from "../shape.ts";

/** ARM resource type → table of Defender for Cloud's continuous export. */
const TABLES: Readonly<Record<string, string>> = {
  "microsoft.security/assessments": "SecurityRecommendation",
  "microsoft.security/subassessments": "SecurityNestedRecommendation",
  "microsoft.security/assessments/subassessments": "SecurityNestedRecommendation",
  "microsoft.security/securescores": "SecureScores",
  "microsoft.security/securescores/securescorecontrols": "SecureScoreControls",
  "microsoft.security/regulatorycompliancestandards/regulatorycompliancecontrols/regulatorycomplianceassessments":
    "SecurityRegulatoryCompliance",
};

const tableOf = (record: JsonObject): string | undefined =>
  TABLES[text(member(record, "type") ?? member(record, "Type")).toLowerCase()];

/** Score members, and the recommendation's status, lie one level deeper than their columns. */
function deeper(row: Row, properties: unknown): void {
  Object.assign(row, {
    CurrentScore: at(properties, "score", "current") ?? null,
    MaxScore: at(properties, "score", "max") ?? null,
    PercentageScore: at(properties, "score", "percentage") ?? null,
    RecommendationDisplayName: at(properties, "displayName") ?? at(properties, "metadata", "displayName") ?? null,
    RecommendationState: at(properties, "status", "code") ?? null,
    RecommendationSeverity: at(properties, "metadata", "severity") ?? at(properties, "status", "severity") ?? null,
    Description: at(properties, "description") ?? at(properties, "metadata", "description") ?? null,
    FirstEvaluationDate: at(properties, "status", "firstEvaluationDate") ?? null,
    StatusChangeDate: at(properties, "status", "statusChangeDate") ?? null,
  });
}

/** Defender for Cloud: continuous export, or the answers of its REST API. */
export default {
  precedence: 20,
  sniff: ({ format, records }) => format === "json" && records.some((record) => tableOf(record) !== undefined),
  map(record) {
    const table = tableOf(record);
    if (table === undefined) return { skip: "Resources of other types are skipped." };
    const properties = member(record, "properties") ?? member(record, "Properties");
    const row = emptyRow();
    const id = text(member(record, "id") ?? member(record, "Id"));
    deeper(row, properties);
    const { exact } = namesOf(table);
    for (const column of Object.keys(row)) if (!exact.has(column) || row[column] === null) delete row[column];
    if (isObject(properties)) lift(row, table, properties);
    const time =
      member(record, "timeGenerated") ??
      at(properties, "timeGenerated") ??
      at(record, "assessmentEventDataEnrichment", "timeGenerated");
    if (time !== undefined) row.TimeGenerated = time;
    if (exact.has("Properties")) row.Properties = properties;
    Object.assign(row, { AssessedResourceId: id, Type: table });
    if (exact.has("RecommendationId"))
      Object.assign(row, { RecommendationId: id, RecommendationName: text(member(record, "name")) });
    return [{ table, row }];
  },
} satisfies Shape;
