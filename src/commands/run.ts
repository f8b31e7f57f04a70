import { Command, Option } from "commander";
import type { LiveBackend } from "../backends/live/backend.ts";
import type { Assessment } from "../core/assessment.ts";
import { allInTurn } from "../core/concurrent.ts";
import { UsageError } from "../core/errors.ts";
import { visibleLines } from "../core/text/visible.ts";
import { formatDatetime, TICKS_PER_DAY, TICKS_PER_SECOND, ticksOfDate } from "../core/ticks.ts";
import type { LiveRunOptions } from "../maturity/live.ts";
import type { ScopeRequest } from "../maturity/scopes.ts";
import { type DeliveryFlags, deliver, withDeliveryOptions } from "./support/delivery.ts";
import { tellTo, webhookOf, webhookOption } from "./support/events.ts";
import { isLive, type LiveFlags, openLive, withLiveOptions } from "./support/live.ts";
import { createLog } from "./support/log.ts";
import { parseCount, parseDuration, parseScope, parseTime, scopeOf } from "./support/options.ts";
import { Progress } from "./support/progress.ts";
import { withPseudonyms } from "./support/pseudonyms.ts";
import { checkDestination, type Destination, publishTo } from "./support/publishing.ts";
import { parseScopeRequest, SCOPE_HELP } from "./support/scopes.ts";
import { writeOut } from "./support/streams.ts";

interface Options extends LiveFlags, DeliveryFlags {
  readonly asOf?: bigint;
  readonly last?: bigint;
  readonly state?: string;
  readonly publish?: string;
  readonly rule?: string;
  readonly scope?: string;
  readonly webhook?: string;
  readonly remeasure: bigint;
  readonly dryRun?: boolean;
  readonly queries?: string;
  readonly config?: string;
  readonly budget?: number;
  readonly by?: readonly ScopeRequest[];
}

export default (): Command =>
  withDeliveryOptions(
    withLiveOptions(new Command("run").description("assess a workspace or a cluster: the stage of each pillar, live")),
  )
    .option("--as-of <time>", "the moment that is assessed (default: now)", parseTime)
    .option("--last <duration>", "look back at most so far, in whole days: 7d, 4w", parseDuration)
    .option("--state <folder>", "continue from the last run over this folder: read only the events that are new")
    .addOption(
      new Option("--remeasure <duration>", "with --state, ask the criteria anew when they are older")
        .argParser(parseDuration)
        .default(TICKS_PER_DAY, "1d"),
    )
    .option("--publish <url>", "send the result to this logs ingestion endpoint; needs --rule and --state")
    .option("--rule <id>", "immutable id of the data collection rule that takes the result: dcr-…")
    .addOption(webhookOption())
    .option("--scope <name>", "what was assessed, in published rows and events (default: the workspace)", parseScope)
    .option("--by <scope>", SCOPE_HELP, parseScopeRequest)
    .option("--dry-run", "print the queries and their intervals, ask nothing")
    .option("--queries <folder>", "query packs of your own instead of the shipped ones")
    .option("--config <file>", "thresholds, minimums, cadences and exceptions of your own (YAML)")
    .option("--budget <n>", "about how many findings a day to tell (default: what passes the limits)", parseCount)
    .addHelpText(
      "after",
      `
Exit codes: 0 ok, 1 a gate was missed, 2 usage, 3 something could not be assessed, 4 no token or no permission.

Examples:
  ztlens run --workspace 11111111-2222-3333-4444-555555555555
  ztlens run -w $WORKSPACE --auth managed-identity --evidence ./bundle
  ztlens run -w $WORKSPACE --auth workload --state /var/lib/ztlens --allow-partial   # hourly
  ztlens run -w $WORKSPACE --state ./state --publish https://….ingest.monitor.azure.com --rule dcr-…
  ztlens run -w $WORKSPACE --state ./state --webhook https://example.com/caep      # changes of access, each once
  ztlens run --cluster https://help.kusto.windows.net --database Logs --last 7d
  ztlens run -w $WORKSPACE --dry-run`,
    )
    .action(run);

async function run(options: Options): Promise<void> {
  const [{ loadPacks }, live, { readConfiguration }] = await Promise.all([
    import("../packs/load.ts"),
    import("../maturity/live.ts"),
    import("../maturity/config.ts"),
  ]);
  if (!isLive(options)) throw new UsageError("Name a workspace with --workspace, or --cluster and --database.");
  if (options.by && options.state !== undefined)
    throw new UsageError("--by asks anew each time: use it without --state.");
  const destination = destinationOf(options);
  const webhook = await webhookOf(options.webhook, options.state, scopeIn(options));
  const packs = loadPacks(options.queries);
  const lastDays = options.last === undefined ? undefined : wholeDays(options.last);
  const asOf = options.asOf ?? now();
  const progress = new Progress(options.quiet);
  const job: LiveRunOptions = {
    packs,
    asOf,
    ...(lastDays !== undefined && { lastDays }),
    ...(options.config !== undefined && { configuration: readConfiguration(options.config) }),
    ...(options.budget !== undefined && { budget: options.budget }),
    ...(options.by && { scopes: options.by }),
    insights: options.report !== undefined,
    changes: options.events !== undefined || options.webhook !== undefined,
    onStep: (label, done, total) => progress.step(done, total, label),
  };
  if (options.dryRun) {
    for (const query of live.plannedQueries(job)) await writeOut(planText(query));
    return;
  }
  const log = createLog("run");
  const backend = await openLive(options, {
    tables: live.tablesOf(packs),
    window: live.lookBack(packs, asOf, lastDays),
  });
  log.info({ service: backend.name, auth: options.auth, asOf: formatDatetime(asOf) }, "started");
  progress.show("asking which tables there are");
  const assessment = await assess(backend, job, options).finally(() => progress.clear());
  const { requests, retries, slices } = backend.journal;
  for (const warning of assessment.warnings) log.warn(warning);
  log.info({ requests, retries, slices: slices.length, rows: rowsOf(assessment) }, "asked");
  await deliver(assessment, options, scopeIn(options));
  if (destination || webhook) {
    const told = await withPseudonyms(assessment, options.pseudonymise);
    await allInTurn([
      async () => webhook && log.info(await tellTo(told, webhook), "told"),
      async () => destination && log.info(await publishTo(told, destination), "published"),
    ]);
  }
  log.info({ exitCode: process.exitCode }, "finished");
}

const scopeIn = ({ scope, workspace, cluster }: Options): string => scope ?? scopeOf(workspace[0] ?? cluster ?? "");

async function assess(backend: LiveBackend, job: LiveRunOptions, { state, remeasure }: Options): Promise<Assessment> {
  if (state === undefined) return (await import("../maturity/live.ts")).assessLive(backend, job);
  const { assessIncrementally } = await import("../maturity/incremental.ts");
  return assessIncrementally(backend, { ...job, state, remeasure });
}

function destinationOf(options: Options): Destination | undefined {
  const { publish, rule, state, auth, cloud } = options;
  if (publish === undefined) return undefined;
  if (rule === undefined || state === undefined) throw new UsageError("--publish needs --rule and --state.");
  checkDestination({ endpoint: publish, rule });
  return { endpoint: publish, rule, scope: scopeIn(options), state, auth, cloud, runTime: formatDatetime(now()) };
}

/** The current second: its rows may still be on their way, earlier ones mostly not. */
const now = (): bigint => (ticksOfDate(new Date()) / TICKS_PER_SECOND) * TICKS_PER_SECOND;

function wholeDays(ticks: bigint): number {
  if (ticks % TICKS_PER_DAY !== 0n) throw new UsageError("--last takes whole days, such as 7d or 4w.");
  return Number(ticks / TICKS_PER_DAY);
}

const rowsOf = ({ inputs }: Assessment): number => inputs.reduce((sum, { read }) => sum + read, 0);

function planText({
  id,
  kind,
  timespan,
  kql,
}: ReturnType<typeof import("../maturity/live.ts").plannedQueries>[number]): string {
  const interval = `${formatDatetime(timespan.start)}/${formatDatetime(timespan.end - 1n)}`;
  const slices = kind === "signal" ? "\n// asked in slices of about 50,000 rows, planned from a count per bin" : "";
  return `// ${id} (${kind}) ${interval}${slices}\n${visibleLines(kql)}\n\n`;
}
