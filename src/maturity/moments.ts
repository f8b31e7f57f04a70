import type { Assessment, CriterionResult, Moment } from "../core/assessment.ts";
import type { LadderStage } from "../core/maturity.ts";
import { forecast, type Outlook } from "./forecast.ts";
import { thresholdAt } from "./thresholds.ts";

const MOST_MOMENTS = 40;

export const momentOf = ({ asOf, pillars }: Assessment): Moment => ({
  asOf,
  pillars: pillars.map(({ pillar, stage, continuousVerification }) => ({
    pillar,
    stage,
    rate: continuousVerification.rate,
  })),
  criteria: pillars.flatMap(({ criteria }) =>
    criteria.map(({ id, state, stage, value }) => ({ id, state, stage, value })),
  ),
});

/** An assessment with what earlier results show, and their own history: each moment before it once, oldest first. */
export function withHistory(assessment: Assessment, earlier: readonly Assessment[]): Assessment {
  const all = [assessment, ...earlier].flatMap((one) => one.history ?? []);
  const moments = new Map([...all, ...earlier.map(momentOf)].map((moment) => [moment.asOf, moment]));
  moments.delete(assessment.asOf);
  const history = [...moments.values()]
    .filter(({ asOf }) => asOf < assessment.asOf)
    .sort((a, b) => (a.asOf < b.asOf ? -1 : 1));
  return history.length > 0 ? { ...assessment, history } : assessment;
}

/** The values of a criterion over the history and now; null where it could not be measured or did not exist. */
export const valuesOf = ({ history = [] }: Assessment, { id, value }: CriterionResult): (number | null)[] => [
  ...history.map(({ criteria }) => criteria.find((criterion) => criterion.id === id)?.value ?? null),
  value,
];

/** When a criterion's trend reaches a stage; undefined without a threshold. */
export function outlookOf(assessment: Assessment, criterion: CriterionResult, stage: LadderStage): Outlook | undefined {
  const threshold = thresholdAt(criterion.thresholds, stage);
  if (threshold === undefined) return undefined;
  const times = [...(assessment.history ?? []), assessment].map(({ asOf }) => Date.parse(asOf));
  const values = valuesOf(assessment, criterion);
  const observations = times.map((time, i) => ({ time, value: values[i] ?? null }));
  // The forecast is cubic in the number of moments: a year of days is thinned out, the present kept.
  const every = Math.ceil(observations.length / MOST_MOMENTS);
  const kept = observations.filter((_, i) => (observations.length - 1 - i) % every === 0);
  return forecast(kept, criterion.direction, threshold);
}
