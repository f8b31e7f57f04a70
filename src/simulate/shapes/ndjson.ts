import type { Shape } from "../types.ts";

/** Log Analytics rows, one JSON object per line, as a data export writes them. */
const ndjson: Shape = {
  file: (table) => `${table}.ndjson`,
  head: () => "",
  encode: (_, row) => `${JSON.stringify(row)}\n`,
};
export default ndjson;
