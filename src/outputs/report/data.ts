import type { Assessment, CriterionResult, InputReport, PillarResult } from "../../core/assessment.ts";
import type { Value } from "../../core/kusto.ts";
import { LADDER, type LadderStage, PILLAR_TITLES, type Pillar } from "../../core/maturity.ts";
import { jsonLine } from "../../core/text/json.ts";
import { visibleLines, visibleText } from "../../core/text/visible.ts";
import { coverage } from "../board/overview.ts";
import { rankAnomalies } from "../view/anomalies.ts";
import { arithmetic } from "../view/arithmetic.ts";
import { bounds, integer, moment, share } from "../view/format.ts";
import { dataHealth } from "../view/health.ts";
import { blockers, isUnassessed, nextStage, STAGE_TITLES, STATE_TITLES, thresholdAt } from "../view/ladder.ts";
import { headline } from "./headline.ts";
import { rankOffenders } from "./offenders.ts";

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

function criterionData(pillar: Pillar, c: CriterionResult, blocks: LadderStage | null) {
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
    ...offenderTable(c),
  };
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
    })),
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

/** Everything that the page shows, with every text made visible and every figure already written out. */
export function reportData(assessment: Assessment) {
  const all = assessment.pillars.flatMap((pillar) => pillar.criteria.map((criterion) => ({ pillar, criterion })));
  const keys = new Map(all.map(({ criterion }, i) => [criterion, i]));
  const health = dataHealth(assessment);
  return {
    tool: visibleText(`${assessment.tool.name} ${assessment.tool.version}`),
    asOf: moment(assessment.asOf),
    window: [assessment.window.start, assessment.window.end],
    windowText: `${moment(assessment.window.start)} – ${moment(assessment.window.end)}`,
    headline: headline(assessment),
    stages: STAGE_TITLES,
    states: STATE_TITLES,
    pillars: assessment.pillars.map((pillar) => pillarData(pillar, (criterion) => keys.get(criterion) ?? -1)),
    criteria: all.map(({ pillar, criterion }) =>
      criterionData(
        pillar.pillar,
        criterion,
        pillar.blockedBy.includes(criterion.id) ? (nextStage(pillar) ?? null) : null,
      ),
    ),
    offenders: rankOffenders(all.map(({ criterion }) => criterion)),
    anomalies: rankAnomalies(assessment.anomalies).map(({ anomaly, weight }) => ({
      weight,
      pillar: anomaly.pillar,
      detector: visibleText(anomaly.detector),
      subject: visibleText(anomaly.subject),
      time: anomaly.time,
      timeText: moment(anomaly.time),
      score: Number(anomaly.score.toPrecision(3)),
      pValue: anomaly.pValue,
      reason: visibleText(anomaly.reason),
    })),
    health: {
      states: Object.fromEntries(health.byState),
      unassessed: health.unassessed.map(({ criterion }) => keys.get(criterion) ?? -1),
      totals: health.totals,
      reconciled: health.reconciled,
      inputs: assessment.inputs.map(inputData),
      warnings: assessment.warnings.map(visibleText),
    },
  };
}

export type ReportData = ReturnType<typeof reportData>;
