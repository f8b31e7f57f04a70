import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Assessment } from "../../core/assessment.ts";
import { UsageError } from "../../core/errors.ts";
import { parseExact } from "../../evidence/exact.ts";
import { ASSESSMENT_FILE } from "../../evidence/manifest.ts";
import { readAll } from "./streams.ts";

type Line = { readonly type: string; readonly pillar?: string } & Readonly<Record<string, unknown>>;

/** A result as it was kept: the folder of an evidence bundle, or the output of `replay -o jsonl`. */
export function readResult(path: string): Assessment {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) throw new UsageError(`There is no file or folder ${path}.`);
  const file = stats.isDirectory() ? join(path, ASSESSMENT_FILE) : path;
  if (!statSync(file, { throwIfNoEntry: false })) throw new UsageError(`${path} is no evidence bundle.`);
  const text = readFileSync(file, "utf8");
  return checked(stats.isDirectory() ? (parseExact(text, file) as Assessment) : fromLines(text, file), file);
}

/** The output of `replay -o jsonl` on a stream. */
export const readResultFrom = async (input: NodeJS.ReadableStream): Promise<Assessment> =>
  checked(fromLines(await readAll(input), "stdin"), "stdin");

function checked(result: Assessment, file: string): Assessment {
  if (!Array.isArray(result.pillars) || typeof result.asOf !== "string") throw notAResult(file);
  return result;
}

const notAResult = (file: string): UsageError =>
  new UsageError(`${file} is no result: give the folder of an evidence bundle or the output of replay -o jsonl.`);

function fromLines(text: string, file: string): Assessment {
  if (/^\s*\{\s*\n/.test(text)) throw notAResult(file);
  const lines = text
    .split("\n")
    .filter((line) => line !== "")
    .map((line, i) => parseExact(line, `${file}:${i + 1}`) as Line);
  const all = (type: string): Omit<Line, "type">[] =>
    lines.filter((line) => line?.type === type).map(({ type: _, ...rest }) => rest);
  const [run] = all("run");
  if (!run) throw notAResult(file);
  const criteria = Map.groupBy(all("criterion"), ({ pillar }) => pillar);
  return {
    ...run,
    pillars: all("pillar").map((pillar) => ({ ...pillar, criteria: criteria.get(pillar.pillar) ?? [] })),
    anomalies: all("anomaly"),
    inputs: all("input"),
  } as unknown as Assessment;
}
