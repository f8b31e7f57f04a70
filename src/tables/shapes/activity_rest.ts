import { activityOfRest } from "../diagnostics/activity.ts";
import type { JsonObject, Shape } from "../shape.ts";

const has = (record: JsonObject, ...names: readonly string[]): boolean =>
  names.some((name) => Object.hasOwn(record, name));

/** Activity Log events of the management API, `az monitor activity-log list` and the SDKs (camelCase or snake_case). */
export default {
  precedence: 25,
  sniff: ({ format, records }) =>
    format === "json" &&
    records.some((r) => has(r, "eventTimestamp", "event_timestamp") && has(r, "operationName", "operation_name")),
  map: (record) => [{ table: "AzureActivity", row: activityOfRest(record) }],
} satisfies Shape;
