import type { JsonObject } from "../../../tables/shape.ts";
import { type CsvRecord, readCsv } from "./csv.ts";
import { type ParseError, parseRecord } from "./parse.ts";
import type { FileFormat } from "./sample.ts";
import { readDocument, readLines, type Unit } from "./units.ts";

/** One record of an input with its place, or what is wrong with it. */
export type SourceRecord = {
  readonly position: number;
  readonly offset: number;
  /** Bytes. */
  readonly length: number;
} & ({ readonly record: JsonObject } | { readonly error: ParseError; readonly bytes?: Buffer });

function ofUnit({ position, offset, length, text, error }: Unit): SourceRecord {
  return { position, offset, length, ...(error ? { error } : parseRecord(text)) };
}

/** A record of a CSV file by the names of its header. */
export function ofCsv({ position, offset, length, cells, error }: CsvRecord, header: readonly string[]): SourceRecord {
  if (error) return { position, offset, length, error };
  if (cells.length !== header.length) {
    const message = `The record has ${cells.length} cells, the header ${header.length}.`;
    return { position, offset, length, error: { code: "cell-count", message } };
  }
  const record = Object.create(null) as Record<string, string>;
  for (const [i, name] of header.entries())
    if (name !== "" && !Object.hasOwn(record, name)) record[name] = cells[i] ?? "";
  return { position, offset, length, record };
}

/** Every record of a file in order, one at a time. */
export async function* readRecords(file: string, format: FileFormat): AsyncGenerator<SourceRecord> {
  if (format.kind === "csv") {
    let isHeader = true;
    for await (const record of readCsv(file)) {
      if (!isHeader) yield ofCsv(record, format.header);
      isHeader = false;
    }
  } else if (format.kind === "lines") {
    for await (const unit of readLines(file)) yield ofUnit(unit);
  } else if (format.kind === "document") {
    for await (const unit of readDocument(file, format.layout)) yield ofUnit(unit);
  }
}
