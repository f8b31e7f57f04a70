import { Command } from "commander";

interface Options {
  readonly out: string;
  readonly queries?: string;
}

export default (): Command =>
  new Command("packs")
    .description("work with the query packs")
    .addHelpText("after", "\nExamples:\n  ztlens packs export --out ./content")
    .addCommand(
      new Command("export")
        .description(
          "write the queries and rules for other tools: a query pack (ARM), Sentinel hunting queries and rules",
        )
        .requiredOption("--out <folder>", "where to write")
        .option("--queries <folder>", "query packs of your own instead of the shipped ones")
        .addHelpText(
          "after",
          `
Writes query-pack.json, hunting/<pillar>/<id>.yaml and analytics/<name>.yaml.

Examples:
  ztlens packs export --out ./content
  az deployment group create -g rg -f content/query-pack.json`,
        )
        .action(run),
    );

async function run({ out, queries }: Options): Promise<void> {
  const [{ exportedFiles, writeExport }, { loadPacks }, { shippedRules }] = await Promise.all([
    import("../publish/export.ts"),
    import("../packs/load.ts"),
    import("../publish/rules/shipped.ts"),
  ]);
  const files = exportedFiles(loadPacks(queries), shippedRules());
  writeExport(out, files);
  process.stderr.write(`Wrote ${files.size} files to ${out}\n`);
}
