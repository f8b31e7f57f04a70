import { once } from "node:events";
import { createWriteStream, mkdtempSync, rmSync, type WriteStream, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DirectPlan, emptyRow, type Row, type Sample } from "../../../tables/shape.ts";
import type { Account } from "./account.ts";
import { ORIGIN } from "./load.ts";

const FLUSH_CHARS = 1 << 18;
const SAMPLE_ROWS = 200;

/** Rows of one table on their way into the engine, as JSON lines with their origin. Several inputs may share a spool. */
export class RowSpool {
  readonly table: string;
  readonly file: string;
  /** How the inputs wrote their values. */
  readonly plan: DirectPlan;
  readonly format: Sample["format"];
  readonly columns = new Set<string>();
  /** The first rows, for the inference of types. */
  readonly sample: Row[] = [];
  readonly accounts = new Map<number, Account>();
  rows = 0;
  bytes = 0;
  readonly #stream: WriteStream;
  #buffer = "";

  constructor(table: string, file: string, plan: DirectPlan, format: Sample["format"]) {
    this.table = table;
    this.file = file;
    this.plan = plan;
    this.format = format;
    this.#stream = createWriteStream(file);
  }

  /** Throws RangeError when the row is nested too deeply to be written. */
  add(given: Row, account: Account, position: number, offset: number): void {
    const row = withoutOrigin(given);
    const json = JSON.stringify(row);
    const origin = `{"${ORIGIN.input}":${account.input},"${ORIGIN.position}":${position},"${ORIGIN.offset}":${offset}`;
    const line = json === "{}" ? `${origin}}\n` : `${origin},${json.slice(1)}\n`;
    this.#buffer += line;
    this.bytes += line.length;
    this.rows++;
    this.accounts.set(account.input, account);
    for (const column in row) if (!this.columns.has(column)) this.columns.add(column);
    if (this.sample.length < SAMPLE_ROWS) this.sample.push(row);
  }

  async drain(force = false): Promise<void> {
    if (this.#buffer.length < FLUSH_CHARS && !force) return;
    const text = this.#buffer;
    this.#buffer = "";
    if (!this.#stream.write(text)) await once(this.#stream, "drain");
  }

  async close(): Promise<void> {
    await this.drain(true);
    this.#stream.end();
    await once(this.#stream, "finish");
  }
}

/** A log must not say where its rows come from. */
function withoutOrigin(row: Row): Row {
  const names = Object.values(ORIGIN);
  if (!names.some((name) => Object.hasOwn(row, name))) return row;
  const copy = Object.assign(emptyRow(), row);
  for (const name of names) delete copy[name];
  return copy;
}

/** A private folder that disappears with the load. */
export class Scratch {
  readonly folder = mkdtempSync(join(tmpdir(), "ztlens-in-"));
  #files = 0;

  file(extension: string): string {
    return join(this.folder, `${this.#files++}.${extension}`);
  }

  /** Writes a file and returns its path. */
  write(extension: string, content: string): string {
    const file = this.file(extension);
    writeFileSync(file, content);
    return file;
  }

  remove(file: string): void {
    rmSync(file, { force: true });
  }

  close(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
