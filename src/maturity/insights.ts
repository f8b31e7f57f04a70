import type { QueryBackend } from "../backends/types.ts";
import type { Activity, Anomaly, Assessment, Flow, Insights, Peers, Place } from "../core/assessment.ts";
import type { Pillar } from "../core/maturity.ts";
import { FACETS } from "../core/signal.ts";
import { kqlString } from "../core/text/kql.ts";
import { formatDatetime, parseIsoDatetime, TICKS_PER_DAY, TICKS_PER_HOUR } from "../core/ticks.ts";
import type { Packs, SignalPack } from "../packs/types.ts";
import { type Asking, ask, number, type Row, text } from "./asking.ts";

const MOST_PLACES = 400;
const MOST_FLOWS = 60;
/** Subjects per pillar whose activity is drawn. */
const MOST_SUBJECTS = 60;
/** Users of a place that are named. */
const NAMED = 6;
const STEPS = 120;

const column = (name: string): string => `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;
const HAS_FAILED = FACETS.map((facet) => `${column(facet)} == "failed"`).join(" or ");

const PLACES = `
| extend Latitude = column_ifexists("Latitude", real(null)), Longitude = column_ifexists("Longitude", real(null)), Country = column_ifexists("Country", "")
| where isnotnull(Latitude) and isnotnull(Longitude) and not(Latitude == 0 and Longitude == 0)
| summarize Events = count(), Refused = countif(ResultCode != "0"), Failed = countif(${HAS_FAILED}), Users = dcount(Subject),
    Names = array_sort_asc(make_set(Subject, ${NAMED}))
    by Country, Latitude = round(Latitude * 2) / 2, Longitude = round(Longitude * 2) / 2
| sort by Events desc, Latitude asc, Longitude asc, Country asc
| take ${MOST_PLACES}`;

/** Private addresses without a subnet's name stand for their /24. */
export const FLOWS = `
let PlatformRules = dynamic(["AllowVnetInBound", "AllowVnetOutBound", "AllowInternetOutBound", "PlatformRule"]);
let Segment = (Subnet:string, Ip:string, PublicIps:string, Type:string) {
    case(
        isnotempty(Subnet), Subnet,
        Type == "AzurePublic", "Azure services",
        isnotempty(PublicIps), "Internet",
        ipv4_is_private(Ip), strcat(format_ipv4(Ip, 24), "/24"),
        "Internet")
};
NTANetAnalytics
| where SubType == "FlowLog"
| extend IsDenied = FlowStatus startswith "D", Rule = iff(isnotempty(NsgRule), NsgRule, AclRule)
| extend Source = Segment(SrcSubnet, SrcIp, SrcPublicIps, FlowType), Target = Segment(DestSubnet, DestIp, DestPublicIps, FlowType)
| summarize Flows = count(), Bytes = sum(BytesSrcToDest + BytesDestToSrc), Denied = countif(IsDenied),
    Unintended = countif(not(IsDenied) and (isempty(Rule) or NsgRuleType =~ "Default" or Rule startswith "DefaultRule_" or Rule in~ (PlatformRules)))
    by Source, Target
| sort by Flows desc, Source asc, Target asc
| take ${MOST_FLOWS}`;

const PEERS = `
| summarize Events = count() by Subject, SubjectType
| summarize Subjects = count(), Median = percentile(Events, 50), P95 = percentile(Events, 95), Most = max(Events) by SubjectType
| sort by SubjectType asc`;

interface Run extends Asking {
  readonly start: bigint;
  readonly tables: ReadonlySet<string>;
}

const place = (row: Row): Place => {
  const users = number(row, "Users");
  const names = row.get("Names");
  return {
    latitude: number(row, "Latitude"),
    longitude: number(row, "Longitude"),
    country: text(row, "Country"),
    events: number(row, "Events"),
    refused: number(row, "Refused"),
    failed: number(row, "Failed"),
    users,
    names: Array.isArray(names) && users < NAMED ? names.map(String) : [],
  };
};

const flow = (row: Row): Flow => ({
  source: text(row, "Source"),
  target: text(row, "Target"),
  flows: number(row, "Flows"),
  bytes: number(row, "Bytes"),
  denied: number(row, "Denied"),
  unintended: number(row, "Unintended"),
});

const peers = (pillar: Pillar, row: Row): Peers => ({
  pillar,
  subjectType: text(row, "SubjectType"),
  subjects: number(row, "Subjects"),
  median: number(row, "Median"),
  p95: number(row, "P95"),
  most: number(row, "Most"),
});

/** Events of these subjects or from these addresses (an anomaly may be about either) by their name, others by none. */
const named = (literals: readonly string[]): string =>
  literals.length === 0
    ? '\n| extend Subject = ""'
    : `
| extend IP = column_ifexists("IP", "")
| extend Subject = case(Subject in (${literals.join(", ")}), Subject, IP in (${literals.join(", ")}), IP, "")`;

interface Steps {
  readonly events: number[];
  readonly failed: number[];
}

/** What happened at the very end belongs to the last step. */
function inSteps(rows: readonly Row[], steps: number): Steps {
  const events = new Array<number>(steps).fill(0);
  const failed = new Array<number>(steps).fill(0);
  for (const row of rows) {
    const step = Math.min(steps - 1, number(row, "Step"));
    if (step < 0) continue;
    events[step] = (events[step] ?? 0) + number(row, "Events");
    failed[step] = (failed[step] ?? 0) + number(row, "Failed");
  }
  return { events, failed };
}

/** Events per step: of all together first, then of each named subject. */
async function activity(run: Run, pack: SignalPack, subjects: readonly string[]): Promise<Activity[]> {
  const literals = subjects.flatMap((subject) => kqlString(subject) ?? []);
  const end = run.options.now ?? 0n;
  const stepHours = Math.max(1, Math.ceil(Number((end - run.start) / TICKS_PER_HOUR) / STEPS));
  const start = formatDatetime(run.start);
  const rows = await ask(
    run,
    `The activity of ${pack.pillar}`,
    `${pack.query.trimEnd()}${named(literals)}
| summarize Events = count(), Failed = countif(${HAS_FAILED}), SubjectType = max(SubjectType)
    by Subject, Step = toint(floor((TimeGenerated - datetime(${start})) / ${stepHours}h, 1))
| sort by Subject asc, Step asc`,
  );
  if (rows.length === 0) return [];
  const steps = Math.ceil(Number((end - run.start) / TICKS_PER_HOUR) / stepHours);
  const shared = { pillar: pack.pillar, start, stepHours };
  const bySubject = Map.groupBy(rows, (row) => text(row, "Subject"));
  bySubject.delete("");
  return [
    { ...shared, subject: null, subjectType: null, ...inSteps(rows, steps) },
    ...[...bySubject].map(([subject, own]) => ({
      ...shared,
      subject,
      subjectType:
        own
          .map((row) => text(row, "SubjectType"))
          .sort()
          .at(-1) ?? null,
      ...inSteps(own, steps),
    })),
  ];
}

const strongest = (anomalies: readonly Anomaly[], pillar: Pillar): string[] => {
  const own = anomalies.filter((anomaly) => anomaly.pillar === pillar).sort((a, b) => b.score - a.score);
  return [...new Set(own.map(({ subject }) => subject))].slice(0, MOST_SUBJECTS).sort();
};

const isReadable = ({ tables }: SignalPack, present: ReadonlySet<string>): boolean =>
  tables.every((group) => [group].flat().some((table) => present.has(table)));

/** The map, the flow view and the activity behind the anomalies of an assessment, over the same window of the same data. */
export async function gatherInsights(
  backend: QueryBackend,
  packs: Packs,
  assessment: Assessment,
): Promise<{ readonly insights: Insights; readonly problems: readonly string[] }> {
  const now = parseIsoDatetime(assessment.asOf) ?? 0n;
  const start = parseIsoDatetime(assessment.window.start) ?? now - 30n * TICKS_PER_DAY;
  const tables = new Set((await backend.tables()).keys());
  const run: Run = { backend, start, options: { now, timespan: { start, end: now + 1n } }, tables, problems: [] };
  const signals = packs.signals.filter((pack) => isReadable(pack, tables));
  const insights = {
    places: [] as Place[],
    flows: tables.has("NTANetAnalytics") ? (await ask(run, "The network flows", FLOWS)).map(flow) : [],
    activity: [] as Activity[],
    peers: [] as Peers[],
  };
  for (const pack of signals) {
    if (pack.pillar === "identities")
      insights.places.push(...(await ask(run, "The map of sign-ins", pack.query.trimEnd() + PLACES)).map(place));
    const subjects = strongest(assessment.anomalies, pack.pillar);
    if (subjects.length === 0) continue;
    insights.activity.push(...(await activity(run, pack, subjects)));
    const all = await ask(run, `The peers in ${pack.pillar}`, pack.query.trimEnd() + PEERS);
    insights.peers.push(...all.map((row) => peers(pack.pillar, row)));
  }
  return { insights, problems: run.problems };
}
