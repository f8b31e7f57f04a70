import { officeActivity } from "../office.ts";
import { isObject, member, parsed, type Shape, text } from "../shape.ts";

/** `Search-UnifiedAuditLog | Export-Csv`: the record is JSON in the AuditData cell. */
export default {
  precedence: 10,
  sniff: ({ format, columns }) => format === "csv" && columns.includes("AuditData") && columns.includes("CreationDate"),
  map(record) {
    const audit = parsed(member(record, "AuditData"));
    if (!isObject(audit)) return { skip: "Rows whose AuditData is not JSON are skipped." };
    const time = member(audit, "CreationTime") ?? text(member(record, "CreationDate"));
    return [officeActivity({ ...audit, CreationTime: time })];
  },
} satisfies Shape;
