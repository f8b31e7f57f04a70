import { resourceColumns, statusValue } from "../diagnostics/activity.ts";
import { emptyRow, type JsonObject, member, type Shape, text } from "../shape.ts";

/** The eleven columns in the blade's fixed order; headers are localised, the order is not. */
const ORDER = [
  "correlation",
  "operation",
  "status",
  "category",
  "level",
  "time",
  "subscription",
  "caller",
  "type",
  "group",
  "resource",
];

/** English and Portuguese headers seen in exports, without spaces and punctuation. */
const HEADERS: ReadonlySet<string> = new Set(["correlationid", "iddecorrelação"]);

const STATUSES: Readonly<Record<string, string>> = {
  "bem-sucedido": "Succeeded",
  êxito: "Succeeded",
  iniciado: "Started",
  "com falha": "Failed",
  falha: "Failed",
  aceito: "Accepted",
};
const CATEGORIES: Readonly<Record<string, string>> = {
  administrativo: "Administrative",
  segurança: "Security",
  política: "Policy",
};

/** The blade in a language whose headers are not known: its values tell. */
function isEvent(record: JsonObject, columns: readonly string[]): boolean {
  const cell = (name: string): string => text(member(record, columns[ORDER.indexOf(name)] ?? ""));
  return (
    /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(cell("time")) &&
    /^[\da-f]{8}-/i.test(cell("correlation")) &&
    /^(\/subscriptions\/|\/providers\/|$)/i.test(cell("resource"))
  );
}

const KNOWN = new Set(["succeeded", "started", "failed", "accepted", "active", "resolved", "updated", "in progress"]);

const bare = (header: string): string => header.toLowerCase().replace(/[^\p{L}]/gu, "");

/** "Download as CSV" of the Activity Log blade: no claims, no address, display names in the portal's language. */
export default {
  precedence: 10,
  sniff: ({ format, columns, records }) =>
    format === "csv" &&
    columns.length === ORDER.length &&
    !columns.includes("TimeGenerated") &&
    (HEADERS.has(bare(columns[0] ?? "")) ||
      (records.length > 0 && records.every((record) => isEvent(record, columns)))),
  map(record, { columns }) {
    const cell = (name: string): string => text(member(record, columns[ORDER.indexOf(name)] ?? ""));
    const status = STATUSES[cell("status").toLowerCase()] ?? cell("status");
    const isKnown = status === "" || KNOWN.has(status.toLowerCase());
    const note = "A status is in a language that is not read: ActivityStatus keeps it, ActivityStatusValue is empty.";
    const row = emptyRow();
    resourceColumns(row, cell("resource"));
    Object.assign(row, {
      TimeGenerated: cell("time"),
      CorrelationId: cell("correlation"),
      OperationName: cell("operation"),
      ActivityStatus: status,
      ActivityStatusValue: isKnown ? statusValue(status) : "",
      CategoryValue: CATEGORIES[cell("category").toLowerCase()] ?? cell("category"),
      Level: cell("level"),
      Caller: cell("caller"),
      SubscriptionId: cell("subscription"),
      ResourceGroup: cell("group"),
      Type: "AzureActivity",
    });
    return [{ table: "AzureActivity", row, ...(!isKnown && { note }) }];
  },
} satisfies Shape;
