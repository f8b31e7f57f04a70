import { type FileHandle, open } from "node:fs/promises";
import type { JsonObject, Sample } from "../../../tables/shape.ts";
import { isObject } from "../../../tables/shape.ts";
import { csvOfHead } from "./csv.ts";
import { type Layout, unitsOfHead } from "./units.ts";

const HEAD_BYTES = 1 << 20;
const RECORDS = 200;

export type FileFormat =
  | { readonly kind: "empty" }
  | { readonly kind: "parquet" }
  | {
      readonly kind: "csv";
      readonly header: readonly string[];
      readonly plain: boolean;
    }
  | { readonly kind: "lines" }
  | { readonly kind: "document"; readonly layout: Layout }
  /** A document that only makes sense as a whole: columns and rows of a query API. */
  | { readonly kind: "tables" }
  | { readonly kind: "unknown"; readonly reason: string };

export interface Inspected {
  readonly format: FileFormat;
  readonly sample: Sample;
  /** The sample holds every record of the file. */
  readonly whole: boolean;
}

async function readHead(handle: FileHandle): Promise<{ head: Buffer; whole: boolean }> {
  const buffer = Buffer.alloc(Math.min(HEAD_BYTES, (await handle.stat()).size + 1));
  let size = 0;
  while (size < buffer.length) {
    const { bytesRead } = await handle.read(buffer, size, buffer.length - size, size);
    if (bytesRead === 0) return { head: buffer.subarray(0, size), whole: true };
    size += bytesRead;
  }
  return { head: buffer, whole: false };
}

/** Keys under which documents hold their array of records. */
const ENVELOPES = ["records", "value", "responses", "data", "events", "logs"];

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

const objectsOf = (head: Buffer, layout: Layout): JsonObject[] =>
  unitsOfHead(head, layout)
    .slice(0, RECORDS)
    .map(({ text }) => parseObject(text))
    .filter((record) => record !== undefined);

/** A batch of answers: the body of the first has tables, or is an error. */
const BATCH = /^\s*\{\s*"responses"\s*:\s*\[[^[]*"body"\s*:\s*\{\s*"(tables|error)"/;

const isFrame = (record: JsonObject): boolean => Object.hasOwn(record, "FrameType");

function jsonFormat(head: Buffer, whole: boolean): { format: FileFormat; records: readonly JsonObject[] } {
  const top = objectsOf(head, {});
  const start = head.subarray(0, 4096).toString("utf8");
  const isTables = /^\s*\{\s*"(tables|Tables)"\s*:\s*\[/.test(start) || BATCH.test(start);
  if (isTables || top.some((record) => Array.isArray(record.tables) || Array.isArray(record.Tables) || isFrame(record)))
    return { format: { kind: "tables" }, records: [] };
  const [first] = top;
  for (const key of ENVELOPES) {
    if (first && !Array.isArray(first[key])) continue;
    const records = objectsOf(head, { key });
    if (records.length > 0 || (first && top.length === 1))
      return { format: { kind: "document", layout: { key } }, records };
  }
  const lines = head
    .toString("utf8")
    .split("\n")
    .filter((line) => line.trim() !== "");
  if (!whole) lines.pop();
  const objects = lines.slice(0, RECORDS).map(parseObject);
  const good = objects.filter((object) => object !== undefined);
  const isLines = objects[0] !== undefined || (good.length > 0 && good.length * 2 >= objects.length);
  if (isLines) return { format: { kind: "lines" }, records: good };
  return { format: { kind: "document", layout: {} }, records: top };
}

function csvFormat(head: Buffer, whole: boolean): { format: FileFormat; records: readonly JsonObject[] } {
  const [header, ...rows] = csvOfHead(head, RECORDS, whole);
  if (!header || header.cells.length < 2)
    return {
      format: {
        kind: "unknown",
        reason: "It is neither JSON, CSV nor Parquet.",
      },
      records: [],
    };
  const names = header.cells.map((cell) => cell.replace(/^\uFEFF/, "").trimEnd());
  const plain = header.position === 1 && new Set(names).size === names.length;
  const records = rows.map(({ cells }) => Object.fromEntries(names.map((name, i) => [name, cells[i] ?? ""])));
  return { format: { kind: "csv", header: names, plain }, records };
}

export function columnsOfRecords(records: readonly JsonObject[]): string[] {
  const keys = new Set<string>();
  for (const record of records) for (const key of Object.keys(record)) keys.add(key);
  return [...keys];
}

function contextOf(head: Buffer): JsonObject {
  const match = /"@odata\.context"\s*:\s*"([^"]*)"/.exec(head.subarray(0, 4096).toString("utf8"));
  return match ? { "@odata.context": match[1] ?? "" } : {};
}

const PLACES = 16;
const PLACE_BYTES = 1 << 16;

/** Whole lines from all over a file of JSON lines. */
export async function recordsElsewhere(file: string): Promise<JsonObject[]> {
  const handle = await open(file, "r");
  try {
    const { size } = await handle.stat();
    const records: JsonObject[] = [];
    const buffer = Buffer.alloc(PLACE_BYTES);
    for (let place = 1; place <= PLACES; place++) {
      const at = Math.max(0, Math.floor((size * place) / PLACES) - PLACE_BYTES);
      const { bytesRead } = await handle.read(buffer, 0, PLACE_BYTES, at);
      const lines = buffer.subarray(0, bytesRead).toString("utf8").split("\n").slice(1, -1);
      records.push(...lines.map(parseObject).filter((record) => record !== undefined));
    }
    return records;
  } finally {
    await handle.close();
  }
}

/** Tells a file's format and takes a sample of its records. `path` is the name that shapes and routing see. */
export async function inspect(file: string, path: string): Promise<Inspected> {
  const handle = await open(file, "r");
  const { head, whole } = await readHead(handle).finally(() => handle.close());
  const start = head.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf])) ? 3 : 0;
  const body = head.subarray(start);
  const blank = { path, columns: [], records: [], envelope: {} };
  if (body.subarray(0, 4).toString("latin1") === "PAR1")
    return {
      format: { kind: "parquet" },
      sample: { ...blank, format: "parquet" },
      whole: false,
    };
  const opening = /\S/.exec(body.subarray(0, 65536).toString("latin1"))?.[0];
  if (opening === undefined && whole)
    return {
      format: { kind: "empty" },
      sample: { ...blank, format: "json" },
      whole,
    };
  const isJson = opening === "{" || opening === "[";
  const { format, records } = isJson ? jsonFormat(body, whole) : csvFormat(body, whole);
  const columns = format.kind === "csv" ? format.header : columnsOfRecords(records);
  const all = whole && records.length < RECORDS;
  return {
    format,
    sample: {
      path,
      format: isJson ? "json" : "csv",
      columns,
      records,
      envelope: contextOf(body),
    },
    whole: all,
  };
}
