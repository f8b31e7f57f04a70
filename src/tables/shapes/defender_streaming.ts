import { routedTable } from "../route.ts";
import { emptyRow, isObject, member, type Row, type Shape, text } from "../shape.ts";

const PREFIX = "AdvancedHunting-";

/** Defender XDR streaming API: `properties` already has the table's columns, `Timestamp` is the time. */
export default {
  precedence: 20,
  deciders: ["category"],
  sniff: ({ format, records }) =>
    format === "json" && records.some((record) => text(member(record, "category")).startsWith(PREFIX)),
  map(record) {
    const category = text(member(record, "category"));
    const table = routedTable(category.slice(PREFIX.length));
    const properties = member(record, "properties");
    if (table === undefined || !isObject(properties)) return { skip: `Records of category ${category} have no table.` };
    const row: Row = Object.assign(emptyRow(), properties);
    row.TimeGenerated = member(properties, "Timestamp") ?? member(record, "time");
    row.TenantId ??= member(record, "tenantId");
    row.Type = table;
    return [{ table, row }];
  },
} satisfies Shape;
