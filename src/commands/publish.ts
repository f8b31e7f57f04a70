import { Command } from "commander";
import { UsageError } from "../core/errors.ts";
import { formatDatetime, ticksOfDate } from "../core/ticks.ts";
import { parseTime } from "./support/options.ts";
import { readResult, readResultFrom } from "./support/results.ts";
import { writeOut } from "./support/streams.ts";

interface Options {
  readonly scope: string;
  readonly runTime?: bigint;
  readonly dryRun?: boolean;
  readonly out?: string;
}

export default (): Command =>
  new Command("publish")
    .description("write a result to the tables that the workbook shows")
    .argument("<result>", "folder of an evidence bundle, or the output of replay -o jsonl (- for stdin)")
    .option("--scope <name>", "what was assessed, where several workspaces share the tables", "default")
    .option("--run-time <time>", "when the run was published (default: now)", parseTime)
    .option("--dry-run", "print the rows as JSON lines and send nothing")
    .option("--out <folder>", "write the rows to a folder that ztlens can query, and send nothing")
    .addHelpText(
      "after",
      `
Examples:
  ztlens replay ./export -o jsonl | ztlens publish - --out ./results
  ztlens query -d ./results 'ZtSignal_CL | project WindowEnd, Pillar, Stage'`,
    )
    .action(run);

async function run(path: string, options: Options): Promise<void> {
  const [{ resultRows }, { rowLines, writeRows }] = await Promise.all([
    import("../publish/rows.ts"),
    import("../publish/files.ts"),
  ]);
  const runTime = formatDatetime(options.runTime ?? ticksOfDate(new Date()));
  const result = path === "-" ? await readResultFrom(process.stdin) : readResult(path);
  const rows = resultRows(result, { scope: options.scope, runTime });
  if (options.dryRun) await writeOut(rowLines(rows));
  else if (options.out !== undefined) writeRows(options.out, rows);
  else throw new UsageError("Give --out or --dry-run.");
}
