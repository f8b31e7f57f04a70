import type { Assessment, CriterionResult } from "../../core/assessment.ts";
import type { Stage } from "../../core/maturity.ts";
import { parseIsoDatetime } from "../../core/ticks.ts";
import { momentOf, outlookOf, valuesOf } from "../../maturity/moments.ts";
import { moment, plural, share } from "../view/format.ts";
import { STAGE_TITLES, STATE_TITLES } from "../view/ladder.ts";
import { nextOwnStage } from "../view/leverage.ts";

const sane = {
  stage: (stage: Stage): Stage => (Object.hasOwn(STAGE_TITLES, stage) ? stage : "not_assessable"),
  share: (value: number | null): number | null => (typeof value === "number" && Number.isFinite(value) ? value : null),
};

/**
 * The assessment with earlier moments that a page can draw: results that somebody kept may say anything. What has no
 * time is left out; a stage that there is not is none.
 */
export function withSaneHistory(assessment: Assessment): Assessment {
  if (!assessment.history) return assessment;
  const history = assessment.history
    .filter(({ asOf }) => parseIsoDatetime(asOf) !== undefined)
    .map(({ asOf, pillars, criteria }) => ({
      asOf,
      pillars: pillars.map(({ pillar, stage, rate }) => ({ pillar, stage: sane.stage(stage), rate: sane.share(rate) })),
      criteria: criteria
        .filter(({ state }) => Object.hasOwn(STATE_TITLES, state))
        .map(({ id, state, stage, value }) => ({ id, state, stage: sane.stage(stage), value: sane.share(value) })),
    }));
  const { history: _, ...rest } = assessment;
  return history.length > 0 ? { ...rest, history } : rest;
}

/** Stages and rates per pillar over time, the present last; and of each criterion what was different then. Null without a past. */
export function historyData(assessment: Assessment, keyOf: (id: string) => number | undefined) {
  const { history } = assessment;
  if (!history) return null;
  const now = momentOf(assessment);
  const current = new Map(now.criteria.map((criterion) => [criterion.id, criterion]));
  const moments = [...history, now];
  return {
    times: moments.map(({ asOf }) => asOf),
    texts: moments.map(({ asOf }) => moment(asOf)),
    pillars: now.pillars.map(({ pillar }) => ({
      key: pillar,
      stages: moments.map(({ pillars }) => pillars.find((one) => one.pillar === pillar)?.stage ?? "not_assessable"),
      rates: moments.map(({ pillars }) => pillars.find((one) => one.pillar === pillar)?.rate ?? null),
    })),
    /** [criterion, state, stage, share] of what was not as it is now. */
    changed: moments.map(({ criteria }) =>
      criteria.flatMap(({ id, state, stage, value }) => {
        const [key, is] = [keyOf(id), current.get(id)];
        const same = is?.state === state && is.stage === stage;
        return key === undefined || same ? [] : [[key, state, stage, share(value)] as const];
      }),
    ),
  };
}

/** A criterion's values over time, and when its trend reaches its next stage, or why nothing is foretold. */
export function trendData(assessment: Assessment, criterion: CriterionResult) {
  if (!assessment.history) return { trend: null, outlook: null };
  const stage = nextOwnStage(criterion);
  const outlook = stage && outlookOf(assessment, criterion, stage);
  return {
    trend: valuesOf(assessment, criterion),
    outlook: outlook ? outlookText(outlook, STAGE_TITLES[stage]) : null,
  };
}

function outlookText(outlook: NonNullable<ReturnType<typeof outlookOf>>, stage: string): string {
  if ("none" in outlook) return `No forecast: ${outlook.none}`;
  const { reaches, perWeek, skill, trials } = outlook.forecast;
  const day = new Date(reaches).toISOString().slice(0, 10);
  return (
    `At ${perWeek > 0 ? "+" : "−"}${share(Math.abs(perWeek))} a week it reaches ${stage} about ${day}; ` +
    `in ${plural(trials, "past forecast")} of this kind the error was ${Math.round(skill * 100)} % below that of no change.`
  );
}
