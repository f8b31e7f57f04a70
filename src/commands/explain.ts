import { Command, Option } from "commander";
import type { QueryBackend } from "../backends/types.ts";
import type { Anomaly, Assessment, CriterionResult, PillarResult } from "../core/assessment.ts";
import { UsageError } from "../core/errors.ts";
import type { QueryResult } from "../core/kusto.ts";
import { jsonText } from "../core/text/json.ts";
import { parseIsoDatetime } from "../core/ticks.ts";
import { redactAssessment } from "../evidence/redact.ts";
import type { Workspace } from "../outputs/explain/portal.ts";
import type { Packs } from "../packs/types.ts";
import { collect, parseCount, parseTime } from "./support/options.ts";
import { Progress } from "./support/progress.ts";
import { readResult } from "./support/results.ts";
import { writeOut } from "./support/streams.ts";

interface Options {
  readonly result?: string;
  readonly data: readonly string[];
  readonly asOf?: bigint;
  readonly assumeTable?: string;
  readonly queries?: string;
  readonly config?: string;
  readonly rows: number;
  readonly workspace?: string;
  readonly tenant?: string;
  readonly portal?: string;
  readonly output: "table" | "json";
}

export default (): Command =>
  new Command("explain")
    .description("why: a criterion's arithmetic, bounds, rows and query, or an anomaly's baseline, peers and rows")
    .argument("<finding>", "a criterion such as ID-01, or the beginning of the id of a finding or an anomaly")
    .option("-r, --result <path>", "folder of an evidence bundle, or the output of replay -o jsonl")
    .option("-d, --data <path>", "assess these exported logs and show their rows (repeatable)", collect, [])
    .option("--as-of <time>", "the moment that is assessed (default: the newest TimeGenerated)", parseTime)
    .option("--assume-table <name>", "the table of files that do not say theirs")
    .option("--queries <folder>", "query packs of your own instead of the shipped ones")
    .option("--config <file>", "thresholds, minimums, cadences and exceptions of your own (YAML)")
    .option("--rows <n>", "how many rows are shown", parseCount, 10)
    .option("--workspace <resource>", "resource id of a workspace: adds a link that opens the query in its Logs blade")
    .option("--tenant <id>", "directory of the workspace, for the link")
    .option("--portal <host>", "host of the portal, for the link (default: portal.azure.com)")
    .addOption(new Option("-o, --output <format>", "how it is printed").choices(["table", "json"]).default("table"))
    .addHelpText(
      "after",
      `
Examples:
  ztlens explain ID-01 --data ./export
  ztlens explain DV-03 --result ./bundle --rows 50
  ztlens explain d3b8902a --data ./export
  ztlens explain NW-03 -r june.jsonl --workspace /subscriptions/…/workspaces/soc --tenant contoso.com`,
    )
    .action(run);

/** The result that is explained, and what the logs say of an anomaly where they were given. */
interface Source {
  readonly assessment: Assessment;
  readonly packs: Packs;
  readonly events?: { readonly query: string; readonly result: QueryResult };
}

async function run(finding: string, options: Options): Promise<void> {
  const source = await sourceOf(finding, options);
  const assessment = redactAssessment(source.assessment);
  const found = findCriterion(assessment, finding);
  const text = found
    ? await criterionText(assessment, found, options)
    : await anomalyText(assessment, findAnomaly(assessment, finding), source, options);
  await writeOut(text);
}

async function sourceOf(finding: string, options: Options): Promise<Source> {
  const { loadPacks } = await import("../packs/load.ts");
  if (options.data.length === 0) {
    if (options.result === undefined) throw new UsageError("Give what to explain with --data, or with --result.");
    return { assessment: readResult(options.result), packs: loadPacks(options.queries) };
  }
  if (options.result !== undefined) throw new UsageError("Give --data or --result, not both.");
  const { replay } = await import("../maturity/replay.ts");
  const configuration = options.config && (await import("../maturity/config.ts")).readConfiguration(options.config);
  const progress = new Progress();
  const packs = loadPacks(options.queries);
  let events: Source["events"];
  const assessment = await replay({
    paths: options.data,
    insights: true,
    ...(options.asOf !== undefined && { asOf: options.asOf }),
    ...(options.assumeTable !== undefined && { assumeTable: options.assumeTable }),
    ...(options.queries !== undefined && { packs: options.queries }),
    ...(configuration && { configuration }),
    onLoad: ({ file, done, total }) => progress.step(done, total, file),
    onStep: (label, done, total) => progress.step(done, total, label),
    inspect: async (backend, result) => {
      if (!findCriterion(result, finding)) events = await eventsOf(backend, packs, result, finding);
    },
  }).finally(() => progress.clear());
  return { assessment, packs, ...(events && { events }) };
}

const AROUND_HOURS = 2;

/** The events behind an anomaly, from the first signal query of its pillar that knows the subject. */
async function eventsOf(
  backend: QueryBackend,
  packs: Packs,
  assessment: Assessment,
  finding: string,
): Promise<Source["events"]> {
  const { eventsQuery } = await import("../outputs/explain/rows.ts");
  const [anomaly] = anomaliesNamed(assessment, finding);
  if (!anomaly) return undefined;
  const now = parseIsoDatetime(assessment.asOf);
  for (const pack of packs.signals.filter(({ pillar }) => pillar === anomaly.pillar)) {
    const query = eventsQuery(pack, anomaly, AROUND_HOURS);
    if (query === undefined) continue;
    const result = await backend.query(query, now === undefined ? {} : { now });
    if (result.rows.length > 0) return { query, result };
  }
  return undefined;
}

/** Anomalies whose identifier is or begins with a text, or the strongest of the finding that it names. */
function anomaliesNamed({ anomalies, findings = [] }: Assessment, start: string): Anomaly[] {
  const exact = anomalies.filter(({ id }) => id === start);
  if (exact.length > 0) return exact;
  const named = start === "" ? [] : findings.filter(({ id }) => id.startsWith(start));
  const strongest = named.flatMap((finding) => {
    const own = anomalies.filter(({ id }) => finding.anomalies.includes(id));
    return own.sort((a, b) => (a.pValue ?? 1) - (b.pValue ?? 1) || b.score - a.score).slice(0, 1);
  });
  return strongest.length > 0 ? strongest : anomalies.filter(({ id }) => id.startsWith(start));
}

type Found = readonly [pillar: PillarResult, criterion: CriterionResult];

function findCriterion({ pillars }: Assessment, finding: string): Found | undefined {
  const all = pillars.flatMap((pillar) => pillar.criteria.map((criterion): Found => [pillar, criterion]));
  return all.find(([, { id }]) => id.toLowerCase() === finding.toLowerCase());
}

function findAnomaly(assessment: Assessment, finding: string): Anomaly {
  const { anomalies, pillars } = assessment;
  const found = anomaliesNamed(assessment, finding);
  const [first] = found;
  if (!first) {
    const ids = pillars.flatMap(({ criteria }) => criteria.map(({ id }) => id));
    throw new UsageError(
      `${finding} is neither a criterion (${ids[0] ?? "none"} … ${ids.at(-1) ?? "none"}) nor one of the ${anomalies.length} anomalies of this result.`,
    );
  }
  if (found.length > 1) throw new UsageError(`${found.length} anomalies begin with ${finding}; give more of the id.`);
  return first;
}

async function linkOf(
  query: string | undefined,
  { window }: Assessment,
  options: Options,
): Promise<string | undefined> {
  if (options.workspace === undefined || query === undefined) return undefined;
  const { portalLink } = await import("../outputs/explain/portal.ts");
  const workspace: Workspace = {
    resource: options.workspace,
    ...(options.tenant !== undefined && { tenant: options.tenant }),
    ...(options.portal !== undefined && { portal: options.portal }),
  };
  return portalLink(query, window, workspace);
}

async function criterionText(assessment: Assessment, [pillar, criterion]: Found, options: Options): Promise<string> {
  const link = await linkOf(criterion.query, assessment, options);
  if (options.output === "json")
    return `${jsonText({ kind: "criterion", pillar: pillar.pillar, ...criterion, ...(link !== undefined && { link }) }, 2)}\n`;
  const { explainCriterion } = await import("../outputs/explain/criterion.ts");
  return explainCriterion(pillar, criterion, { rows: options.rows, ...(link !== undefined && { link }) });
}

async function anomalyText(
  assessment: Assessment,
  anomaly: Anomaly,
  { packs, events }: Source,
  options: Options,
): Promise<string> {
  const [{ normalOf }, { eventsQuery }, { activityOf }] = await Promise.all([
    import("../outputs/explain/normal.ts"),
    import("../outputs/explain/rows.ts"),
    import("../outputs/report/scenes.ts"),
  ]);
  const normal = await normalOf(anomaly.detector);
  const pack = packs.signals.find(({ pillar }) => pillar === anomaly.pillar);
  const query = events?.query ?? (pack && eventsQuery(pack, anomaly, AROUND_HOURS));
  const link = await linkOf(query, assessment, options);
  if (options.output === "json") {
    const activity = activityOf(assessment)(anomaly) ?? null;
    const rows = events?.result ?? null;
    return `${jsonText({ kind: "anomaly", ...anomaly, normal: normal ?? null, activity, events: rows, query: query ?? null, ...(link !== undefined && { link }) }, 2)}\n`;
  }
  const { explainAnomaly } = await import("../outputs/explain/anomaly.ts");
  return explainAnomaly(assessment, anomaly, {
    normal,
    rows: options.rows,
    ...(events && { events: events.result }),
    ...(query !== undefined && { query }),
    ...(link !== undefined && { link }),
  });
}
