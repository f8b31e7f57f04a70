import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { printAssessment, writeReport } from "./support/assessment.ts";
import { parseCount } from "./support/options.ts";
import { Progress } from "./support/progress.ts";
import { writeOut } from "./support/streams.ts";

interface Options {
  readonly report: string;
  readonly seed: number;
}

export default (): Command =>
  new Command("demo")
    .description("the two-minute tour: simulate a tenant, assess it, show the board, write the report")
    .option("--report <file>", "where the HTML report goes", "ztlens-report.html")
    .option("--seed <n>", "another tenant", parseCount, 1)
    .addHelpText("after", "\nExamples:\n  ztlens demo\n  ztlens demo --seed 7 --report tour.html")
    .action(run);

async function run({ report, seed }: Options): Promise<void> {
  const [{ simulate }, { replay }] = await Promise.all([
    import("../simulate/simulate.ts"),
    import("../maturity/replay.ts"),
  ]);
  const folder = await mkdtemp(join(tmpdir(), "ztlens-demo-"));
  const progress = new Progress();
  try {
    progress.show("simulating a tenant");
    const { rows, attacks } = await simulate({ out: folder, seed, profile: "mixed" });
    const assessment = await replay({
      paths: [folder],
      insights: true,
      onStep: (label, done, total) => progress.step(done, total, label),
    });
    progress.clear();
    await printAssessment(assessment, "table");
    await writeReport(assessment, report);
    await writeOut(`\n${rows} simulated rows, ${attacks.length} injected attacks. The report: ${report}\n`);
  } finally {
    progress.clear();
    await rm(folder, { recursive: true, force: true });
  }
}
