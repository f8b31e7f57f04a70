import { Command } from "commander";
import type { BesideOptions } from "../backends/embedded/beside.ts";
import type { ScopeRequest } from "../maturity/scopes.ts";
import { besideFolders, besideOf } from "./support/beside.ts";
import { type DeliveryFlags, deliver, withDeliveryOptions } from "./support/delivery.ts";
import { parseCount, parseDuration, parseTime } from "./support/options.ts";
import { Progress } from "./support/progress.ts";
import { parseScopeRequest, SCOPE_HELP } from "./support/scopes.ts";

interface Options extends DeliveryFlags, BesideOptions {
  readonly asOf?: bigint;
  readonly from?: bigint;
  readonly to?: bigint;
  readonly assumeTable?: string;
  readonly store?: string;
  readonly queries?: string;
  readonly config?: string;
  readonly budget?: number;
  readonly canary?: boolean;
  readonly history?: bigint;
  readonly by?: readonly ScopeRequest[];
}

export default (): Command =>
  besideFolders(
    withDeliveryOptions(
      new Command("replay").description(
        "assess exported logs: the stage of each pillar, what blocks the next one, and who causes it",
      ),
    ),
  )
    .argument("<path...>", "exported logs: files, folders, globs, az://account/container/prefix, or - for stdin")
    .option("--as-of <time>", "the moment that is assessed (default: the newest TimeGenerated)", parseTime)
    .option("--from <time>", "leave out files whose folders (y=/m=/d=/h=) say that they are older", parseTime)
    .option("--to <time>", "assess this moment, and leave out files whose folders say that they are newer", parseTime)
    .option("--history <step>", "also the stage at every earlier step: 1d, 1w (time travel)", parseDuration)
    .option("--by <scope>", SCOPE_HELP, parseScopeRequest)
    .option("--assume-table <name>", "the table of files that do not say theirs")
    .option("--store <file>", "keep what was loaded in a DuckDB file; later runs read only what is new")
    .option("--queries <folder>", "query packs of your own instead of the shipped ones")
    .option("--config <file>", "thresholds, minimums, cadences and exceptions of your own (YAML)")
    .option("--budget <n>", "about how many findings a day to tell (default: what passes the limits)", parseCount)
    .option("--canary", "also test the detectors with synthetic attacks, in a shadow of the events")
    .addHelpText(
      "after",
      `
Exit codes: 0 ok, 1 a gate was missed, 2 usage, 3 something could not be assessed.

Examples:
  ztlens replay ./export --report report.html
  ztlens replay 'logs/**/*.json.gz' --as-of 2026-01-31 -o json
  ztlens replay ./export --history 1w
  ztlens replay az://archive/am-signinlogs --from 2026-01-01 --to 2026-02-01
  ztlens replay ./export --by subscription --by application=Payroll --by assets=crown-jewels.txt
  ztlens replay ./export --fail-on intermediate --allow-partial
  ztlens replay ./export --quiet --report /srv/zt/$(date +%F).html --evidence /srv/zt/$(date +%F)
  ztlens replay ./export --report report.html --trend ./bundle-april --trend ./bundle-may
  ztlens replay ./export --events changes.jsonl
  ztlens replay ./export --pseudonymise key -o csv > shared.csv`,
    )
    .action(run);

async function run(paths: readonly string[], options: Options): Promise<void> {
  const { replay } = await import("../maturity/replay.ts");
  const configuration = options.config && (await import("../maturity/config.ts")).readConfiguration(options.config);
  const progress = new Progress(options.quiet);
  progress.show("reading the logs");
  const { from, to } = options;
  const asOf = options.asOf ?? to;
  const found = await replay({
    paths,
    ...(asOf !== undefined && { asOf }),
    horizon: { ...(from !== undefined && { from }), ...(to !== undefined && { to }) },
    ...(options.assumeTable !== undefined && { assumeTable: options.assumeTable }),
    ...(options.store !== undefined && { store: options.store }),
    ...(options.queries !== undefined && { packs: options.queries }),
    ...besideOf(options),
    ...(configuration && { configuration }),
    ...(options.budget !== undefined && { budget: options.budget }),
    canary: options.canary === true,
    insights: options.report !== undefined,
    changes: options.events !== undefined,
    ...(options.by && { scopes: options.by }),
    ...(options.history !== undefined && { historyStep: options.history }),
    onLoad: progress.load,
    onStep: (label, done, total) => progress.step(done, total, label),
  }).finally(() => progress.clear());
  await deliver(found, options);
}
