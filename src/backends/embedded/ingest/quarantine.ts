import { isUtf8 } from "node:buffer";
import { closeSync, openSync, writeSync } from "node:fs";
import { digest } from "../../../core/digest.ts";
import { UsageError } from "../../../core/errors.ts";
import type { DirectPlan, JsonObject, Sample } from "../../../tables/shape.ts";
import { member } from "../../../tables/shape.ts";
import { csvOfHead } from "./csv.ts";
import { type ParseError, parseRecord } from "./parse.ts";
import { ofCsv, type SourceRecord } from "./records.ts";

/** Marks each line of a quarantine file, with the version of its form. */
const MARK = "ztlens-quarantine-1";

/** Of a record that is longer than a record may be, only the beginning is kept. */
const KEPT_BYTES = 4096;

/** How the records of an input were to be read: what a line of a quarantine file repeats. */
export interface Origin {
  readonly file: string;
  readonly shape: string;
  /** `row`: the shape has read the record already; what is kept is its row. */
  readonly form: "json" | "csv" | "row";
  /** The header of a CSV file. */
  readonly columns?: readonly string[];
  /** Of a row. */
  readonly table?: string;
  readonly plan?: DirectPlan;
  readonly format?: Sample["format"];
}

interface Kept extends Origin {
  readonly quarantine: typeof MARK;
  readonly position: number;
  readonly offset: number;
  readonly code: string;
  readonly message: string;
  readonly sha256: string;
  /** The record as it stands in the file, or `base64` where it is no text. */
  readonly text?: string;
  readonly base64?: string;
  /** Only the beginning is kept: the record cannot be read again. */
  readonly cut?: true;
}

/** Records that could not be loaded, one JSON object per line. Mended lines load when the file is given as an input. */
export class QuarantineFile {
  readonly #handle: number;

  constructor(path: string) {
    try {
      this.#handle = openSync(path, "w");
    } catch (cause) {
      throw new UsageError(`The quarantine file ${path} cannot be written.`, [], { cause });
    }
  }

  add(origin: Origin, place: { position: number; offset: number }, error: ParseError, bytes: () => Buffer): void {
    const record = bytes();
    const cut = error.code === "record-too-long";
    const kept = cut ? record.subarray(0, KEPT_BYTES) : record;
    const line = {
      ...{ quarantine: MARK, ...origin, position: place.position, offset: place.offset },
      ...{ code: error.code, message: error.message, sha256: digest("sha256", record) },
      ...(isUtf8(kept) ? { text: kept.toString("utf8") } : { base64: kept.toString("base64") }),
      ...(cut && { cut }),
    };
    writeSync(this.#handle, `${JSON.stringify(line)}\n`);
  }

  close(): void {
    closeSync(this.#handle);
  }
}

/** Whether a sample is of a quarantine file. */
export const isQuarantine = ({ records }: Sample): boolean =>
  records.length > 0 && records.every((record) => member(record, "quarantine") === MARK);

const isKept = (record: JsonObject): boolean => record.quarantine === MARK && typeof record.file === "string";

/** A kept record, read anew as it stands now, at the place where it stood. */
export function again(line: JsonObject): { readonly origin: Origin; readonly record: SourceRecord } | undefined {
  if (!isKept(line)) return undefined;
  const kept = line as unknown as Kept;
  const { file, shape, form, columns, table, plan, format } = kept;
  const origin: Origin = {
    ...{ file, shape, form },
    ...(columns && { columns }),
    ...(table !== undefined && { table }),
    ...(plan && { plan }),
    ...(format && { format }),
  };
  const place = { position: Number(kept.position), offset: Number(kept.offset) };
  const error = { code: String(kept.code), message: String(kept.message) };
  const bytes = kept.base64 === undefined ? Buffer.from(String(kept.text)) : Buffer.from(kept.base64, "base64");
  const asItWas = kept.cut || kept.base64 !== undefined;
  const record = asItWas ? { ...place, length: 0, error } : read(bytes, origin, place);
  return { origin, record: "error" in record ? { ...record, bytes } : record };
}

function read(
  bytes: Buffer,
  { form, columns = [] }: Origin,
  place: { position: number; offset: number },
): SourceRecord {
  if (form !== "csv") return { ...place, length: 0, ...parseRecord(bytes.toString("utf8")) };
  const [first] = csvOfHead(bytes, 1, true);
  return ofCsv({ cells: [], length: 0, ...first, ...place }, columns);
}
