import type {
  Activity,
  Anomaly,
  Assessment,
  CriterionResult,
  InputReport,
  PillarResult,
  ScopeResult,
} from "../../core/assessment.ts";
import type { Value } from "../../core/kusto.ts";
import { LADDER, type LadderStage, PILLAR_TITLES, type Pillar } from "../../core/maturity.ts";
import { jsonLine } from "../../core/text/json.ts";
import { visibleLines, visibleText } from "../../core/text/visible.ts";
import { coverage } from "../board/overview.ts";
import { rankAnomalies } from "../view/anomalies.ts";
import { arithmetic } from "../view/arithmetic.ts";
import { bounds, integer, moment, plural, share } from "../view/format.ts";
import { dataHealth } from "../view/health.ts";
import { blockers, isUnassessed, nextStage, STAGE_TITLES, STATE_TITLES, thresholdAt } from "../view/ladder.ts";
import { failuresOf, fixesFor, nearness, nextOwnStage, repairOf, slackOf, wayOut } from "../view/leverage.ts";
import { findingsData } from "./findings.ts";
import { headline } from "./headline.ts";
import { historyData, trendData, withSaneHistory } from "./history.ts";
import { rankOffenders } from "./offenders.ts";
import { activityOf, baselineOf, flowsData, peersText, placesData } from "./scenes.ts";

const shown = (value: Value | undefined): string | number | boolean | null => {
  if (value === null || value === undefined) return null;
  if (typeof value === "string") return visibleText(moment(value));
  return typeof value === "object" ? jsonLine(value) : value;
};

/** Rows as one list of columns and one list of values each: names are written once, not 100,000 times. */
function offenderTable({ offenders }: CriterionResult) {
  const names = [...new Set(offenders.flatMap((offender) => Object.keys(offender)))];
  return {
    columns: names.map(visibleText),
    rows: offenders.map((offender) => {
      const values = new Map(Object.entries(offender));
      return names.map((name) => shown(values.get(name)));
    }),
  };
}

function requirement({ direction }: CriterionResult, at: number): string {
  if (direction === "atLeast") return at === 1 ? "all" : `≥ ${share(at)}`;
  return at === 0 ? "none" : `≤ ${share(at)}`;
}

/** How far it is to the criterion's next stage, and how much would cost the stage that it has, in events. */
function gapData(c: CriterionResult) {
  const stage = nextOwnStage(c);
  return {
    near: nearness(c),
    failures: failuresOf(c),
    goal: stage ?? null,
    fixes: (stage && fixesFor(c, stage)) ?? null,
    holders: repairOf(c)?.offenders?.map(visibleText) ?? [],
    slack: slackOf(c) ?? null,
  };
}

const exceptionsData = ({ exceptions }: CriterionResult) =>
  exceptions && {
    applied: exceptions.applied.map(({ entity, reason, owner, expires }) => ({
      entity: entity === undefined ? null : visibleText(entity),
      reason: visibleText(reason),
      owner: visibleText(owner),
      expires: visibleText(expires),
    })),
    without: {
      state: exceptions.without.state,
      stage: exceptions.without.stage,
      share: share(exceptions.without.value),
    },
  };

function criterionData(assessment: Assessment, pillar: Pillar, c: CriterionResult, blocks: LadderStage | null) {
  return {
    pillar,
    blocks,
    id: visibleText(c.id),
    name: visibleText(c.name),
    state: c.state,
    stage: c.stage,
    from: c.requiredFrom,
    counts: c.denominator === null ? null : `${integer(c.numerator ?? 0)} / ${integer(c.denominator)}`,
    denominator: c.denominator,
    value: c.value,
    low: c.low,
    high: c.high,
    share: share(c.value),
    bounds: bounds(c.low, c.high),
    direction: c.direction,
    thresholds: LADDER.flatMap((stage) => {
      const at = thresholdAt(c, stage);
      return at === undefined ? [] : [{ stage, at, text: requirement(c, at) }];
    }),
    minimum: c.minimum,
    reason: visibleText(c.reason),
    next: visibleText(c.next),
    tables: c.tables.map(visibleText),
    query: visibleLines(c.query),
    digest: c.queryDigest,
    ...gapData(c),
    ...trendData(assessment, c),
    exceptions: exceptionsData(c) ?? null,
    ...offenderTable(c),
  };
}

/** The criterion that holds the pillar's stage by the fewest events. */
function weakest(pillar: PillarResult, keyOf: (criterion: CriterionResult) => number) {
  const held = pillar.criteria.flatMap((criterion) => {
    const slack = slackOf(criterion);
    return criterion.stage === pillar.stage && slack !== undefined ? [{ criterion, slack }] : [];
  });
  const [least] = held.sort((a, b) => a.slack - b.slack);
  if (!least) return null;
  const { criterion, slack } = least;
  const text =
    slack === 0
      ? "one more failed event would cost the stage"
      : `${plural(slack + 1, "more failed event")} would cost the stage`;
  return { criterion: keyOf(criterion), id: visibleText(criterion.id), text };
}

function pillarData(pillar: PillarResult, keyOf: (criterion: CriterionResult) => number) {
  const rate = pillar.continuousVerification;
  const next = nextStage(pillar);
  return {
    key: pillar.pillar,
    title: PILLAR_TITLES[pillar.pillar],
    stage: pillar.stage,
    next: next ?? null,
    verification: {
      rate: rate.rate,
      low: rate.low,
      high: rate.high,
      share: share(rate.rate),
      bounds: bounds(rate.low, rate.high),
      events: integer(rate.verified + rate.failed),
      unknown: integer(rate.unknown),
      coverage: coverage(rate),
      coverageText: share(coverage(rate)),
    },
    assessed: pillar.criteria.filter(({ state }) => !isUnassessed(state)).length,
    total: pillar.criteria.length,
    blockers: blockers(pillar).map((blocker) => ({
      criterion: blocker.criterion ? keyOf(blocker.criterion) : null,
      id: visibleText(blocker.id),
      name: visibleText(blocker.criterion?.name ?? ""),
      open: !blocker.criterion || isUnassessed(blocker.criterion.state),
      text: visibleText(arithmetic(blocker)),
      way: visibleText(wayOut(blocker)),
    })),
    weakest: weakest(pillar, keyOf),
  };
}

const inputData = (input: InputReport) => ({
  file: visibleText(input.file),
  shape: visibleText(input.shape),
  table: input.table === null ? null : visibleText(input.table),
  read: input.read,
  accepted: input.accepted,
  quarantined: input.quarantined,
  skipped: input.skipped,
  reason: visibleText(input.reason ?? ""),
  problems: (input.problems ?? []).map(({ position, offset, code, message }) => ({
    position,
    offset: offset ?? null,
    code: visibleText(code),
    message: visibleText(message),
  })),
});

/** Anomalies, and the series that they point into. */
function anomalyWriter(assessment: Assessment) {
  const series = new Map<Activity, number>();
  const find = activityOf(assessment);
  const write = (anomaly: Anomaly, weight: number) => {
    const activity = find(anomaly);
    if (activity && !series.has(activity)) series.set(activity, series.size);
    return {
      id: visibleText(anomaly.id),
      weight,
      pillar: anomaly.pillar,
      detector: visibleText(anomaly.detector),
      subject: visibleText(anomaly.subject),
      time: anomaly.time,
      timeText: moment(anomaly.time),
      score: Number(anomaly.score.toPrecision(3)),
      pValue: anomaly.pValue,
      reason: visibleText(anomaly.reason),
      series: activity ? (series.get(activity) ?? null) : null,
      baseline: activity ? baselineOf(activity, anomaly.time) : null,
      peers: activity ? peersText(assessment, activity) : null,
    };
  };
  return { series, write };
}

const scopeData = ({ kind, name, stage, pillars, tenantWide, nothing }: ScopeResult) => ({
  kind,
  name: visibleText(name),
  stage,
  pillars: pillars.map((own) => ({ key: own.pillar, stage: own.stage, blockedBy: own.blockedBy.map(visibleText) })),
  tenantWide: tenantWide.map(visibleText),
  nothing: nothing.map(visibleText),
});

/** Everything that the page shows, with every text made visible and every figure already written out. */
export function reportData(result: Assessment) {
  const assessment = withSaneHistory(result);
  const all = assessment.pillars.flatMap((pillar) => pillar.criteria.map((criterion) => ({ pillar, criterion })));
  const byId = new Map(all.map(({ criterion }, i) => [criterion.id, i]));
  const keys = new Map(all.map(({ criterion }, i) => [criterion, i]));
  const health = dataHealth(assessment);
  const { insights } = assessment;
  const { series, write } = anomalyWriter(assessment);
  const keyOf = (criterion: CriterionResult): number => keys.get(criterion) ?? -1;
  // Series are numbered as the anomalies are written.
  const ranked = rankAnomalies(assessment.anomalies);
  const anomalies = ranked.map(({ anomaly, weight }) => write(anomaly, weight));
  return {
    tool: visibleText(`${assessment.tool.name} ${assessment.tool.version}`),
    asOf: moment(assessment.asOf),
    window: [assessment.window.start, assessment.window.end],
    windowText: `${moment(assessment.window.start)} – ${moment(assessment.window.end)}`,
    headline: headline(assessment),
    stages: STAGE_TITLES,
    states: STATE_TITLES,
    pillars: assessment.pillars.map((pillar) => pillarData(pillar, keyOf)),
    criteria: all.map(({ pillar, criterion }) =>
      criterionData(
        assessment,
        pillar.pillar,
        criterion,
        pillar.blockedBy.includes(criterion.id) ? (nextStage(pillar) ?? null) : null,
      ),
    ),
    offenders: rankOffenders(assessment.pillars, keyOf),
    anomalies,
    findings: findingsData(
      assessment,
      ranked.map(({ anomaly }) => anomaly),
    ),
    series: [...series.keys()].map(({ stepHours, start, events, failed }) => ({ stepHours, start, events, failed })),
    places: insights ? placesData(insights) : null,
    flows: insights ? flowsData(insights) : null,
    scopes: (assessment.scopes ?? []).map(scopeData),
    history: historyData(assessment, (id) => byId.get(id)),
    health: {
      states: Object.fromEntries(health.byState),
      unassessed: health.unassessed.map(({ criterion }) => keyOf(criterion)),
      totals: health.totals,
      reconciled: health.reconciled,
      inputs: assessment.inputs.map(inputData),
      warnings: assessment.warnings.map(visibleText),
    },
  };
}

export type ReportData = ReturnType<typeof reportData>;
