import type { Column } from "../../core/kusto.ts";
import { columnsOf } from "../../tables/catalogue.ts";
import type { Shape } from "../types.ts";

const columns = new Map<string, readonly Column[]>();

function schemaOf(table: string): readonly Column[] {
  let schema = columns.get(table);
  if (!schema) {
    schema = columnsOf(table) ?? [];
    columns.set(table, schema);
  }
  return schema;
}

const quoted = (text: string): string => (/^[A-Za-z0-9]*$/.test(text) ? text : `"${text.replaceAll('"', '""')}"`);

/** `6/3/2026, 8:03:39.662 AM`, the portal's en-US form in UTC. */
function portalTime(text: string): string {
  const date = new Date(text);
  const hour = date.getUTCHours();
  const two = (value: number): string => String(value).padStart(2, "0");
  const clock = `${hour % 12 || 12}:${two(date.getUTCMinutes())}:${two(date.getUTCSeconds())}.${String(date.getUTCMilliseconds()).padStart(3, "0")}`;
  return `${date.getUTCMonth() + 1}/${date.getUTCDate()}/${date.getUTCFullYear()}, ${clock} ${hour < 12 ? "AM" : "PM"}`;
}

function cell(value: unknown, { type }: Column): string {
  if (value === undefined || value === null) return "";
  if (type === "datetime") return quoted(portalTime(String(value)));
  return quoted(typeof value === "object" ? JSON.stringify(value) : String(value));
}

/** What the portal's "Export to CSV (all columns)" gives: byte order mark, every column, times in a zone of the header. */
const portalCsv: Shape = {
  file: (table) => `${table}.csv`,
  head: (table) => {
    const names = schemaOf(table).map(({ name, type }) => quoted(type === "datetime" ? `${name} [UTC]` : name));
    return `\uFEFF${names.join(",")}\r\n`;
  },
  encode: (table, row) =>
    `${schemaOf(table)
      .map((column) => cell(row[column.name], column))
      .join(",")}\r\n`,
};
export default portalCsv;
