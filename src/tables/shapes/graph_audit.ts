import { lift } from "../diagnostics/lift.ts";
import { emptyRow, type JsonObject, member, type Shape } from "../shape.ts";

const NAMES = { operationtype: "AADOperationType" };

const isGraphAudit = (record: JsonObject): boolean =>
  Object.hasOwn(record, "activityDateTime") &&
  Object.hasOwn(record, "activityDisplayName") &&
  !Object.hasOwn(record, "properties");

/** Microsoft Graph `auditLogs/directoryAudits`. */
export default {
  precedence: 40,
  sniff: ({ format, records }) => format === "json" && records.some(isGraphAudit),
  map(record) {
    if (!isGraphAudit(record)) return { skip: "Records that are no directory audits are skipped." };
    const row = emptyRow();
    row.TimeGenerated = member(record, "activityDateTime");
    row.OperationName = member(record, "activityDisplayName");
    const lost = lift(row, "AuditLogs", record, NAMES);
    Object.assign(row, { SourceSystem: "Azure AD", Type: "AuditLogs" });
    return [{ table: "AuditLogs", row, lost }];
  },
} satisfies Shape;
