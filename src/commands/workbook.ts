import { writeFile } from "node:fs/promises";
import { Command, Option } from "commander";
import { CLOUDS, type Cloud } from "../backends/auth/clouds.ts";
import { UsageError } from "../core/errors.ts";
import { writeOut } from "./support/streams.ts";

interface Options {
  readonly cloud: Cloud;
  readonly out?: string;
}

export default (): Command =>
  new Command("workbook")
    .description("write the Azure Workbook that shows what publish has written")
    .addOption(new Option("--cloud <name>", "whose portal the links open").choices([...CLOUDS]).default("public"))
    .option("--out <file>", "write to a file instead of stdout")
    .addHelpText(
      "after",
      `
Examples:
  ztlens workbook --out workbook.json     # paste it into a new workbook's advanced editor`,
    )
    .action(run);

async function run({ cloud, out }: Options): Promise<void> {
  const { workbookText } = await import("../publish/workbook/workbook.ts");
  const text = workbookText({ cloud });
  if (out === undefined) return writeOut(text);
  try {
    await writeFile(out, text);
  } catch (cause) {
    throw new UsageError(`Cannot write the workbook to ${out}.`, [], { cause });
  }
}
