import { emptyRow, type JsonObject, type Shape } from "../shape.ts";

const isState = (record: JsonObject): boolean =>
  Object.hasOwn(record, "policyAssignmentId") &&
  Object.hasOwn(record, "policyDefinitionId") &&
  Object.hasOwn(record, "isCompliant");

/** Azure Policy compliance states of the REST API or `az policy state list`; Log Analytics has no such table. */
export default {
  precedence: 20,
  sniff: ({ format, records }) => format === "json" && records.some(isState),
  map(record) {
    if (!isState(record)) return { skip: "Records that are no policy states are skipped." };
    const row = emptyRow();
    for (const [key, value] of Object.entries(record)) {
      if (key.startsWith("@odata")) continue;
      row[key === "timestamp" ? "TimeGenerated" : key.charAt(0).toUpperCase() + key.slice(1)] = value;
    }
    return [{ table: "PolicyStates", row }];
  },
} satisfies Shape;
