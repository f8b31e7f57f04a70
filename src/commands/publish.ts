import { Command, Option } from "commander";
import { CLOUDS, type Cloud } from "../backends/auth/clouds.ts";
import { AUTH_METHODS, type AuthMethod } from "../backends/auth/credential.ts";
import type { Assessment } from "../core/assessment.ts";
import { allInTurn } from "../core/concurrent.ts";
import { UsageError } from "../core/errors.ts";
import { formatDatetime, ticksOfDate } from "../core/ticks.ts";
import { eventsOption, tellTo, type Webhook, webhookOf, webhookOption, writeEvents } from "./support/events.ts";
import { parseScope, parseTime } from "./support/options.ts";
import { publishTo } from "./support/publishing.ts";
import { readResult, readResultFrom } from "./support/results.ts";
import { writeOut } from "./support/streams.ts";

interface Options {
  readonly endpoint?: string;
  readonly rule?: string;
  readonly state?: string;
  readonly scope: string;
  readonly runTime?: bigint;
  readonly auth: AuthMethod;
  readonly cloud: Cloud;
  readonly dryRun?: boolean;
  readonly out?: string;
  readonly events?: string;
  readonly webhook?: string;
}

const METHODS = AUTH_METHODS.filter((method) => method !== "none");

export default (): Command =>
  new Command("publish")
    .description("write a result to the tables that the workbook shows")
    .argument("<result>", "folder of an evidence bundle, or the output of replay -o jsonl (- for stdin)")
    .option("--endpoint <url>", "logs ingestion endpoint of the data collection rule (or of its endpoint)")
    .option("--rule <id>", "immutable id of the data collection rule: dcr-…")
    .option("--state <folder>", "where rows wait until the service has taken them; the next publish sends the rest")
    .option("--scope <name>", "what was assessed, where several workspaces share the tables", parseScope, "default")
    .option("--run-time <time>", "when the run was published (default: now)", parseTime)
    .addOption(new Option("--auth <method>", "how a token is had").choices(METHODS).default("default"))
    .addOption(new Option("--cloud <name>", "whose cloud it is").choices([...CLOUDS]).default("public"))
    .option("--dry-run", "print the rows as JSON lines and send nothing")
    .option("--out <folder>", "write the rows to a folder that ztlens can query, and send nothing")
    .addOption(eventsOption())
    .addOption(webhookOption())
    .addHelpText(
      "after",
      `
Exit codes: 0 ok, 2 usage, 3 something waits in the outbox, 4 no access. What changed for access comes of the result's
anomalies, and of what the logs record where the result was made with --events.

Examples:
  ztlens replay ./export -o jsonl | ztlens publish - --out ./results
  ztlens query -d ./results 'ZtSignal_CL | project WindowEnd, Pillar, Stage'
  ztlens publish ./bundle --state ./state --webhook https://example.com/caep
  ztlens publish ./bundle --endpoint https://zt-x.westeurope-1.ingest.monitor.azure.com --rule dcr-… --state ./state`,
    )
    .action(run);

async function run(path: string, options: Options): Promise<void> {
  const result = path === "-" ? await readResultFrom(process.stdin) : readResult(path);
  if (options.events !== undefined) await writeEvents(result, options.events, options.scope);
  const runTime = formatDatetime(options.runTime ?? ticksOfDate(new Date()));
  if (options.dryRun || options.out !== undefined) return writeLocally(result, runTime, options);
  const webhook = await webhookOf(options.webhook, options.state, options.scope);
  const wantsRows = webhook === undefined || options.endpoint !== undefined || options.rule !== undefined;
  await allInTurn([
    async () => webhook && (await tellWebhook(result, webhook)),
    async () => wantsRows && (await sendRows(result, runTime, options)),
  ]);
}

async function tellWebhook(result: Assessment, webhook: Webhook): Promise<void> {
  const { taken } = await tellTo(result, webhook);
  process.stderr.write(`Told ${taken} ${taken === 1 ? "change" : "changes"}\n`);
}

async function sendRows(result: Assessment, runTime: string, options: Options): Promise<void> {
  const { endpoint, rule, state, scope, auth, cloud } = options;
  if (endpoint === undefined || rule === undefined || state === undefined)
    throw new UsageError("Give --endpoint, --rule and --state to send the rows, or --dry-run or --out to see them.");
  const { runs, rows, requests } = await publishTo(result, { endpoint, rule, state, scope, runTime, auth, cloud });
  process.stderr.write(`Published ${runs} ${runs === 1 ? "run" : "runs"}: ${rows} rows in ${requests} requests\n`);
}

async function writeLocally(result: Assessment, runTime: string, { scope, dryRun, out }: Options): Promise<void> {
  const [{ resultRows }, { rowLines, writeRows }] = await Promise.all([
    import("../publish/rows.ts"),
    import("../publish/files.ts"),
  ]);
  const rows = resultRows(result, { scope, runTime });
  if (out !== undefined) writeRows(out, rows);
  if (dryRun) await writeOut(rowLines(rows));
}
