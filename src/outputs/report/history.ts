import type { Assessment, CriterionResult } from "../../core/assessment.ts";
import { momentOf, outlookOf, valuesOf } from "../../maturity/moments.ts";
import { moment, plural, share } from "../view/format.ts";
import { STAGE_TITLES } from "../view/ladder.ts";
import { nextOwnStage } from "../view/leverage.ts";

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
