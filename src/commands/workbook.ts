import { writeFile } from "node:fs/promises";
import { Command, Option } from "commander";
import { CLOUDS, type Cloud } from "../backends/auth/clouds.ts";
import { UsageError } from "../core/errors.ts";
import { writeOut } from "./support/streams.ts";

const TEMPLATES = ["arm", "bicep", "terraform"] as const;
const HOSTS = ["kubernetes", "github", "crontab", "systemd"] as const;
const FORMATS = ["json", ...TEMPLATES, ...HOSTS] as const;
type Format = (typeof FORMATS)[number];

interface Options {
  readonly format: Format;
  readonly cloud: Cloud;
  readonly privateLink?: boolean;
  readonly withJob?: boolean;
  readonly rules: boolean;
  readonly queries?: string;
  readonly out?: string;
}

export default (): Command =>
  new Command("workbook")
    .description("write the workbook, everything it needs in Azure as code, or the job that feeds it")
    .addOption(
      new Option("--format <name>", "json: the workbook alone; a template of everything; the job of a host")
        .choices([...FORMATS])
        .default("json"),
    )
    .addOption(new Option("--cloud <name>", "whose portal the links open").choices([...CLOUDS]).default("public"))
    .option("--private-link", "a collection rule that only Private Link reaches")
    .option("--with-job", "also a Container Apps job, with an identity of its own")
    .option("--no-rules", "no analytic rules: for a workspace without Sentinel")
    .option("--queries <folder>", "query packs of your own instead of the shipped ones")
    .option("--out <file>", "write to a file instead of stdout")
    .addHelpText(
      "after",
      `
A template holds the result tables, the data collection rule, the roles of the job, the workbook, the saved functions,
all queries as a query pack, and analytic rules.

Examples:
  ztlens workbook --out workbook.json                 # paste it into a new workbook's advanced editor
  ztlens workbook --format bicep --out ztlens.bicep
  az deployment group create -g rg -f ztlens.bicep -p workspaceName=ws principalId=…
  ztlens workbook --format systemd`,
    )
    .action(run);

async function run(options: Options): Promise<void> {
  const text = await textOf(options);
  if (options.out === undefined) return writeOut(text);
  try {
    await writeFile(options.out, text);
  } catch (cause) {
    throw new UsageError(`Cannot write to ${options.out}.`, [], { cause });
  }
}

const isHost = (format: Format): format is (typeof HOSTS)[number] => (HOSTS as readonly string[]).includes(format);

async function textOf(options: Options): Promise<string> {
  const { format, cloud } = options;
  if (format === "json") return (await import("../publish/workbook/workbook.ts")).workbookText({ cloud });
  if (isHost(format)) return (await import("../publish/deploy/hosts.ts")).HOSTS[format]();
  const [{ deploymentOf }, { loadPacks }, { shippedRules }] = await Promise.all([
    import("../publish/deploy/deployment.ts"),
    import("../packs/load.ts"),
    import("../publish/rules/shipped.ts"),
  ]);
  const deployment = deploymentOf({
    packs: loadPacks(options.queries),
    rules: options.rules ? shippedRules() : [],
    cloud,
    privateLink: options.privateLink === true,
    withJob: options.withJob === true,
  });
  if (format === "arm") return (await import("../publish/deploy/arm.ts")).armText(deployment);
  if (format === "bicep") return (await import("../publish/deploy/bicep.ts")).bicepText(deployment);
  return (await import("../publish/deploy/terraform.ts")).terraformText(deployment);
}
