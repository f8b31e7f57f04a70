import { routedTable } from "../route.ts";
import { member, type Sample, type Shape } from "../shape.ts";

/** `$table` stands in front of a portal export of `search` and `union`; `Type` is a column of every workspace table. */
function router(sample: Sample): string | undefined {
  return ["$table", "Type"].find((column) => {
    if (!sample.columns.includes(column)) return false;
    const routed = sample.records.filter((record) => routedTable(member(record, column)) !== undefined);
    return routed.length > 0 && routed.length * 2 >= sample.records.length;
  });
}

/** `az monitor log-analytics query`: every value is text, and each row repeats the name of the result table. */
const isCliOutput = ({ format, records }: Sample): boolean =>
  format === "json" && records.length > 0 && records.every((record) => typeof record.TableName === "string");

/**
 * Records whose keys are the table's columns: portal CSV, data-export blobs and Event Hub messages, advanced-hunting
 * results, lab datasets, Parquet export jobs. Last in line: it takes whatever no other shape knows.
 */
export default {
  precedence: 100,
  sniff: () => true,
  plan(sample) {
    const column = router(sample);
    return {
      ...(column !== undefined && { router: column }),
      ...(isCliOutput(sample) && { textual: true }),
      dates: { none: ["Invalid date"] },
    };
  },
} satisfies Shape;
