import { activity } from "../diagnostics/activity.ts";
import { azureDiagnostics } from "../diagnostics/azure_diagnostics.ts";
import { tableOfCategory } from "../diagnostics/categories.ts";
import { audit, isSignIn, type Lifted, signIn } from "../diagnostics/entra.ts";
import { resourceSpecific } from "../diagnostics/resource.ts";
import { type JsonObject, member, type Sample, type Shape, text } from "../shape.ts";

const ENVELOPE = ["properties", "resourceId", "operationName", "time", "timeStamp", "resultType"];

const isDiagnostic = (record: JsonObject): boolean => {
  const category = member(record, "category");
  const isMetric = typeof member(record, "metricName") === "string" && typeof member(record, "timeGrain") === "string";
  return isMetric || (typeof category === "string" && ENVELOPE.filter((key) => Object.hasOwn(record, key)).length >= 2);
};

/** Records of one platform metric: count, total, minimum, maximum and average of a time grain. */
function metric(record: JsonObject): Lifted {
  const resourceId = text(member(record, "resourceId"));
  const lifted = resourceSpecific(record, "AzureMetrics");
  Object.assign(lifted.row, {
    ResourceId: resourceId.toUpperCase(),
    Type: "AzureMetrics",
  });
  return lifted;
}

function translate(record: JsonObject, table: string): Lifted {
  if (table === "AzureActivity") return { row: activity(record), lost: [] };
  if (table === "AuditLogs") return audit(record);
  if (table === "AzureDiagnostics") return { row: azureDiagnostics(record), lost: [] };
  return isSignIn(table) ? signIn(record, table) : resourceSpecific(record, table);
}

/** Diagnostic settings to a storage account (`PT1H.json`) or an Event Hub: one envelope, routed by its category. */
export default {
  precedence: 30,
  deciders: ["category", "resourceId"],
  sniff: ({ format, records }: Sample) =>
    format === "json" && records.length > 0 && records.filter(isDiagnostic).length * 2 > records.length,
  map(record) {
    if (typeof member(record, "metricName") === "string") {
      const { row, lost } = metric(record);
      return [{ table: "AzureMetrics", row, lost }];
    }
    const table = tableOfCategory(text(member(record, "category")), text(member(record, "resourceId")));
    if (table === undefined)
      return {
        skip: "Records without a category are skipped: they do not say which log they are of.",
      };
    const { row, lost } = translate(record, table);
    return [{ table, row, lost }];
  },
} satisfies Shape;
