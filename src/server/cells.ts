import type { ColumnBatch, OpenResult } from "../backends/types.ts";
import type { Column, ScalarType, Value } from "../core/kusto.ts";
import type { Limits } from "./types.ts";

/** How the two protocols differ: Log Analytics sends dynamic as text, Kusto as JSON. */
export type DynamicForm = "text" | "json";

type Write = (value: Value) => string;

const asJson: Write = (value) => JSON.stringify(value);
/** Times travel with as many digits as they need. */
const asTime: Write = (value) => `"${String(value).replace(/\.?0+Z$/, "Z")}"`;
/** Integers beyond 2^53 are text inside and numbers on the wire. */
const asInteger: Write = (value) => String(value);

const WRITERS: Readonly<Record<ScalarType, Write>> = {
  bool: String,
  int: asInteger,
  long: asInteger,
  real: asJson,
  decimal: (value) => JSON.stringify(String(value)),
  string: asJson,
  guid: asJson,
  datetime: asTime,
  timespan: asJson,
  dynamic: asJson,
};

function writerOf(type: ScalarType, dynamic: DynamicForm): Write {
  if (type === "dynamic" && dynamic === "json") return (text) => (text === "" ? "null" : String(text));
  const write = WRITERS[type];
  return (value) => (value === null ? "null" : write(value));
}

/** How an answer ended. */
export interface Ending {
  rows: number;
  bytes: number;
  /** The limit that cut it, in the service's words. */
  cut?: "rows" | "bytes";
  /** What stopped it after rows were sent. */
  failed?: unknown;
}

/**
 * The rows of a result as JSON arrays with commas between them, piece by piece, within the limits. An error before the
 * first row is thrown; a later one ends the rows and is told in `ending`.
 */
export async function* rowTexts(
  { columns, batches }: Pick<OpenResult, "columns" | "batches">,
  dynamic: DynamicForm,
  limits: Limits,
  ending: Ending,
): AsyncGenerator<string> {
  const write = rowWriter(columns, dynamic);
  try {
    for await (const batch of batches) {
      const text = batchText(batch, write, limits, ending);
      if (text !== "") yield text;
      if (ending.cut !== undefined) return;
    }
  } catch (error) {
    if (ending.rows === 0) throw error;
    ending.failed = error;
  }
}

type RowWriter = (values: readonly (readonly Value[])[], row: number) => string;

function rowWriter(columns: readonly Column[], dynamic: DynamicForm): RowWriter & { columns: readonly Column[] } {
  const writers = columns.map(({ type }) => writerOf(type, dynamic));
  const write: RowWriter = (values, row) => {
    let text = "[";
    for (let i = 0; i < writers.length; i++)
      text += (i === 0 ? "" : ",") + (writers[i] as Write)(values[i]?.[row] ?? null);
    return `${text}]`;
  };
  return Object.assign(write, { columns });
}

function batchText(batch: ColumnBatch, write: ReturnType<typeof rowWriter>, limits: Limits, ending: Ending): string {
  const values = write.columns.map(({ name }) => batch.columns.get(name) ?? []);
  let text = "";
  for (let row = 0; row < batch.rowCount; row++) {
    if (ending.rows >= limits.rows) ending.cut = "rows";
    else if (ending.bytes >= limits.bytes) ending.cut = "bytes";
    if (ending.cut !== undefined) break;
    const line = (ending.rows === 0 ? "" : ",") + write(values, row);
    ending.rows++;
    ending.bytes += line.length;
    text += line;
  }
  return text;
}

/** The service's sentence for a cut answer. */
export const cutMessage = ({ cut }: Ending, { rows, bytes }: Limits): string => {
  const limit = cut === "rows" ? `${rows} records` : `${bytes} bytes`;
  return `The results of this query exceed the set limit of ${limit}, so not all records were returned (E_QUERY_RESULT_SET_TOO_LARGE, 0x80DA0003, see https://aka.ms/kustoquerylimits for more information and possible solutions).`;
};
