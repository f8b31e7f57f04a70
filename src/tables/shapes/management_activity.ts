import { isAuditRecord, officeActivity } from "../office.ts";
import type { Shape } from "../shape.ts";

/** Records of the Office 365 Management Activity API. */
export default {
  precedence: 40,
  sniff: ({ format, records }) => format === "json" && records.some(isAuditRecord),
  map: (record) =>
    isAuditRecord(record) ? [officeActivity(record)] : { skip: "Records that are no audit records are skipped." },
} satisfies Shape;
