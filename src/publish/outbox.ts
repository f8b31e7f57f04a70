import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { UsageError } from "../core/errors.ts";
import { writeFolder } from "../evidence/durable.ts";
import type { ResultTableName } from "../tables/results.ts";
import { chunksOf } from "./chunks.ts";
import { fileTime, SENDING_ORDER } from "./files.ts";
import type { RunRows } from "./rows.ts";

/** Rows of one table that go in one request. */
export interface Chunk {
  readonly file: string;
  readonly table: ResultTableName;
}

/** A run that waits, with its chunks in the order in which they must be sent. */
export interface Waiting {
  readonly name: string;
  readonly folder: string;
  readonly chunks: readonly Chunk[];
}

const TEMPORARY = ".tmp-";
const CHUNK = /^\d{5}-(Zt\w+_CL)\.json$/;

/**
 * Where runs wait until the service has taken them: one folder per run, one file per request, which goes when the
 * request was answered. A process that dies leaves a part of a run that the next one sends; what was sent already and
 * is sent again has the same ResultId. So two processes may share an outbox.
 */
export class Outbox {
  readonly #folder: string;

  constructor(state: string) {
    this.#folder = join(state, "outbox");
  }

  /** Keeps the rows of a run, on the disk when this returns. A run that waits already is left as it is. */
  add(rows: RunRows): void {
    const [run] = rows.ZtRun_CL;
    if (!run) throw new UsageError("Rows without a row of ZtRun_CL are no run.");
    const folder = join(this.#folder, `${fileTime(String(run.RunTime))}-${run.RunId}`);
    if (existsSync(folder)) return;
    const files = new Map<string, string>();
    for (const table of SENDING_ORDER)
      for (const chunk of chunksOf(rows[table]))
        files.set(`${String(files.size).padStart(5, "0")}-${table}.json`, chunk);
    writeFolder(folder, files);
  }

  /** The runs that wait, the oldest first. */
  waiting(): Waiting[] {
    mkdirSync(this.#folder, { recursive: true });
    return readdirSync(this.#folder)
      .filter((name) => !name.includes(TEMPORARY))
      .sort()
      .map((name) => {
        const folder = join(this.#folder, name);
        return { name, folder, chunks: chunksIn(folder) };
      });
  }

  /** The rows of a chunk; none where another process has sent it meanwhile. */
  read({ file }: Chunk): Record<string, unknown>[] {
    let text: string;
    try {
      text = readFileSync(file, "utf8");
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
    return JSON.parse(text) as Record<string, unknown>[];
  }

  sent({ file }: Chunk): void {
    rmSync(file, { force: true });
  }

  /** Forgets a run all of whose chunks were sent. */
  close({ folder }: Waiting): void {
    try {
      rmdirSync(folder);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === "ENOENT";

function chunksIn(folder: string): Chunk[] {
  const files = readdirSync(folder).sort();
  return files.map((name) => {
    const [, table] = CHUNK.exec(name) ?? [];
    if (table === undefined) throw new UsageError(`${join(folder, name)} is no part of an outbox; move it away.`);
    return { file: join(folder, basename(name)), table: table as ResultTableName };
  });
}
