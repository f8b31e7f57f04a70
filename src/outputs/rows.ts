import { UsageError } from "../core/errors.ts";
import type { Column, QueryResult, Value } from "../core/kusto.ts";
import { csvRecord } from "../core/text/csv.ts";
import { jsonLine } from "../core/text/json.ts";
import { displayWidth, pad, terminalText, truncate } from "../core/text/terminal.ts";

export const ROW_FORMATS = ["table", "json", "jsonl", "csv"] as const;
export type RowFormat = (typeof ROW_FORMATS)[number];

/** Rows of a table are measured for column widths up to this many; later, longer cells are cut. */
const MEASURED_ROWS = 10_000;
const WIDEST_CELL = 120;
const NARROWEST_CELL = 4;
const GAP = "  ";
const CHUNK_CHARACTERS = 64 * 1024;
const RIGHT_ALIGNED: ReadonlySet<string> = new Set(["int", "long", "real", "decimal"]);

/**
 * The text of a result, in chunks of about 64 K characters. `json` is the stable contract of `ztlens query`; `jsonl` is
 * one object per row; `table` is cut to `width` terminal columns where a width is given.
 */
export function* rowChunks(result: QueryResult, format: RowFormat, width?: number): Generator<string> {
  let chunk = "";
  for (const line of LINES[format](result, width)) {
    chunk += line;
    if (chunk.length < CHUNK_CHARACTERS) continue;
    yield chunk;
    chunk = "";
  }
  if (chunk !== "") yield chunk;
}

/** `rowChunks` in one string. Throws `UsageError` for an unknown format. */
export function formatRows(result: QueryResult, format: string, width?: number): string {
  const known = ROW_FORMATS.find((name) => name === format);
  if (!known)
    throw new UsageError(`Unknown output format ${terminalText(format)}; use one of ${ROW_FORMATS.join(", ")}.`);
  return [...rowChunks(result, known, width)].join("");
}

const LINES: Readonly<Record<RowFormat, (result: QueryResult, width?: number) => Iterable<string>>> = {
  table: tableLines,
  json: jsonDocument,
  jsonl: jsonObjects,
  csv: csvRecords,
};

function* jsonDocument({ columns, rows, partial }: QueryResult): Generator<string> {
  const head = jsonLine(columns.map(({ name, type }) => ({ name, type })));
  yield `{"columns":${head},"rows":[`;
  let separator = "\n";
  for (const row of rows) {
    yield separator + jsonLine(row);
    separator = ",\n";
  }
  yield `${rows.length > 0 ? "\n" : ""}]${partial === undefined ? "" : `,"partial":${jsonLine(partial)}`}}\n`;
}

function* jsonObjects({ columns, rows }: QueryResult): Generator<string> {
  for (const row of rows)
    yield `${jsonLine(Object.fromEntries(columns.map(({ name }, i) => [name, row[i] ?? null])))}\n`;
}

function* csvRecords({ columns, rows }: QueryResult): Generator<string> {
  yield csvRecord(columns.map(({ name }) => name));
  const types = columns.map(({ type }) => type);
  for (const row of rows) yield csvRecord(row, types);
}

const cellText = (value: Value | undefined): string => {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? jsonLine(value) : String(value);
};

function* tableLines({ columns, rows, partial }: QueryResult, width?: number): Generator<string> {
  const widths = fitted(columnWidths(columns, rows), width);
  const cells = (texts: readonly string[]): string =>
    `${texts
      .map((text, i) => pad(text, widths[i] ?? 0, alignment(columns[i])))
      .join(GAP)
      .trimEnd()}\n`;
  yield cells(columns.map(({ name }) => name));
  yield `${widths.map((size) => "─".repeat(size)).join(GAP)}\n`;
  for (const row of rows) yield cells(columns.map((_, i) => cellText(row[i])));
  yield `${rows.length.toLocaleString("en-US")} ${rows.length === 1 ? "row" : "rows"}\n`;
  if (partial !== undefined) yield `Incomplete: ${terminalText(partial)}\n`;
}

const alignment = (column: Column | undefined): "left" | "right" =>
  column && RIGHT_ALIGNED.has(column.type) ? "right" : "left";

function columnWidths(columns: readonly Column[], rows: readonly (readonly Value[])[]): number[] {
  const widths = columns.map(({ name }) => Math.max(NARROWEST_CELL, cellWidth(name)));
  for (const row of rows.slice(0, MEASURED_ROWS)) {
    for (let i = 0; i < widths.length; i++) widths[i] = Math.max(widths[i] ?? 0, cellWidth(cellText(row[i])));
  }
  return widths;
}

const cellWidth = (text: string): number => displayWidth(truncate(text, WIDEST_CELL));

/** Narrows the widest columns until the table fits, as long as a column keeps `NARROWEST_CELL`. */
function fitted(widths: number[], total: number | undefined): number[] {
  if (total === undefined) return widths;
  let excess = widths.reduce((sum, size) => sum + size, 0) + GAP.length * (widths.length - 1) - total;
  while (excess > 0) {
    const widest = Math.max(...widths);
    if (widest <= NARROWEST_CELL) break;
    const index = widths.indexOf(widest);
    const second = Math.max(NARROWEST_CELL, ...widths.filter((size, i) => i !== index && size < widest));
    const step = Math.min(excess, Math.max(1, widest - second));
    widths[index] = widest - step;
    excess -= step;
  }
  return widths;
}
