import type { Shape } from "../types.ts";
import diagnostic, { recordOf } from "./diagnostic.ts";
import ndjson from "./ndjson.ts";

/** Event Hub messages, one per line: `{"records": [...]}` around what a diagnostic setting emits. */
const eventhub: Shape = {
  file: (table) => diagnostic.file(table),
  head: () => "",
  encode(table, row) {
    const record = recordOf(table, row);
    return record ? `${JSON.stringify({ records: [record] })}\n` : ndjson.encode(table, row);
  },
};
export default eventhub;
